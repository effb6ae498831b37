/** Members trained on resamples: a converged linear network has the standard errors of least squares. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { dataOf } from '../methods/global/rows.js';
import { call, Workbench } from '../methods/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

it('spreads weights by √VIF: σ / √(n var(x_j) (1 − R²_j))', { timeout: 60_000 }, async () => {
  const [rows, r, sigma, members] = [200, 0.9, 0.5, 60];
  const random = new Stream(4, 'bootstrap test');
  const x = Array.from({ length: rows }, () => {
    const [a, b, c] = [random.normal(), random.normal(), random.normal()];
    return [a, r * a + Math.sqrt(1 - r * r) * b, c];
  });
  const labels = x.map(([a]) => a! + sigma * random.normal());
  const data = await dataOf(bench, x, { labels });
  const network = call('network', 'layers', { layers: [call('layer', 'dense', { units: 1 })] });
  const train = (bootstrap: boolean) =>
    bench.run({
      kind: 'training',
      training: call('training', 'train', {
        network,
        members,
        bootstrap,
        epochs: 250,
        batch: rows,
        validation: 0,
        loss: 'mean_squared',
        optimizer: call('optimizer', 'sgd', { rate: 0.1, momentum: 0.8 }),
        seed: 1,
      }),
      data,
    });
  const deviation = async (bootstrap: boolean, weight: number) => {
    const weights = (await train(bootstrap)).arrays['weights']!;
    const own = Array.from({ length: members }, (_, member) => weights[4 * member + weight]!);
    const mean = own.reduce((a, b) => a + b) / members;
    return Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (members - 1));
  };
  const expected = (inflation: number) => (sigma * Math.sqrt(inflation)) / Math.sqrt(rows);
  // A standard deviation of 60 members has a standard error of 9 %; that of the sample's variances comes on top.
  for (const [weight, inflation] of [
    [0, 1 / (1 - r * r)],
    [1, 1 / (1 - r * r)],
    [2, 1],
  ] as const)
    expect(Math.abs((await deviation(true, weight)) / expected(inflation) - 1)).toBeLessThan(0.35);
  expect(await deviation(false, 0)).toBeLessThan(1e-3);
});
