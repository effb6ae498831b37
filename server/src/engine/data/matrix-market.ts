/**
 * Matrix Market with tables of barcodes and features beside it, as Cell Ranger and others write counts of cells: genes × cells in
 * coordinate form, counted from 1. Boisvert, Pozo & Remington 1996, NISTIR 5935.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../failure.js';
import { linesOf } from './lines.js';
import { firstBytes } from './source.js';

/** Tables of a matrix. */
export interface Tables {
  readonly barcodes: readonly string[];
  readonly ids: readonly string[];
  readonly symbols: readonly string[];
  /** `Gene Expression` …; empty where the file does not say. */
  readonly types: readonly string[];
  /** Genome of each feature; empty where the file does not say. */
  readonly genomes: readonly string[];
}

/** What Matrix Market holds begins with `%%MatrixMarket`, gzipped or not; folders and archives are no files of Cell Ranger. */
export async function isMatrixMarket(path: string): Promise<boolean> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return false;
  const head = (await firstBytes(path)).toString('latin1');
  return head.startsWith('%%Matrix') || head.startsWith('\x1f\x8b') || /\.mtx(\.gz)?$/i.test(path);
}

/** The tables that lie beside a matrix, under the names that Cell Ranger gives them. @throws Failure `data/no-table` */
export async function tablesBeside(path: string): Promise<Tables> {
  const folder = dirname(path);
  // Archives such as GEO put a sample's name in front of all three: GSM1234_matrix.mtx.gz.
  const [, sample = ''] = /^(.*)matrix\.mtx(\.gz)?$/i.exec(basename(path)) ?? [];
  const beside = async (...names: string[]): Promise<string[][]> => {
    for (const name of names.flatMap(one => [`${sample}${one}.gz`, `${sample}${one}`])) {
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
    throw new Failure(
      'data/no-table',
      `there is no ${names.map(name => sample + name).join(' or ')} beside the matrix`,
      {
        place: folder,
        remedy: 'Keep the three files of Cell Ranger in one folder under their names.',
      },
    );
  };
  const barcodes = (await beside('barcodes.tsv')).map(([barcode]) => barcode!);
  const features = await beside('features.tsv', 'genes.tsv');
  return {
    barcodes,
    ids: features.map(([id]) => id!),
    symbols: features.map(([id, symbol]) => symbol ?? id!),
    types: features.every(row => row.length > 2) ? features.map(row => row[2]!) : [],
    genomes: [],
  };
}

/** The first line of Matrix Market; patterns have no values, elements stand for 1. Some programs write `unsigned-integer`. */
const MARKET = /^%%MatrixMarket matrix coordinate (integer|unsigned-integer|real|double|pattern) general\s*$/i;

/**
 * The counts of the features that have a place, [cell, place].
 *
 * @throws Failure `data/not-mtx`, `data/shape`, `data/damaged-mtx`
 */
export function readMarket(path: string, { barcodes, ids }: Tables) {
  return async (place: Int32Array, width: number): Promise<Float32Array> => {
    const dense = new Float32Array(barcodes.length * width);
    let left: number | undefined;
    let implied = NaN;
    for await (const { text, number } of linesOf(path)) {
      if (number === 1) {
        const field = MARKET.exec(text)?.[1]?.toLowerCase();
        if (field === undefined) throw notMarket(text, path);
        implied = field === 'pattern' ? 1 : NaN;
      }
      if (text.startsWith('%') || text === '') continue;
      const [gene = NaN, cell = NaN, third = NaN] = text.trim().split(/\s+/, 3).map(Number);
      const where = `${path}, line ${number}`;
      if (left === undefined) {
        left = third;
        if (gene !== ids.length || cell !== barcodes.length || !(left >= 0))
          throw notTogether([gene, cell], [ids.length, barcodes.length], where);
        continue;
      }
      const value = Number.isNaN(implied) ? third : implied;
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

const notMarket = (text: string, path: string): Failure =>
  new Failure(
    'data/not-mtx',
    `found "${text.slice(0, 60)}", expected "%%MatrixMarket matrix coordinate …": integer, real or pattern, and general`,
    {
      place: `${path}, line 1`,
      remedy: 'Write counts as a sparse matrix without symmetry: `scipy.io.mmwrite(path, scipy.sparse.coo_matrix(x))`.',
    },
  );

function notTogether(
  [rows, columns]: readonly [number, number],
  [features, cells]: readonly [number, number],
  place: string,
): Failure {
  const isTurned = rows === cells && columns === features;
  return new Failure(
    'data/shape',
    `the matrix is ${rows} × ${columns}, and the tables name ${features} features and ${cells} barcodes`,
    {
      place,
      remedy: isTurned
        ? 'Its rows are cells: transpose it; Cell Ranger has features in rows.'
        : 'Keep the three files of one run together.',
    },
  );
}
