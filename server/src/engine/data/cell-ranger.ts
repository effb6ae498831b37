/**
 * The source `cell_ranger`: counts of cells by 10x Genomics, as HDF5 or as Matrix Market with tables of barcodes and features.
 * https://www.10xgenomics.com/support/software/cell-ranger/latest/analysis/outputs/cr-outputs-mex-matrices
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { cell_ranger as specification } from '../../catalog/cells.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import type { Rows } from './examples.js';
import { withHierarchy, type Hierarchy } from './hierarchy.js';
import { linesOf } from './lines.js';
import { firstBytes, pathOf, type Files, type Source } from './source.js';
import { denseRows, keep, requireFinite, type SparseMatrix } from './sparse.js';
import { labelsByName } from './table.js';
import { duplicateNotes, unlabelledNotes } from './table-cells.js';

type Parameters = ParametersOf<typeof specification>;

/** Tables of a matrix. */
interface Tables {
  readonly barcodes: readonly string[];
  readonly ids: readonly string[];
  readonly symbols: readonly string[];
  /** `Gene Expression` …; empty where the file does not say. */
  readonly types: readonly string[];
  /** Genome of each feature; empty where the file does not say. */
  readonly genomes: readonly string[];
}

/** The tables, and the counts of the features that have a place. */
interface Contents extends Tables {
  readonly dense: (place: Int32Array, width: number) => Promise<Float32Array>;
}

/** What Matrix Market holds begins with `%%MatrixMarket`, gzipped or not; folders and archives are no files of Cell Ranger. */
async function isMatrixMarket(path: string): Promise<boolean> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return false;
  const head = (await firstBytes(path)).toString('latin1');
  return head.startsWith('%%Matrix') || head.startsWith('\x1f\x8b') || /\.mtx(\.gz)?$/i.test(path);
}

async function withContents<Result>(
  { genome }: Parameters,
  path: string,
  use: (contents: Contents) => Promise<Result>,
): Promise<Result> {
  if (await isMatrixMarket(path)) {
    const tables = await tablesBeside(path);
    return use({ ...tables, dense: readMarket(path, tables) });
  }
  return withHierarchy(path, async tree => {
    const at = await groupsOf(tree, path, genome);
    const texts = async (name: string): Promise<string[]> => Array.from((await tree.array(name)).values, String);
    const textsIfAny = async (name: string): Promise<string[]> => ((await tree.node(name)) ? texts(name) : []);
    const barcodes = await texts(`${at.matrix}/barcodes`);
    const [ids, symbols] = [await texts(at.ids), await texts(at.symbols)];
    const types = await textsIfAny(`${at.matrix}/features/feature_type`);
    const genomes = await textsIfAny(`${at.matrix}/features/genome`);
    const dense = async (place: Int32Array, width: number): Promise<Float32Array> => {
      const part = async (name: string) => (await tree.array(`${at.matrix}/${name}`)).values;
      // Columns of genes × cells are the rows of cells × genes.
      const matrix: SparseMatrix = {
        rows: barcodes.length,
        columns: ids.length,
        byRow: true,
        values: await part('data'),
        indices: await part('indices'),
        pointers: await part('indptr'),
      };
      return denseRows(matrix, place, width, `${path}, ${at.matrix}`);
    };
    return use({ barcodes, ids, symbols, types, genomes, dense });
  });
}

/**
 * Where the matrix and the names of its features lie: `matrix` since Cell Ranger 3, before that a group for each genome.
 *
 * @throws Failure `data/not-cell-ranger`, `data/genome`
 */
async function groupsOf(tree: Hierarchy, path: string, genome: string | undefined) {
  if ((await tree.node('matrix/features')) !== undefined)
    return { matrix: 'matrix', ids: 'matrix/features/id', symbols: 'matrix/features/name' };
  const genomes: string[] = [];
  for (const name of await tree.children('/')) if (await tree.node(`${name}/gene_names`)) genomes.push(name);
  if (genomes.length === 0)
    throw new Failure('data/not-cell-ranger', 'the file has neither a group matrix/features nor one for each genome', {
      place: path,
      remedy: 'Give a feature-barcode matrix of Cell Ranger; AnnData files are read by `anndata`.',
    });
  const matrix = genome ?? genomes[0]!;
  if (!genomes.includes(matrix) || (genome === undefined && genomes.length > 1)) throw noGenome(genome, genomes, path);
  return { matrix, ids: `${matrix}/genes`, symbols: `${matrix}/gene_names` };
}

const noGenome = (genome: string | undefined, known: readonly string[], place: string): Failure =>
  new Failure(
    'data/genome',
    genome === undefined ? 'the file has a matrix for each of several genomes' : `the file has no genome "${genome}"`,
    { place, remedy: `Name one: \`genome: "${known[0] ?? ''}"\`; it has ${known.slice(0, 10).join(', ') || 'none'}.` },
  );

async function tablesBeside(path: string): Promise<Tables> {
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

/** Matrix Market, coordinate form: genes × cells, counted from 1. */
function readMarket(path: string, { barcodes, ids }: Tables): Contents['dense'] {
  return async (place, width) => {
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

function keptOf({ ids, types, genomes }: Tables, { feature_type, genome }: Parameters, path: string) {
  if (genome !== undefined && genomes.length > 0 && !genomes.includes(genome))
    throw noGenome(genome, [...new Set(genomes)], path);
  const found = keep(
    ids.map(
      (_, gene) =>
        (types.length === 0 || types[gene] === feature_type) &&
        (genome === undefined || genomes.length === 0 || genomes[gene] === genome),
    ),
  );
  if (found.kept.length > 0) return found;
  throw new Failure('data/empty', `no feature is of the type "${feature_type}"`, {
    place: path,
    remedy: `The types are ${[...new Set(types)].slice(0, 10).join(', ') || 'none'}.`,
  });
}

async function read(parameters: Parameters, files: Files): Promise<Rows> {
  const path = pathOf(parameters.path, files);
  return withContents(parameters, path, async contents => {
    const { barcodes, dense } = contents;
    const { kept, place } = keptOf(contents, parameters, path);
    requireRoomFor(barcodes.length, kept.length, ['cells', 'genes', 'values']);
    const features = kept.map(gene => contents[parameters.names][gene]!);
    const values = await dense(place, kept.length);
    requireFinite(values, barcodes, features, path);
    const { labels, notes } = await labelsOf(parameters, files, barcodes);
    return {
      alphabet: 'expression',
      length: kept.length,
      features,
      values,
      names: barcodes,
      labels,
      origins: barcodes.map((_, index) => ({ source: parameters.path.slice(0, 8), index })),
      notes: [...notes, ...duplicateNotes(features, barcodes)],
    };
  });
}

/** Classes by barcode; cells that the table does not name have none. @throws Failure `data/clusters`, `data/label` */
async function labelsOf(
  { clusters, classes }: Parameters,
  files: Files,
  barcodes: readonly string[],
): Promise<{ labels: (number | undefined)[]; notes: Note[] }> {
  if (clusters === undefined) return { labels: barcodes.map(() => undefined), notes: [] };
  const path = pathOf(clusters, files);
  const byBarcode = await labelsByName(path, classes);
  const matched = barcodes.filter(barcode => byBarcode.has(barcode)).length;
  if (matched === 0)
    throw new Failure('data/clusters', `none of its ${byBarcode.size} barcodes is one of the matrix`, {
      place: path,
      remedy: `Barcodes of the matrix are written like "${barcodes[0] ?? ''}"; the first line of the table is its header.`,
    });
  const labels = barcodes.map(barcode => byBarcode.get(barcode));
  return { labels, notes: unlabelledNotes(labels, true) };
}

export const cellRanger: Source<Parameters, Rows> = {
  read,
  describe: (parameters, files) => {
    const path = pathOf(parameters.path, files);
    return withContents(parameters, path, tables => {
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
