/** What the cells of a table mean, whatever file they stand in: columns by name, numbers and classes, and what is missing. */
import type { ParametersOf } from '../../catalog/specification.js';
import type { table as specification } from '../../catalog/sources.js';
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import type { Rows } from './examples.js';

type Parameters = ParametersOf<typeof specification>;

/** What programs write where a value is missing, in lower case: what `pandas.read_csv` takes for it, and the dot of PLINK and VCF. */
const MISSING = new Set(
  ['', '.', 'na', 'n/a', '<na>', 'nan', '-nan', 'null', 'none'].concat(
    ['#na', '#n/a', '#n/a n/a', '1.#ind', '-1.#ind', '1.#qnan', '-1.#qnan'], // Excel, C on Windows
  ),
);

/** From here on single precision does not hold every whole number. */
const WHOLE = 2 ** 24;

/** What the columns of a table are, by their indices. */
export interface Columns {
  readonly header: readonly string[];
  readonly names: number | undefined;
  readonly label: number | undefined;
  readonly features: readonly number[];
  /** Columns and what they must hold. */
  readonly where: readonly (readonly [column: number, value: string])[];
}

/**
 * @param cells of the header
 * @param width cells of the rows
 * @throws Failure when a column that is asked for is missing, or no feature is left
 */
export function columnsOf(cells: readonly string[], width: number, parameters: Parameters, place: string): Columns {
  // R's `write.table` writes row names without a heading.
  const header = cells.length === width - 1 ? ['', ...cells] : cells;
  const find = (name: string, parameter: string): number => {
    const at = header.indexOf(name);
    if (at >= 0 && header.indexOf(name, at + 1) >= 0)
      throw new Failure(
        'data/duplicate-names',
        `the table has several columns "${name}", which \`${parameter}\` names`,
        {
          place,
          remedy: 'Rename them: one would be taken, and the others would be features.',
        },
      );
    if (at >= 0) return at;
    const shown = header.slice(0, 12).join(', ');
    throw new Failure(
      'data/no-column',
      `the table has no column "${name}", which \`${parameter}\` names; it has: ${shown}${header.length > 12 ? ', …' : ''}`,
      { place, remedy: 'Name one of its columns (upper and lower case matter).' },
    );
  };
  const { names, label, skip, examples, where = {} } = parameters;
  // A column of names has none in what R writes; of a matrix of features × examples it is the first.
  const unnamed = header[0] === '' || examples === 'columns' ? 0 : undefined;
  const columns = {
    names: names === undefined ? unnamed : find(names, 'names'),
    label: label === undefined ? undefined : find(label, 'label'),
    where: Object.entries(where).map(([name, value]) => [find(name, 'where'), value] as const),
  };
  const asked = columns.where.map(([column]) => column);
  const others = new Set([columns.names, columns.label, ...asked, ...skip.map(name => find(name, 'skip'))]);
  const features = [...header.keys()].filter(column => !others.has(column));
  if (features.length === 0)
    throw new Failure('data/no-features', 'the table has no column of features', {
      place,
      remedy: 'Give a table with a header row and a column for each feature.',
    });
  return { header, ...columns, features };
}

/** What of a data set was asked for with `where`, and how many examples are others. @throws Failure `data/empty` where all are */
export function whereNotes(
  where: Readonly<Record<string, string>> | undefined,
  others: number,
  all: number,
  place: string,
): Note[] {
  if (where === undefined) return [];
  const asked = Object.entries(where).map(([column, value]) => `${column} is "${value}"`);
  if (others === all)
    throw new Failure('data/empty', `no example has what \`where\` asks for: ${asked.join(' and ')}`, {
      place,
      remedy: 'Write the value as the file has it; upper and lower case matter.',
    });
  const message = `${others} of ${all} examples are left out: only where ${asked.join(' and ')}.`;
  return [{ level: 'information', code: 'data/where', message }];
}

/** A decimal number, or 1 and 0 for truth values; not finite where the text is neither, or beyond single precision. */
function valueOf(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value)) return /^(true|false)$/i.test(text) ? Number(text.length === 4) : NaN;
  return text === '' || /^0[box]/i.test(text) || !Number.isFinite(Math.fround(value)) ? NaN : value;
}

/** @returns NaN where the value is missing. @throws Failure for anything else that is no finite number in single precision */
export function numberOf(text: string, column: string, place: string): number {
  const value = valueOf(text);
  if (Number.isFinite(value) || MISSING.has(text.toLowerCase())) return value;
  throw new Failure('data/not-number', `found "${text.slice(0, 40)}" in the column "${column}", expected a number`, {
    place,
    remedy: /^[-+]?\d[\d.]*,\d+$/.test(text)
      ? 'Write it with a decimal point, and without marks of thousands.'
      : 'If the column is no feature, name it: `names:`, `label:` or `skip: ["…"]`.',
  });
}

/** @returns NaN where the label is missing. @throws Failure when it is neither a number nor one of the classes */
export function labelOf(text: string, column: string, classes: readonly string[] | undefined, place: string): number {
  if (MISSING.has(text.toLowerCase())) return NaN;
  const value = classes === undefined ? valueOf(text) : classes.indexOf(text);
  if (Number.isFinite(value) && (classes === undefined || value >= 0)) return value;
  const expected = classes === undefined ? 'a number' : `one of ${classes.join(', ')}`;
  throw new Failure('data/label', `found the label "${text.slice(0, 40)}" in "${column}", expected ${expected}`, {
    place,
    remedy: `${classes === undefined ? 'Name the classes with `classes: ["…"]`' : 'Add it to `classes`'}, in the order of the model’s outputs.`,
  });
}

export const missingValue = (column: string, place: string): Failure =>
  new Failure('data/missing', `the value of "${column}" is missing`, {
    place,
    remedy: 'Say what to do with missing values: `missing: mean`, `zeros` or `drop`.',
  });

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
        remedy: 'Leave the column out, or use `missing: zeros`.',
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

/** Names that stand for several features, or for several examples. */
export function duplicateNotes(features: readonly string[], examples: readonly string[] = []): Note[] {
  const repeatedIn = (names: readonly string[]): string[] => {
    const seen = new Set<string>();
    return names.filter(name => seen.size === seen.add(name).size);
  };
  const noteOf = (repeated: readonly string[], what: string, so: string): Note[] =>
    repeated.length === 0
      ? []
      : [
          {
            level: 'warning',
            code: 'data/duplicate-names',
            message: `${repeated.length} ${what} repeat a name; the first is "${repeated[0]}". ${so}`,
          },
        ];
  return [
    ...noteOf(repeatedIn(features), 'features', 'Where a feature is named, the first of its name is meant.'),
    ...noteOf(repeatedIn(examples), 'examples', 'All of them are taken, and what is drawn at random for them differs.'),
  ];
}

/** How many examples have no label, where labels were asked for. */
export function unlabelledNotes(labels: readonly (number | undefined)[], asked: boolean): Note[] {
  const without = labels.filter(label => label === undefined).length;
  if (!asked || without === 0) return [];
  const message = `${without} of ${labels.length} examples have no label; they stay in.`;
  return [{ level: 'information', code: 'data/no-label', message }];
}

/** Numbers that single precision may have rounded: mostly a column of identifiers that was taken for a feature. */
function roundedNotes(values: Float32Array, features: readonly string[]): Note[] {
  const at = values.findIndex(value => Math.abs(value) > WHOLE);
  if (at < 0) return [];
  const message = `"${features[at % features.length]}" has numbers beyond ${WHOLE.toLocaleString('en')}, of which single precision keeps seven digits; is it a feature? \`skip\` leaves columns out.`;
  return [{ level: 'warning', code: 'data/precision', message }];
}

/** The rows of a table that were kept. */
export interface KeptRows extends Pick<Rows, 'features' | 'values' | 'names' | 'labels'> {
  /** Where they stand among all rows of the file. */
  readonly indices: readonly number[];
  /** Values that are missing in the file, and rows that lack any. */
  readonly absent: number;
  readonly affected: number;
  /** Rows of the file, and how many of them are others than `where` asks for. */
  readonly rows: number;
  readonly others?: number;
}

/** The examples of a table, with what is missing filled in. @throws Failure `data/missing`, `data/all-dropped` */
export function examplesOf(
  { indices, absent, affected, rows, others = 0, ...kept }: KeptRows,
  { as, missing, label, where, path: key }: Pick<Parameters, 'as' | 'missing' | 'label' | 'where' | 'path'>,
  path: string,
): Rows {
  const { features, values, labels } = kept;
  const chosen = whereNotes(where, others, rows, path);
  if (indices.length === 0 && rows > 0)
    throw new Failure('data/all-dropped', 'every row has a missing value, so `missing: drop` leaves none', {
      place: path,
      remedy: 'Use `missing: mean`, or leave columns out.',
    });
  if (absent > 0 && missing !== 'drop') fillMissing(values, features, missing, path);
  const source = key.slice(0, 8);
  return {
    ...kept,
    alphabet: as,
    length: features.length,
    origins: indices.map(index => ({ source, index })),
    notes: [
      ...chosen,
      ...missingNotes(absent, affected, rows - others, missing),
      ...unlabelledNotes(labels, label !== undefined),
      ...duplicateNotes(features, kept.names),
      ...roundedNotes(values, features),
    ],
  };
}
