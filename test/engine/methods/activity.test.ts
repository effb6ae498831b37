import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats } from '../../../server/src/engine/graph/graph.js';
import { network, sequences } from './networks.js';
import { call, openBatch, Workbench } from './workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const saliency = call('method', 'saliency');

it('counts dead units, ties, saturation and inputs without a gradient', async () => {
  // Three filters: one sees A, one is never active, one is 0.5 everywhere; pools of two; a sigmoid far from zero.
  const b = new GraphBuilder('counted');
  const x = b.input('x', 'float32', [1, 4, 6]);
  const kernel = b.constant(floats([3, 4, 1], [1, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0]));
  const maps = b.add('Relu', [b.add('Conv', [x, kernel, b.constant(floats([3], [0, 0, 0.5]))])]);
  const pooled = b.add('MaxPool', [maps], { kernel_shape: [2], strides: [2] });
  const sum = b.add('ReduceSum', [b.add('Flatten', [pooled]), b.integers([1])], { keepdims: 1 });
  const graph = openBatch(b.finish([b.add('Sigmoid', [b.add('Mul', [sum, b.scalar(2)])])]));
  const target = await bench.target(graph, 6, call('target', 'output'));
  const { meta } = await bench.explain(saliency, target, await bench.sequences('AACACC'));
  // Windows: AA ties at 1, AC does not, CC ties at 0; the second filter ties at 0, the third at 0.5, in all three.
  // A has a gradient at three positions; the sigmoid is at 7.
  expect(meta.notes.at(-1)).toMatchObject({
    level: 'information',
    code: 'model/activity',
    message:
      'At one example: 1 of 3 ReLU units are active nowhere; 100\u00a0% of sigmoids and hyperbolic tangents are saturated; ' +
      '88.9\u00a0% of maxima are shared by several elements, 44.4\u00a0% at another value than 0; ' +
      '87.5\u00a0% of inputs have a gradient of exactly 0.',
  });
});

it('does not ask methods that only predict', async () => {
  const target = await bench.target(network({ length: 12 }), 12);
  const data = await bench.sequences(...sequences(3, 12, 4));
  const mutated = await bench.explain(call('method', 'in_silico_mutagenesis'), target, data);
  expect(mutated.meta.notes.filter(({ code }) => code === 'model/activity')).toEqual([]);
});
