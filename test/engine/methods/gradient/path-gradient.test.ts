import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { expectSameMap } from '../close.js';
import { network, sequences } from '../networks.js';
import { call, path, Workbench } from '../workbench.js';

const [LENGTH, COPIES] = [30, 3];

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const shuffled = call('reference', 'shuffle', { copies: COPIES, seed: 1 });

it.each(['trapezoid', 'gauss_legendre'])('is the mean of the multipliers of integrated gradients: %s', async rule => {
  const target = await bench.target(network({ length: LENGTH }), LENGTH);
  const data = await bench.sequences(...sequences(3, LENGTH, 4));
  const { arrays, meta } = await bench.explain(
    call('method', 'path_gradient', { baseline: shuffled, steps: 9, rule }),
    target,
    data,
  );
  const integrated = await bench.explain(path(shuffled, { steps: 9, rule }), target, data);
  const multipliers = integrated.arrays['multipliers']!;
  const size = LENGTH * 4;
  const expected = Array.from(arrays['array']!, (_, i) => {
    const first = Math.floor(i / size) * COPIES * size + (i % size);
    return [0, 1, 2].reduce((sum, copy) => sum + multipliers[first + copy * size]! / COPIES, 0);
  });
  expect(meta.map).toBe('gradient');
  expectSameMap(arrays['array']!, expected, 1e-6);
});

it('corrected, with the uniform reference, is what hypothetical contributions are', async () => {
  const target = await bench.target(network({ length: LENGTH }), LENGTH);
  const data = await bench.sequences(...sequences(3, LENGTH, 5));
  const uniform = call('reference', 'uniform');
  const gradient = await bench.explain(call('method', 'path_gradient', { baseline: uniform, steps: 16 }), target, data);
  const contributions = await bench.explain(path(uniform, { steps: 16 }), target, data);
  const corrected = await bench.correct('simplex_correction', gradient);
  const hypothetical = await bench.correct('hypothetical', contributions);
  expectSameMap(corrected.arrays['array']!, hypothetical.arrays['array']!, 1e-6);
});

it('says how many examples have few different references', async () => {
  const target = await bench.target(network({ length: LENGTH }), LENGTH);
  const data = await bench.sequences('A'.repeat(LENGTH), ...sequences(1, LENGTH));
  const { meta } = await bench.explain(call('method', 'path_gradient', { baseline: shuffled }), target, data);
  expect(meta.notes.slice(0, 1)).toMatchObject([{ code: 'GA041' }]);
});
