/** The operators that the TensorFlow.js executor knows, each as calls of its API. */
import { numberAttribute, numbersAttribute, numbersOf, textAttribute, type Node } from '../../graph/graph.js';
import { CONVOLUTIONS } from './convolutions.js';
import { sliceAxis, Unsupported, type Held, type Kernel, type Tf, type TfTensor } from './kernel.js';

/** A constant input as numbers; undefined where it is not given. */
function constant({ inputs }: Held, index: number): number[] | undefined {
  const header = inputs[index];
  if (header === undefined) return undefined;
  if (header.constant === undefined) throw new Unsupported(`its input ${index} is computed`);
  return [...numbersOf(header.constant)];
}

const unary =
  (compute: (tf: Tf, x: TfTensor, node: Node) => TfTensor): Kernel =>
  (tf, [x], { node }) =>
    compute(tf, x!, node);

const binary =
  (compute: (tf: Tf, a: TfTensor, b: TfTensor) => TfTensor): Kernel =>
  (tf, [a, b]) =>
    compute(tf, a!, b!);

const folded =
  (compute: (tf: Tf, a: TfTensor, b: TfTensor) => TfTensor): Kernel =>
  (tf, inputs) =>
    inputs.reduce((a, b) => compute(tf, a, b));

/** Whatever only changes the shape. */
const reshaped: Kernel = (tf, [x], { outputs }) => tf.reshape(x!, [...outputs[0]!.shape]);

const reduction =
  (compute: (tf: Tf, x: TfTensor, axes: number[]) => TfTensor): Kernel =>
  (tf, [x], held) => {
    const axes = constant(held, 1) ?? [];
    const all = axes.length === 0 && numberAttribute(held.node, 'noop_with_empty_axes', 0) === 0;
    const rank = x!.rank;
    const chosen = all ? Array.from({ length: rank }, (_, axis) => axis) : axes.map(axis => (axis + rank) % rank);
    return tf.reshape(chosen.length === 0 ? x! : compute(tf, x!, chosen), [...held.outputs[0]!.shape]);
  };

/** Broadcasts as TensorFlow.js does by itself, except for the condition, which it wants whole. */
const where: Kernel = (tf, [condition, a, b], { outputs }) => {
  const shape = [...outputs[0]!.shape];
  const whole = (x: TfTensor): TfTensor => tf.broadcastTo(x, shape);
  return tf.where(tf.cast(whole(tf.cast(condition!, 'int32')), 'bool'), whole(a!), whole(b!));
};

const matMul: Kernel = (tf, [a, b], { inputs, outputs }) => {
  // Vectors become matrices; the shape of the result drops the extra axis again.
  const left = inputs[0]!.shape.length === 1 ? tf.expandDims(a!, 0) : a!;
  const right = inputs[1]!.shape.length === 1 ? tf.expandDims(b!, 1) : b!;
  const rank = Math.max(left.rank, right.rank);
  const raised = (x: TfTensor): TfTensor => tf.reshape(x, [...new Array<number>(rank - x.rank).fill(1), ...x.shape]);
  return tf.reshape(tf.matMul(raised(left), raised(right)), [...outputs[0]!.shape]);
};

const gemm: Kernel = (tf, [a, b, c], { node }) => {
  const product = tf.matMul(a!, b!, numberAttribute(node, 'transA', 0) === 1, numberAttribute(node, 'transB', 0) === 1);
  const scaled = tf.mul(product, numberAttribute(node, 'alpha', 1));
  return c === undefined ? scaled : tf.add(scaled, tf.mul(c, numberAttribute(node, 'beta', 1)));
};

const slice: Kernel = (tf, [x], held) => {
  const { shape } = held.inputs[0]!;
  const starts = constant(held, 1) ?? [];
  const ends = constant(held, 2) ?? [];
  const axes = constant(held, 3) ?? starts.map((_, i) => i);
  const steps = constant(held, 4) ?? starts.map(() => 1);
  let value = x!;
  axes.forEach((written, i) => {
    const axis = (written + shape.length) % shape.length;
    const extent = shape[axis]!;
    const step = steps[i]!;
    const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
    const bound = (at: number): number => Math.max(low, Math.min(high, at < 0 ? at + extent : at));
    const from = Math.max(
      0,
      Math.min(step > 0 ? extent : extent - 1, starts[i]! < 0 ? starts[i]! + extent : starts[i]!),
    );
    const places: number[] = [];
    for (let at = from; step > 0 ? at < bound(ends[i]!) : at > bound(ends[i]!); at += step) places.push(at);
    value =
      step === 1
        ? sliceAxis(tf, value, axis, from, places.length)
        : tf.gather(value, tf.tensor1d(places, 'int32'), axis);
  });
  return value;
};

const split: Kernel = (tf, [x], { node, inputs, outputs }) => {
  const axis = (numberAttribute(node, 'axis', 0) + inputs[0]!.shape.length) % inputs[0]!.shape.length;
  let from = 0;
  return outputs.map(({ shape }) => {
    const part = sliceAxis(tf, x!, axis, from, shape[axis]!);
    from += shape[axis]!;
    return part;
  });
};

const pad: Kernel = (tf, [x, , value], held) => {
  if (textAttribute(held.node, 'mode', 'constant') !== 'constant')
    throw new Unsupported('only constant padding is known');
  const rank = x!.rank;
  const pads = constant(held, 1) ?? [];
  const axes = constant(held, 3) ?? Array.from({ length: rank }, (_, axis) => axis);
  const around = x!.shape.map((): [number, number] => [0, 0]);
  axes.forEach((axis, i) => (around[(axis + rank) % rank] = [pads[i]!, pads[i + axes.length]!]));
  if (around.some(([before, after]) => before < 0 || after < 0)) throw new Unsupported('negative padding is not known');
  return tf.pad(x!, around, value === undefined ? 0 : (value.dataSync()[0] ?? 0));
};

const gather: Kernel = (tf, [x, indices], { node, inputs, outputs }) => {
  const { shape } = inputs[0]!;
  const axis = (numberAttribute(node, 'axis', 0) + shape.length) % shape.length;
  // Negative indices count from the end.
  const extent = tf.scalar(shape[axis]!, 'int32');
  const whole = tf.mod(tf.add(tf.cast(indices!, 'int32'), extent), extent);
  return tf.reshape(tf.gather(x!, tf.cast(tf.reshape(whole, [-1]), 'int32'), axis), [...outputs[0]!.shape]);
};

const DTYPES = { float32: 'float32', bool: 'bool', int32: 'int32', int64: 'int32', uint8: 'int32' } as const;

const cast: Kernel = (tf, [x], { outputs }) => {
  const { type } = outputs[0]!;
  if (type === 'float64') throw new Unsupported('it has no float64');
  return tf.cast(x!, DTYPES[type]);
};

const clip: Kernel = (tf, [x, low, high]) => {
  const above = low === undefined ? x! : tf.maximum(x!, low);
  return high === undefined ? above : tf.minimum(above, high);
};

const batchNormalization: Kernel = (tf, [x, scale, bias, mean, variance], { node }) => {
  const channels = (value: TfTensor): TfTensor => tf.reshape(value, [-1, ...new Array<number>(x!.rank - 2).fill(1)]);
  const deviation = tf.sqrt(tf.add(variance!, numberAttribute(node, 'epsilon', 1e-5)));
  const slope = tf.div(scale!, deviation);
  return tf.add(tf.mul(tf.sub(x!, channels(mean!)), channels(slope)), channels(bias!));
};

/** Along any axis: TensorFlow.js knows the last one only. */
const alongAxis =
  (compute: (tf: Tf, x: TfTensor) => TfTensor): Kernel =>
  (tf, [x], { node }) => {
    const rank = x!.rank;
    const axis = (numberAttribute(node, 'axis', -1) + rank) % rank;
    const swap = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
    return tf.transpose(compute(tf, tf.transpose(x!, swap)), swap);
  };

const transpose: Kernel = (tf, [x], { node }) =>
  tf.transpose(x!, [...(numbersAttribute(node, 'perm') ?? x!.shape.map((_, i) => x!.rank - 1 - i))]);

const concat: Kernel = (tf, inputs, { node, outputs }) => {
  const rank = outputs[0]!.shape.length;
  return tf.concat([...inputs], (numberAttribute(node, 'axis', 0) + rank) % rank);
};

export const KERNELS: Readonly<Record<string, Kernel | undefined>> = {
  Identity: unary((tf, x) => tf.clone(x)),
  Neg: unary((tf, x) => tf.neg(x)),
  Abs: unary((tf, x) => tf.abs(x)),
  Sign: unary((tf, x) => tf.sign(x)),
  Exp: unary((tf, x) => tf.exp(x)),
  Log: unary((tf, x) => tf.log(x)),
  Sqrt: unary((tf, x) => tf.sqrt(x)),
  Reciprocal: unary((tf, x) => tf.reciprocal(x)),
  Relu: unary((tf, x) => tf.relu(x)),
  LeakyRelu: unary((tf, x, node) => tf.leakyRelu(x, numberAttribute(node, 'alpha', 0.01))),
  Elu: unary((tf, x, node) => {
    const below = tf.mul(tf.expm1(tf.minimum(x, 0)), numberAttribute(node, 'alpha', 1));
    return tf.add(tf.relu(x), below);
  }),
  Sigmoid: unary((tf, x) => tf.sigmoid(x)),
  HardSigmoid: unary((tf, x, node) => {
    const line = tf.add(tf.mul(x, numberAttribute(node, 'alpha', 0.2)), numberAttribute(node, 'beta', 0.5));
    return tf.clipByValue(line, 0, 1);
  }),
  Tanh: unary((tf, x) => tf.tanh(x)),
  Softplus: unary((tf, x) => tf.softplus(x)),
  Not: unary((tf, x) => tf.logicalNot(x)),
  Add: binary((tf, a, b) => tf.add(a, b)),
  Sub: binary((tf, a, b) => tf.sub(a, b)),
  Mul: binary((tf, a, b) => tf.mul(a, b)),
  Div: binary((tf, a, b) => tf.div(a, b)),
  Pow: binary((tf, a, b) => tf.pow(a, b)),
  Max: folded((tf, a, b) => tf.maximum(a, b)),
  Min: folded((tf, a, b) => tf.minimum(a, b)),
  Sum: folded((tf, a, b) => tf.add(a, b)),
  Mean: (tf, inputs) =>
    tf.div(
      inputs.reduce((a, b) => tf.add(a, b)),
      inputs.length,
    ),
  Less: binary((tf, a, b) => tf.less(a, b)),
  LessOrEqual: binary((tf, a, b) => tf.lessEqual(a, b)),
  Greater: binary((tf, a, b) => tf.greater(a, b)),
  GreaterOrEqual: binary((tf, a, b) => tf.greaterEqual(a, b)),
  Equal: binary((tf, a, b) => tf.equal(a, b)),
  And: binary((tf, a, b) => tf.logicalAnd(a, b)),
  Or: binary((tf, a, b) => tf.logicalOr(a, b)),
  Where: where,
  Clip: clip,
  Cast: cast,
  MatMul: matMul,
  Gemm: gemm,
  ReduceSum: reduction((tf, x, axes) => tf.sum(x, axes)),
  ReduceMean: reduction((tf, x, axes) => tf.mean(x, axes)),
  ReduceMax: reduction((tf, x, axes) => tf.max(x, axes)),
  ReduceMin: reduction((tf, x, axes) => tf.min(x, axes)),
  Softmax: alongAxis((tf, x) => tf.softmax(x)),
  LogSoftmax: alongAxis((tf, x) => tf.logSoftmax(x)),
  BatchNormalization: batchNormalization,
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Expand: (tf, [x], { outputs }) => {
    const shape = [...outputs[0]!.shape];
    return x!.dtype === 'bool'
      ? tf.cast(tf.broadcastTo(tf.cast(x!, 'int32'), shape), 'bool')
      : tf.broadcastTo(x!, shape);
  },
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Split: split,
  Pad: pad,
  Gather: gather,
  ...CONVOLUTIONS,
};
