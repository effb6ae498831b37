/**
 * The source `anndata`: cells and genes of an AnnData object in HDF5 (.h5ad) or Zarr. Encodings: dense arrays, CSR and
 * CSC matrices, data frames with categorical, nullable and plain columns.
 * https://anndata.readthedocs.io/en/stable/fileformat-prose.html
 */
import type { anndata as specification } from '../../catalog/cells.js';
import type { ParametersOf } from '../../catalog/specification.js';
import { Failure } from '../failure.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import type { Rows } from './examples.js';
import { withHierarchy, type Hierarchy, type TreeNode } from './hierarchy.js';
import { pathOf, type Files, type Source } from './source.js';
import { denseRows, keep, requireFinite } from './sparse.js';
import { duplicateNotes, labelOf, unlabelledNotes, whereNotes } from './table-cells.js';

type Parameters = ParametersOf<typeof specification>;

/** Classes that are told in the note. */
const TOLD = 30;

/** Groups of `values` and `mask`. */
const NULLABLE = new Set<unknown>(['nullable-integer', 'nullable-boolean', 'nullable-string-array']);

/** A column of a data frame, undefined where a value is missing, and the order of its categories. */
interface Column {
  readonly values: readonly (string | undefined)[];
  readonly categories?: readonly string[];
}

/** An open file and its path, for messages. */
interface AnnData {
  readonly tree: Hierarchy;
  readonly path: string;
}

/** The elements as text; truth values are 0 and 1, as HDF5 has them. */
async function textsOf({ tree }: AnnData, array: string): Promise<string[]> {
  return Array.from((await tree.array(array)).values, value =>
    String(typeof value === 'boolean' ? Number(value) : value),
  );
}

/** The index of a data frame: names of cells or genes. @throws Failure `data/not-anndata` */
async function indexOf(data: AnnData, frame: string): Promise<string[]> {
  const node = await data.tree.node(frame);
  if (node === undefined || node.shape !== undefined) {
    const found = node ? `"${frame}" is a table of records, as before version 0.7` : `it has no data frame "${frame}"`;
    throw new Failure('data/not-anndata', `the file is not what AnnData writes since version 0.7: ${found}`, {
      place: data.path,
      remedy: 'Rewrite it in Python: `anndata.read_h5ad("old.h5ad").write_h5ad("new.h5ad")`.',
    });
  }
  const index = node.attributes['_index'];
  const column = await columnOf(data, frame, typeof index === 'string' ? index : '_index');
  return column.values.map(value => value ?? '');
}

/** @throws Failure `data/no-column` */
async function columnOf(data: AnnData, frame: string, name: string): Promise<Column> {
  const { tree } = data;
  const path = `${frame}/${name}`;
  const node = await tree.node(path);
  if (node === undefined) {
    const known = (await tree.node(frame))?.attributes['column-order'];
    const list = Array.isArray(known) ? known.slice(0, 20).map(String) : [];
    throw new Failure('data/no-column', `"${frame}" has no column "${name}"`, {
      place: data.path,
      remedy: `Its columns are ${list.join(', ') || 'none'}.`,
    });
  }
  const isGroup = node.shape === undefined;
  const encoding = node.attributes['encoding-type'];
  if (isGroup && encoding !== 'categorical') {
    if (!NULLABLE.has(encoding))
      throw new Failure('data/encoding', `the column is encoded as ${String(encoding)}`, {
        place: `${data.path}, ${path}`,
        remedy: 'Plain, categorical and nullable columns are known.',
      });
    const missing = await textsOf(data, `${path}/mask`);
    const values = await textsOf(data, `${path}/values`);
    return { values: values.map((value, at) => (missing[at] === '1' ? undefined : value)) };
  }
  // Versions before 0.8 keep all categories in a group of their own.
  const legacy = `${frame}/__categories/${name}`;
  if (!isGroup && (await tree.node(legacy)) === undefined) return { values: await textsOf(data, path) };
  const categories = await textsOf(data, isGroup ? `${path}/categories` : legacy);
  const codes = await textsOf(data, isGroup ? `${path}/codes` : path);
  return { categories, values: codes.map(code => categories[Number(code)]) };
}

/** Where the numbers lie, and the data frame of their columns. @throws Failure `data/no-layer` */
async function matrixOf({ tree, path }: AnnData, layer: string | undefined) {
  const place = layer === undefined ? 'X' : layer === 'raw' ? 'raw/X' : `layers/${layer}`;
  const node = await tree.node(place);
  if (node) return { place, node, frame: layer === 'raw' ? 'raw/var' : 'var' };
  const known = await tree.children('layers');
  throw new Failure('data/no-layer', `the file has no ${layer === undefined ? 'matrix X' : `layer "${layer}"`}`, {
    place: path,
    remedy: `Its layers are ${known.slice(0, 20).join(', ') || 'none'}; \`layer\` names one, \`"raw"\` is \`.raw\`, and X is meant where it is left out.`,
  });
}

/** [cell, kept gene] */
async function numbersOf(
  { tree, path }: AnnData,
  { place, node }: { place: string; node: TreeNode },
  cells: number,
  columns: Int32Array,
  width: number,
): Promise<Float32Array> {
  const encoding = node.attributes['encoding-type'];
  const where = `${path}, ${place}`;
  const shape = Array.from((node.shape ?? node.attributes['shape'] ?? []) as ArrayLike<number | bigint>, Number);
  if (shape.length !== 2 || shape[0] !== cells || shape[1] !== columns.length)
    throw new Failure(
      'data/shape',
      `the matrix has the shape [${shape.join(', ')}], expected [${cells}, ${columns.length}]`,
      {
        place: where,
        remedy: 'Write the file again: its parts do not belong together.',
      },
    );
  if (node.shape === undefined) {
    if (encoding !== 'csr_matrix' && encoding !== 'csc_matrix')
      throw new Failure('data/encoding', `the matrix is encoded as ${String(encoding)}`, {
        place: where,
        remedy: 'Dense, csr_matrix and csc_matrix are known.',
      });
    const part = async (name: string) => (await tree.array(`${place}/${name}`)).values;
    const [values, indices, pointers] = [await part('data'), await part('indices'), await part('indptr')];
    const matrix = {
      rows: cells,
      columns: columns.length,
      byRow: encoding === 'csr_matrix',
      values,
      indices,
      pointers,
    };
    return denseRows(matrix, columns, width, where);
  }
  const { values } = await tree.array(place);
  const dense = new Float32Array(cells * width);
  for (let cell = 0; cell < cells; cell++) {
    const from = cell * columns.length;
    for (let column = 0; column < columns.length; column++) {
      const to = columns[column]!;
      if (to >= 0) dense[cell * width + to] = Number(values[from + column]);
    }
  }
  return dense;
}

const isTrue = (value: string | undefined): boolean => ['1', 'true', 'True', 'TRUE'].includes(value ?? '');

async function read(parameters: Parameters, files: Files): Promise<Rows> {
  const path = pathOf(parameters.path, files);
  return withHierarchy(path, async tree => {
    const data = { tree, path };
    const cells = await indexOf(data, 'obs');
    const matrix = await matrixOf(data, parameters.layer);
    const index = await indexOf(data, matrix.frame);
    const genes =
      parameters.names === undefined ? index : (await columnOf(data, matrix.frame, parameters.names)).values;
    const only =
      parameters.only === undefined ? undefined : (await columnOf(data, matrix.frame, parameters.only)).values;
    const { kept, place } = keep(index.map((_, gene) => only === undefined || isTrue(only[gene])));
    if (cells.length === 0 || kept.length === 0)
      throw new Failure('data/empty', `the file has ${cells.length} cells, and ${kept.length} genes are kept`, {
        place: path,
        remedy: 'Give a file with cells and genes; `only` names a column that is true for some.',
      });
    requireRoomFor(cells.length, kept.length, ['cells', 'genes', 'values']);
    const features = kept.map(gene => genes[gene] || index[gene]!);
    const values = await numbersOf(data, matrix, cells.length, place, kept.length);
    requireFinite(values, cells, features, `${path}, ${matrix.place}`);
    const { labels, classes, notes } = await labelsOf(data, parameters, cells);
    const wanted = await wantedCells(data, parameters.where, cells.length);
    const chosen = <T>(all: readonly T[]): T[] => wanted.map(cell => all[cell]!);
    const names = chosen(cells);
    return {
      alphabet: 'expression',
      ...(classes && { classes }),
      length: kept.length,
      features,
      values: rowsAt(values, kept.length, wanted, cells.length),
      names,
      labels: chosen(labels),
      origins: wanted.map(cell => ({ source: parameters.path.slice(0, 8), index: cell })),
      notes: [
        ...whereNotes(parameters.where, cells.length - wanted.length, cells.length, path),
        ...notes,
        ...unlabelledNotes(chosen(labels), parameters.label !== undefined),
        ...duplicateNotes(features, names),
      ],
    };
  });
}

/** Indices of the cells that have what `where` asks for. @throws Failure `data/no-column` */
async function wantedCells(data: AnnData, where: Parameters['where'], cells: number): Promise<number[]> {
  let wanted = Array.from({ length: cells }, (_, cell) => cell);
  for (const [column, value] of Object.entries(where ?? {})) {
    const { values } = await columnOf(data, 'obs', column);
    wanted = wanted.filter(cell => values[cell] === value);
  }
  return wanted;
}

/** Some rows of a matrix, ascending; the matrix itself where they are all. */
function rowsAt(values: Float32Array, width: number, rows: readonly number[], all: number): Float32Array {
  if (rows.length === all) return values;
  rows.forEach((row, at) => values.copyWithin(at * width, row * width, (row + 1) * width));
  return values.slice(0, rows.length * width);
}

/** @throws Failure `data/no-column`, `data/label` */
async function labelsOf(
  data: AnnData,
  { label, classes }: Parameters,
  cells: readonly string[],
): Promise<Pick<Rows, 'labels' | 'classes' | 'notes'>> {
  if (label === undefined) return { labels: cells.map(() => undefined), notes: [] };
  const { values, categories } = await columnOf(data, 'obs', label);
  const order = classes ?? categories;
  const labels = cells.map((cell, at) => {
    const value = values[at];
    if (value === undefined) return undefined;
    const number = labelOf(value, label, order, `${data.path}, obs/${label}, cell "${cell}"`);
    return Number.isNaN(number) ? undefined : number;
  });
  if (order === undefined) return { labels, notes: [] };
  const told = order.slice(0, TOLD).map((name, at) => `${at} ${name}`);
  const message = `The classes are ${told.join(', ')}${order.length > TOLD ? ', …' : ''}.`;
  return { labels, classes: order, notes: [{ level: 'information', code: 'data/classes', message }] };
}

export const anndata: Source<Parameters, Rows> = {
  read,
  async describe(parameters, files) {
    const path = pathOf(parameters.path, files);
    return withHierarchy(path, async tree => {
      const data = { tree, path };
      const cells = await indexOf(data, 'obs');
      const { frame } = await matrixOf(data, parameters.layer);
      const { only } = parameters;
      const genes =
        only === undefined ? await indexOf(data, frame) : (await columnOf(data, frame, only)).values.filter(isTrue);
      const length: [number, number] = [genes.length, genes.length];
      const wanted = await wantedCells(data, parameters.where, cells.length);
      return { is: 'data', examples: wanted.length, complete: true, alphabet: 'expression', length, notes: [] };
    });
  },
};
