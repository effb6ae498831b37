/** Rows of numbers: genotypes of people and expression of samples through the methods that average gradients. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { floats } from '../../../../server/src/engine/graph/graph.js';
import { expectSameMap } from '../close.js';
import { dataOf, feature, linear, rowFunction, targetOf } from '../global/rows.js';
import { call, Workbench } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(1));
});
afterAll(() => bench.remove());

const saliency = call('method', 'saliency');
const near = (...values: number[]) => values.map(value => expect.closeTo(value, 5) as number);

it('SmoothGrad-Squared with one allele of noise scores a variant by its squared effect, not times the genotype', async () => {
  const target = await targetOf(bench, linear([3, -2, 0.5]), 3, 'genotypes');
  const data = await dataOf(bench, [[0, 1, 2]], { as: 'genotypes' });
  const noise = { absolute: 1, unit: 'alleles' };
  for (const [root, expected] of [
    [false, [9, 4, 0.25]],
    [true, [3, 2, 0.5]],
  ] as const) {
    const method = call('method', 'smooth_grad_squared', { method: saliency, samples: 5, noise, seed: 1, root });
    const { arrays } = await bench.explain(method, target, data);
    expect([...arrays['scores']!]).toEqual(near(...expected));
  }
  const counts = call('method', 'smooth_grad', { method: saliency, noise: { absolute: 1, unit: 'counts' }, seed: 1 });
  await expect(bench.explain(counts, target, data)).rejects.toMatchObject({ problem: { code: 'method/noise' } });
});

it('expected gradients of a linear model are weight × distance from the mean reference', async () => {
  const target = await targetOf(bench, linear([3, -2]), 2);
  const data = await dataOf(bench, [
    [1, 5],
    [3, 1],
  ]);
  const method = call('method', 'expected_gradients', { baseline: call('reference', 'mean'), samples: 4, seed: 1 });
  const { arrays } = await bench.explain(method, target, data);
  expect([...arrays['array']!]).toEqual(near(-3, -4, 3, 4));
});

it('the mode is the most frequent genotype of each variant, the smaller of two', async () => {
  const target = await targetOf(bench, linear([1, 1, 1]), 3, 'genotypes');
  const people = [
    [0, 1, 2],
    [0, 1, 2],
    [1, 2, 0],
    [2, 2, 2],
  ];
  const data = await dataOf(bench, people, { as: 'genotypes' });
  const method = call('method', 'deep_lift', { baseline: call('reference', 'mode') });
  const { arrays } = await bench.explain(method, target, data);
  expect([...arrays['array']!]).toEqual(near(...people.flatMap(person => person.map((g, i) => g - [0, 1, 2][i]!))));
});

it('integrated Hessians find the pair of genes that act together, by name', async () => {
  const graph = rowFunction(3, (b, x) =>
    b.add('Add', [b.add('Mul', [feature(b, x, 0), feature(b, x, 2)]), feature(b, x, 1)]),
  );
  const method = call('method', 'integrated_hessians', {
    baseline: call('reference', 'zeros'),
    features: ['g2', 'g0'],
  });
  const { arrays, meta } = await bench.explain(
    method,
    await targetOf(bench, graph, 3),
    await dataOf(bench, [[2, 7, 4]]),
  );
  // ∫∫ αβ · 2 · 4
  expect([...arrays['array']!]).toEqual([2, 2, 2, 2].map(v => expect.closeTo(v, 4) as number));
  expect(meta.arrays[0]!.axes[1]).toMatchObject({ name: 'gene', labels: ['g2', 'g0'] });
});

it('the true class is another one in every row', async () => {
  const weights = [1, 2, 3, 10, 20, 30];
  const graph = rowFunction(2, (b, x) =>
    b.add('Softmax', [b.add('MatMul', [x, b.constant(floats([2, 3], weights))])], { axis: 1 }),
  );
  const labels = [2, 0, 1, 0, 2];
  const data = await dataOf(
    bench,
    labels.map((_, i) => [i, -i]),
    { labels },
  );
  const { model } = await targetOf(bench, graph, 2);
  const { arrays } = await bench.explain(saliency, { target: call('target', 'true_class'), model }, data);
  expectSameMap(
    arrays['array']!,
    labels.flatMap(label => [weights[label]!, weights[3 + label]!]),
    1e-6,
  );
  expectSameMap(
    arrays['predictions']!,
    labels.map((label, i) => i * (weights[label]! - weights[3 + label]!)),
    1e-6,
  );
});
