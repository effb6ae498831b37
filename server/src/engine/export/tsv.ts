/** Any result as tab-separated text: the last axis as columns, the others as rows. */
import type { tsv as specification } from '../../catalog/exports.js';
import { isMap } from '../metrics/position-scores.js';
import type { ResultAxis, ResultMeta, RowTable } from '../../store/result.js';
import type { ResultStore } from '../../store/store.js';
import { LETTERS, NO_BASE } from '../data/examples.js';
import { StoredExamples } from '../data/stored-examples.js';
import { dataOf, metaOf } from '../steps/results.js';
import type { Export } from './export.js';
import { float32Text } from './number-text.js';

export const tsv: Export<typeof specification> = async ({ of }, { store, path, create, checkpoint }) => {
  const meta = await metaOf(store, of);
  const table = await tableOf(meta, store);
  const file = await create(path);
  await file.write(line(table.columns));
  for (let row = 0; row < meta.rows; row++) {
    await checkpoint();
    for (const cells of await table.lines(row)) await file.write(line(cells));
  }
  return [];
};

interface Table {
  readonly columns: readonly string[];
  /** The lines of one row of the result. */
  readonly lines: (row: number) => Promise<readonly (readonly string[])[]>;
}

async function tableOf(meta: ResultMeta, store: ResultStore): Promise<Table> {
  const { key, kind, map } = meta;
  const { axes, type } = meta.arrays.find(({ name }) => name === 'array')!;
  const last = axes.at(-1)!;
  const named = kind === 'metric' ? numbered(axes[0]!) : await store.rows(key);
  if (kind === 'data' && last.name === 'base') return sequences(named, await StoredExamples.open(store, key));
  const array = await store.array(key);
  const text = type === 'float32' ? float32Text : String;
  const inner = axes.slice(1, -1);
  const columns = axes.length === 1 ? ['value'] : labelsOf(last, `${last.name}_`);
  const known = kind === 'data' || kind === 'benchmark' ? named.columns : named.columns.slice(0, 1);
  const head = (row: number): readonly string[] => named.rows[row]!.slice(0, known.length);
  const plain: Table = {
    columns: [...known, ...inner.map(({ name }) => name), ...columns],
    lines: async row => {
      const values = await array.read(row, row + 1);
      const places = crossed(inner);
      return places.map((place, at) => [
        ...head(row),
        ...place,
        ...Array.from(values.subarray(at * columns.length, (at + 1) * columns.length), text),
      ]);
    },
  };
  return map !== undefined && isMap(map) && last.name === 'base' ? withLetters(plain, key, store) : plain;
}

/** A map of sequences with letter and score in front of the four numbers of each position. */
async function withLetters({ columns, lines }: Table, key: string, store: ResultStore): Promise<Table> {
  const examples = await StoredExamples.open(store, await dataOf(store, key));
  const scores = await store.array(key, 'scores');
  const extended = (cells: readonly string[], letter: string, score: string): string[] => [
    ...cells.slice(0, 2),
    letter,
    score,
    ...cells.slice(2),
  ];
  return {
    columns: extended(columns, 'letter', 'score'),
    lines: async row => {
      const letters = await examples.letters(row, row + 1);
      const values = await scores.read(row, row + 1);
      return (await lines(row)).map((cells, at) => extended(cells, letterOf(letters[at]!), float32Text(values[at]!)));
    },
  };
}

function sequences({ columns, rows }: RowTable, examples: StoredExamples): Table {
  return {
    columns: [...columns, 'sequence'],
    lines: async row => [[...rows[row]!, Array.from(await examples.letters(row, row + 1), letterOf).join('')]],
  };
}

const letterOf = (code: number): string => (code === NO_BASE ? '-' : LETTERS[code]!);

/** Rows of a result that has no names for them. */
function numbered({ name, size }: ResultAxis): RowTable {
  return { columns: [name], rows: Array.from({ length: size }, (_, row) => [String(row + 1)]) };
}

/** The labels of an axis, or places counted from 1. */
function labelsOf({ size, labels }: ResultAxis, before = ''): readonly string[] {
  return labels ?? Array.from({ length: size }, (_, at) => `${before}${at + 1}`);
}

/** All combinations of the places on some axes, the last axis fastest. */
function crossed(axes: readonly ResultAxis[]): readonly (readonly string[])[] {
  return axes.reduce<readonly (readonly string[])[]>(
    (places, axis) => places.flatMap(place => labelsOf(axis).map(label => [...place, label])),
    [[]],
  );
}

function line(cells: readonly string[]): string {
  return `${cells.map(cell => cell.replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`;
}
