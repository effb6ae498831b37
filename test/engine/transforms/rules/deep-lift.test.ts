import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { floats, sizeOf } from '../../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { sum } from '../../methods/close.js';
import { explainPair, type Body } from './twins.js';

const random = new Stream(7, 'deep lift');
const normal = (count: number, scale = 1): number[] => Array.from({ length: count }, () => scale * random.normal());
const drawn = (builder: GraphBuilder, shape: number[], scale = 1): string =>
  builder.constant(floats(shape, normal(sizeOf(shape), scale)));
const last = (b: GraphBuilder, value: string): string => b.add('ReduceSum', [value, b.integers([1])], { keepdims: 0 });
/** [1, n] · weights → [1, 1] */
const weighed = (b: GraphBuilder, value: string, ...weights: number[]): string =>
  b.add('Gemm', [value, b.constant(floats([weights.length, 1], weights))]);
const unit = (b: GraphBuilder, value: string): string => b.add('Reshape', [value, b.integers([1])]);

const near = (...values: number[]) => values.map(value => expect.closeTo(value, 6) as number);

describe('RevealCancel', () => {
  // min(x, y) = x − ReLU(x − y), of Shrikumar et al. 2017, §3.6: half of the minimum each.
  const minimum: Body = (b, x) => unit(b, b.add('Sub', [weighed(b, x, 1, 0), b.add('Relu', [weighed(b, x, 1, -1)])]));

  it.each([
    [2, 1],
    [1, 3],
    [0.5, 0.5],
  ])('min(%d, %d) against zeros: half each', (x, y) => {
    const half = Math.min(x, y) / 2;
    expect(explainPair(minimum, [2], [x, y], [0, 0], 'reveal_cancel').contributions).toEqual(near(half, half));
    expect(explainPair(minimum, [2], [x, y], [0, 0], 'genomics_default').contributions).toEqual(near(half, half));
  });

  it('and the rescale rule gives all of it to one', () => {
    expect(explainPair(minimum, [2], [2, 1], [0, 0], 'rescale').contributions).toEqual(near(0, 1));
  });

  it('a difference of branches is a weighted sum too, though no dense layer', () => {
    const branches: Body = (b, x) => {
      const [first, second] = [weighed(b, x, 1, 0), weighed(b, x, 0, 1)];
      return unit(b, b.add('Sub', [first, b.add('Relu', [b.add('Sub', [first, second])])]));
    };
    expect(explainPair(branches, [2], [2, 1], [0, 0], 'reveal_cancel').contributions).toEqual(near(0.5, 0.5));
    expect(explainPair(branches, [2], [2, 1], [0, 0], 'genomics_default').contributions).toEqual(near(0, 1));
  });

  it('sees through whatever stands between a layer and its non-linearity', () => {
    const weights = normal(12, 0.7);
    const [bias, scale, shift, mean] = [normal(3), [1.5, -0.8, -2], normal(3), normal(3)];
    const variance = [0.5, 1, 2];
    const ending = (b: GraphBuilder, value: string): string => unit(b, weighed(b, b.add('Tanh', [value]), 1, -2, 0.5));
    const slope = scale.map((s, i) => s / Math.sqrt(variance[i]! + 1e-5));
    const merged: Body = (b, x) =>
      ending(
        b,
        b.add('Gemm', [
          x,
          b.constant(
            floats(
              [4, 3],
              weights.map((w, i) => w * slope[i % 3]!),
            ),
          ),
          b.constant(
            floats(
              [3],
              bias.map((v, i) => (v - mean[i]!) * slope[i]! + shift[i]!),
            ),
          ),
        ]),
      );
    const apart: Body = (b, x) => {
      const row = (values: readonly number[]): string => b.constant(floats([3], values));
      const product = b.add('MatMul', [x, b.constant(floats([4, 3], weights))]);
      const moved = b.add('Unsqueeze', [b.add('Add', [row(bias), product]), b.integers([2])]);
      const normed = b.add('BatchNormalization', [moved, row(scale), row(shift), row(mean), row(variance)]);
      return ending(b, b.add('Squeeze', [normed, b.integers([2])]));
    };
    const [x, reference] = [normal(4), normal(4)];
    for (const rule of ['reveal_cancel', 'genomics_default'] as const) {
      const plain = explainPair(merged, [4], x, reference, rule);
      const other = explainPair(apart, [4], x, reference, rule);
      expect(plain.violation).toBeUndefined();
      expect(other.violation).toBeUndefined();
      other.multipliers.forEach((m, i) => expect(m).toBeCloseTo(plain.multipliers[i]!, 5));
      expect(plain.multipliers).not.toEqual(explainPair(merged, [4], x, reference, 'rescale').multipliers);
    }
  });

  it('is the rescale rule where all contributions have one sign', () => {
    const body: Body = (b, x) => unit(b, b.add('Sigmoid', [weighed(b, x, 1, 2, 0.5)]));
    const rescaled = explainPair(body, [3], [1, 1, 0.5], [0, 0, 0], 'rescale').contributions;
    expect(explainPair(body, [3], [1, 1, 0.5], [0, 0, 0], 'reveal_cancel').contributions).toEqual(near(...rescaled));
  });
});

/** Functions of x [1, 6] whose rules compose. */
const COMPOSITIONS: Readonly<Record<string, Body>> = {
  'a softmax': (b, x) => last(b, b.add('Mul', [b.add('Softmax', [x]), drawn(b, [1, 6])])),
  'a logarithmic softmax': (b, x) => last(b, b.add('Mul', [b.add('LogSoftmax', [x]), drawn(b, [1, 6])])),
  'a quotient of branches': (b, x) =>
    last(
      b,
      b.add('Div', [b.add('MatMul', [x, drawn(b, [6, 3])]), b.add('Exp', [b.add('MatMul', [x, drawn(b, [6, 1])])])]),
    ),
  'a divisor alone': (b, x) => last(b, b.add('Div', [b.scalar(2), b.add('Exp', [x])])),
  norms: (b, x) =>
    b.add('Add', [
      b.add('ReduceL2', [b.add('Add', [x, b.scalar(1)]), b.integers([1])], { keepdims: 0 }),
      b.add('Mul', [
        b.add('ReduceL1', [x, b.integers([1])], { keepdims: 0 }),
        b.add('ReduceSumSquare', [x, b.integers([1])], { keepdims: 0 }),
      ]),
    ]),
  'a logarithm of a sum of exponentials': (b, x) =>
    b.add('ReduceLogSumExp', [b.add('Mul', [x, b.scalar(3)]), b.integers([1])], { keepdims: 0 }),
  'a layer normalisation': (b, x) => {
    const centred = b.add('Sub', [x, b.add('ReduceMean', [x, b.integers([1])])]);
    const variance = b.add('ReduceMean', [b.add('Mul', [centred, centred]), b.integers([1])]);
    const deviation = b.add('Sqrt', [b.add('Add', [variance, b.scalar(1e-5)])]);
    return last(b, b.add('Mul', [b.add('Div', [centred, deviation]), drawn(b, [1, 6])]));
  },
  'an attention head': (b, x) => {
    const tokens = b.add('Reshape', [x, b.integers([1, 3, 2])]);
    const [query, key, value] = [1, 2, 3].map(() => b.add('MatMul', [tokens, drawn(b, [2, 2])])) as [
      string,
      string,
      string,
    ];
    const scores = b.add('MatMul', [query, b.add('Transpose', [key], { perm: [0, 2, 1] })]);
    return last(b, b.add('Flatten', [b.add('MatMul', [b.add('Softmax', [scores]), value])]));
  },
  'siamese branches with a ReLU used twice': (b, x) => {
    const weights = drawn(b, [3, 4]);
    const half = (from: number): string =>
      b.add('MatMul', [b.add('Slice', [x, b.integers([from]), b.integers([from + 3]), b.integers([1])]), weights]);
    const relu = (value: string): string => b.add('Relu', [value]);
    const [first, second] = [relu(half(0)), relu(half(3))];
    return last(b, b.add('Mul', [relu(b.add('Sub', [first, second])), first]));
  },
  'a kernel and a bias from the input': (b, x) => {
    const signal = b.add('Reshape', [x, b.integers([1, 1, 6])]);
    const kernel = b.add('Reshape', [b.add('MatMul', [x, drawn(b, [6, 6])]), b.integers([2, 1, 3])]);
    const bias = b.add('Reshape', [b.add('Tanh', [b.add('MatMul', [x, drawn(b, [6, 2])])]), b.integers([2])]);
    return last(b, b.add('Flatten', [b.add('Conv', [signal, kernel, bias])]));
  },
  'convolutions, pools and a residual': (b, x) => {
    const signal = b.add('Reshape', [x, b.integers([1, 1, 6])]);
    const conv = (value: string, inputs: number): string =>
      b.add('Conv', [value, drawn(b, [4, inputs, 3]), drawn(b, [4])], { pads: [1, 1] });
    const first = b.add('Relu', [conv(signal, 1)]);
    const second = b.add('Relu', [b.add('Add', [conv(first, 4), first])]);
    const pooled = b.add('MaxPool', [second], { kernel_shape: [2], strides: [1] });
    return last(b, b.add('Flatten', [b.add('AveragePool', [pooled], { kernel_shape: [3] })]));
  },
};

describe.each(Object.entries(COMPOSITIONS))('%s', (_, body) => {
  it.each(['rescale', 'reveal_cancel', 'genomics_default'] as const)('conserves at every node by %s', rule => {
    for (let trial = 0; trial < 3; trial++) {
      const { contributions, difference, violation } = explainPair(body, [6], normal(6), normal(6), rule);
      expect(violation).toBeUndefined();
      expect(sum(contributions)).toBeCloseTo(difference, 4);
    }
  });
});

it('names the node at which something is lost: a step hands on no differences', () => {
  const body: Body = (b, x) => last(b, b.add('Mul', [b.add('Tanh', [x]), b.add('Floor', [x])]));
  const { violation } = explainPair(body, [2], [1.5, 2.5], [0.2, 0.3], 'rescale');
  expect(violation?.operator).toBe('Mul');
});
