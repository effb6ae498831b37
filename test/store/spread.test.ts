/** The spread of position scores, against the definition of position scores that metrics use. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { positionScores } from '../../server/src/engine/metrics/position-scores.js';
import { readSpread } from '../../server/src/store/spread.js';
import { ResultStore } from '../../server/src/store/store.js';
import { facts, KEY, OTHER } from './fixture.js';

const [ROWS, PARTS, LENGTH] = [5, 3, 7];
const folder = await mkdtemp(join(tmpdir(), 'explainome-spread-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const axis = (name: string, size: number) => ({ name, size });
const random = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(12.9898 * (i + 1) * seed) * 2);
const oneHot = Float32Array.from({ length: ROWS * LENGTH * 4 }, (_, i) =>
  i % 4 === (Math.floor(i / 4) * 7) % 4 ? 1 : 0,
);
const parts = random(ROWS * PARTS * LENGTH * 4, 0.37);
const references = random(ROWS * PARTS * LENGTH * 4, 0.11).map(Math.abs);

async function write(
  store: ResultStore,
  key: string,
  arrays: Record<string, { values: Float32Array; parts: boolean }>,
) {
  const layouts = Object.entries(arrays).map(([name, { parts: inParts }]) => ({
    name,
    type: 'float32' as const,
    axes: [axis('example', ROWS), ...(inParts ? [axis('part', PARTS)] : []), axis('position', LENGTH), axis('base', 4)],
    unit: 'logit',
  }));
  const writer = await store.begin(key, { arrays: layouts, rows: ROWS, blockRows: ROWS });
  if (writer === 'complete') throw new Error('The folder is not empty.');
  for (const [name, { values }] of Object.entries(arrays)) await writer.write(name, 0, values);
  await writer.writeRows({ columns: ['name'], rows: Array.from({ length: ROWS }, (_, row) => [`row ${row}`]) });
  await writer.finishBlock(0, {});
  await writer.complete(facts);
  await writer.release();
}

const store = await ResultStore.open(folder);
await write(store, OTHER, { array: { values: oneHot, parts: false } });
await write(store, KEY, {
  multipliers: { values: parts, parts: true },
  references: { values: references, parts: true },
  members: { values: parts, parts: true },
});

/** Sample standard deviation over parts of scores [row, part, position]. */
function expected(scoreOf: (part: Float32Array, x: Float32Array, at: number) => ArrayLike<number>): number[] {
  const size = LENGTH * 4;
  return Array.from({ length: ROWS * LENGTH }, (_, cell) => {
    const row = Math.floor(cell / LENGTH);
    const scores = Array.from({ length: PARTS }, (_, part) => {
      const at = (row * PARTS + part) * size;
      return scoreOf(parts.subarray(at, at + size), oneHot.subarray(row * size, (row + 1) * size), at)[cell % LENGTH]!;
    });
    const mean = scores.reduce((a, b) => a + b, 0) / PARTS;
    return Math.sqrt(scores.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (PARTS - 1));
  });
}

test.each(['gradient', 'contribution', 'hypothetical', 'effect'] as const)('of members of a %s map', async kind => {
  const found = await readSpread(store, { key: KEY, data: OTHER, kind, over: 'members' }, ROWS);
  const wanted = expected((part, x) => positionScores(kind, part, x));
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));
});

test('of contributions compared with each reference, of the first rows alone', async () => {
  const found = await readSpread(store, { key: KEY, data: OTHER, kind: 'contribution', over: 'references' }, 2);
  const wanted = expected((part, x, at) =>
    positionScores(
      'contribution',
      part.map((multiplier, i) => multiplier * (x[i]! - references[at + i]!)),
      x,
    ),
  );
  expect(found).toHaveLength(2 * LENGTH);
  found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4));
});
