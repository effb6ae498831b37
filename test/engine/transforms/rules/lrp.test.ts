import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { floats, sizeOf } from '../../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { LAYER_RULES, type LayerRule } from '../../../../server/src/engine/transforms/rules/lrp-layers.js';
import { sum } from '../../methods/close.js';
import { OPTIONS, propagate } from './relevances.js';
import type { Body } from './twins.js';

const random = new Stream(11, 'relevances');
const normal = (count: number, scale = 1): number[] =>
  Array.from({ length: count }, () => Math.fround(scale * random.normal()));
const total = (b: GraphBuilder, value: string): string =>
  b.add('ReduceSum', [b.add('Flatten', [value]), b.integers([1])], { keepdims: 0 });
const constant = (b: GraphBuilder, shape: number[], values: ArrayLike<number>): string =>
  b.constant(floats(shape, values));
const drawn = (b: GraphBuilder, shape: number[], scale = 1): string => constant(b, shape, normal(sizeOf(shape), scale));

function expectNear(found: readonly number[], expected: readonly number[], digits = 5): void {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, digits));
}

/** The share of input i in what output j has received, as the rules are published. */
const SHARES: Readonly<Record<LayerRule, (x: number[], w: number[], b: number) => number[]>> = {
  epsilon: (x, w, b) => {
    const z = sum(x.map((v, i) => v * w[i]!)) + b;
    return x.map((v, i) => (v * w[i]!) / (z + Math.sign(z) * OPTIONS.epsilon));
  },
  gamma: (x, w, b) => {
    const sign = Math.sign(sum(x.map((v, i) => v * w[i]!)) + b);
    const raised = (c: number): number => c + OPTIONS.gamma * (sign * c > 0 ? c : 0);
    const whole = sum(x.map((v, i) => raised(v * w[i]!))) + raised(b);
    return x.map((v, i) => raised(v * w[i]!) / whole);
  },
  alpha_beta: (x, w, b) => {
    const parts = (sign: number): number[] => [...x.map((v, i) => v * w[i]!), b].map(c => (sign * c > 0 ? c : 0));
    const [up, down] = [parts(1), parts(-1)];
    const { alpha } = OPTIONS;
    return x.map((_, i) => (alpha * up[i]!) / sum(up) - ((alpha - 1) * down[i]!) / sum(down));
  },
  z_plus: (x, w, b) => {
    const up = [...x.map((v, i) => v * w[i]!), b].map(c => Math.max(c, 0));
    // Without a positive contribution nobody gets anything.
    return x.map((_, i) => (sum(up) === 0 ? 0 : up[i]! / sum(up)));
  },
  flat: x => x.map(() => 1 / x.length),
  w_square: (x, w) => x.map((_, i) => w[i]! ** 2 / sum(w.map(v => v * v))),
  box: (x, w) => {
    const terms = x.map((v, i) => v * w[i]! - Math.min(w[i]!, 0));
    return terms.map(term => term / sum(terms));
  },
};

describe.each(LAYER_RULES)('%s on one layer', rule => {
  const [inputs, units] = [5, 3];
  const weights = normal(inputs * units);
  const bias = normal(units, 0.3);
  // `box` is for inputs between 0 and 1; the others take any.
  const x = rule === 'box' ? [1, 0, 0.25, 1, 0] : normal(inputs);
  const column = (unit: number): number[] => Array.from({ length: inputs }, (_, i) => weights[i * units + unit]!);
  const outputs = bias.map((b, unit) => sum(column(unit).map((w, i) => w * x[i]!)) + b);
  // Every output receives its own value, because their sum is explained.
  const expected = x.map((_, i) => sum(outputs.map((z, unit) => z * SHARES[rule](x, column(unit), bias[unit]!)[i]!)));
  const options = { ruleOf: () => rule };

  it('is its closed form in a dense layer, and the account balances', () => {
    const layer: Body = (b, value) =>
      total(b, b.add('Gemm', [value, constant(b, [inputs, units], weights), constant(b, [units], bias)]));
    const { relevances, f, kept, violation } = propagate(layer, [inputs], x, options);
    expectNear(relevances, expected, 4);
    expect(violation).toBeUndefined();
    expect(sum(relevances) + kept).toBeCloseTo(f, 4);
  });

  it('is the same in the transposed layer with factors, and in a product and a bias on their own', () => {
    const rows = Array.from(
      { length: units * inputs },
      (_, at) => -0.5 * weights[(at % inputs) * units + Math.floor(at / inputs)]!,
    );
    const factors: Body = (b, value) =>
      total(
        b,
        b.add(
          'Gemm',
          [
            value,
            constant(b, [units, inputs], rows),
            constant(
              b,
              [units],
              bias.map(v => v / 4),
            ),
          ],
          {
            alpha: -2,
            beta: 4,
            transB: 1,
          },
        ),
      );
    const apart: Body = (b, value) =>
      total(
        b,
        b.add('Add', [constant(b, [units], bias), b.add('MatMul', [value, constant(b, [inputs, units], weights)])]),
      );
    expectNear(propagate(factors, [inputs], x, options).relevances, expected, 4);
    expectNear(propagate(apart, [inputs], x, options).relevances, expected, 4);
  });

  it('is the same in a convolution, window by window', () => {
    const signal = rule === 'box' ? [1, 0, 1, 0.5] : normal(4);
    const [kernel, offset] = [normal(2 * 3), normal(2, 0.3)];
    const body: Body = (b, value) =>
      total(
        b,
        b.add('Conv', [
          b.add('Reshape', [value, b.integers([1, 1, 4])]),
          constant(b, [2, 1, 3], kernel),
          constant(b, [2], offset),
        ]),
      );
    const windows = [0, 1].flatMap(from =>
      [0, 1].map(unit => {
        const [seen, w] = [signal.slice(from, from + 3), kernel.slice(3 * unit, 3 * unit + 3)];
        const z = sum(seen.map((v, i) => v * w[i]!)) + offset[unit]!;
        const shares = SHARES[rule](seen, w, offset[unit]!).map(share => z * share);
        return Array.from({ length: 4 }, (_, i) => shares[i - from] ?? 0);
      }),
    );
    expectNear(
      propagate(body, [4], signal, options).relevances,
      signal.map((_, i) => sum(windows.map(shares => shares[i]!))),
      4,
    );
  });
});

describe('identities', () => {
  /** Convolution, ReLU, max-pool, dense, ReLU, dense; biases or none. */
  const network =
    (bias: boolean): Body =>
    (b, x) => {
      const [kernel, hidden, last] = [drawn(b, [6, 4, 3]), drawn(b, [24, 5], 0.4), drawn(b, [5, 1])];
      const biases = bias ? [[drawn(b, [6])], [drawn(b, [5])]] : [[], []];
      const first = b.add('Relu', [b.add('Conv', [x, kernel, ...biases[0]!])]);
      const pooled = b.add('MaxPool', [first], { kernel_shape: [2], strides: [2] });
      const dense = b.add('Relu', [b.add('Gemm', [b.add('Flatten', [pooled]), hidden, ...biases[1]!])]);
      return total(b, b.add('Gemm', [dense, last]));
    };

  it('without biases and ε, relevance is the gradient times the input', () => {
    const x = normal(40);
    const { relevances, gradient, f } = propagate(network(false), [4, 10], x, { epsilon: 0 });
    expectNear(
      relevances,
      gradient.map((g, i) => g * x[i]!),
      5,
    );
    expect(sum(relevances)).toBeCloseTo(f, 5);
  });

  it.each(['z_plus', 'alpha_beta', 'gamma'] as const)('without biases, %s keeps nothing', rule => {
    const { relevances, f, kept } = propagate(network(false), [4, 10], normal(40), {
      ruleOf: (layer, depth) => (depth === 1 || layer.convolves ? rule : 'epsilon'),
    });
    expect(Math.abs(kept)).toBeLessThan(1e-3 * Math.abs(f) + 1e-4);
    expect(sum(relevances)).toBeCloseTo(f - kept, 4);
  });

  it('what biases keep is the difference, with every rule', () => {
    for (const rule of LAYER_RULES) {
      const { relevances, f, kept, violation } = propagate(network(true), [4, 10], normal(40), {
        ruleOf: (_, depth) => (depth === 1 ? rule : 'epsilon'),
      });
      expect(violation, rule).toBeUndefined();
      expect(sum(relevances) + kept, rule).toBeCloseTo(f, 4);
    }
  });

  it('counts layers from the input, on the longest path', () => {
    const seen: number[] = [];
    const body: Body = (b, x) => {
      const first = b.add('MatMul', [x, drawn(b, [3, 3])]);
      return total(
        b,
        b.add('MatMul', [b.add('Add', [b.add('MatMul', [first, drawn(b, [3, 3])]), first]), drawn(b, [3, 2])]),
      );
    };
    propagate(body, [3], normal(3), { ruleOf: (_, depth) => (seen.push(depth), 'epsilon') });
    expect(seen).toEqual([3, 2, 1]);
  });

  it('a normalisation behind a layer is part of it', () => {
    const [weights, slope] = [normal(8), [1.5, -0.5]];
    const layer = (b: GraphBuilder, x: string): string =>
      b.add('Conv', [b.add('Reshape', [x, b.integers([1, 2, 4])]), constant(b, [2, 2, 2], weights)]);
    const statistics = (b: GraphBuilder): string[] =>
      [slope, [0.3, -0.2], [0.1, 0.4], [1 - 1e-5, 1 - 1e-5]].map(values => constant(b, [2], values));
    const apart: Body = (b, x) =>
      total(b, b.add('Relu', [b.add('BatchNormalization', [layer(b, x), ...statistics(b)])]));
    const merged: Body = (b, x) =>
      total(
        b,
        b.add('Relu', [
          b.add('Conv', [
            b.add('Reshape', [x, b.integers([1, 2, 4])]),
            constant(
              b,
              [2, 2, 2],
              weights.map((w, i) => w * slope[Math.floor(i / 4)]!),
            ),
            constant(b, [2], [0.3 - 0.1 * 1.5, -0.2 + 0.4 * 0.5]),
          ]),
        ]),
      );
    const x = normal(8);
    const options = { ruleOf: () => 'z_plus' as const };
    expectNear(propagate(apart, [8], x, options).relevances, propagate(merged, [8], x, options).relevances);
  });
});

describe('branches', () => {
  const unit = (b: GraphBuilder, x: string, at: number): string =>
    b.add('Slice', [x, b.integers([at]), b.integers([at + 1]), b.integers([1])]);

  it.each<[string, Body, number[]]>([
    [
      'a gate gets nothing',
      (b, x) => b.add('Mul', [unit(b, x, 0), b.add('Sigmoid', [unit(b, x, 1)])]),
      [2 / (1 + Math.exp(-3)), 0],
    ],
    ['two factors get half each', (b, x) => b.add('Mul', [unit(b, x, 0), unit(b, x, 1)]), [3, 3]],
    ['a divisor gets nothing', (b, x) => b.add('Div', [unit(b, x, 0), unit(b, x, 1)]), [2 / 3, 0]],
    ['a sum is shared in proportion', (b, x) => b.add('Sub', [unit(b, x, 0), unit(b, x, 1)]), [2, -3]],
    ['the larger takes all', (b, x) => b.add('Max', [unit(b, x, 0), unit(b, x, 1)]), [0, 3]],
    [
      'a constant keeps its share',
      (b, x) => b.add('Exp', [b.add('Add', [unit(b, x, 0), b.scalar(6)])]),
      [Math.exp(8) / 4, 0],
    ],
    [
      'the branch that is taken gets all',
      (b, x) => b.add('Where', [b.add('Less', [unit(b, x, 0), unit(b, x, 1)]), unit(b, x, 0), unit(b, x, 1)]),
      [2, 0],
    ],
    [
      'an exact GELU passes on to its input',
      (b, x) => {
        const first = unit(b, x, 0);
        const erf = b.add('Erf', [b.add('Mul', [first, b.scalar(Math.SQRT1_2)])]);
        return b.add('Mul', [b.add('Mul', [first, b.scalar(0.5)]), b.add('Add', [erf, b.scalar(1)])]);
      },
      [1.9544997, 0],
    ],
  ])('%s', (_, body, expected) => {
    const { relevances, violation } = propagate((b, x) => total(b, body(b, x)), [2], [2, 3]);
    expectNear(relevances, expected, 3);
    expect(violation).toBeUndefined();
  });

  it('attention is held fixed: relevance goes through the values', () => {
    const [query, value] = [normal(4), normal(4)];
    const body: Body = (b, x) => {
      const tokens = b.add('Reshape', [x, b.integers([1, 3, 2])]);
      const q = b.add('MatMul', [tokens, constant(b, [2, 2], query)]);
      const scores = b.add('MatMul', [q, b.add('Transpose', [tokens], { perm: [0, 2, 1] })]);
      return total(
        b,
        b.add('MatMul', [b.add('Softmax', [scores]), b.add('MatMul', [tokens, constant(b, [2, 2], value)])]),
      );
    };
    const { relevances, f, violation } = propagate(body, [6], normal(6));
    expect(violation).toBeUndefined();
    expect(sum(relevances)).toBeCloseTo(f, 4);
  });

  it('a signal and a kernel from the input get half each, and a bias from it its share', () => {
    const body: Body = (b, x) => {
      const reshape = (value: string, shape: number[]): string => b.add('Reshape', [value, b.integers(shape)]);
      const kernel = reshape(b.add('MatMul', [x, drawn(b, [6, 6])]), [2, 1, 3]);
      const bias = reshape(b.add('MatMul', [x, drawn(b, [6, 2])]), [2]);
      return total(b, b.add('Conv', [reshape(x, [1, 1, 6]), kernel, bias]));
    };
    const { relevances, f, violation } = propagate(body, [6], normal(6));
    expect(violation).toBeUndefined();
    expect(sum(relevances)).toBeCloseTo(f, 4);
  });

  it('an operator without a rule is refused by name', () => {
    const body: Body = (b, x) => total(b, b.add('ReduceL2', [x, b.integers([1])]));
    expect(() => propagate(body, [3], [1, 2, 3])).toThrow(
      'no gradient goes through ReduceL2: LRP has no rule for this operator',
    );
  });
});
