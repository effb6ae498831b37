import { expect, test } from 'vitest';
import type { ReadArrays, Selection } from '../../../client/src/panel/arrays.js';
import { PanelArrays, withRows } from '../../../client/src/panel/arrays.js';
import type { DocumentView, Snapshot } from '../../../server/src/protocol.js';
import { DocumentView as DocumentViewSchema } from '../../../server/src/protocol.js';
import { viewOf } from '../marks.js';

const [DATA, RAW, IG] = ['d', 'a', 'b'].map(letter => letter.repeat(64)) as [string, string, string];

const LETTERS = `letters/${DATA}`;

function set(examples: number): Snapshot['data'][number] {
  const names = Array.from({ length: examples }, (_, row) => `sequence ${row}`);
  const labels = names.map((_, row) => row % 2);
  return {
    name: 'planted',
    key: DATA,
    examples,
    alphabet: 'dna',
    length: 2,
    names,
    labels,
    letters: LETTERS,
    notes: [],
  };
}

function map(name: string, key: string): Snapshot['maps'][number] {
  return {
    name,
    key,
    kind: 'gradient',
    written: `saliency of score on planted`,
    data: DATA,
    unit: 'logit',
    scores: `scores/${key}`,
    predictions: `predictions/${key}`,
    seconds: 1,
    notes: [],
  };
}

function view(maps: Snapshot['maps'], examples = 3): DocumentView {
  const snapshot: Snapshot = {
    version: 1,
    file: 'a.xome',
    created: '2026-01-01T00:00:00Z',
    versions: {},
    source: '',
    data: [set(examples)],
    maps,
    tables: [],
    benchmarks: [],
    metrics: [],
    expectations: [],
    views: [],
    missing: [],
  };
  return viewOf([], { snapshot, store: '/store' });
}

/** A store that answers with rows of ones, and remembers what it was asked for. */
function store(): { read: ReadArrays; asked: string[] } {
  const asked: string[] = [];
  const read: ReadArrays = async (_folder, { data, maps }: Selection, rows) => {
    const examples = Math.min(rows, data[0]?.names.length ?? 0);
    asked.push(...data.map(() => LETTERS), ...maps.map(({ scores }) => scores));
    return new Map<string, Float32Array | Uint8Array>([
      ...data.map(() => [LETTERS, new Uint8Array(examples * 2).fill(1)] as const),
      ...maps.flatMap(({ scores, predictions = '' }) => [
        [scores, new Float32Array(examples * 2).fill(1)] as const,
        // A view into a larger buffer, as readers return them.
        [predictions, new Float32Array(examples + 8).fill(1).subarray(8)] as const,
      ]),
    ]);
  };
  return { read, asked };
}

test('arrays are read once per key; those that a later view does not name are forgotten', async () => {
  const { read, asked } = store();
  const arrays = new PanelArrays(read);
  await arrays.of(view([map('raw', RAW)]));
  expect(asked).toEqual([`letters/${DATA}`, `scores/${RAW}`]);
  asked.length = 0;
  await arrays.of(view([map('raw', RAW)]));
  expect(asked).toEqual([]);
  const later = await arrays.of(view([map('ig', IG)]));
  expect(asked).toContain(`scores/${IG}`);
  expect(later.map(({ name }) => name).sort()).toEqual([`letters/${DATA}`, `predictions/${IG}`, `scores/${IG}`]);
});

test('buffers hold exactly the values', async () => {
  const arrays = await new PanelArrays(store().read).of(view([map('raw', RAW)]));
  const bytes = Object.fromEntries(arrays.map(({ name, type, data }) => [name, [type, data.byteLength]]));
  expect(bytes).toEqual({
    [`letters/${DATA}`]: ['uint8', 6],
    [`scores/${RAW}`]: ['float32', 24],
    [`predictions/${RAW}`]: ['float32', 12],
  });
});

test('what the store has lost is left out and asked for again', async () => {
  const { read } = store();
  let broken = true;
  const arrays = new PanelArrays(async (...request) => {
    if (broken) throw new Error('There is no array.');
    return read(...request);
  });
  expect(await arrays.of(view([map('raw', RAW)]))).toEqual([]);
  broken = false;
  expect(await arrays.of(view([map('raw', RAW)]))).toHaveLength(3);
});

test('names and labels are cut to the rows that the arrays have', () => {
  const cut = withRows(view([map('raw', RAW)], 2500), 2000);
  expect(DocumentViewSchema.parse(cut)).toEqual(cut);
  const [data] = cut.snapshot?.data ?? [];
  expect([data?.names.length, data?.labels?.length, data?.examples]).toEqual([2000, 2000, 2500]);
});
