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
import { requireLines, type Cell } from './read-back.js';

export const tsv: Export<typeof specification> = async ({ of }, { store, path, create, checkpoint }) => {
  const meta = await metaOf(store, of);
  const table = await tableOf(meta, store);
  const file = await create(path);
  const lines = async function* (): AsyncGenerator<readonly Cell[]> {
    for (let row = 0; row < meta.rows; row++) {
      await checkpoint();
      for (const cells of await table.lines(row)) yield cells.map(plain);
    }
  };
  const text = (cell: Cell): string => (typeof cell === 'number' ? table.text(cell) : cell);
  await file.write(`${table.columns.map(plain).join('\t')}\n`);
  for await (const cells of lines()) await file.write(`${cells.map(text).join('\t')}\n`);
  file.readBack(written => requireLines(written, lines(), 1));
  return [];
};

interface Table {
  readonly columns: readonly string[];
  /** The lines of one row of the result. */
  readonly lines: (row: number) => Promise<readonly (readonly Cell[])[]>;
  /** A number as it is written. */
  readonly text: (value: number) => string;
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
  const numbers: Table = {
    text,
    columns: [...known, ...inner.map(({ name }) => name), ...columns],
    lines: async row => {
      const values = await array.read(row, row + 1);
      const places = crossed(inner);
      return places.map((place, at) => [
        ...head(row),
        ...place,
        ...values.subarray(at * columns.length, (at + 1) * columns.length),
      ]);
    },
  };
  return map !== undefined && isMap(map) && last.name === 'base' ? withLetters(numbers, key, store) : numbers;
}

/** A map of sequences with letter and score in front of the four numbers of each position. */
async function withLetters({ columns, lines, text }: Table, key: string, store: ResultStore): Promise<Table> {
  const examples = await StoredExamples.open(store, await dataOf(store, key));
  const scores = await store.array(key, 'scores');
  const extended = <Of extends Cell>(cells: readonly Of[], letter: Of, score: Of): Of[] => [
    ...cells.slice(0, 2),
    letter,
    score,
    ...cells.slice(2),
  ];
  return {
    text,
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
    text: String,
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

/** Text without what would end a cell or a line. */
function plain<Of extends Cell>(cell: Of): Of | string {
  return typeof cell === 'string' ? cell.replace(/[\t\r\n]+/g, ' ') : cell;
}
