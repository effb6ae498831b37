import { expect, it } from 'vitest';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats } from '../../../server/src/engine/graph/graph.js';
import { unitAxes } from '../../../server/src/engine/transforms/unit-axis.js';

const [BATCH, LENGTH, UNITS] = [2, 7, 5];

/** x is [batch, 4, length], rows [batch, length, 4]. */
type Layer = (builder: GraphBuilder, x: string, rows: string) => string;

const weights = (b: GraphBuilder, ...shape: number[]): string =>
  b.constant(floats(shape, new Float32Array(shape.reduce((product, extent) => product * extent, 1))));
const convolved: Layer = (b, x) => b.add('Conv', [x, weights(b, UNITS, 4, 3)], { pads: [1, 1] });
/** Positions in front of channels, as Keras and transformers write them: [batch, length, units]. */
const projected: Layer = (b, _, rows) =>
  b.add('Add', [b.add('MatMul', [rows, weights(b, 4, UNITS)]), weights(b, UNITS)]);
const turned = (b: GraphBuilder, value: string): string => b.add('Transpose', [value], { perm: [0, 2, 1] });
const attended: Layer = (b, _, rows) => {
  const shares = b.add('Softmax', [b.add('MatMul', [rows, turned(b, rows)])], { axis: -1 });
  return b.add('MatMul', [shares, rows]);
};
/** In its parts, with a computed mean of extent 1 beside the values. */
const normalised: Layer = (b, x, rows) => {
  const value = projected(b, x, rows);
  const centred = b.add('Sub', [value, b.add('ReduceMean', [value, b.integers([-1])], { keepdims: 1 })]);
  const variance = b.add('ReduceMean', [b.add('Mul', [centred, centred])], { keepdims: 1 });
  return b.add('Mul', [b.add('Div', [centred, b.add('Sqrt', [variance])]), weights(b, UNITS)]);
};
const squeezed: Layer = (b, x) => {
  const value = convolved(b, x, '');
  const mean = b.add('ReduceMean', [value, b.integers([2])], { keepdims: 0 });
  return b.add('Mul', [value, b.add('Unsqueeze', [b.add('Sigmoid', [mean]), b.integers([2])])]);
};

it.each<readonly [string, Layer, number | undefined]>([
  ['a convolution', convolved, 1],
  [
    'its activation, pooled',
    (b, x, r) => b.add('MaxPool', [b.add('Relu', [convolved(b, x, r)])], { kernel_shape: [2] }),
    1,
  ],
  ['a convolution, turned', (b, x, r) => b.add('Relu', [turned(b, convolved(b, x, r))]), 2],
  [
    'turned by the default',
    (b, x, r) => b.add('Transpose', [b.add('Unsqueeze', [convolved(b, x, r), b.integers([3])])]),
    2,
  ],
  ['a convolution at height 1', (b, x, r) => b.add('Unsqueeze', [convolved(b, x, r), b.integers([2])]), 1],
  ['channels weighed by their means', squeezed, 1],
  ['a product with weights', projected, 2],
  [
    'its activation with positions for a bias',
    (b, x, r) => b.add('Relu', [b.add('Add', [projected(b, x, r), weights(b, LENGTH, UNITS)])]),
    2,
  ],
  ['its layer normalisation', normalised, 2],
  ['a residual sum', (b, x, r) => b.add('Add', [turned(b, convolved(b, x, r)), projected(b, x, r)]), 2],
  [
    'both layouts in one sum',
    (b, x) => {
      const square = b.add('Conv', [x, weights(b, LENGTH, 4, 1)]);
      return b.add('Add', [square, turned(b, square)]);
    },
    undefined,
  ],
  [
    'a picked position with its axis kept',
    (b, x, r) => b.add('Gather', [projected(b, x, r), b.integers([0])], { axis: 1 }),
    2,
  ],
  [
    'the highest over units',
    (b, x, r) => b.add('ReduceMax', [projected(b, x, r), b.integers([2])], { keepdims: 1 }),
    undefined,
  ],
  [
    'an axis of extent 1 put before the units',
    (b, x, r) => b.add('Reshape', [projected(b, x, r), b.integers([0, LENGTH, 1, -1])]),
    3,
  ],
  ['a flattened layer', (b, x, r) => b.add('Flatten', [projected(b, x, r)]), 1],
  ['attention before its weights', attended, undefined],
  ['attention behind its weights', (b, x, r) => b.add('MatMul', [attended(b, x, r), weights(b, 4, UNITS)]), 2],
])('%s', (_, layer, expected) => {
  const builder = new GraphBuilder('layers');
  const x = builder.input('x', 'float32', [BATCH, 4, LENGTH]);
  const value = layer(builder, x, turned(builder, x));
  const axis = unitAxes(builder)(value);
  expect(axis).toBe(expected);
});

it('walks a deep network once', () => {
  const builder = new GraphBuilder('deep');
  let value = projected(builder, '', builder.input('x', 'float32', [BATCH, LENGTH, 4]));
  for (let depth = 0; depth < 200; depth++) value = builder.add('Add', [value, builder.add('Sigmoid', [value])]);
  expect(unitAxes(builder)(value)).toBe(2);
});
