/**
 * The source `cell_ranger`: counts of cells by 10x Genomics, as HDF5 or as Matrix Market with tables of barcodes and features.
 * https://www.10xgenomics.com/support/software/cell-ranger/latest/analysis/outputs/cr-outputs-mex-matrices
 */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { cell_ranger as specification } from '../../catalog/cells.js';
import type { ParametersOf } from '../../catalog/specification.js';
import { Failure } from '../failure.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import type { Rows } from './examples.js';
import { withHierarchy } from './hierarchy.js';
import { linesOf } from './lines.js';
import { pathOf, type Files, type Source } from './source.js';
import { denseRows, keep, requireFinite, type SparseMatrix } from './sparse.js';
import { duplicateNotes, labelOf } from './table-cells.js';

type Parameters = ParametersOf<typeof specification>;

/** Tables of a matrix. */
interface Tables {
  readonly barcodes: readonly string[];
  readonly ids: readonly string[];
  readonly symbols: readonly string[];
  /** `Gene Expression` …; empty where the file does not say. */
  readonly types: readonly string[];
}

/** The tables and, when `fill` asks for them, the counts. */
interface Contents extends Tables {
  readonly dense: (place: Int32Array, width: number) => Promise<Float32Array>;
}

const isMatrixMarket = (path: string): boolean => /\.mtx(\.gz)?$/i.test(path);

function withContents<Result>(path: string, use: (contents: Contents) => Promise<Result>): Promise<Result> {
  if (isMatrixMarket(path))
    return tablesBeside(path).then(tables => use({ ...tables, dense: readMarket(path, tables) }));
  return withHierarchy(path, async tree => {
    if ((await tree.node('matrix/features')) === undefined)
      throw new Failure('data/not-cell-ranger', 'the file has no group matrix/features', {
        place: path,
        remedy: 'Give a feature-barcode matrix of Cell Ranger 3 or later; AnnData files are read by `anndata`.',
      });
    const texts = async (name: string): Promise<string[]> =>
      Array.from((await tree.array(`matrix/${name}`)).values, String);
    const barcodes = await texts('barcodes');
    const [ids, symbols] = [await texts('features/id'), await texts('features/name')];
    const types = (await tree.node('matrix/features/feature_type')) ? await texts('features/feature_type') : [];
    const dense = async (place: Int32Array, width: number): Promise<Float32Array> => {
      const part = async (name: string) => (await tree.array(`matrix/${name}`)).values;
      // Columns of genes × cells are the rows of cells × genes.
      const matrix: SparseMatrix = {
        rows: barcodes.length,
        columns: ids.length,
        byRow: true,
        values: await part('data'),
        indices: await part('indices'),
        pointers: await part('indptr'),
      };
      return denseRows(matrix, place, width, `${path}, matrix`);
    };
    return use({ barcodes, ids, symbols, types, dense });
  });
}

async function tablesBeside(path: string): Promise<Tables> {
  const folder = dirname(path);
  const beside = async (...names: string[]): Promise<string[][]> => {
    for (const name of names.flatMap(one => [`${one}.gz`, one])) {
      const file = join(folder, name);
      const isThere = await stat(file).then(
        () => true,
        () => false,
      );
      if (!isThere) continue;
      const rows: string[][] = [];
      for await (const { text } of linesOf(file)) if (text !== '') rows.push(text.split('\t'));
      return rows;
    }
    throw new Failure('data/no-table', `there is no ${names.join(' or ')} beside the matrix`, {
      place: folder,
      remedy: 'Keep the three files of Cell Ranger in one folder under their names.',
    });
  };
  const barcodes = (await beside('barcodes.tsv')).map(([barcode]) => barcode!);
  const features = await beside('features.tsv', 'genes.tsv');
  return {
    barcodes,
    ids: features.map(([id]) => id!),
    symbols: features.map(([id, symbol]) => symbol ?? id!),
    types: features.every(row => row.length > 2) ? features.map(row => row[2]!) : [],
  };
}

/** Matrix Market, coordinate form: genes × cells, counted from 1. */
function readMarket(path: string, { barcodes, ids }: Tables): Contents['dense'] {
  return async (place, width) => {
    const dense = new Float32Array(barcodes.length * width);
    let left: number | undefined;
    for await (const { text, number } of linesOf(path)) {
      if (number === 1 && !/^%%MatrixMarket matrix coordinate (integer|real) general/i.test(text))
        throw new Failure(
          'data/not-mtx',
          `found "${text.slice(0, 60)}", expected %%MatrixMarket matrix coordinate integer general`,
          {
            place: `${path}, line 1`,
            remedy: 'Give a sparse matrix in Matrix Market format.',
          },
        );
      if (text.startsWith('%') || text === '') continue;
      const [gene = NaN, cell = NaN, value = NaN] = text.split(/\s+/, 3).map(Number);
      const where = `${path}, line ${number}`;
      if (left === undefined) {
        left = value;
        if (gene !== ids.length || cell !== barcodes.length || !(left >= 0))
          throw new Failure(
            'data/shape',
            `the matrix is ${gene} × ${cell}, and the tables name ${ids.length} features and ${barcodes.length} barcodes`,
            {
              place: where,
              remedy: 'Keep the three files of one run together.',
            },
          );
        continue;
      }
      const to = place[gene - 1];
      if (
        to === undefined ||
        !(cell >= 1 && cell <= barcodes.length) ||
        !Number.isInteger(cell) ||
        !Number.isFinite(value) ||
        left-- <= 0
      )
        throw new Failure('data/damaged-mtx', `"${text.slice(0, 60)}" is no element of this matrix`, {
          place: where,
          remedy: 'Write the matrix again.',
        });
      if (to >= 0) dense[(cell - 1) * width + to]! += value;
    }
    if (left !== 0)
      throw new Failure('data/damaged-mtx', `${left ?? 'all'} elements are missing at the end`, {
        place: path,
        remedy: 'The file is cut off: copy it again.',
      });
    return dense;
  };
}

function keptOf({ ids, types }: Tables, { feature_type }: Parameters, path: string) {
  const found = keep(ids.map((_, gene) => types.length === 0 || types[gene] === feature_type));
  if (found.kept.length > 0) return found;
  throw new Failure('data/empty', `no feature is of the type "${feature_type}"`, {
    place: path,
    remedy: `The types are ${[...new Set(types)].slice(0, 10).join(', ') || 'none'}.`,
  });
}

async function read(parameters: Parameters, files: Files): Promise<Rows> {
  const path = pathOf(parameters.path, files);
  return withContents(path, async contents => {
    const { barcodes, dense } = contents;
    const { kept, place } = keptOf(contents, parameters, path);
    requireRoomFor(barcodes.length, kept.length, ['cells', 'genes', 'values']);
    const features = kept.map(gene => contents[parameters.names][gene]!);
    const values = await dense(place, kept.length);
    requireFinite(values, barcodes, features, path);
    return {
      alphabet: 'expression',
      length: kept.length,
      features,
      values,
      names: barcodes,
      labels: await labelsOf(parameters, files, barcodes),
      origins: barcodes.map((_, index) => ({ source: parameters.path.slice(0, 8), index })),
      notes: duplicateNotes(features),
    };
  });
}

/** Classes by barcode; cells that the table does not name have none. */
async function labelsOf(
  { clusters, classes }: Parameters,
  files: Files,
  barcodes: readonly string[],
): Promise<(number | undefined)[]> {
  if (clusters === undefined) return barcodes.map(() => undefined);
  const path = pathOf(clusters, files);
  const byBarcode = new Map<string, number>();
  for await (const { text, number } of linesOf(path)) {
    if (number === 1 || text === '') continue;
    const [barcode = '', label = ''] = text.split(/[,\t]/).map(cell => cell.trim());
    byBarcode.set(barcode, labelOf(label, 'clusters', classes, `${path}, line ${number}`));
  }
  return barcodes.map(barcode => {
    const label = byBarcode.get(barcode);
    return label === undefined || Number.isNaN(label) ? undefined : label;
  });
}

export const cellRanger: Source<Parameters, Rows> = {
  read,
  describe: (parameters, files) => {
    const path = pathOf(parameters.path, files);
    return withContents(path, tables => {
      const { length } = keptOf(tables, parameters, path).kept;
      const examples = tables.barcodes.length;
      const range: [number, number] = [length, length];
      return Promise.resolve({
        is: 'data',
        examples,
        complete: true,
        alphabet: 'expression',
        length: range,
        notes: [],
      });
    });
  },
};
