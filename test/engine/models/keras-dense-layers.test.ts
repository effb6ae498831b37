/** Gated, maximal and named products, learnt normalisation, additive attention: synthetic files against plain loops in float64. */
import { afterAll, describe, expect, it } from 'vitest';
import {
  at,
  build,
  close,
  Folder,
  functional,
  layer,
  load,
  node,
  noise,
  predict,
  stored,
  sum,
  workshop,
  type Data,
} from './keras-fixture.js';

const folder = new Folder();
afterAll(() => folder.remove());
const { run } = workshop(folder);

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
const affine = (x: Data, w: Data, n: number, u: number, bias = 0): number =>
  bias + sum(x.shape[1]!, i => at(x, n, i) * at(w, i, u));

describe('dense layers of Keras 1', () => {
  const x = noise(1, 3, 4);

  it.each([true, false])('Highway lets part of its input through, use_bias %s', async use_bias => {
    const kernels = { W: noise(2, 4, 4), W_carry: noise(3, 4, 4) };
    const biases = { b: noise(4, 4), b_carry: noise(5, 4) };
    const y = await run(x, [layer('Highway', 'h', { activation: 'tanh', use_bias })], {
      h: use_bias ? { ...kernels, ...biases } : kernels,
    });
    const bias = (of: Data, u: number): number => (use_bias ? at(of, u) : 0);
    close(
      y,
      build([3, 4], (n, u) => {
        const gate = sigmoid(affine(x, kernels.W_carry, n, u, bias(biases.b_carry, u)));
        return gate * Math.tanh(affine(x, kernels.W, n, u, bias(biases.b, u))) + (1 - gate) * at(x, n, u);
      }),
    );
  });

  it.each([true, false])('MaxoutDense takes the greatest of its pieces, use_bias %s', async use_bias => {
    const [W, b] = [noise(6, 3, 4, 2), noise(7, 3, 2)];
    const config = { output_dim: 2, nb_feature: 3, use_bias };
    const y = await run(x, [layer('MaxoutDense', 'm', config)], { m: use_bias ? { W, b } : { W } });
    const piece = (n: number, u: number, k: number): number =>
      (use_bias ? at(b, k, u) : 0) + sum(4, i => at(x, n, i) * at(W, k, i, u));
    close(
      y,
      build([3, 2], (n, u) => Math.max(...[0, 1, 2].map(k => piece(n, u, k)))),
    );
  });

  it('TimeDistributedDense, as Keras 1 writes it, is a product at every step', async () => {
    const steps = noise(8, 2, 5, 3);
    const [W, b] = [noise(9, 3, 2), noise(10, 2)];
    const model = {
      class_name: 'Sequential',
      config: [layer('TimeDistributedDense', 't', { output_dim: 2, bias: true, batch_input_shape: [null, 5, 3] })],
    };
    const path = await folder.write({ model, weights: { t: stored('t', { W, b }) }, version: null });
    const [y] = await predict(await load(path), steps);
    close(
      y!,
      build([2, 5, 2], (n, t, u) => at(b, u) + sum(3, i => at(steps, n, t, i) * at(W, i, u))),
    );
  });
});

describe('EinsumDense', () => {
  const x = noise(11, 2, 3, 4);

  it('multiplies along the axes that letters name, with a bias and an activation', async () => {
    const [kernel, bias] = [noise(12, 4, 2, 5), noise(13, 2, 5)];
    const config = { equation: 'abc,cde->abde', output_shape: [null, 2, 5], bias_axes: 'de', activation: 'relu' };
    const y = await run(x, [layer('EinsumDense', 'e', config)], { e: { kernel, bias } });
    close(
      y,
      build([2, 3, 2, 5], (n, t, d, e) =>
        Math.max(0, at(bias, d, e) + sum(4, c => at(x, n, t, c) * at(kernel, c, d, e))),
      ),
    );
  });

  it('takes an ellipsis for the axes that it does not name', async () => {
    const kernel = noise(14, 4, 2);
    const y = await run(x, [layer('EinsumDense', 'e', { equation: '...c,cd->...d' })], { e: { kernel } });
    close(
      y,
      build([2, 3, 2], (n, t, d) => sum(4, c => at(x, n, t, c) * at(kernel, c, d))),
    );
  });

  it('is refused where the kernel is another', async () => {
    const kernel = noise(14, 4, 2);
    await expect(run(x, [layer('EinsumDense', 'e', { equation: 'abc,cde->abde' })], { e: { kernel } })).rejects.toThrow(
      'no kernel for "abc,cde->abde"',
    );
  });
});

describe('Normalization', () => {
  const x = noise(15, 2, 3, 4);
  const mean = noise(16, 4);
  const variance = build([4], i => [0.5, 2, 0, 1][i]!);
  const count = build([], () => 7);
  const deviation = (c: number): number => Math.max(Math.sqrt(at(variance, c)), 1e-7);

  it('uses what it has learnt, one number for each of the last axis', async () => {
    const y = await run(x, [layer('Normalization', 'n', { axis: [-1] })], { n: { mean, variance, count } });
    close(
      y,
      build([2, 3, 4], (n, t, c) => (at(x, n, t, c) - at(mean, c)) / deviation(c)),
    );
  });

  it.each([true, false])('uses what is configured, inverted %s', async invert => {
    const config = { axis: null, mean: 0.5, variance: 4, invert };
    const y = await run(x, [layer('Normalization', 'n', config)]);
    close(
      y,
      build([2, 3, 4], (n, t, c) => (invert ? at(x, n, t, c) * 2 + 0.5 : (at(x, n, t, c) - 0.5) / 2)),
    );
  });
});

it.each([true, false])('AdditiveAttention between two sequences, use_scale %s', async use_scale => {
  const [q, v] = [noise(20, 2, 3, 4), noise(21, 2, 5, 4)];
  const scale = noise(22, 4);
  const both: [string, number, number][] = [
    ['q', 0, 0],
    ['v', 0, 0],
  ];
  const model = functional(
    [
      node('InputLayer', 'q', { batch_input_shape: [null, 3, 4] }),
      node('InputLayer', 'v', { batch_input_shape: [null, 5, 4] }),
      node('AdditiveAttention', 'a', { use_scale }, both),
    ],
    ['q', 'v'],
    [['a', 0, 0]],
  );
  const weights = use_scale ? { a: stored('a', { scale }) } : {};
  const [y] = await predict(await load(await folder.write({ model, weights })), q, v);
  const score = (n: number, t: number, s: number): number =>
    sum(4, c => (use_scale ? at(scale, c) : 1) * Math.tanh(at(q, n, t, c) + at(v, n, s, c)));
  close(
    y!,
    build([2, 3, 4], (n, t, c) => {
      const exponentials = Array.from({ length: 5 }, (_, s) => Math.exp(score(n, t, s)));
      const total = exponentials.reduce((a, b) => a + b);
      return sum(5, s => (exponentials[s]! / total) * at(v, n, s, c));
    }),
  );
});
