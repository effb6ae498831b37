/** Operators that only rearrange: Reshape, Flatten, Squeeze, Unsqueeze, Transpose, Expand; and shapes, ranges and indices, which are known. Source: ONNX operator specification. */
import {
  numberAttribute,
  numbersAttribute,
  numbersOf,
  integers,
  sizeOf,
  stridesOf,
  type Node,
  type Tensor,
} from '../graph/graph.js';
import { broadcastIndex, broadcastShape, unbroadcast } from './broadcast.js';
import { axisOf, constantOf, given, ShapeError, type Operator } from './operator.js';

/** An operator whose output holds the elements of its input in the same order. */
function rearrangement(
  name: string,
  shapeOf: (node: Node, shape: readonly number[], second: () => readonly number[]) => number[],
): Operator {
  return {
    name,
    infer: (node, inputs) => {
      const { type, shape } = given(inputs, 0, node);
      const to = shapeOf(node, shape, () => [...numbersOf(constantOf(inputs, 1, node))]);
      if (sizeOf(to) !== sizeOf(shape)) throw new ShapeError(`${name}: [${shape}] does not fit into [${to}]`);
      return [{ type, shape: to }];
    },
    evaluate: (node, inputs) => {
      const x = given(inputs, 0, node);
      return [{ ...x, shape: shapeOf(node, x.shape, () => [...given(inputs, 1, node).data]) }];
    },
    gradient: ({ builder, inputs, cotangent }) => [
      builder.add('Reshape', [cotangent, builder.integers(builder.shape(inputs[0]!))]),
    ],
  };
}

function reshaped(node: Node, from: readonly number[], wanted: readonly number[]): number[] {
  const keepZero = numberAttribute(node, 'allowzero', 0) === 1;
  const to = wanted.map((extent, axis) => (extent === 0 && !keepZero ? from[axis]! : extent));
  const free = to.indexOf(-1);
  if (free >= 0) to[free] = sizeOf(from) / -sizeOf(to);
  if (!to.every(extent => Number.isInteger(extent)))
    throw new ShapeError(`Reshape: [${from}] does not fit into [${wanted}]`);
  return to;
}

const rearrangements: Operator[] = [
  rearrangement('Reshape', (node, shape, second) => reshaped(node, shape, second())),
  rearrangement('Flatten', (node, shape) => {
    const axis = numberAttribute(node, 'axis', 1);
    const cut = axis < 0 ? axis + shape.length : axis;
    return [sizeOf(shape.slice(0, cut)), sizeOf(shape.slice(cut))];
  }),
  rearrangement('Squeeze', (node, shape, second) => {
    const axes =
      node.inputs.length < 2
        ? shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []))
        : second().map(axis => axisOf(axis, shape.length, node));
    return shape.filter((_, axis) => !axes.includes(axis));
  }),
  rearrangement('Unsqueeze', (node, shape, second) => {
    const given = second();
    const rank = shape.length + given.length;
    const axes = given.map(axis => axisOf(axis, rank, node));
    const rest = [...shape];
    return Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!));
  }),
];

const permutation = (node: Node, rank: number): readonly number[] =>
  numbersAttribute(node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);

const transpose: Operator = {
  name: 'Transpose',
  infer: (node, inputs) => {
    const { type, shape } = given(inputs, 0, node);
    return [{ type, shape: permutation(node, shape.length).map(axis => shape[axis]!) }];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const perm = permutation(node, x.shape.length);
    const shape = perm.map(axis => x.shape[axis]!);
    const from = stridesOf(x.shape);
    const to = stridesOf(shape);
    const data = Float64Array.from(x.data, (_, i) => {
      let source = 0;
      for (let axis = 0; axis < shape.length; axis++)
        source += (Math.floor(i / to[axis]!) % shape[axis]!) * from[perm[axis]!]!;
      return x.data[source]!;
    });
    return [{ type: x.type, shape, data }];
  },
  gradient: ({ builder, node, cotangent }) => {
    const perm = permutation(node, builder.rank(cotangent));
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    return [builder.add('Transpose', [cotangent], { perm: inverse })];
  },
};

const expand: Operator = {
  name: 'Expand',
  infer: (node, inputs) => {
    const { type, shape } = given(inputs, 0, node);
    return [{ type, shape: broadcastShape(shape, [...numbersOf(constantOf(inputs, 1, node))]) }];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const shape = broadcastShape(x.shape, [...given(inputs, 1, node).data]);
    return [{ type: x.type, shape, data: Float64Array.from(broadcastIndex(x.shape, shape), i => x.data[i]!) }];
  },
  gradient: ({ builder, inputs, cotangent }) => [unbroadcast(builder, cotangent, builder.shape(inputs[0]!)), undefined],
};

/** Shapes are static, so the shape of a value is a constant whatever the value is. */
const shape: Operator = {
  name: 'Shape',
  infer: (node, inputs) => {
    const extents = given(inputs, 0, node).shape;
    const part = extents.slice(numberAttribute(node, 'start', 0), numberAttribute(node, 'end', extents.length));
    return [{ type: 'int64', shape: [part.length], constant: integers(part) }];
  },
  evaluate: (node, inputs) => {
    const extents = given(inputs, 0, node).shape;
    const part = extents.slice(numberAttribute(node, 'start', 0), numberAttribute(node, 'end', extents.length));
    return [{ type: 'int64', shape: [part.length], data: Float64Array.from(part) }];
  },
  gradient: 'none',
};

const size: Operator = {
  name: 'Size',
  infer: (node, inputs) => {
    const count = sizeOf(given(inputs, 0, node).shape);
    return [{ type: 'int64', shape: [], constant: integers([count], []) }];
  },
  evaluate: (node, inputs) => [
    { type: 'int64', shape: [], data: Float64Array.of(sizeOf(given(inputs, 0, node).shape)) },
  ],
  gradient: 'none',
};

/** Numbers from a start to before a limit; how many there are must be known. */
const range: Operator = {
  name: 'Range',
  infer: (node, inputs) => {
    const [start, limit, delta] = [0, 1, 2].map(i => numbersOf(constantOf(inputs, i, node))[0]!);
    return [{ type: given(inputs, 0, node).type, shape: [rangeLength(start!, limit!, delta!)] }];
  },
  evaluate: (node, inputs) => {
    const [start, limit, delta] = [0, 1, 2].map(i => given(inputs, i, node).data[0]!);
    const length = rangeLength(start!, limit!, delta!);
    const data = Float64Array.from({ length }, (_, i) => start! + i * delta!);
    return [{ type: given(inputs, 0, node).type, shape: [length], data }];
  },
  gradient: 'none',
};

const rangeLength = (start: number, limit: number, delta: number): number =>
  Math.max(0, Math.ceil((limit - start) / delta));

/** Indices of the elements of a constant that are not zero: their number must be known. */
const nonZero: Operator = {
  name: 'NonZero',
  infer: (node, inputs) => {
    const found = numbersOf(constantOf(inputs, 0, node)).reduce((count, v) => count + Number(v !== 0), 0);
    return [{ type: 'int64', shape: [given(inputs, 0, node).shape.length, found] }];
  },
  evaluate: (node, inputs) => {
    const { shape, data } = given(inputs, 0, node);
    const strides = stridesOf(shape);
    const found = [...data.keys()].filter(i => data[i] !== 0);
    const indices = shape.flatMap((extent, axis) => found.map(i => Math.floor(i / strides[axis]!) % extent));
    return [{ type: 'int64', shape: [shape.length, found.length], data: Float64Array.from(indices) }];
  },
  gradient: 'none',
};

function fillOf(node: Node): Tensor {
  const value = node.attributes['value'];
  return typeof value === 'object' && 'data' in value
    ? value
    : { type: 'float32', shape: [1], data: Float32Array.of(0) };
}

const constantOfShape: Operator = {
  name: 'ConstantOfShape',
  infer: (node, inputs) => [{ type: fillOf(node).type, shape: [...numbersOf(constantOf(inputs, 0, node))] }],
  evaluate: (node, inputs) => {
    const extents = [...given(inputs, 0, node).data];
    const fill = fillOf(node);
    return [{ type: fill.type, shape: extents, data: new Float64Array(sizeOf(extents)).fill(numbersOf(fill)[0]!) }];
  },
  gradient: 'none',
};

export const REARRANGEMENTS: readonly Operator[] = [
  ...rearrangements,
  transpose,
  expand,
  shape,
  size,
  range,
  nonZero,
  constantOfShape,
];
