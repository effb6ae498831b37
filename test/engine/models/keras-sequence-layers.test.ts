/**
 * Recurrent layers, attention, normalisations, transposed and local convolutions, products: synthetic files against plain loops
 * over Keras's definitions in float64.
 */
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
import { Failure } from '../../../server/src/engine/failure.js';

const folder = new Folder();
afterAll(() => folder.remove());
const { run } = workshop(folder);

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
const hardSigmoid = (v: number): number => Math.min(1, Math.max(0, 0.2 * v + 0.5));

/** [batch, steps, units] from a step function of (x_t · kernel, state) → states, the first of which is given out. */
function unroll(
  x: Data,
  units: number,
  states: number,
  order: readonly number[],
  step: (row: (w: Data, column: number) => number, previous: readonly number[][]) => number[][],
): Data {
  const [batch, steps, inputs] = x.shape as [number, number, number];
  const result = build([batch, steps, units], () => 0);
  for (let n = 0; n < batch; n++) {
    let previous: number[][] = Array.from({ length: states }, () => new Array<number>(units).fill(0));
    for (const t of order) {
      previous = step((w, column) => sum(inputs, i => at(x, n, t, i) * at(w, i, column)), previous);
      previous[0]!.forEach((value, u) => (result.data[(n * steps + t) * units + u] = value));
    }
  }
  return result;
}

const UNITS = 3;

function lstm(x: Data, w: Record<string, Data>, order: readonly number[], gate = sigmoid): Data {
  return unroll(x, UNITS, 2, order, (row, [h, c]) => {
    const z = (k: number, u: number): number =>
      row(w['kernel']!, k * UNITS + u) +
      sum(UNITS, v => h![v]! * at(w['recurrent_kernel']!, v, k * UNITS + u)) +
      at(w['bias']!, k * UNITS + u);
    const cell = c!.map((old, u) => gate(z(1, u)) * old + gate(z(0, u)) * Math.tanh(z(2, u)));
    return [cell.map((value, u) => gate(z(3, u)) * Math.tanh(value)), cell];
  });
}

function gru(x: Data, w: Record<string, Data>, order: readonly number[], after: boolean): Data {
  const bias = (row: number, k: number): number => (after ? at(w['bias']!, row, k) : row === 0 ? at(w['bias']!, k) : 0);
  return unroll(x, UNITS, 1, order, (row, [h]) => {
    const into = (k: number, u: number): number => row(w['kernel']!, k * UNITS + u) + bias(0, k * UNITS + u);
    const recur = (state: readonly number[], k: number, u: number): number =>
      sum(UNITS, v => state[v]! * at(w['recurrent_kernel']!, v, k * UNITS + u)) + bias(1, k * UNITS + u);
    const gates = (k: number): number[] => h!.map((_, u) => sigmoid(into(k, u) + recur(h!, k, u)));
    const [z, r] = [gates(0), gates(1)];
    const weighed = h!.map((value, u) => value * r[u]!);
    return [
      h!.map((old, u) => {
        const fresh = after ? r[u]! * recur(h!, 2, u) : recur(weighed, 2, u);
        return z[u]! * old + (1 - z[u]!) * Math.tanh(into(2, u) + fresh);
      }),
    ];
  });
}

const step = (x: Data, t: number): Data => build([x.shape[0]!, x.shape[2]!], (n, u) => at(x, n, t, u));
const reversed = (x: Data): Data => build(x.shape, (n, t, u) => at(x, n, x.shape[1]! - 1 - t, u));
const recurrentWeights = (seed: number, gates: number, ...bias: number[]) => ({
  kernel: noise(seed, 2, gates * UNITS),
  recurrent_kernel: noise(seed + 1, UNITS, gates * UNITS),
  bias: noise(seed + 2, ...bias, gates * UNITS),
});
const there = [0, 1, 2, 3];
const back = [...there].reverse();

describe('recurrent layers', () => {
  const x = noise(1, 2, 4, 2);
  const config = { units: UNITS, activation: 'tanh', recurrent_activation: 'sigmoid' };

  it.each([
    ['forward', false, there],
    ['backward', true, back],
  ])('LSTM %s, all states and the last', async (_, go_backwards, order) => {
    const weights = recurrentWeights(2, 4);
    const all = lstm(x, weights, order);
    const y = await run(x, [layer('LSTM', 'r', { ...config, go_backwards, return_sequences: true })], { r: weights });
    close(y, go_backwards ? reversed(all) : all);
    const last = await run(x, [layer('LSTM', 'r', { ...config, go_backwards })], { r: weights });
    close(last, step(all, order.at(-1)!));
  });

  it('LSTM with the hard sigmoid of Keras 1 and 2', async () => {
    const weights = recurrentWeights(5, 4);
    const hard = { ...config, recurrent_activation: 'hard_sigmoid', return_sequences: true };
    close(await run(x, [layer('LSTM', 'r', hard)], { r: weights }), lstm(x, weights, there, hardSigmoid));
  });

  it.each([true, false])('GRU, reset after the product: %s', async reset_after => {
    const weights = recurrentWeights(8, 3, ...(reset_after ? [2] : []));
    const y = await run(x, [layer('GRU', 'r', { ...config, reset_after, return_sequences: true })], { r: weights });
    close(y, gru(x, weights, there, reset_after));
  });

  it('SimpleRNN', async () => {
    const weights = recurrentWeights(11, 1);
    const y = await run(x, [layer('SimpleRNN', 'r', { units: UNITS, activation: 'tanh' })], { r: weights });
    const all = unroll(x, UNITS, 1, there, (row, [h]) => [
      h!.map((_, u) =>
        Math.tanh(
          row(weights.kernel, u) + sum(UNITS, v => h![v]! * at(weights.recurrent_kernel, v, u)) + at(weights.bias, u),
        ),
      ),
    ]);
    close(y, step(all, 3));
  });

  it.each([true, false])('Bidirectional LSTM side by side, return_sequences %s', async return_sequences => {
    const [forward, backward] = [recurrentWeights(14, 4), recurrentWeights(17, 4)];
    const content = {
      model: {
        class_name: 'Sequential',
        config: [
          layer('InputLayer', 'x', { batch_input_shape: [null, 4, 2] }),
          layer('Bidirectional', 'b', {
            merge_mode: 'concat',
            layer: layer('LSTM', 'l', { ...config, return_sequences }),
          }),
        ],
      },
      weights: { b: [...stored('b/forward_l', forward), ...stored('b/backward_l', backward)] },
    };
    const [y] = await predict(await load(await folder.write(content)), x);
    const [f, b] = [lstm(x, forward, there), lstm(x, backward, back)];
    const side = build([2, 4, 6], (n, t, u) => (u < 3 ? at(f, n, t, u) : at(b, n, t, u - 3)));
    close(y!, return_sequences ? side : build([2, 6], (n, u) => at(side, n, u < 3 ? 3 : 0, u)));
  });

  it('cuDNN layers, whose kernels lie otherwise', async () => {
    const weights = recurrentWeights(20, 4);
    const [inputs, width] = [2, 4 * UNITS];
    // numpy: kernel.reshape(order="F") of each gate, transposed recurrent kernels, and two biases that are added.
    const gate = (u: number): number => Math.floor(u / UNITS);
    const kernel = build([inputs, width], (i, u) => {
      const place = i * UNITS + (u % UNITS);
      return at(weights.kernel, place % inputs, gate(u) * UNITS + Math.floor(place / inputs));
    });
    const recurrent_kernel = build([UNITS, width], (v, u) =>
      at(weights.recurrent_kernel, u % UNITS, gate(u) * UNITS + v),
    );
    const bias = build([2 * width], i => at(weights.bias, i % width) / 2);
    const y = await run(x, [layer('CuDNNLSTM', 'r', { units: UNITS })], { r: { kernel, recurrent_kernel, bias } });
    close(y, step(lstm(x, weights, there), 3));
  });

  it('TimeDistributed applies its layer at every step', async () => {
    const sequences = noise(23, 2, 3, 5, 2);
    const [kernel, bias] = [noise(24, 2, 2, 3), noise(25, 3)];
    const inner = layer('Conv1D', 'c', { filters: 3, kernel_size: [2], padding: 'valid' });
    const y = await run(sequences, [layer('TimeDistributed', 't', { layer: inner })], { t: { kernel, bias } });
    close(
      y,
      build(
        [2, 3, 4, 3],
        (n, t, l, f) => at(bias, f) + sum(2, k => sum(2, c => at(sequences, n, t, l + k, c) * at(kernel, k, c, f))),
      ),
    );
  });
});

describe('attention', () => {
  const softmax = (scores: number[]): number[] => {
    const total = scores.reduce((s, v) => s + Math.exp(v), 0);
    return scores.map(v => Math.exp(v) / total);
  };

  it('MultiHeadAttention of one sequence to another', async () => {
    const [q, v] = [noise(30, 2, 3, 4), noise(31, 2, 5, 4)];
    const heads = { num_heads: 2, key_dim: 3, value_dim: 2, use_bias: true, output_shape: null };
    const names = ['query', 'key', 'value'];
    const size = (name: string): number => (name === 'value' ? 2 : 3);
    const parts = names.map((name, i) => ({
      kernel: noise(32 + i, 4, 2, size(name)),
      bias: noise(36 + i, 2, size(name)),
    }));
    const output = { kernel: noise(40, 2, 2, 4), bias: noise(41, 4) };
    const content = {
      model: functional(
        [
          node('InputLayer', 'q', { batch_input_shape: [null, 3, 4] }),
          node('InputLayer', 'v', { batch_input_shape: [null, 5, 4] }),
          {
            ...node('MultiHeadAttention', 'a', heads),
            inbound_nodes: [[['q', 0, 0, { value: ['v', 0, 0], key: null, attention_mask: null }]]],
          },
        ],
        ['q', 'v'],
        [['a', 0, 0]],
      ),
      weights: {
        a: [...parts.flatMap((part, i) => stored(`a/${names[i]!}`, part)), ...stored('a/attention_output', output)],
      },
    };
    const [y] = await predict(await load(await folder.write(content)), q, v);
    const project = (x: Data, i: number): Data =>
      build(
        [2, 2, x.shape[1]!, size(names[i]!)],
        (n, h, t, d) => at(parts[i]!.bias, h, d) + sum(4, c => at(x, n, t, c) * at(parts[i]!.kernel, c, h, d)),
      );
    const [Q, K, V] = [project(q, 0), project(v, 1), project(v, 2)] as const;
    const context = build([2, 3, 2, 2], (n, t, h, d) => {
      const scores = Array.from(
        { length: 5 },
        (_, s) => sum(3, k => at(Q, n, h, t, k) * at(K, n, h, s, k)) / Math.sqrt(3),
      );
      return softmax(scores).reduce((total, weight, s) => total + weight * at(V, n, h, s, d), 0);
    });
    close(
      y!,
      build(
        [2, 3, 4],
        (n, t, o) =>
          at(output.bias, o) + sum(2, h => sum(2, d => at(context, n, t, h, d) * at(output.kernel, h, d, o))),
      ),
    );
  });

  it('Attention and Dot between two sequences', async () => {
    const [q, v] = [noise(50, 2, 3, 4), noise(51, 2, 5, 4)];
    const inputs = [
      node('InputLayer', 'q', { batch_input_shape: [null, 3, 4] }),
      node('InputLayer', 'v', { batch_input_shape: [null, 5, 4] }),
    ];
    const both: [string, number, number][] = [
      ['q', 0, 0],
      ['v', 0, 0],
    ];
    const model = functional(
      [...inputs, node('Attention', 'a', { use_scale: false }, both), node('Dot', 'd', { axes: [2, 2] }, both)],
      ['q', 'v'],
      [
        ['a', 0, 0],
        ['d', 0, 0],
      ],
    );
    const [attended, products] = await predict(await load(await folder.write({ model })), q, v);
    const score = (n: number, t: number, s: number): number => sum(4, c => at(q, n, t, c) * at(v, n, s, c));
    close(products!, build([2, 3, 5], score));
    close(
      attended!,
      build([2, 3, 4], (n, t, c) =>
        softmax(Array.from({ length: 5 }, (_, s) => score(n, t, s))).reduce((sum, w, s) => sum + w * at(v, n, s, c), 0),
      ),
    );
  });

  it('Embedding takes rows of its table', async () => {
    const numbers = build([2, 4], (n, t) => (3 * n + t) % 5);
    const embeddings = noise(60, 5, 3);
    const y = await run(numbers, [layer('Embedding', 'e', { input_dim: 5, output_dim: 3 })], { e: { embeddings } });
    close(
      y,
      build([2, 4, 3], (n, t, k) => at(embeddings, at(numbers, n, t), k)),
    );
  });

  it('Masking is nothing in front of layers that do not read it, and refused where one does', async () => {
    const x = noise(61, 2, 4, 2);
    close(
      await run(x, [layer('Masking', 'm', { mask_value: 0 }), layer('GlobalMaxPooling1D', 'g')]),
      build([2, 2], (n, c) => Math.max(...there.map(t => at(x, n, t, c)))),
    );
    const refused = run(x, [layer('Masking', 'm', { mask_value: 0 }), layer('LSTM', 'r', { units: 3 })]);
    await expect(refused).rejects.toThrow(Failure);
    await expect(refused).rejects.toThrow('class LSTM');
  });
});

describe('normalisations', () => {
  const x = noise(70, 2, 3, 4);
  const [gamma, beta] = [noise(71, 4), noise(72, 4)];
  const moments = (values: number[]): [number, number] => {
    const mean = values.reduce((s, v) => s + v, 0) / values.length;
    return [mean, values.reduce((s, v) => s + (v - mean) ** 2, 0) / values.length];
  };

  it('LayerNormalization over the channels of a position', async () => {
    const y = await run(x, [layer('LayerNormalization', 'n', { axis: [-1], epsilon: 0.1 })], { n: { gamma, beta } });
    close(
      y,
      build([2, 3, 4], (n, l, c) => {
        const [mean, variance] = moments([0, 1, 2, 3].map(k => at(x, n, l, k)));
        return ((at(x, n, l, c) - mean) / Math.sqrt(variance + 0.1)) * at(gamma, c) + at(beta, c);
      }),
    );
  });

  it('GroupNormalization over positions and the channels of a group', async () => {
    const y = await run(x, [layer('GroupNormalization', 'n', { groups: 2, axis: -1, epsilon: 0.1 })], {
      n: { gamma, beta },
    });
    close(
      y,
      build([2, 3, 4], (n, l, c) => {
        const first = c < 2 ? 0 : 2;
        const group = [0, 1, 2].flatMap(t => [at(x, n, t, first), at(x, n, t, first + 1)]);
        const [mean, variance] = moments(group);
        return ((at(x, n, l, c) - mean) / Math.sqrt(variance + 0.1)) * at(gamma, c) + at(beta, c);
      }),
    );
  });

  it('UnitNormalization and Rescaling', async () => {
    const layers = [layer('Rescaling', 'r', { scale: 3, offset: 0.5 }), layer('UnitNormalization', 'n', { axis: -1 })];
    const y = await run(x, layers);
    const value = (n: number, l: number, c: number): number => 3 * at(x, n, l, c) + 0.5;
    close(
      y,
      build([2, 3, 4], (n, l, c) => value(n, l, c) / Math.sqrt(sum(4, k => value(n, l, k) ** 2))),
    );
  });
});

describe('other convolutions', () => {
  it.each([
    ['same', 3, 2],
    ['valid', 3, 2],
    ['same', 2, 3],
    ['valid', 2, 3],
    ['same', 4, 1],
  ])('Conv1DTranspose, %s, kernel %i, stride %i', async (padding, width, stride) => {
    const x = noise(80, 2, 4, 2);
    const [kernel, bias] = [noise(81, width, 3, 2), noise(82, 3)];
    const config = { filters: 3, kernel_size: [width], strides: [stride], padding, output_padding: null };
    const y = await run(x, [layer('Conv1DTranspose', 'c', config)], { c: { kernel, bias } });
    // The transpose of the convolution that makes 4 positions of `length`.
    const length = padding === 'same' ? 4 * stride : 4 * stride + Math.max(0, width - stride);
    const before = padding === 'same' ? Math.floor(Math.max(0, 3 * stride + width - length) / 2) : 0;
    close(
      y,
      build([2, length, 3], (n, l, f) => {
        const taps = (i: number): number => {
          const k = l + before - i * stride;
          return k < 0 || k >= width ? 0 : sum(2, c => at(x, n, i, c) * at(kernel, k, f, c));
        };
        return at(bias, f) + sum(4, taps);
      }),
    );
  });

  it('LocallyConnected1D has a kernel for each position', async () => {
    const x = noise(83, 2, 7, 2);
    const [kernel, bias] = [noise(84, 3, 6, 4), noise(85, 3, 4)];
    const config = { filters: 4, kernel_size: [3], strides: [2], padding: 'valid', activation: 'relu' };
    const y = await run(x, [layer('LocallyConnected1D', 'c', config)], { c: { kernel, bias } });
    close(
      y,
      build([2, 3, 4], (n, l, f) =>
        Math.max(0, at(bias, l, f) + sum(3, k => sum(2, c => at(x, n, 2 * l + k, c) * at(kernel, l, 2 * k + c, f)))),
      ),
    );
  });

  it.each([
    ['even', 4, 1, 9],
    ['odd', 3, 2, 9],
    ['even', 4, 2, 10],
  ])('Conv1D that Theano trained, %s kernel %i, stride %i', async (_, width, stride, length) => {
    const x = noise(86, 2, length, 2);
    const [kernel, bias] = [noise(87, width, 2, 3), noise(88, 3)];
    const config = { filters: 3, kernel_size: [width], strides: [stride], padding: 'same' };
    const y = await run(x, [layer('Conv1D', 'c', config)], { c: { kernel, bias } }, { backend: 'theano' });
    // A convolution: the kernel runs against the positions; border_mode "half" pads ⌊width / 2⌋ on both sides.
    const half = Math.floor(width / 2);
    close(
      y,
      build(
        [2, Math.ceil(length / stride), 3],
        (n, l, f) =>
          at(bias, f) +
          sum(width, k => sum(2, c => at(x, n, l * stride - half + (width - 1 - k), c) * at(kernel, k, c, f))),
      ),
    );
  });
});
