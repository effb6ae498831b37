import { afterAll, beforeAll, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import type { Call, Json } from '../../../server/src/protocol.js';
import { dataOf, linear, targetOf } from '../methods/global/rows.js';
import { call, path, Workbench } from '../methods/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(referenceExecutor);
});
afterAll(() => bench.remove());

const rows = [
  [1, 2, 7],
  [3, 5, 8],
  [4, 1, 2],
  [2, 6, 3],
];
const named = (...names: readonly string[]): Promise<string> => dataOf(bench, rows, { names });
const mean = (of: string): Call => path(call('reference', 'mean', { of }));
const conditional = (of: string): Call => call('method', 'conditional_shapley', { of, seed: 1 });

it.each([
  ['a reference', mean, 'feature 1 of the references is b, of the explained data a'],
  ['a distribution', conditional, 'feature 1 of `of` is b, of the explained data a'],
])('%s of the same features in another order is refused, and of other names is not', async (_, method, message) => {
  const target = await targetOf(bench, linear([1, -2, 3]), 3);
  const data = await named('a', 'b', 'c');
  await expect(bench.explain(method(await named('b', 'a', 'c')), target, data)).rejects.toThrow(message);
  for (const of of [data, await named('x', 'y', 'z')]) await bench.explain(method(of), target, data);
});

it('a network explains no data whose features are in another order than those that it was trained on', async () => {
  const layers = [
    { call: 'dense', category: 'layer', parameters: { ...call('layer', 'dense', { units: 1 }).parameters } },
  ];
  const trained = await bench.run({
    kind: 'training',
    training: call('training', 'train', {
      network: { call: 'layers', category: 'network', parameters: { layers: layers as unknown as Json } },
      members: 1,
      epochs: 1,
      validation: 0,
      seed: 2,
    }),
    data: await dataOf(bench, rows, { names: ['a', 'b', 'c'], labels: [0, 1, 0, 1] }),
  });
  const model = { call: 'trained', category: 'training' as const, parameters: { of: trained.key } };
  const target = { target: call('target', 'logit'), model };
  const explained = (...names: readonly string[]) =>
    named(...names).then(data => bench.explain(call('method', 'saliency'), target, data));
  await explained('a', 'b', 'c');
  await expect(explained('a', 'c', 'b')).rejects.toThrow(
    'feature 2 of the training data is b, of the explained data c',
  );
});
