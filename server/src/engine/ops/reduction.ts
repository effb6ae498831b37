/** Reductions over axes and the softmax family. Sources: ONNX ReduceSum-13, ReduceMean-18 …, Softmax-13, LogSoftmax-13. */
import { numberAttribute, numbersOf, sizeOf, type Node } from '../graph/graph.js';
import { broadcastIndex } from './broadcast.js';
import { axisOf, constantOf, given, type Adjoint, type Header, type Operator, type Value } from './operator.js';
import { shareOfTies } from './ties.js';

/** The axes that a reduction sums over; no axes input means all of them, unless `noop_with_empty_axes` is set. */
function reducedAxes(node: Node, rank: number, axes: ArrayLike<number> | undefined): number[] {
  if (axes === undefined || axes.length === 0)
    return numberAttribute(node, 'noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
  return Array.from(axes, axis => axisOf(axis, rank, node));
}

const kept = (shape: readonly number[], axes: readonly number[]): number[] =>
  shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));

const reducedShape = (node: Node, shape: readonly number[], axes: readonly number[]): number[] =>
  numberAttribute(node, 'keepdims', 1) === 1 ? kept(shape, axes) : shape.filter((_, axis) => !axes.includes(axis));

/** The values that fall together, one list per element of the result. */
function groups(x: Value, axes: readonly number[]): number[][] {
  const keep = kept(x.shape, axes);
  const lists = Array.from({ length: sizeOf(keep) }, (): number[] => []);
  const index = broadcastIndex(keep, x.shape);
  x.data.forEach((v, i) => lists[index[i]!]!.push(v));
  return lists;
}

/** Gradient of a reduction: x and, with the reduced axes kept, its output and cotangent. */
type ReductionGradient = (adjoint: Adjoint, x: string, y: string, g: string, axes: readonly number[]) => string;

function reduction(name: string, reduce: (values: number[]) => number, gradient: ReductionGradient): Operator {
  const axesOf = (node: Node, inputs: readonly (Header | undefined)[], rank: number): number[] =>
    reducedAxes(node, rank, inputs[1] === undefined ? undefined : numbersOf(constantOf(inputs, 1, node)));
  return {
    name,
    infer: (node, inputs) => {
      const { type, shape } = given(inputs, 0, node);
      return [{ type, shape: reducedShape(node, shape, axesOf(node, inputs, shape.length)) }];
    },
    evaluate: (node, inputs) => {
      const x = given(inputs, 0, node);
      const axes = reducedAxes(node, x.shape.length, inputs[1]?.data);
      const data = Float64Array.from(groups(x, axes), reduce);
      return [{ type: x.type, shape: reducedShape(node, x.shape, axes), data }];
    },
    gradient: adjoint => {
      const { builder, node, inputs, outputs, cotangent } = adjoint;
      const x = inputs[0]!;
      const shape = builder.shape(x);
      const headers = inputs.map(input => (input === '' ? undefined : builder.header(input)));
      const axes = axesOf(node, headers, shape.length);
      const keep = builder.integers(kept(shape, axes));
      const y = builder.add('Reshape', [outputs[0]!, keep]);
      const g = builder.add('Reshape', [cotangent, keep]);
      return [gradient(adjoint, x, y, g, axes), undefined];
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0);
const highest = (values: readonly number[]): number => values.reduce((top, v) => Math.max(top, v), -Infinity);

const expand = ({ builder }: Adjoint, g: string, x: string): string =>
  builder.add('Expand', [g, builder.integers(builder.shape(x))]);

/** Extremes share the cotangent among the elements that tie. */
const shareAmongTies: ReductionGradient = ({ builder }, x, y, g, axes) => shareOfTies(builder, x, y, g, axes);

const reductions: Operator[] = [
  reduction('ReduceSum', sum, (a, x, _, g) => expand(a, g, x)),
  reduction(
    'ReduceMean',
    values => sum(values) / values.length,
    (a, x, y, g) => {
      const count = sizeOf(a.builder.shape(x)) / sizeOf(a.builder.shape(y));
      return expand(a, a.builder.add('Mul', [g, a.builder.scalar(1 / count)]), x);
    },
  ),
  reduction('ReduceMax', highest, shareAmongTies),
  reduction('ReduceMin', values => -highest(values.map(v => -v)), shareAmongTies),
  reduction(
    'ReduceL1',
    values => sum(values.map(Math.abs)),
    ({ builder }, x, _, g) => builder.add('Mul', [builder.add('Sign', [x]), g]),
  ),
  reduction(
    'ReduceL2',
    values => Math.sqrt(sum(values.map(v => v * v))),
    // A line of zeros has no direction: its gradient is zero.
    ({ builder }, x, y, g) => {
      const norm = builder.add('Where', [builder.add('Equal', [y, builder.scalar(0)]), builder.scalar(1), y]);
      return builder.add('Mul', [x, builder.add('Div', [g, norm])]);
    },
  ),
  reduction(
    'ReduceSumSquare',
    values => sum(values.map(v => v * v)),
    ({ builder }, x, _, g) => builder.add('Mul', [x, builder.add('Mul', [g, builder.scalar(2)])]),
  ),
  reduction(
    'ReduceLogSumExp',
    values => {
      const top = highest(values);
      return top + Math.log(sum(values.map(v => Math.exp(v - top))));
    },
    ({ builder }, x, y, g) => builder.add('Mul', [builder.add('Exp', [builder.add('Sub', [x, y])]), g]),
  ),
];

/** An operator that keeps its shape and works on lines along `axis`. */
function alongAxis(
  name: string,
  line: (values: number[]) => number[],
  gradient: (adjoint: Adjoint, y: string, axes: string) => string,
): Operator {
  const axisFor = (node: Node, rank: number): number => axisOf(numberAttribute(node, 'axis', -1), rank, node);
  return {
    name,
    infer: (node, inputs) => {
      const { type, shape } = given(inputs, 0, node);
      axisFor(node, shape.length);
      return [{ type, shape }];
    },
    evaluate: (node, inputs) => {
      const x = given(inputs, 0, node);
      const axis = axisFor(node, x.shape.length);
      const index = broadcastIndex(kept(x.shape, [axis]), x.shape);
      const lines = groups(x, [axis]).map(line);
      const taken = new Uint32Array(lines.length);
      const data = x.data.map((_, i) => lines[index[i]!]![taken[index[i]!]!++]!);
      return [{ ...x, data }];
    },
    gradient: adjoint => {
      const y = adjoint.outputs[0]!;
      const axis = axisFor(adjoint.node, adjoint.builder.rank(y));
      return [gradient(adjoint, y, adjoint.builder.integers([axis]))];
    },
  };
}

function softmaxLine(values: readonly number[]): number[] {
  const top = highest(values);
  const exponentials = values.map(v => Math.exp(v - top));
  const total = sum(exponentials);
  return exponentials.map(e => e / total);
}

const softmaxes: Operator[] = [
  alongAxis('Softmax', softmaxLine, ({ builder, cotangent }, y, axes) => {
    const weighted = builder.add('Mul', [cotangent, y]);
    const mean = builder.add('ReduceSum', [weighted, axes], { keepdims: 1 });
    return builder.add('Sub', [weighted, builder.add('Mul', [y, mean])]);
  }),
  alongAxis(
    'LogSoftmax',
    values => {
      const top = highest(values);
      const total = top + Math.log(sum(values.map(v => Math.exp(v - top))));
      return values.map(v => v - total);
    },
    ({ builder, cotangent }, y, axes) => {
      const total = builder.add('ReduceSum', [cotangent, axes], { keepdims: 1 });
      return builder.add('Sub', [cotangent, builder.add('Mul', [builder.add('Exp', [y]), total])]);
    },
  ),
];

export const REDUCTIONS: readonly Operator[] = [...reductions, ...softmaxes];
