/**
 * Tables of numbers as text: one row per example, one column per feature, a header row with the names of the columns.
 * Separated by tabs, commas, semicolons or blanks, whichever the header holds; quoted as in RFC 4180; plain or gzipped.
 */
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { ParametersOf } from '../../catalog/specification.js';
import type { table as specification } from '../../catalog/sources.js';
import type { DataDescription, Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { bytesOf } from './bytes.js';
import type { Origin, Rows } from './examples.js';
import { pathOf, type Files, type Source } from './source.js';

type Parameters = ParametersOf<typeof specification>;

/** What programs write where a value is missing, in lower case: R, pandas, PLINK, Excel. */
const MISSING = new Set(['', 'na', 'nan', 'n/a', 'null', 'none', '.', '#n/a']);
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
  const parser = parse({
    delimiter: await separatorOf(path),
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
      yield { line: info.lines, cells: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new Failure('data/not-table', error.message, {
      place: `${path}, line ${String(error['lines'])}`,
      remedy: 'Give a table as text, quoted with " where a cell holds the separator.',
    });
  }
}

/** What the columns of a table are, by their indices. */
interface Columns {
  readonly header: readonly string[];
  readonly names: number | undefined;
  readonly label: number | undefined;
  readonly features: readonly number[];
}

/**
 * @param cells of the header
 * @param width cells of the rows
 * @throws Failure when a column that is asked for is missing, or no feature is left
 */
function columnsOf(cells: readonly string[], width: number, parameters: Parameters, place: string): Columns {
  // R's `write.table` writes row names without a heading.
  const header = cells.length === width - 1 ? ['', ...cells] : cells;
  const find = (name: string, parameter: string): number => {
    const at = header.indexOf(name);
    if (at >= 0) return at;
    const shown = header.slice(0, 12).join(', ');
    throw new Failure(
      'data/no-column',
      `the table has no column "${name}", which \`${parameter}\` names; it has: ${shown}${header.length > 12 ? ', …' : ''}`,
      { place: `${place}, line 1`, remedy: 'Name one of its columns (upper and lower case matter).' },
    );
  };
  const { names, label, skip } = parameters;
  const unnamed = header[0] === '' ? 0 : undefined;
  const columns = {
    names: names === undefined ? unnamed : find(names, 'names'),
    label: label === undefined ? undefined : find(label, 'label'),
  };
  const others = new Set([columns.names, columns.label, ...skip.map(name => find(name, 'skip'))]);
  const features = [...header.keys()].filter(column => !others.has(column));
  if (features.length === 0)
    throw new Failure('data/no-features', 'the table has no column of features', {
      place: `${place}, line 1`,
      remedy: 'Give a table with a header row and a column for each feature.',
    });
  return { header, ...columns, features };
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
    columns ??= columnsOf(first.cells, row.cells.length, parameters, path);
    if (row.cells.length !== columns.header.length)
      throw new Failure(
        'data/unequal-lengths',
        `the row has ${row.cells.length} cells, and the header names ${columns.header.length} columns`,
        { place: `${path}, line ${row.line}`, remedy: 'Mend the row; every row needs one cell for each column.' },
      );
    yield { columns, row };
  }
  if (columns === undefined)
    throw new Failure('data/empty', 'the table has no row behind its header', {
      place: path,
      remedy: 'Give a table with a header row and at least one example.',
    });
}

/** @returns NaN where the value is missing. @throws Failure for anything else that is no finite number */
function numberOf(text: string, column: string, place: string): number {
  if (MISSING.has(text.toLowerCase())) return NaN;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new Failure('data/not-number', `found "${text.slice(0, 40)}" in the column "${column}", expected a number`, {
    place,
    remedy: 'If the column is no feature, name it: `names:`, `label:` or `skip: ["…"]`.',
  });
}

/** @throws Failure when a label is neither a number nor one of the classes */
export function labelOf(text: string, column: string, classes: readonly string[] | undefined, place: string): number {
  if (classes === undefined || MISSING.has(text.toLowerCase())) return numberOf(text, column, place);
  const at = classes.indexOf(text);
  if (at >= 0) return at;
  throw new Failure('data/label', `found the label "${text}", expected one of ${classes.join(', ')}`, {
    place,
    remedy: 'Add it to `classes`, in the order of the model’s outputs.',
  });
}

async function read(parameters: Parameters, files: Files): Promise<Rows> {
  const path = pathOf(parameters.path, files);
  const source = parameters.path.slice(0, 8);
  const { missing, classes } = parameters;
  const names: string[] = [];
  const labels: (number | undefined)[] = [];
  const origins: Origin[] = [];
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
      if (missing === 'error')
        throw new Failure('data/missing', `the value of "${header[column]}" is missing`, {
          place: at(column),
          remedy: 'Say what to do with missing values: `missing: mean`, `zeros` or `drop`.',
        });
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
    origins.push({ source, index });
  }
  if (names.length === 0)
    throw new Failure('data/all-dropped', 'every row has a missing value, so `missing: drop` leaves none', {
      place: path,
      remedy: 'Use `missing: mean`, or leave out columns with `skip`.',
    });
  values = values.slice(0, names.length * features.length);
  if (absent > 0 && missing !== 'drop') fillMissing(values, features, missing, path);
  return {
    alphabet: parameters.as,
    length: features.length,
    features,
    values,
    names,
    labels,
    origins,
    notes: [...missingNotes(absent, affected, index + 1, missing), ...duplicateNotes(features)],
  };
}

/** Writes zeros, or each feature's mean over the examples that have it, in the place of what is missing. */
export function fillMissing(
  values: Float32Array,
  features: readonly string[],
  by: Parameters['missing'],
  place: string,
): void {
  const width = features.length;
  features.forEach((name, feature) => {
    let sum = 0;
    let count = 0;
    for (let at = feature; at < values.length; at += width) {
      if (Number.isNaN(values[at]!)) continue;
      sum += values[at]!;
      count++;
    }
    if (count === 0 && by === 'mean')
      throw new Failure('data/missing', `"${name}" has no value in any row, so it has no mean`, {
        place,
        remedy: `Leave the column out: \`skip: ["${name}"]\`.`,
      });
    const value = by === 'mean' ? sum / count : 0;
    for (let at = feature; at < values.length; at += width) if (Number.isNaN(values[at]!)) values[at] = value;
  });
}

const POLICIES: Readonly<Record<Parameters['missing'], string>> = {
  error: 'none is allowed',
  drop: 'those examples were left out',
  zeros: 'each became 0',
  mean: 'each became the mean of its feature over the examples that have it',
};

export function missingNotes(absent: number, affected: number, rows: number, policy: Parameters['missing']): Note[] {
  if (absent === 0) return [];
  return [
    {
      level: 'information',
      code: 'data/missing',
      message: `${absent} values are missing in ${affected} of ${rows} examples; ${POLICIES[policy]}.`,
    },
  ];
}

export function duplicateNotes(features: readonly string[]): Note[] {
  const seen = new Set<string>();
  const repeated = features.filter(name => seen.size === seen.add(name).size);
  if (repeated.length === 0) return [];
  return [
    {
      level: 'warning',
      code: 'data/duplicate-names',
      message: `${repeated.length} features repeat a name; the first is "${repeated[0]}". Where a feature is named, the first of its name is meant.`,
    },
  ];
}

/**
 * Counts the rows; cells are not read.
 *
 * @param seconds after this time the answer is given for the rows read so far
 */
export async function describeTable(parameters: Parameters, files: Files, seconds = 8): Promise<DataDescription> {
  const path = pathOf(parameters.path, files);
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
