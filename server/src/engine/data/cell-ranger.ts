/**
 * The source `cell_ranger`: counts of cells by 10x Genomics, as HDF5 or as Matrix Market with tables of barcodes and features.
 * https://www.10xgenomics.com/support/software/cell-ranger/latest/analysis/outputs/cr-outputs-mex-matrices
 */
import type { cell_ranger as specification } from '../../catalog/cells.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import type { Rows } from './examples.js';
import { withHierarchy, type Hierarchy } from './hierarchy.js';
import { isMatrixMarket, readMarket, tablesBeside, type Tables } from './matrix-market.js';
import { pathOf, type Files, type Source } from './source.js';
import { denseRows, keep, requireFinite, type SparseMatrix } from './sparse.js';
import { labelsFor } from './table-text.js';
import { duplicateNotes, unlabelledNotes } from './table-cells.js';

type Parameters = ParametersOf<typeof specification>;

/** The tables, and the counts of the features that have a place. */
interface Contents extends Tables {
  readonly dense: (place: Int32Array, width: number) => Promise<Float32Array>;
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
    const genomes =
      at.genome === undefined ? await textsIfAny(`${at.matrix}/features/genome`) : ids.map(() => at.genome);
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
    return { matrix: 'matrix', ids: 'matrix/features/id', symbols: 'matrix/features/name', genome: undefined };
  const genomes: string[] = [];
  for (const name of await tree.children('/')) if (await tree.node(`${name}/gene_names`)) genomes.push(name);
  if (genomes.length === 0)
    throw new Failure('data/not-cell-ranger', 'the file has neither a group matrix/features nor one for each genome', {
      place: path,
      remedy: 'Give a feature-barcode matrix of Cell Ranger; AnnData files are read by `anndata`.',
    });
  const matrix = genome ?? genomes[0]!;
  if (!genomes.includes(matrix) || (genome === undefined && genomes.length > 1)) throw noGenome(genome, genomes, path);
  return { matrix, ids: `${matrix}/genes`, symbols: `${matrix}/gene_names`, genome: matrix };
}

const noGenome = (genome: string | undefined, known: readonly string[], place: string): Failure =>
  new Failure(
    'data/genome',
    genome === undefined ? 'the file has a matrix for each of several genomes' : `the file has no genome "${genome}"`,
    {
      place,
      remedy:
        known.length === 0
          ? 'It does not say which feature is of which genome: leave `genome` out; all features are taken.'
          : `Name one: \`genome: "${known[0]}"\`; it has ${known.slice(0, 10).join(', ')}.`,
    },
  );

function keptOf({ ids, types, genomes }: Tables, { feature_type, genome }: Parameters, path: string) {
  if (genome !== undefined && !genomes.includes(genome)) throw noGenome(genome, [...new Set(genomes)], path);
  const found = keep(
    ids.map(
      (_, gene) =>
        (types.length === 0 || types[gene] === feature_type) && (genome === undefined || genomes[gene] === genome),
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
      ...(parameters.clusters !== undefined && parameters.classes && { classes: parameters.classes }),
      origins: barcodes.map((_, index) => ({ source: parameters.path.slice(0, 8), index })),
      notes: [...notes, ...duplicateNotes(features, barcodes)],
    };
  });
}

/** Classes by barcode; cells that the table does not name have none. @throws Failure `data/unmatched`, `data/label` */
async function labelsOf(
  { clusters, classes }: Parameters,
  files: Files,
  barcodes: readonly string[],
): Promise<{ labels: (number | undefined)[]; notes: Note[] }> {
  if (clusters === undefined) return { labels: barcodes.map(() => undefined), notes: [] };
  const labels = await labelsFor(barcodes, pathOf(clusters, files), classes);
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
