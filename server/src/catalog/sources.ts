/** Where examples come from. */
import type { SourceEntry } from './specification.js';
import { seed, unplaced } from './parameters.js';

export * from './cells.js';
export * from './cohorts.js';
export * from './simulators.js';
export * from './variants.js';

export const fasta = {
  category: 'source',
  name: 'fasta',
  summary: 'DNA sequences from a FASTA file, plain or gzipped.',
  documentation:
    'Every record is one example, named by its header. Lower case (soft-masked) bases count as upper case. `N` and the other ambiguity codes follow the `ambiguous` rule; how many there were is reported with the result. All sequences must have the same length.',
  citation: 'Pearson & Lipman 1988, PNAS 85:2444',
  revision: 1,
  yields: 'dna',
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.fa', '.fasta', '.fna', '.fa.gz', '.fasta.gz', '.fna.gz'] },
      summary: 'The FASTA file, relative to this document.',
    },
    label: {
      type: { is: 'integer', min: 0 },
      optional: true,
      summary: 'Class of all sequences of this file.',
    },
    ambiguous: {
      type: { is: 'keyword', values: ['uniform', 'zeros', 'drop', 'error'] },
      default: 'uniform',
      summary:
        'What an ambiguity code becomes: equal shares of the bases that it stands for (`uniform`; ¼ each for N), an all-zero position (`zeros`), removal of the sequence (`drop`), or an error.',
    },
  },
} as const satisfies SourceEntry;

export const intervals = {
  category: 'source',
  name: 'intervals',
  summary: 'DNA of the intervals of a BED or narrowPeak file, cut from a genome.',
  documentation:
    'Every line is one example, named by its place: `chr1:999-1099`, with `(+)` or `(-)` where the file has a strand. With `length` each interval becomes one of that length around its centre, its summit (tenth column of narrowPeak; MACS, ENCODE) or its start; without it, all must have the same length. Of an even length the anchor is the first base of the second half; an interval without a base, a place between two, counts as the base behind it. A strand that is not stated (`.`, or no column 6) is read forward. Lines that begin with `#`, `track` or `browser` are passed over. Lower case bases count as upper case.\n\nChromosomes are found with or without `chr`, `chrM` also as `MT` (but not that of hg19 at UCSC, which is another sequence), and named as the genome spells them. Reported with the result: intervals left out by `edges`, `unplaced` or `ambiguous`, with ambiguous bases, read on the minus strand, repeated, or on chromosomes that are spelt otherwise.',
  citation: 'UCSC Genome Browser, BED format; ENCODE narrowPeak (BED6+4)',
  revision: 3,
  yields: 'dna',
  size: 'length',
  parameters: {
    path: {
      type: {
        is: 'path',
        extensions: ['.bed', '.narrowpeak', '.bed.gz', '.narrowpeak.gz', '.bed10', '.bed10.gz'],
      },
      summary: 'The BED file, plain or gzipped, relative to this document.',
    },
    genome: {
      type: { is: 'call', category: 'genome' },
      summary: 'The genome that the intervals lie in.',
    },
    length: {
      type: { is: 'integer', min: 1, max: 10_000_000, unit: 'bp' },
      optional: true,
      summary: 'Length of every example (bp); the intervals as they are where it is left out.',
    },
    around: {
      type: { is: 'keyword', values: ['center', 'summit', 'start'] },
      optional: true,
      summary:
        'What stays in the middle when `length` is given. Must be said where the file has summits; otherwise the centre.',
    },
    strand: {
      type: { is: 'keyword', values: ['stated', 'forward'] },
      default: 'stated',
      summary:
        'Intervals on the minus strand are read as their reverse complement (`stated`), or all as the genome has them (`forward`).',
    },
    edges: {
      type: { is: 'keyword', values: ['error', 'drop'] },
      default: 'error',
      summary: 'What becomes of intervals that reach over the end of a chromosome: an error, or they are left out.',
    },
    unplaced,
    label: { type: { is: 'integer', min: 0 }, optional: true, summary: 'Class of all intervals of this file.' },
    ambiguous: fasta.parameters.ambiguous,
  },
} as const satisfies SourceEntry;

export const gene_windows = {
  category: 'source',
  name: 'gene_windows',
  summary: 'DNA of annotated features, or around their ends, by a GFF3 or GTF file: promoters, exons, splice sites.',
  documentation:
    'Every feature of the named type is one example, named `gene::chr1:999-1099(-)`. `at: start` takes the 5′ end of the feature on its own strand and `at: end` the 3′ end: the window has `upstream` bases in front of that base, and `downstream` bases from it on; `at: whole` takes the feature and so many bases on either side. Features on the minus strand are read as their reverse complement, so that upstream is left in every sequence; those without a strand are read forward. Windows that several features share (transcripts of one gene) are taken once. Places are exported as they are of `intervals`, chromosomes found and what is left out reported as there, and names of `only` that are not found.',
  citation: 'Sequence Ontology, GFF3 specification 1.26; GTF 2.2',
  revision: 3,
  yields: 'dna',
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.gff3', '.gff', '.gtf', '.gff3.gz', '.gff.gz', '.gtf.gz'] },
      summary: 'The annotation, plain or gzipped, relative to this document.',
    },
    genome: intervals.parameters.genome,
    feature: { type: { is: 'text' }, default: 'gene', summary: 'Type of the features, as column 3 has it: `"exon"`.' },
    at: {
      type: { is: 'keyword', values: ['start', 'end', 'whole'] },
      default: 'start',
      summary: 'Where the window lies: at the 5′ end, at the 3′ end, or over the whole feature.',
    },
    upstream: {
      type: { is: 'integer', min: 0, max: 10_000_000, unit: 'bp' },
      default: 0,
      summary: 'Bases in front, on the strand of the feature (bp).',
    },
    downstream: {
      type: { is: 'integer', min: 0, max: 10_000_000, unit: 'bp' },
      default: 0,
      summary: 'Bases behind: from the base at the end on, or after the whole feature (bp).',
    },
    names: {
      type: { is: 'text' },
      default: 'gene_name',
      summary: 'Attribute with the name of a feature: `gene_name` (GENCODE, Ensembl), `Name` or `gene` (NCBI, SGD).',
    },
    only: { type: { is: 'list', of: { is: 'text' } }, optional: true, summary: 'Names of the features to take.' },
    strand: {
      type: { is: 'keyword', values: ['stated', 'forward'] },
      default: 'stated',
      summary: 'Whether features on the minus strand are read as their reverse complement, or as the genome has them.',
    },
    edges: intervals.parameters.edges,
    unplaced,
    label: { type: { is: 'integer', min: 0 }, optional: true, summary: 'Class of all features of this file.' },
    ambiguous: fasta.parameters.ambiguous,
  },
} as const satisfies SourceEntry;

export const table = {
  category: 'source',
  name: 'table',
  summary: 'Rows of numbers from a table, text or Parquet: genotypes of people, expression of samples.',
  documentation:
    'The first row names the columns; every further row is one example, every column that is not named otherwise one feature. With `examples: columns` it is the other way round, as in matrices of genes × samples (GEO, TCGA, GTEx; GCT 1.2, whose first two lines are passed over): the first column, or `names`, has the names of the features. Cells are separated by tabs, commas, semicolons or blanks (the first of these that the header holds; several blanks count as one), quoted as in CSV, plain, gzipped or packed by Zstandard; or it is a Parquet file, told by its first bytes and read column by column, of which numbers, truth values and text are read and other columns have to be skipped. Numbers have a decimal point; `TRUE` and `FALSE` are 1 and 0. Missing are empty cells, `.`, and `NA`, `NaN`, `N/A`, `<NA>`, `null`, `none` and what else `pandas.read_csv` takes for it; what happens to them must be said, and how many there were is reported.',
  citation: 'RFC 4180 (comma-separated values)',
  revision: 2,
  parameters: {
    path: {
      type: {
        is: 'path',
        extensions: [
          ...['.csv', '.tsv', '.txt', '.raw', '.gct', '.parquet'],
          ...['.csv.gz', '.tsv.gz', '.txt.gz', '.raw.gz', '.gct.gz'],
        ],
      },
      summary: 'The table, relative to this document.',
    },
    as: {
      type: { is: 'keyword', values: ['expression', 'genotypes'] },
      default: 'expression',
      summary: 'What the numbers are: expression (or any measurements), or counts of effect alleles.',
    },
    examples: {
      type: { is: 'keyword', values: ['rows', 'columns'] },
      default: 'rows',
      summary: 'Whether examples are the rows of the file, or its columns.',
    },
    names: {
      type: { is: 'text' },
      optional: true,
      summary: 'Column with the names of the rows; where none is given, a first column without heading.',
    },
    label: { type: { is: 'text' }, optional: true, summary: 'Column with the class or the measured value.' },
    labels: {
      type: { is: 'path', extensions: ['.csv', '.tsv', '.txt', '.csv.gz', '.tsv.gz', '.txt.gz'] },
      optional: true,
      summary:
        'Labels in a file of their own: a table with the name of an example in the first column and its label in the second, header first. Examples that it does not name have none.',
    },
    classes: {
      type: { is: 'list', of: { is: 'text' } },
      optional: true,
      summary: 'Labels as they are written, in the order of the classes: the first becomes 0.',
    },
    skip: {
      type: { is: 'list', of: { is: 'text' } },
      default: [],
      summary: 'Columns that are neither names, labels nor features: `["FID", "SEX"]`.',
    },
    where: {
      type: { is: 'record', of: { is: 'text' } },
      optional: true,
      summary:
        'Only the examples that have these values: `{ split: "train", tissue: "blood" }`; the columns are no features.',
    },
    missing: {
      type: { is: 'keyword', values: ['error', 'mean', 'zeros', 'drop'] },
      default: 'error',
      summary:
        'What a missing value becomes: an error, the mean of its feature over the examples that have it, 0, or the removal of its example.',
    },
  },
} as const satisfies SourceEntry;

export const arrays = {
  category: 'source',
  name: 'arrays',
  summary: 'Sequences, genotypes or expression from the arrays of a file: HDF5, Zarr, `.npz` or `.npy`.',
  documentation:
    'Arrays are named by their paths in the file, `"train/x"`; `inputs` may be left out where one array alone has a shape that fits. The format is told by the first bytes: HDF5; Zarr of version 2 or 3, a folder or a ZIP archive; arrays that numpy has written. Booleans, integers, and floating-point numbers of 16 (IEEE half precision), 32 and 64 bits, in either byte order, in C or Fortran order, whole, in chunks or compressed (HDF5: gzip; Zarr: blosc, gzip, lz4, zlib, zstd). Arrays of Python objects are refused, because reading them runs code. One-hot DNA has the shape [example, 4, position] or [example, position, 4] with one 1 per position; all-zero positions are taken as unknown bases and reported. Genotypes and expression have the shape [example, feature]; their missing values are NaN. Labels of several columns are classes where each row has a single 1 (`to_categorical`); of others `label_column` names one.',
  citation:
    'The HDF Group, HDF5 file format specification; Zarr core specification, versions 2 and 3; NumPy, numpy.lib.format (NEP 1)',
  revision: 2,
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.h5', '.hdf5', '.hdf', '.zarr', '.zarr.zip', '.npz', '.npy'] },
      summary: 'The file, or the folder of a Zarr store, relative to this document.',
    },
    inputs: {
      type: { is: 'text' },
      optional: true,
      summary: 'Path of the array of examples, `"x_test"`; may be left out where only one has a shape that fits.',
    },
    as: {
      type: { is: 'keyword', values: ['dna', 'genotypes', 'expression'] },
      default: 'dna',
      summary: 'What the numbers are: one-hot DNA, counts of effect alleles, or expression (or any measurements).',
    },
    labels: {
      type: { is: 'text' },
      optional: true,
      summary:
        'Path of the array of labels, a class or a measured value for each example; in `labels_file` where there is one.',
    },
    labels_file: {
      type: { is: 'path', extensions: ['.h5', '.hdf5', '.hdf', '.zarr', '.zarr.zip', '.npz', '.npy'] },
      optional: true,
      summary: 'File of its own in which the labels lie.',
    },
    label_column: {
      type: { is: 'integer', min: 0 },
      optional: true,
      summary: 'Which column of labels of the shape [example, column], counted from 0.',
    },
    classes: {
      type: { is: 'list', of: { is: 'text' } },
      optional: true,
      summary: 'Labels as they are written, in the order of the classes: the first becomes 0.',
    },
    names: { type: { is: 'text' }, optional: true, summary: 'Path of the array with the names of the examples.' },
    features: { type: { is: 'text' }, optional: true, summary: 'Path of the array with the names of the features.' },
    order: { type: { is: 'text' }, default: 'ACGT', summary: 'Order of the bases along the alphabet axis.' },
    missing: table.parameters.missing,
  },
} as const satisfies SourceEntry;

export const numpy = {
  ...arrays,
  name: 'numpy',
  summary: 'Sequences, genotypes or expression from arrays that numpy has written.',
  documentation: '`arrays` under the name of the format.',
  revision: 3,
  parameters: {
    ...arrays.parameters,
    path: { type: { is: 'path', extensions: ['.npy', '.npz'] }, summary: 'The file, relative to this document.' },
  },
} as const satisfies SourceEntry;

export const one_hot_hdf5 = {
  category: 'source',
  name: 'one_hot_hdf5',
  summary: 'One-hot sequences and labels from an HDF5 file.',
  documentation: '`arrays` of HDF5 as DNA, under its older name.',
  citation: 'The HDF Group, HDF5 file format specification',
  revision: 1,
  yields: 'dna',
  parameters: {
    path: { type: { is: 'path', extensions: ['.h5', '.hdf5'] }, summary: 'The HDF5 file, relative to this document.' },
    inputs: { type: { is: 'text' }, summary: 'Path of the one-hot array in the file, for example `"x_test"`.' },
    labels: arrays.parameters.labels,
    order: arrays.parameters.order,
  },
} as const satisfies SourceEntry;

export const simulate_motifs = {
  category: 'source',
  name: 'simulate_motifs',
  summary: 'Random DNA with planted motifs, so that the truth is known.',
  documentation:
    'Background bases are independent and uniform. Sequences with label 1 hold one instance of every motif, on a random strand, at random places that do not overlap; sequences with label 0 hold none (chance occurrences aside). Motifs are IUPAC strings: each ambiguous letter is drawn anew for each instance. The planted positions are kept as ground truth for `planted_motifs`.',
  citation: 'after Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109 (planted-motif protocol, simplified)',
  revision: 1,
  yields: 'dna',
  size: 'length',
  parameters: {
    motifs: {
      type: { is: 'list', of: { is: 'text' } },
      summary: 'The motifs as IUPAC strings, for example `["TGASTCA", "CACGTG"]`.',
    },
    sequences: { type: { is: 'integer', min: 1, max: 10_000_000 }, default: 1000, summary: 'Number of sequences.' },
    length: {
      type: { is: 'integer', min: 4, max: 1_000_000, unit: 'bp' },
      default: 100,
      summary: 'Length of each sequence (bp).',
    },
    positives: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0.5,
      summary: 'Share of sequences with planted motifs.',
    },
    seed,
  },
} as const satisfies SourceEntry;
