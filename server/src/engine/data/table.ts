/**
 * Tables of numbers as text: one row per example, one column per feature, or the other way round, a header row with the names of the
 * columns. Separated by tabs, commas, semicolons or blanks, whichever the header holds; quoted as in RFC 4180; plain or gzipped. Files that
 * begin like Parquet are read as such.
 */
import type { ParametersOf } from '../../catalog/specification.js';
import type { table as specification } from '../../catalog/sources.js';
import type { DataDescription } from '../../protocol.js';
import { Failure } from '../failure.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import type { Rows } from './examples.js';
import { linesOf, ownText } from './lines.js';
import { isParquet } from './parquet.js';
import { describeParquet, readParquet } from './parquet-table.js';
import { examplesOf, labelOf, missingValue, numberOf, unlabelledNotes, type Columns } from './table-cells.js';
import { labelsFor, tableOf } from './table-text.js';
import { pathOf, type Files, type Source } from './source.js';

type Parameters = ParametersOf<typeof specification>;

async function read(parameters: Parameters, files: Files): Promise<Rows> {
  const path = pathOf(parameters.path, files);
  const { label, labels: table, classes } = parameters;
  requireOneOrder(parameters, await isParquet(path), path);
  const rows = await rowsOf(parameters, path);
  const named = { ...rows, ...(classes && (label ?? table) !== undefined && { classes }) };
  if (table === undefined) return named;
  const labels = await labelsFor(rows.names, pathOf(table, files), classes);
  return { ...named, labels, notes: [...rows.notes, ...unlabelledNotes(labels, true)] };
}

async function rowsOf(parameters: Parameters, path: string): Promise<Rows> {
  if (await isParquet(path)) return readParquet(path, parameters);
  return parameters.examples === 'rows' ? readText(parameters, path) : readColumns(parameters, path);
}

/** @throws Failure `data/label`, `data/orientation` for parameters that do not go together */
function requireOneOrder({ label, labels, examples, where }: Parameters, parquet: boolean, place: string): void {
  if (label !== undefined && (labels !== undefined || examples === 'columns'))
    throw new Failure(
      'data/label',
      '`label` names a column, which no example has where examples are columns or `labels` has them',
      {
        place,
        remedy: 'Leave it out; `labels` is a table with the name of an example and its label in each row.',
      },
    );
  if (where !== undefined && examples === 'columns')
    throw new Failure('data/orientation', '`where` asks for values of columns, and examples are columns', {
      place,
      remedy: 'Leave out the others with `skip`.',
    });
  if (parquet && examples === 'columns')
    throw new Failure('data/orientation', 'the examples of a Parquet file are its rows', {
      place,
      remedy: 'Write it with an example in each row, or as text.',
    });
}

/** An array that holds so many elements, the first of them those of another. */
function grown(values: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  if (length <= values.length) return values;
  const more = new Float32Array(Math.max(length, values.length * 2));
  more.set(values);
  return more;
}

async function readText(parameters: Parameters, path: string): Promise<Rows> {
  const { missing, classes } = parameters;
  const names: string[] = [];
  const labels: (number | undefined)[] = [];
  const indices: number[] = [];
  let features: readonly string[] = [];
  let values = new Float32Array(0);
  let index = -1;
  let absent = 0;
  let affected = 0;
  let others = 0;
  for await (const { columns, row } of tableOf(path, parameters)) {
    index++;
    const { header } = columns;
    if (features.length === 0) features = columns.features.map(column => header[column]! || `column ${column + 1}`);
    if (isOther(columns, row.cells)) {
      others++;
      continue;
    }
    const at = (column: number): string => `${path}, line ${row.line}, column ${column + 1}`;
    const width = columns.features.length;
    requireRoomFor(names.length + 1, width, ['rows', 'features', 'values']);
    const end = (names.length + 1) * width;
    values = grown(values, end);
    let gaps = 0;
    columns.features.forEach((column, feature) => {
      const value = numberOf(row.cells[column]!, header[column]!, at(column));
      values[end - width + feature] = value;
      if (!Number.isNaN(value)) return;
      gaps++;
      if (missing === 'error') throw missingValue(header[column]!, at(column));
    });
    absent += gaps;
    if (gaps > 0) affected++;
    if (gaps > 0 && missing === 'drop') continue;
    const label =
      columns.label === undefined
        ? NaN
        : labelOf(row.cells[columns.label]!, header[columns.label]!, classes, at(columns.label));
    names.push(columns.names === undefined ? `row ${index + 1}` : ownText(row.cells[columns.names]!));
    labels.push(Number.isNaN(label) ? undefined : label);
    indices.push(index);
  }
  values = values.slice(0, names.length * features.length);
  const kept = { features, values, names, labels, indices, absent, affected, others, rows: index + 1 };
  return examplesOf(kept, parameters, path);
}

/** Whether a row is none that `where` asks for. */
const isOther = ({ where }: Columns, cells: readonly string[]): boolean =>
  where.some(([column, value]) => cells[column] !== value);

/** Tables whose rows are features, as matrices of genes × samples are. */
async function readColumns(parameters: Parameters, path: string): Promise<Rows> {
  const { missing } = parameters;
  const features: string[] = [];
  let names: readonly string[] = [];
  /** [feature, example] */
  let turned = new Float32Array(0);
  const gaps: number[] = [];
  for await (const { columns, row } of tableOf(path, parameters)) {
    const { header } = columns;
    const width = columns.features.length;
    if (features.length === 0) names = columns.features.map(column => header[column]!);
    requireRoomFor(width, features.length + 1, ['columns', 'rows', 'values']);
    turned = grown(turned, (features.length + 1) * width);
    columns.features.forEach((column, example) => {
      const place = `${path}, line ${row.line}, column ${column + 1}`;
      const value = numberOf(row.cells[column]!, header[column]!, place);
      turned[features.length * width + example] = value;
      if (!Number.isNaN(value)) return;
      gaps[example] = (gaps[example] ?? 0) + 1;
      if (missing === 'error') throw missingValue(header[column]!, place);
    });
    features.push(ownText(row.cells[columns.names ?? 0]!));
  }
  const indices = [...names.keys()].filter(example => missing !== 'drop' || gaps[example] === undefined);
  const values = new Float32Array(indices.length * features.length);
  indices.forEach((example, at) => {
    for (let feature = 0; feature < features.length; feature++)
      values[at * features.length + feature] = turned[feature * names.length + example]!;
  });
  const kept = {
    ...{ features, values, indices, rows: names.length },
    names: indices.map(example => names[example]!),
    labels: indices.map(() => undefined),
    absent: gaps.reduce((sum, count) => sum + count, 0),
    affected: gaps.filter(count => count > 0).length,
  };
  return examplesOf(kept, parameters, path);
}

/**
 * Counts the rows that are asked for; numbers are not read.
 *
 * @param seconds after this time the answer is given for the rows read so far
 */
export async function describeTable(parameters: Parameters, files: Files, seconds = 8): Promise<DataDescription> {
  const path = pathOf(parameters.path, files);
  if (await isParquet(path)) return describeParquet(path, parameters);
  if (parameters.examples === 'columns') return describeColumns(parameters, path);
  const deadline = performance.now() + seconds * 1000;
  let examples = 0;
  let length = 0;
  let complete = true;
  for await (const { columns, row } of tableOf(path, parameters)) {
    examples += Number(!isOther(columns, row.cells));
    length = columns.features.length;
    if (performance.now() > deadline) {
      complete = false;
      break;
    }
  }
  return { is: 'data', examples, complete, alphabet: parameters.as, length: [length, length], notes: [] };
}

/** Counts the lines, which are features: what stands in them is not looked at. */
async function describeColumns(parameters: Parameters, path: string): Promise<DataDescription> {
  let examples = 0;
  let before = 0;
  for await (const { columns, header } of tableOf(path, parameters)) {
    examples = columns.features.length;
    before = header;
    break;
  }
  let rows = 0;
  for await (const { text, number } of linesOf(path)) if (number > before && text.trim() !== '') rows++;
  return { is: 'data', examples, complete: true, alphabet: parameters.as, length: [rows, rows], notes: [] };
}

export const table: Source<Parameters, Rows> = { read, describe: describeTable };
