/** Pools over windows and over whole maps. Sources: ONNX MaxPool-12, AveragePool-11, GlobalMaxPool-1, GlobalAveragePool-1. */
import type { GraphBuilder } from '../graph/builder.js';
import { floats, numberAttribute, numbersAttribute, sizeOf, type Node } from '../graph/graph.js';
import { given, ShapeError, type Adjoint, type Header, type Operator, type Value } from './operator.js';
import { gatherAdjoint } from './selection.js';
import { shareOfTies } from './ties.js';
import { windowOf, windowTable, type Window } from './window.js';

/** Smaller than every activation, and finite, so that products with zero stay zero. */
const LOWEST = -3.4028234663852886e38;

export function poolWindow(node: Node, shape: readonly number[]): Window {
  const kernel = numbersAttribute(node, 'kernel_shape');
  if (kernel === undefined || kernel.length !== shape.length - 2)
    throw new ShapeError(`${node.operator}: kernel_shape does not fit a value of shape [${shape}]`);
  return windowOf(node, shape.slice(2), kernel);
}

function inferPool(node: Node, inputs: readonly (Header | undefined)[]): Header[] {
  const { type, shape } = given(inputs, 0, node);
  return [{ type, shape: [shape[0]!, shape[1]!, ...poolWindow(node, shape).output] }];
}

/** Reduces each window of each channel; `sees` holds the input elements in the window, padding left out. */
function evaluatePool(node: Node, x: Value, reduce: (sees: Float64Array, taps: number) => number): Value[] {
  const window = poolWindow(node, x.shape);
  const table = windowTable(window);
  const positions = sizeOf(window.output);
  const extent = sizeOf(window.input);
  const taps = sizeOf(window.kernel);
  const maps = x.shape[0]! * x.shape[1]!;
  const data = new Float64Array(maps * positions);
  const sees = new Float64Array(taps);
  for (let map = 0; map < maps; map++)
    for (let o = 0; o < positions; o++) {
      let count = 0;
      for (let k = 0; k < taps; k++) {
        const at = table[k * positions + o]!;
        if (at >= 0) sees[count++] = x.data[map * extent + at]!;
      }
      data[map * positions + o] = reduce(sees.subarray(0, count), taps);
    }
  return [{ type: x.type, shape: [x.shape[0]!, x.shape[1]!, ...window.output], data }];
}

/** A value [N, C, …] with all spatial axes in one: [N, C, extent]. */
function flatten(builder: GraphBuilder, value: string): string {
  const [n, c, ...spatial] = builder.shape(value) as [number, number, ...number[]];
  return spatial.length === 1 ? value : builder.add('Reshape', [value, builder.integers([n, c, sizeOf(spatial)])]);
}

const reshape = (builder: GraphBuilder, value: string, shape: readonly number[]): string =>
  builder.add('Reshape', [value, builder.integers(shape)]);

/** Largest block of the matrix products below; a power of two keeps them inside the runtime's kernels. */
const BLOCK = 16;

/**
 * Repeats each element of the last axis `times` times, or sums as many neighbours. Written as a product with a constant
 * 0/1 matrix over short blocks, because native runtimes broadcast and reduce a short inner axis several times slower.
 */
function alongLastAxis(builder: GraphBuilder, value: string, times: number, way: 'repeat' | 'sum'): string {
  const shape = builder.shape(value);
  const last = shape.at(-1)!;
  const narrowSize = way === 'repeat' ? sizeOf(shape) : sizeOf(shape) / times;
  // A block lies within one example: an infinite value makes its block NaN, and must not reach other examples.
  let block = BLOCK;
  while ((narrowSize / shape[0]!) % block !== 0) block--;
  const wide = block * times;
  const matrix = new Float32Array(block * wide);
  for (let i = 0; i < wide; i++) {
    const narrow = Math.floor(i / times);
    matrix[way === 'repeat' ? narrow * wide + i : i * block + narrow] = 1;
  }
  const [from, to] = way === 'repeat' ? [block, wide] : [wide, block];
  const rows = reshape(builder, value, [narrowSize / block, from]);
  const product = builder.add('MatMul', [rows, builder.constant(floats([from, to], matrix))]);
  return reshape(builder, product, [...shape.slice(0, -1), way === 'repeat' ? last * times : last / times]);
}

/** Windows side by side: every axis is cut into blocks, compared block-wise, and joined again. Ties are split evenly. */
function maxPoolTiled({ builder, inputs, outputs, cotangent }: Adjoint, window: Window): string {
  const [n, c] = builder.shape(inputs[0]!) as [number, number];
  const { kernel, output } = window;
  const covered = output.map((o, axis) => o * kernel[axis]!);
  const axes = covered.map((_, axis) => axis + 2);
  const exact = covered.every((extent, axis) => extent === window.input[axis]);
  const x = exact
    ? inputs[0]!
    : builder.add('Slice', [
        inputs[0]!,
        builder.integers(axes.map(() => 0)),
        builder.integers(covered),
        builder.integers(axes),
      ]);
  // All axes but the last are split in two and broadcast; the last stays whole.
  const outer = output.slice(0, -1).flatMap((o, axis) => [o, kernel[axis]!]);
  const corners = output.slice(0, -1).flatMap(o => [o, 1]);
  const narrow = output.at(-1)!;
  const times = kernel.at(-1)!;
  const corner = (value: string): string => reshape(builder, value, [n, c, ...corners, narrow]);
  const spread = (value: string): string => alongLastAxis(builder, value, times, 'repeat');
  const blocks = reshape(builder, x, [n, c, ...outer, narrow * times]);
  const hits = builder.add('Cast', [builder.add('Equal', [blocks, spread(corner(outputs[0]!))])], { to: 'float32' });
  const rows = alongLastAxis(builder, hits, times, 'sum');
  const within = outer.flatMap((extent, axis) => (axis % 2 === 1 && extent > 1 ? [axis + 2] : []));
  const count =
    within.length === 0 ? rows : builder.add('ReduceSum', [rows, builder.integers(within)], { keepdims: 1 });
  const share = builder.add('Div', [corner(cotangent), count]);
  const joined = reshape(builder, builder.add('Mul', [hits, spread(share)]), [n, c, ...covered]);
  if (exact) return joined;
  const after = window.input.map((extent, axis) => extent - covered[axis]!);
  return builder.add('Pad', [
    joined,
    builder.integers([0, 0, ...after.map(() => 0), 0, 0, ...after]),
    builder.scalar(0),
  ]);
}

/** What each element of a kernel sees at each position, in order of the table; one past the end stands for the padding. */
const unfoldedTable = (window: Window): number[] =>
  Array.from(windowTable(window), at => (at < 0 ? sizeOf(window.input) : at));

/** The windows of a value [N, C, …] beside each other: [N, C, tap, position], the lowest number where they see padding. */
export function unfold(builder: GraphBuilder, x: string, window: Window): string {
  const [n, c] = builder.shape(x) as [number, number];
  const ends = builder.integers([0, 0, 0, 0, 0, 1]);
  const padded = builder.add('Pad', [flatten(builder, x), ends, builder.scalar(LOWEST)]);
  const seen = builder.add('Gather', [padded, builder.integers(unfoldedTable(window))], { axis: 2 });
  return reshape(builder, seen, [n, c, sizeOf(window.kernel), sizeOf(window.output)]);
}

/** Windows that overlap, skip or reach into padding: unfolded by index, compared, and folded back. */
function maxPoolUnfolded({ builder, inputs, outputs, cotangent }: Adjoint, window: Window): string {
  const shape = builder.shape(inputs[0]!);
  const [n, c] = shape as [number, number];
  const extent = sizeOf(window.input);
  const positions = sizeOf(window.output);
  const taps = sizeOf(window.kernel);
  const unfolded = unfold(builder, inputs[0]!, window);
  const top = reshape(builder, outputs[0]!, [n, c, 1, positions]);
  const shares = shareOfTies(builder, unfolded, top, reshape(builder, cotangent, [n, c, 1, positions]), [2]);
  const table = unfoldedTable(window);
  const folded = gatherAdjoint(builder, reshape(builder, shares, [n, c, taps * positions]), 2, table, extent);
  return reshape(builder, folded, shape);
}

const maxPool: Operator = {
  name: 'MaxPool',
  infer: inferPool,
  evaluate: (node, inputs) => evaluatePool(node, given(inputs, 0, node), sees => Math.max(...sees)),
  gradient: adjoint => {
    const window = poolWindow(adjoint.node, adjoint.builder.shape(adjoint.inputs[0]!));
    const tiled =
      window.strides.every((stride, axis) => stride === window.kernel[axis]) &&
      [...window.begin, ...window.end].every(pad => pad === 0) &&
      window.dilations.every(dilation => dilation === 1) &&
      window.output.every((o, axis) => o * window.kernel[axis]! <= window.input[axis]!);
    return [(tiled ? maxPoolTiled : maxPoolUnfolded)(adjoint, window)];
  },
};

/** How many elements each window averages over: those inside the input, or all taps with `count_include_pad`. */
export function averageCounts(node: Node, window: Window): number[] {
  const positions = sizeOf(window.output);
  const taps = sizeOf(window.kernel);
  const table = windowTable(window);
  const includePadding = numberAttribute(node, 'count_include_pad', 0) === 1;
  // With ceil_mode the last window may reach beyond the padding; those taps never count.
  return Array.from({ length: positions }, (_, o) => {
    let inside = 0;
    for (let k = 0; k < taps; k++) if (table[k * positions + o]! >= 0) inside++;
    return includePadding ? countWithPadding(window, o) : inside;
  });
}

/** Taps of output position `o` that lie in the input or its padding. */
function countWithPadding(window: Window, o: number): number {
  let rest = o;
  let count = 1;
  for (let axis = window.output.length - 1; axis >= 0; axis--) {
    const at = rest % window.output[axis]!;
    rest = Math.floor(rest / window.output[axis]!);
    const start = at * window.strides[axis]! - window.begin[axis]!;
    const limit = window.input[axis]! + window.end[axis]!;
    let taps = 0;
    for (let k = 0; k < window.kernel[axis]!; k++) if (start + k * window.dilations[axis]! < limit) taps++;
    count *= taps;
  }
  return count;
}

const averagePool: Operator = {
  name: 'AveragePool',
  infer: inferPool,
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const [sums] = evaluatePool(node, x, sees => sees.reduce((sum, v) => sum + v, 0)) as [Value];
    const counts = averageCounts(node, poolWindow(node, x.shape));
    return [{ ...sums, data: sums.data.map((sum, i) => sum / counts[i % counts.length]!) }];
  },
  gradient: ({ builder, node, inputs, cotangent }) => {
    const shape = builder.shape(inputs[0]!);
    const [n, c] = shape as [number, number];
    const window = poolWindow(node, shape);
    const extent = sizeOf(window.input);
    const positions = sizeOf(window.output);
    const taps = sizeOf(window.kernel);
    const shares = builder.constant(
      floats(
        [1, 1, positions],
        averageCounts(node, window).map(count => 1 / count),
      ),
    );
    const share = builder.add('Mul', [flatten(builder, cotangent), shares]);
    const table = [...windowTable(window)];
    const repeated = builder.add('Expand', [
      reshape(builder, share, [n, c, 1, positions]),
      builder.integers([n, c, taps, positions]),
    ]);
    const folded = gatherAdjoint(builder, reshape(builder, repeated, [n, c, taps * positions]), 2, table, extent);
    return [reshape(builder, folded, shape)];
  },
};

function globalPool(
  name: string,
  reduce: (values: Float64Array) => number,
  gradient: (adjoint: Adjoint, axes: number[], extent: number) => string,
): Operator {
  const outputShape = (shape: readonly number[]): number[] => shape.map((extent, axis) => (axis < 2 ? extent : 1));
  return {
    name,
    infer: (node, inputs) => {
      const { type, shape } = given(inputs, 0, node);
      return [{ type, shape: outputShape(shape) }];
    },
    evaluate: (node, inputs) => {
      const x = given(inputs, 0, node);
      const extent = sizeOf(x.shape.slice(2));
      const data = Float64Array.from({ length: x.shape[0]! * x.shape[1]! }, (_, map) =>
        reduce(x.data.subarray(map * extent, (map + 1) * extent)),
      );
      return [{ type: x.type, shape: outputShape(x.shape), data }];
    },
    gradient: adjoint => {
      const spatial = adjoint.builder.shape(adjoint.inputs[0]!).slice(2);
      return [
        gradient(
          adjoint,
          spatial.map((_, i) => i + 2),
          sizeOf(spatial),
        ),
      ];
    },
  };
}

export const POOLS: readonly Operator[] = [
  maxPool,
  averagePool,
  globalPool(
    'GlobalMaxPool',
    values => values.reduce((top, v) => Math.max(top, v), -Infinity),
    ({ builder, inputs, outputs, cotangent }, axes) => shareOfTies(builder, inputs[0]!, outputs[0]!, cotangent, axes),
  ),
  globalPool(
    'GlobalAveragePool',
    values => values.reduce((sum, v) => sum + v, 0) / values.length,
    ({ builder, inputs, cotangent }, _, extent) =>
      builder.add('Expand', [
        builder.add('Mul', [cotangent, builder.scalar(1 / extent)]),
        builder.integers(builder.shape(inputs[0]!)),
      ]),
  ),
];
