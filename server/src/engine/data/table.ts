/**
 * Tables of numbers as text: one row per example, one column per feature, a header row with the names of the columns.
 * Separated by tabs, commas, semicolons or blanks, whichever the header holds; quoted as in RFC 4180; plain or gzipped. Files that
 * begin like Parquet are read as such.
 */
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { ParametersOf } from '../../catalog/specification.js';
import type { table as specification } from '../../catalog/sources.js';
import type { DataDescription } from '../../protocol.js';
import { Failure } from '../failure.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import { bytesOf } from './bytes.js';
import type { Rows } from './examples.js';
import { isParquet } from './parquet.js';
import { describeParquet, readParquet } from './parquet-table.js';
import { columnsOf, examplesOf, labelOf, missingValue, numberOf, type Columns } from './table-cells.js';
import { pathOf, type Files, type Source } from './source.js';

type Parameters = ParametersOf<typeof specification>;

const SEPARATORS = ['\t', ',', ';', ' '];

interface Row {
  /** Line of the file on which the row ends, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The separator of a header: the first of tab, comma, semicolon and blank that it holds outside quotes. */
async function separatorOf(path: string): Promise<string> {
  let text = '';
  for await (const chunk of bytesOf(path)) {
    text += chunk.toString('utf8');
    if (text.replace(/^[\r\n]+/, '').includes('\n')) break;
  }
  const [line = ''] = text.replace(/^[\r\n]+/, '').split('\n', 1);
  const header = line.replace(/"[^"]*"/g, '');
  return SEPARATORS.find(separator => header.includes(separator)) ?? ',';
}

/** The rows of a file, header first; empty lines are left out. @throws Failure for quotes that do not close */
async function* rowsOf(path: string): AsyncGenerator<Row> {
  const delimiter = await separatorOf(path);
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  // The iteration below rethrows errors; `pipeline` only sees to it that both streams are closed.
  const stream = pipeline(Readable.from(bytesOf(path)), parser, () => undefined);
  try {
    for await (const item of stream) {
      const { record, info } = item as { record: string[]; info: { lines: number } };
      // Several blanks line columns up.
      yield { line: info.lines, cells: delimiter === ' ' ? record.filter(cell => cell !== '') : record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new Failure('data/not-table', error.message.slice(0, 200), {
      place: `${path}, line ${String(error['lines'])}`,
      remedy: 'Give a table as text, quoted with " where a cell holds the separator.',
    });
  }
}

/** The header and the rows behind it, each with as many cells. @throws Failure */
async function* tableOf(path: string, parameters: Parameters): AsyncGenerator<{ columns: Columns; row: Row }> {
  let first: Row | undefined;
  let columns: Columns | undefined;
  for await (const row of rowsOf(path)) {
    if (first === undefined) {
      first = row;
      continue;
    }
    columns ??= columnsOf(first.cells, row.cells.length, parameters, `${path}, line 1`);
    if (row.cells.length !== columns.header.length)
      throw new Failure(
        'data/unequal-lengths',
        `the row has ${row.cells.length} cells, and the header names ${columns.header.length} columns`,
        {
          place: `${path}, line ${row.line}`,
          remedy: `Mend the row; every row needs one cell for each column, and the first row, here "${first.cells.join(' ').slice(0, 60)}", has to name them.`,
        },
      );
    yield { columns, row };
  }
  if (columns === undefined)
    throw new Failure('data/empty', 'the table has no row behind its header', {
      place: path,
      remedy: 'Give a table with a header row and at least one example.',
    });
}

/**
 * Labels of examples from a table with a header, the name in the first column and the label in the second; undefined where it is
 * missing.
 *
 * @throws Failure `data/label`, `data/duplicate-names` for a name with two labels
 */
export async function labelsByName(
  path: string,
  classes: readonly string[] | undefined,
): Promise<ReadonlyMap<string, number | undefined>> {
  const labels = new Map<string, number | undefined>();
  let column: string | undefined;
  for await (const { line, cells } of rowsOf(path)) {
    const [name = '', text = ''] = cells;
    if (column === undefined) {
      column = text;
      continue;
    }
    const place = `${path}, line ${line}`;
    const number = labelOf(text, column, classes, place);
    const label = Number.isNaN(number) ? undefined : number;
    if (labels.has(name) && labels.get(name) !== label)
      throw new Failure('data/duplicate-names', `"${name}" has two labels`, {
        place,
        remedy: 'Keep one row for each name.',
      });
    labels.set(name, label);
  }
  return labels;
}

async function read(parameters: Parameters, files: Files): Promise<Rows> {
  const path = pathOf(parameters.path, files);
  if (await isParquet(path)) return readParquet(path, parameters);
  const { missing, classes } = parameters;
  const names: string[] = [];
  const labels: (number | undefined)[] = [];
  const indices: number[] = [];
  let features: readonly string[] = [];
  let values = new Float32Array(0);
  let index = -1;
  let absent = 0;
  let affected = 0;
  for await (const { columns, row } of tableOf(path, parameters)) {
    index++;
    const { header } = columns;
    const at = (column: number): string => `${path}, line ${row.line}, column ${column + 1}`;
    const width = columns.features.length;
    if (features.length === 0) features = columns.features.map(column => header[column]! || `column ${column + 1}`);
    const end = (names.length + 1) * width;
    if (end > values.length) {
      requireRoomFor(names.length + 1, width, ['rows', 'features', 'values']);
      const more = new Float32Array(Math.max(end, values.length * 2));
      more.set(values);
      values = more;
    }
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
    names.push(columns.names === undefined ? `row ${index + 1}` : row.cells[columns.names]!);
    labels.push(Number.isNaN(label) ? undefined : label);
    indices.push(index);
  }
  values = values.slice(0, names.length * features.length);
  const kept = { features, values, names, labels, indices, absent, affected, rows: index + 1 };
  return examplesOf(kept, parameters, path);
}

/**
 * Counts the rows; cells are not read.
 *
 * @param seconds after this time the answer is given for the rows read so far
 */
export async function describeTable(parameters: Parameters, files: Files, seconds = 8): Promise<DataDescription> {
  const path = pathOf(parameters.path, files);
  if (await isParquet(path)) return describeParquet(path, parameters);
  const deadline = performance.now() + seconds * 1000;
  let examples = 0;
  let length = 0;
  let complete = true;
  for await (const { columns } of tableOf(path, parameters)) {
    examples++;
    length = columns.features.length;
    if (performance.now() > deadline) {
      complete = false;
      break;
    }
  }
  return { is: 'data', examples, complete, alphabet: parameters.as, length: [length, length], notes: [] };
}

export const table: Source<Parameters, Rows> = { read, describe: describeTable };
