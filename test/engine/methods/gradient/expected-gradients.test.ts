import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import type { Call, Json } from '../../../../server/src/protocol.js';
import { expectSameMap, scaleOf, sum } from '../close.js';
import { network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, encode, path, Workbench } from '../workbench.js';

const LENGTH = 20;

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const shuffled = call('reference', 'dinucleotide_shuffle', { copies: 3, seed: 2 });
const expected = (baseline: Call, given: Readonly<Record<string, Json>> = {}): Call =>
  call('method', 'expected_gradients', { baseline, seed: 5, ...given });

it('goes to the mean of integrated gradients over the references, as its standard error says', async () => {
  const target = await bench.target(network({ length: LENGTH }), LENGTH);
  const data = await bench.sequences(...sequences(2, LENGTH, 3));
  const exact = (await bench.explain(path(shuffled, { steps: 256 }), target, data)).arrays['array']!;
  const distances: number[] = [];
  for (const samples of [50, 3200]) {
    const { arrays, meta } = await bench.explain(expected(shuffled, { samples }), target, data);
    expect(meta.map).toBe('contribution');
    const error = arrays['standard_error']!;
    const misses = Array.from(exact, (v, i) => Math.abs(arrays['array']![i]! - v));
    // A few of a thousand are beyond four standard errors by chance; references themselves repeat.
    const beyond = misses.filter((miss, i) => miss > 4 * error[i]! + 1e-6).length;
    expect(beyond / misses.length).toBeLessThan(0.02);
    distances.push(Math.sqrt(sum(misses.map(miss => miss ** 2))));
  }
  // 64 times the samples: an eighth of the error.
  expect(distances[1]! / distances[0]!).toBeGreaterThan(1 / 16);
  expect(distances[1]! / distances[0]!).toBeLessThan(1 / 4);
});

it('of a linear function and one reference is weight × difference in every draw', async () => {
  const weights = Array.from({ length: 4 * LENGTH }, (_, i) => Math.cos(i));
  const target = await bench.target(
    scalarFunction(LENGTH, (b, flat) => weightedSum(b, flat, weights)),
    LENGTH,
  );
  const [sequence] = sequences(1, LENGTH, 4) as [string];
  const data = await bench.sequences(sequence);
  const { arrays } = await bench.explain(expected(call('reference', 'uniform'), { samples: 3 }), target, data);
  const x = encode(sequence);
  expectSameMap(
    arrays['array']!,
    weights.map((w, i) => w * (x[i]! - 0.25)),
    1e-6,
  );
  expect(scaleOf(arrays['standard_error']!)).toBeLessThan(1e-7);
  const noisy = await bench.explain(
    expected(call('reference', 'uniform'), { samples: 3, noise: { share: 0.2 } }),
    target,
    data,
  );
  expect(scaleOf(noisy.arrays['standard_error']!)).toBeGreaterThan(0.01);
});
