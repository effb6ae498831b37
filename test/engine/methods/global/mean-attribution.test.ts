import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { expectSameMap } from '../close.js';
import { network, sequences } from '../networks.js';
import { call, path, Workbench } from '../workbench.js';
import { dataOf, linear, targetOf } from './rows.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const mean = (method: ReturnType<typeof call>, sign: string) => call('method', 'mean_attribution', { method, sign });

it('is the mean of weight × value, or of its absolute value, with its standard error', async () => {
  const rows = [
    [1, 2, -1],
    [-3, 1, -1],
    [2, 0, -1],
  ];
  const weights = [2, -1, 3];
  const target = await targetOf(bench, linear(weights), 3);
  const data = await dataOf(bench, rows);
  for (const sign of ['kept', 'absolute'] as const) {
    const found = await bench.explain(mean(call('method', 'saliency'), sign), target, data);
    const errors = found.arrays['standard_errors']!;
    weights.forEach((weight, i) => {
      const values = rows.map(row => (sign === 'kept' ? weight * row[i]! : Math.abs(weight * row[i]!)));
      const middle = values.reduce((a, b) => a + b) / 3;
      expect(found.arrays['array']![i]).toBeCloseTo(middle, 5);
      expect(errors[i]).toBeCloseTo(Math.sqrt(values.reduce((s, v) => s + (v - middle) ** 2, 0) / 2 / 3), 5);
    });
  }
});

it('averages the position scores of any map, and hands on the notes of its method', async () => {
  const target = await bench.target(network({ length: 30 }), 30);
  const data = await bench.sequences(...sequences(300, 30));
  const inner = path(call('reference', 'uniform'), { steps: 1, tolerance: 0.0001 });
  const single = await bench.explain(inner, target, data);
  const found = await bench.explain(mean(inner, 'kept'), target, data);
  const expected = Float64Array.from({ length: 30 }, (_, position) => {
    let sum = 0;
    for (let row = 0; row < 300; row++) sum += single.arrays['scores']![row * 30 + position]!;
    return sum / 300;
  });
  expectSameMap(found.arrays['array']!, expected, 1e-5);
  const missed = single.meta.notes.find(({ code }) => code === 'GA005');
  expect(missed).toBeDefined();
  expect(found.meta.notes).toContainEqual(missed);
});

it('refuses a method without maps', async () => {
  const inner = call('method', 'permutation_importance', { seed: 1 });
  const failing = bench.explain(
    mean(inner, 'kept'),
    await targetOf(bench, linear([1, 1]), 2),
    await dataOf(bench, [[1, 2]]),
  );
  await expect(failing).rejects.toMatchObject({ problem: { code: 'method/no-map' } });
});
