/** Random cases for every operator of the registry: attributes, shapes and operands in all the forms that ONNX allows. */
import { integers, floats, type Attributes } from '../../../server/src/engine/graph/graph.js';
import { constant, given, variable, type Draw, type MakeCase, type Operand, type Role } from './draw.js';

const INT64_MAX = 2 ** 63;

const absent = undefined;
const list = (values: readonly number[]): Operand => constant(integers(values));

/** An operator of one value between `low` and `high`. */
const unary =
  (low = -2, high = 2, attributes: (draw: Draw) => Attributes = () => ({})): MakeCase =>
  draw => ({ operands: [variable(draw.tensor(draw.shape(0, 3), low, high))], attributes: attributes(draw) });

/** Some of the attributes, so that the defaults are tried too. */
const some =
  (ranges: Readonly<Record<string, readonly [number, number]>>) =>
  (draw: Draw): Attributes =>
    Object.fromEntries(
      Object.entries(ranges)
        .filter(() => draw.boolean())
        .map(([name, [low, high]]) => [name, low + ((high - low) * draw.integer(0, 8)) / 8]),
    );

function broadcastShapes(draw: Draw, count: number): number[][] {
  const whole = draw.shape(0, 3);
  return Array.from({ length: count }, () => draw.broadcastable(whole));
}

function operands(draw: Draw, shapes: readonly number[][], low?: number, high?: number): Operand[] {
  const roles = draw.roles(shapes.length);
  return draw.spread(shapes, low, high).map((value, i) => ({ role: roles[i]!, value }));
}

const broadcasting =
  (count: (draw: Draw) => number, low?: number, high?: number): MakeCase =>
  draw => ({ operands: operands(draw, broadcastShapes(draw, count(draw)), low, high) });
const binary = (low?: number, high?: number): MakeCase => broadcasting(() => 2, low, high);
const variadic: MakeCase = broadcasting(draw => draw.integer(1, 3));

/** Numbers among which many are equal, of both element types. */
const comparison: MakeCase = draw => {
  const values = broadcastShapes(draw, 2).map(shape => draw.integers(shape, -1, 1));
  const asFloats = draw.boolean();
  return {
    operands: values.map(value => given(asFloats ? floats(value.shape, Array.from(value.data, Number)) : value)),
  };
};
const logical: MakeCase = draw => ({ operands: broadcastShapes(draw, 2).map(shape => given(draw.bools(shape))) });

const reduction =
  (low?: number, high?: number): MakeCase =>
  draw => {
    const shape = draw.shape(0, 3);
    const axes = draw.choose(absent, draw.axes(shape.length, Math.min(1, shape.length)), []);
    return {
      operands: [variable(draw.tensor(shape, low, high)), ...(axes === absent ? [] : [list(axes)])],
      attributes: {
        ...draw.choose({}, { keepdims: 0 }, { keepdims: 1 }),
        ...draw.choose({}, { noop_with_empty_axes: 1 }),
      },
    };
  };

const softmax: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  return {
    operands: [variable(draw.tensor(shape))],
    attributes: draw.boolean() ? { axis: draw.axis(shape.length) } : {},
  };
};

/** Extents of spatial axes, and of the widest kernel; of three axes all are small. */
const spatial = (rank: number): readonly [number, number, number] => (rank === 3 ? [3, 4, 2] : [5, 7, 3]);

const conv: MakeCase = draw => {
  const rank = draw.choose(1, 1, 2, 2, 3);
  const [least, most, widest] = spatial(rank);
  const kernel = draw.list(rank, 1, widest);
  const [group, inputs, outputs] = draw.choose<[number, number, number]>(
    [1, 2, 3],
    [1, 17, 2],
    [2, 2, 1],
    [3, 1, 1],
    [2, 1, 2],
  );
  const x = draw.tensor([draw.integer(1, 2), group * inputs, ...draw.list(rank, least, most)]);
  const w = draw.tensor([group * outputs, inputs, ...kernel]);
  const bias = draw.boolean()
    ? [draw.choose(constant, variable)(draw.tensor([group * outputs]))]
    : draw.choose([], [absent]);
  // Only what slides along one axis without groups has a gradient by its kernel.
  const kernelRole = rank === 1 && group === 1 ? draw.choose(constant, given, variable) : draw.choose(constant, given);
  const padding = draw.choose<Attributes>(
    {},
    { pads: draw.list(2 * rank, 0, 3) },
    { auto_pad: draw.choose('SAME_UPPER', 'SAME_LOWER', 'VALID') },
  );
  return {
    operands: [variable(x), kernelRole(w), ...bias],
    attributes: {
      ...padding,
      ...(draw.boolean() ? { dilations: draw.list(rank, 1, 2) } : {}),
      ...(draw.boolean() ? { strides: draw.list(rank, 1, 3) } : {}),
      ...(group > 1 || draw.boolean() ? { group } : {}),
      ...(draw.boolean() ? { kernel_shape: kernel } : {}),
    },
  };
};

const convTranspose: MakeCase = draw => {
  const rank = draw.choose(1, 1, 2, 2, 3);
  const kernel = draw.list(rank, 2, rank === 3 ? 2 : 3);
  const extents = draw.list(rank, rank === 3 ? 2 : 3, rank === 3 ? 3 : 4);
  const strides = draw.list(rank, 1, 2);
  const [group, inputs, outputs] = draw.choose<[number, number, number]>([1, 2, 3], [2, 2, 1], [3, 1, 1]);
  const padding = draw.choose<Attributes>(
    {},
    {
      pads: draw.list(2 * rank, 0, 1),
      dilations: draw.list(rank, 1, 2),
      output_padding: strides.map(stride => draw.integer(0, stride - 1)),
    },
    { auto_pad: draw.choose('SAME_UPPER', 'SAME_LOWER', 'VALID') },
    {
      output_shape: extents.map((extent, axis) => (extent - 1) * strides[axis]! + draw.integer(1, kernel[axis]!)),
      auto_pad: draw.choose('NOTSET', 'SAME_UPPER', 'SAME_LOWER'),
    },
  );
  const kernelRole = rank === 1 && group === 1 ? draw.choose(constant, given, variable) : draw.choose(constant, given);
  return {
    operands: [
      variable(draw.tensor([draw.integer(1, 2), group * inputs, ...extents])),
      kernelRole(draw.tensor([group * inputs, outputs, ...kernel])),
      ...(draw.boolean() ? [draw.choose(constant, variable)(draw.tensor([group * outputs]))] : []),
    ],
    attributes: { ...padding, strides, group },
  };
};

/** Windows side by side or anywhere; padding is narrower than the kernel, as the runtime demands. */
const pool =
  (extras: (draw: Draw, rank: number) => Attributes): MakeCase =>
  draw => {
    const rank = draw.choose(1, 1, 2, 2, 3);
    const [least, most, widest] = spatial(rank);
    const x = variable(draw.tensor([draw.integer(1, 2), draw.integer(1, 2), ...draw.list(rank, least, most)]));
    const kernel_shape = draw.list(rank, 1, widest);
    if (draw.integer(0, 2) === 0)
      return { operands: [x], attributes: { kernel_shape, strides: kernel_shape, ceil_mode: draw.integer(0, 1) } };
    const padding = draw.choose<Attributes>(
      { pads: [...kernel_shape, ...kernel_shape].map(k => draw.integer(0, k - 1)), ceil_mode: draw.integer(0, 1) },
      { auto_pad: draw.choose('SAME_UPPER', 'SAME_LOWER', 'VALID') },
    );
    return {
      operands: [x],
      attributes: { kernel_shape, strides: draw.list(rank, 1, 3), ...padding, ...extras(draw, rank) },
    };
  };

const globalPool: MakeCase = draw => ({ operands: [variable(draw.tensor(draw.shape(3, 4)))] });

const matmul: MakeCase = draw => {
  const [m, k, n] = draw.list(3, 1, 4) as [number, number, number];
  const batch = draw.shape(0, 2, 3);
  const left = draw.integer(0, 3) === 0 ? [k] : [...draw.broadcastable(batch), m, k];
  const right = draw.integer(0, 3) === 0 ? [k] : [...draw.broadcastable(batch), k, n];
  return { operands: operands(draw, [left, right]) };
};

const gemm: MakeCase = draw => {
  const [m, k, n] = draw.list(3, 1, 4) as [number, number, number];
  const [transA, transB] = [draw.integer(0, 1), draw.integer(0, 1)];
  const bias = draw.choose<number[] | undefined>(absent, [m, n], [n], [1, n], [m, 1], [1], []);
  return {
    operands: operands(draw, [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n], ...(bias ? [bias] : [])]),
    attributes: { transA, transB, ...some({ alpha: [-1, 2], beta: [0, 2] })(draw) },
  };
};

const gather: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  const attributes: Attributes = draw.boolean() ? { axis: draw.axis(shape.length) } : {};
  const extent = shape.at(Number(attributes['axis'] ?? 0))!;
  const indices = draw.integers(draw.shape(0, 2), -extent, extent - 1);
  return { operands: [variable(draw.tensor(shape)), constant(indices)], attributes };
};

const slice: MakeCase = draw => {
  const shape = draw.shape(1, 3, 6);
  const axes = draw.axes(shape.length, 1);
  const steps = axes.map(() => draw.choose(1, 1, 2, -1, -2));
  // Starts and ends beyond the value stand for "from its end" and "to its end".
  const ends = axes.map((axis, i) => {
    const extent = shape.at(axis)!;
    return steps[i]! > 0 ? draw.choose(extent, INT64_MAX, extent > 1 ? -1 : 1) : draw.choose(-INT64_MAX, -extent - 1);
  });
  const starts = axes.map((axis, i) => {
    const extent = shape.at(axis)!;
    return steps[i]! > 0 ? draw.choose(0, -extent, -extent - 3) : draw.choose(-1, extent - 1, INT64_MAX);
  });
  const plain = axes.every((axis, i) => axis === i) && steps.every(step => step === 1);
  return {
    operands: [
      variable(draw.tensor(shape)),
      list(starts),
      list(ends),
      ...(plain ? [] : [list(axes), ...(steps.every(step => step === 1) ? [] : [list(steps)])]),
    ],
  };
};

const split: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  const axis = draw.axis(shape.length);
  if (draw.boolean()) {
    const parts = draw.list(draw.integer(1, 3), 1, 3);
    shape[axis < 0 ? axis + shape.length : axis] = parts.reduce((sum, part) => sum + part);
    return { operands: [variable(draw.tensor(shape)), list(parts)], attributes: { axis }, outputs: parts.length };
  }
  // Equal parts; the last one is smaller where they do not fit.
  const num_outputs = draw.integer(1, 3);
  shape[axis < 0 ? axis + shape.length : axis] = draw.choose(num_outputs * 2, num_outputs * 3 - 1);
  return { operands: [variable(draw.tensor(shape))], attributes: { axis, num_outputs }, outputs: num_outputs };
};

const concat: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  const axis = draw.axis(shape.length);
  const shapes = Array.from({ length: draw.integer(1, 3) }, () =>
    shape.with(axis < 0 ? axis + shape.length : axis, draw.integer(1, 3)),
  );
  return { operands: operands(draw, shapes), attributes: { axis } };
};

/** Adds and removes at both ends; something of every axis stays. */
const pad: MakeCase = draw => {
  const shape = draw.shape(1, 3).map(extent => extent + 2);
  const axes = draw.boolean() ? draw.axes(shape.length, 1) : undefined;
  const value = draw.choose(absent, constant(floats([], [draw.integer(-2, 2)])));
  return {
    operands: [
      variable(draw.tensor(shape)),
      list(draw.list(2 * (axes ?? shape).length, -1, 2)),
      ...(axes ? [value, list(axes)] : value ? [value] : []),
    ],
  };
};

const reshape: MakeCase = draw => {
  const [a, b, c] = draw.list(3, 1, 4) as [number, number, number];
  const to = draw.choose([-1], [0, -1], [0, 0, c], [a * b, c], [c, -1, a], [1, a, -1, 1]);
  return { operands: [variable(draw.tensor([a, b, c])), list(to)] };
};

const flatten: MakeCase = draw => {
  const shape = draw.shape(1, 4);
  const axis = draw.integer(-shape.length, shape.length);
  return { operands: [variable(draw.tensor(shape))], attributes: draw.boolean() ? { axis } : {} };
};

const squeeze: MakeCase = draw => {
  const shape = draw.shape(1, 4, 2);
  const ones = shape.flatMap((extent, axis) => (extent === 1 ? [draw.choose(axis, axis - shape.length)] : []));
  const axes = ones.slice(draw.integer(0, ones.length));
  return { operands: [variable(draw.tensor(shape)), ...(axes.length ? [list(axes)] : [])] };
};

const unsqueeze: MakeCase = draw => {
  const shape = draw.shape(0, 3);
  const count = draw.integer(1, 2);
  const axes = draw.axes(shape.length + count, count).slice(0, count);
  return { operands: [variable(draw.tensor(shape)), list(axes)] };
};

const transpose: MakeCase = draw => {
  const shape = draw.shape(1, 4);
  const rank = shape.length;
  const perm = draw.axes(rank, rank).map(axis => (axis < 0 ? axis + rank : axis));
  return { operands: [variable(draw.tensor(shape))], attributes: draw.boolean() ? { perm } : {} };
};

const expand: MakeCase = draw => {
  const whole = draw.shape(0, 3);
  // Extents of one in the wanted shape keep those of the value.
  return { operands: [variable(draw.tensor(draw.broadcastable(whole))), list(draw.boolean() ? whole : [1, ...whole])] };
};

const where: MakeCase = draw => {
  const [condition, ...branches] = broadcastShapes(draw, 3) as [number[], number[], number[]];
  return { operands: [given(draw.bools(condition)), ...operands(draw, branches)] };
};

const pow: MakeCase = draw => {
  const [base, exponent] = broadcastShapes(draw, 2) as [number[], number[]];
  if (draw.boolean()) return { operands: operands(draw, [base, exponent], 0.5, 2) };
  return { operands: [variable(draw.tensor(base)), constant(draw.integers(exponent, 1, 3))] };
};

const prelu: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  return { operands: operands(draw, [shape, draw.broadcastable(shape)]) };
};

const clip: MakeCase = draw => {
  const bound = (value: number): Operand | undefined => draw.choose(absent, constant(floats([], [value])));
  const [low, high] = [bound(-0.7), bound(0.9)];
  return { operands: [variable(draw.tensor(draw.shape(0, 3))), ...(high ? [low, high] : low ? [low] : [])] };
};

const cast: MakeCase = draw => ({
  operands: [variable(draw.tensor(draw.shape(0, 3)))],
  attributes: { to: draw.choose('float32', 'int32', 'int64', 'bool') },
});

const shapeOf: MakeCase = draw => ({
  operands: [given(draw.tensor(draw.shape(2, 4)))],
  attributes: draw.choose<Attributes>({}, { start: 1 }, { start: -1 }, { end: -1 }, { start: 1, end: 9 }),
});

const constantOfShape: MakeCase = draw => ({
  operands: [list(draw.shape(1, 3))],
  attributes: draw.choose<Attributes>({}, { value: floats([1], [1.5]) }, { value: integers([-3]) }),
});

const batchNormalization: MakeCase = draw => {
  const shape = draw.shape(2, 4);
  const channels = [shape[1]!];
  const statistics: [Role, number, number][] = [
    ['constant', -2, 2],
    ['constant', -2, 2],
    ['constant', -2, 2],
    ['constant', 0.1, 2],
  ];
  return {
    operands: [
      variable(draw.tensor(shape)),
      ...statistics.map(([role, low, high]) => ({ role, value: draw.tensor(channels, low, high) })),
    ],
    attributes: some({ epsilon: [1e-3, 1e-1] })(draw),
  };
};

const cumSum: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  const axis = constant(integers([draw.axis(shape.length)], []));
  return {
    operands: [variable(draw.tensor(shape)), axis],
    attributes: { ...draw.choose({}, { exclusive: 1 }), ...draw.choose({}, { reverse: 1 }) },
  };
};

/** Numbers among which many are equal. */
const extremePlace: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  return {
    operands: [given(floats(shape, Array.from(draw.integers(shape, -1, 1).data, Number)))],
    attributes: {
      ...draw.choose({}, { axis: draw.axis(shape.length) }),
      ...draw.choose({}, { keepdims: 0 }),
      ...draw.choose({}, { select_last_index: 1 }),
    },
  };
};

const topK: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  const axis = draw.axis(shape.length);
  const k = draw.integer(1, shape.at(axis)!);
  return {
    operands: [variable(draw.tensor(shape)), list([k])],
    attributes: { axis, ...draw.choose({}, { largest: 0 }) },
    outputs: 2,
  };
};

/** Remainders of numbers that are no multiples of the divisor. */
const mod: MakeCase = draw => {
  const [a, b] = broadcastShapes(draw, 2) as [number[], number[]];
  if (draw.boolean()) return { operands: [given(draw.integers(a, -5, 5)), constant(draw.integers(b, 1, 3))] };
  return {
    operands: [variable(draw.tensor(a, -1.9, -1.1)), constant(draw.tensor(b, 0.6, 0.9))],
    attributes: { fmod: 1 },
  };
};

const strange: MakeCase = draw => ({
  operands: [given(floats([5], [NaN, Infinity, -Infinity, 0, 1]))],
  attributes: draw.choose<Attributes>({}, { detect_negative: 0 }, { detect_positive: 0 }),
});

const scalarInteger = (value: number): Operand => constant(integers([value], []));

export const CASES: Readonly<Record<string, MakeCase>> = {
  Identity: unary(),
  Dropout: unary(),
  StopGradient: unary(),
  Relu: unary(),
  LeakyRelu: unary(-2, 2, some({ alpha: [0.05, 0.5] })),
  Elu: unary(-2, 2, some({ alpha: [0.5, 2] })),
  Selu: unary(-2, 2, some({ alpha: [0.5, 2], gamma: [0.5, 2] })),
  Sigmoid: unary(-6, 6),
  HardSigmoid: unary(-4, 4, some({ alpha: [0.1, 0.5], beta: [0.25, 0.75] })),
  Tanh: unary(),
  Softplus: unary(-6, 6),
  Softsign: unary(),
  Exp: unary(),
  Log: unary(0.5, 3),
  Sqrt: unary(0.5, 3),
  Neg: unary(),
  Abs: unary(),
  Reciprocal: unary(0.5, 3),
  Erf: unary(),
  Sin: unary(),
  Cos: unary(),
  Asin: unary(-0.9, 0.9),
  Sign: unary(),
  Floor: unary(),
  Ceil: unary(),
  Round: draw => ({ operands: [given(floats([6], [-2.5, -1.5, -0.4, 0.5, 1.5, draw.integer(2, 9) / 4]))] }),
  IsNaN: () => ({ operands: [given(floats([3], [NaN, Infinity, 1]))] }),
  IsInf: strange,
  Mod: mod,
  Not: draw => ({ operands: [given(draw.bools(draw.shape(0, 3)))] }),
  Add: binary(),
  Sub: binary(),
  Mul: binary(),
  Div: binary(0.5, 3),
  Pow: pow,
  Sum: variadic,
  Mean: variadic,
  Max: variadic,
  Min: variadic,
  PRelu: prelu,
  Where: where,
  Equal: comparison,
  Greater: comparison,
  GreaterOrEqual: comparison,
  Less: comparison,
  LessOrEqual: comparison,
  And: logical,
  Or: logical,
  Xor: logical,
  Clip: clip,
  Cast: cast,
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool((draw, rank) => (draw.boolean() ? { dilations: draw.list(rank, 1, 2) } : {})),
  AveragePool: pool(draw => ({ count_include_pad: draw.integer(0, 1) })),
  GlobalMaxPool: globalPool,
  GlobalAveragePool: globalPool,
  MatMul: matmul,
  Gemm: gemm,
  ReduceSum: reduction(),
  ReduceMean: reduction(),
  ReduceMax: reduction(),
  ReduceMin: reduction(),
  ReduceL1: reduction(),
  ReduceL2: reduction(),
  ReduceSumSquare: reduction(),
  ReduceLogSumExp: reduction(),
  Softmax: softmax,
  LogSoftmax: softmax,
  Gather: gather,
  Slice: slice,
  Split: split,
  Concat: concat,
  Pad: pad,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Expand: expand,
  Shape: shapeOf,
  Size: draw => ({ operands: [given(draw.tensor(draw.shape(0, 3)))] }),
  Range: draw => ({ operands: [draw.integer(-3, 3), draw.integer(4, 9), draw.integer(1, 3)].map(scalarInteger) }),
  NonZero: draw => ({ operands: [constant(integers([1, draw.integer(0, 1), 0, draw.integer(0, 1)], [2, 2]))] }),
  ConstantOfShape: constantOfShape,
  CumSum: cumSum,
  ArgMax: extremePlace,
  ArgMin: extremePlace,
  TopK: topK,
  BatchNormalization: batchNormalization,
};
