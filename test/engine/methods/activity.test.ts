import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { StoredExamples } from '../../../server/src/engine/data/stored-examples.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats } from '../../../server/src/engine/graph/graph.js';
import { measureActivity } from '../../../server/src/engine/methods/activity.js';
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
      '88.9\u00a0% of maxima and minima are shared by several elements, 44.4\u00a0% at another value than 0; ' +
      '87.5\u00a0% of inputs have a gradient of exactly 0.',
  });
});

it('counts ties of windows that overlap, of several values, and of places that are picked', async () => {
  // One number for each base: A 1, C and G 0.5, T 0. The sequence reads 1, 1, 0.5, 0.5, 0, 1.
  const b = new GraphBuilder('decisions');
  const x = b.input('x', 'float32', [1, 4, 6]);
  const map = b.add('Conv', [x, b.constant(floats([1, 4, 1], [1, 0.5, 0.5, 0]))]);
  const part = (from: number, to: number) => b.add('Slice', [map, ...[from, to, 2].map(at => b.integers([at]))]);
  const total = (value: string) => b.add('ReduceSum', [value, b.integers([1, 2])], { keepdims: 0 });
  const best = (k: number) => b.addMany('TopK', [map, b.integers([k])], { axis: 2 }, 2)[0]!;
  const parts = [
    // Windows of three: two of four tie, each once.
    b.add('MaxPool', [map], { kernel_shape: [3], strides: [1] }),
    b.add('ReduceMax', [map, b.integers([2])], { keepdims: 1 }),
    // 1, 1, 0.5 beside 1, 0.5, 0.5: the first and the last.
    b.add('Max', [part(0, 3), part(1, 4)]),
    // 1, 0.5 beside 0, 1: none.
    b.add('Min', [part(1, 3), part(4, 6)]),
    b.add('Cast', [b.add('ArgMax', [map], { axis: 2, keepdims: 1 })], { to: 'float32' }),
    // The three highest are clear, the fourth is one of two.
    best(3),
    best(4),
  ];
  const sum = parts.map(total).reduce((all, one) => b.add('Add', [all, one]));
  const graph = openBatch(b.finish([b.add('Reshape', [sum, b.integers([-1, 1])])]));
  const model = await bench.load(await bench.target(graph, 6, call('target', 'output')));
  const examples = await StoredExamples.open(bench.store, await bench.sequences('AACGTA'));
  for (const executor of [await onnxruntimeExecutor(1), referenceExecutor])
    expect(await measureActivity({ model, executor, examples })).toMatchObject({
      extremes: 4 + 1 + 3 + 2,
      ties: 2 + 1 + 2,
      tiesBesidesZero: 5,
      places: 3,
      tiedPlaces: 2,
    });
});

it('does not ask methods that only predict', async () => {
  const target = await bench.target(network({ length: 12 }), 12);
  const data = await bench.sequences(...sequences(3, 12, 4));
  const mutated = await bench.explain(call('method', 'in_silico_mutagenesis'), target, data);
  expect(mutated.meta.notes.filter(({ code }) => code === 'model/activity')).toEqual([]);
});
