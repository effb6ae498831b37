/** Operators that work along one axis in its order: sums so far, places of extremes, the greatest k. Sources: ONNX CumSum-14, ArgMax-13, TopK-24. */
import { integers, numberAttribute, numbersOf, sizeOf, type Node } from '../graph/graph.js';
import { axisOf, constantOf, given, type Header, type Operator, type Value } from './operator.js';

/** The lines of a value along an axis, and where the elements of a line go in an array of `extent` elements per line. */
function lines(x: Value, axis: number): number[][] {
  const inner = sizeOf(x.shape.slice(axis + 1));
  const extent = x.shape[axis]!;
  return Array.from({ length: x.data.length / extent }, (_, line) => {
    const start = Math.floor(line / inner) * extent * inner + (line % inner);
    return Array.from({ length: extent }, (_, i) => x.data[start + i * inner]!);
  });
}

/** The value whose lines along an axis are given. */
function joined(
  type: Value['type'],
  shape: readonly number[],
  axis: number,
  from: readonly (readonly number[])[],
): Value {
  const inner = sizeOf(shape.slice(axis + 1));
  const extent = shape[axis]!;
  const data = new Float64Array(sizeOf(shape));
  from.forEach((values, line) => {
    const start = Math.floor(line / inner) * extent * inner + (line % inner);
    values.forEach((v, i) => (data[start + i * inner] = v));
  });
  return { type, shape, data };
}

const cumSum: Operator = {
  name: 'CumSum',
  infer: (node, inputs) => {
    const { type, shape } = given(inputs, 0, node);
    axisOf(numbersOf(constantOf(inputs, 1, node))[0]!, shape.length, node);
    return [{ type, shape }];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const axis = axisOf(given(inputs, 1, node).data[0]!, x.shape.length, node);
    const exclusive = numberAttribute(node, 'exclusive', 0) === 1;
    const reverse = numberAttribute(node, 'reverse', 0) === 1;
    const sums = lines(x, axis).map(values => {
      let sum = 0;
      const along = (reverse ? values.toReversed() : values).map(v => {
        const before = sum;
        sum += v;
        return exclusive ? before : sum;
      });
      return reverse ? along.reverse() : along;
    });
    return [joined(x.type, x.shape, axis, sums)];
  },
  gradient: ({ builder, node, inputs, cotangent }) => {
    const exclusive = numberAttribute(node, 'exclusive', 0);
    const reverse = 1 - numberAttribute(node, 'reverse', 0);
    return [builder.add('CumSum', [cotangent, inputs[1]!], { exclusive, reverse }), undefined];
  },
};

/** The places of a line from the best to the worst; of equal elements the first comes first. */
const ranking = (values: readonly number[], greatest: boolean): number[] =>
  [...values.keys()].sort((a, b) => (greatest ? values[b]! - values[a]! : values[a]! - values[b]!) || a - b);

function place(name: string, greatest: boolean): Operator {
  const outputShape = (node: Node, shape: readonly number[], axis: number): number[] =>
    numberAttribute(node, 'keepdims', 1) === 1 ? shape.with(axis, 1) : shape.toSpliced(axis, 1);
  const axisFor = (node: Node, { shape }: Header): number =>
    axisOf(numberAttribute(node, 'axis', 0), shape.length, node);
  return {
    name,
    infer: (node, inputs) => {
      const x = given(inputs, 0, node);
      return [{ type: 'int64', shape: outputShape(node, x.shape, axisFor(node, x)) }];
    },
    evaluate: (node, inputs) => {
      const x = given(inputs, 0, node);
      const axis = axisFor(node, x);
      const last = numberAttribute(node, 'select_last_index', 0) === 1;
      const best = lines(x, axis).map(values => {
        const first = ranking(values, greatest)[0]!;
        return last ? values.lastIndexOf(values[first]!) : first;
      });
      return [{ type: 'int64', shape: outputShape(node, x.shape, axis), data: Float64Array.from(best) }];
    },
    gradient: 'none',
  };
}

/** Axis and number of elements that a TopK picks. */
function picked(
  node: Node,
  shape: readonly number[],
  k: ArrayLike<number>,
): { axis: number; count: number; result: number[] } {
  const axis = axisOf(numberAttribute(node, 'axis', -1), shape.length, node);
  return { axis, count: k[0]!, result: shape.with(axis, k[0]!) };
}

/** The k greatest (or smallest) elements in order, and their places. */
const topK: Operator = {
  name: 'TopK',
  infer: (node, inputs) => {
    const { type, shape } = given(inputs, 0, node);
    const { result } = picked(node, shape, numbersOf(constantOf(inputs, 1, node)));
    return [
      { type, shape: result },
      { type: 'int64', shape: result },
    ];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const { axis, count, result } = picked(node, x.shape, given(inputs, 1, node).data);
    const all = lines(x, axis);
    const places = all.map(values => ranking(values, numberAttribute(node, 'largest', 1) === 1).slice(0, count));
    const values = places.map((chosen, line) => chosen.map(i => all[line]![i]!));
    return [joined(x.type, result, axis, values), joined('int64', result, axis, places)];
  },
  // Every cotangent goes back to the place that the second output names.
  gradient: ({ builder, node, inputs, outputs, cotangent }) => {
    const shape = builder.shape(inputs[0]!);
    const places = outputs[1] ?? '';
    const axis = axisOf(numberAttribute(node, 'axis', -1), shape.length, node);
    const [outer, extent, inner] = [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
    const spread = (value: string): string => builder.add('Reshape', [value, builder.integers([outer, -1, 1, inner])]);
    const range = builder.constant(integers([...Array(extent).keys()], [extent, 1]));
    const hits = builder.add('Cast', [builder.add('Equal', [spread(places), range])], { to: 'float32' });
    const handed = builder.add('Mul', [hits, spread(cotangent)]);
    const sums = builder.add('ReduceSum', [handed, builder.integers([1])], { keepdims: 0 });
    return [builder.add('Reshape', [sums, builder.integers(shape)]), undefined];
  },
};

export const ORDERS: readonly Operator[] = [cumSum, place('ArgMax', true), place('ArgMin', false), topK];
