/** Sources of expression measured cell by cell. */
import type { SourceEntry } from './specification.js';

export const anndata = {
  category: 'source',
  name: 'anndata',
  summary: 'Expression of cells from an AnnData object: `.h5ad`, or Zarr as a folder or in a ZIP archive.',
  documentation:
    'Cells are examples, genes features, named by the indices of `obs` and `var`. Dense and sparse matrices (CSR, CSC), data frames with categorical, nullable and plain columns, Zarr versions 2 and 3 with shards; HDF5 and Zarr are told apart by their first bytes. A label that is categorical becomes the number of its category in the order of the file, and the result says which is which; `classes` sets the order. Cells without a label stay in, unlabelled. The numbers are taken as they stand: `scale_to` and `log1p` follow as stages where the layer holds counts.',
  citation: 'Virshup et al. 2024, JOSS 9:4371',
  revision: 2,
  yields: 'expression',
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.h5ad', '.zarr', '.zarr.zip'] },
      summary: 'The file, or the folder of a Zarr store, relative to this document.',
    },
    layer: {
      type: { is: 'text' },
      optional: true,
      summary: 'The layer that holds the numbers, or `"raw"`; the matrix X where none is named.',
    },
    label: { type: { is: 'text' }, optional: true, summary: 'Column of `obs` with the class or the measured value.' },
    classes: {
      type: { is: 'list', of: { is: 'text' } },
      optional: true,
      summary: 'Labels as they are written, in the order of the classes: the first becomes 0.',
    },
    names: {
      type: { is: 'text' },
      optional: true,
      summary: 'Column of `var` with the names of the genes, where the index holds something else.',
    },
    where: {
      type: { is: 'record', of: { is: 'text' } },
      optional: true,
      summary: 'Only the cells that have these values in `obs`: `{ split: "train", donor: "D1" }`.',
    },
    only: {
      type: { is: 'text' },
      optional: true,
      summary: 'Column of `var` that says which genes to keep, such as `"highly_variable"`.',
    },
  },
} as const satisfies SourceEntry;

export const cell_ranger = {
  category: 'source',
  name: 'cell_ranger',
  summary: 'Counts of cells as 10x Genomics Cell Ranger writes them: HDF5, or Matrix Market with its tables.',
  documentation:
    'Reads `filtered_feature_bc_matrix.h5` (of Cell Ranger 2 too, which has a group for each genome), or `matrix.mtx` (plain or gzipped) with `barcodes.tsv` and `features.tsv` (or `genes.tsv`) beside it, all three with the same name of a sample in front where there is one. Cells are examples, named by their barcodes, genes features; counts are taken as they stand, `scale_to` and `log1p` follow as stages. Matrix Market has features in rows, in coordinate form, `general`; elements of a `pattern` are 1.',
  citation:
    '10x Genomics, Cell Ranger feature-barcode matrices; Boisvert, Pozo & Remington 1996, NISTIR 5935 (Matrix Market)',
  revision: 2,
  yields: 'expression',
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.h5', '.mtx', '.mtx.gz'] },
      summary: 'The matrix, relative to this document.',
    },
    names: {
      type: { is: 'keyword', values: ['symbols', 'ids'] },
      default: 'symbols',
      summary: 'What genes are called: symbols, which may repeat, or identifiers.',
    },
    feature_type: {
      type: { is: 'text' },
      default: 'Gene Expression',
      summary: 'Which features to keep, where the file has several types.',
    },
    genome: {
      type: { is: 'text' },
      optional: true,
      summary: 'Which genome’s features to keep, where an HDF5 file has several; Matrix Market does not name them.',
    },
    clusters: {
      type: { is: 'path', extensions: ['.csv', '.tsv', '.csv.gz', '.tsv.gz'] },
      optional: true,
      summary:
        'Labels: a table with the barcode in the first column and the class in the second, header first; cells that it does not name have none.',
    },
    classes: anndata.parameters.classes,
  },
} as const satisfies SourceEntry;
