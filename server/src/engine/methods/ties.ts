/**
 * Where a network decides between elements that are equal: maxima of pools, of axes and of several values, whose gradient is
 * split among them, and places of maxima (arg-max, top k), of which the first is taken as if the others were not there.
 */
import type { GraphBuilder } from '../graph/builder.js';
import { numberAttribute, numbersOf, sizeOf, type Node } from '../graph/graph.js';
import { poolWindow, unfold } from '../ops/pooling.js';

/** The decisions of a node. */
export interface Decisions {
  /** How many it takes for a batch. */
  readonly count: number;
  /** Whether equal elements share the gradient, or one is picked. */
  readonly way: 'shared' | 'picked';
  /** Names of values with one element: how many decisions are tied, and how many of those at another value than 0. */
  readonly tied: string;
  readonly besidesZero: string;
}

/** The decisions of a node, counted in the graph; undefined where it takes none, or none between numbers with a gradient. */
export function decisionsOf(builder: GraphBuilder, node: Node): Decisions | undefined {
  const [x, ...others] = node.inputs as [string, ...string[]];
  const [y] = node.outputs as [string];
  if (builder.header(x).type !== 'float32') return undefined;
  switch (node.operator) {
    case 'MaxPool': {
      const [n, c] = builder.shape(y) as [number, number];
      const windows = unfold(builder, x, poolWindow(node, builder.shape(x)));
      const top = builder.add('Reshape', [y, builder.integers([n, c, 1, -1])]);
      return shared(builder, top, sumOver(builder, equal(builder, windows, top), [2]));
    }
    case 'GlobalMaxPool':
      return shared(builder, y, sumOver(builder, equal(builder, x, y), allBut(builder, x, 2)));
    case 'ReduceMax':
    case 'ReduceMin': {
      const axes = reducedAxes(builder, node);
      const top = builder.add(node.operator, [x, builder.integers(axes)], { keepdims: 1 });
      return axes.length === 0 ? undefined : shared(builder, top, sumOver(builder, equal(builder, x, top), axes));
    }
    case 'Max':
    case 'Min':
      if (others.length === 0) return undefined;
      return shared(
        builder,
        y,
        others.reduce((sum, other) => builder.add('Add', [sum, equal(builder, other, y)]), equal(builder, x, y)),
      );
    case 'ArgMax':
    case 'ArgMin': {
      const axes = [numberAttribute(node, 'axis', 0)];
      const extreme = node.operator === 'ArgMax' ? 'ReduceMax' : 'ReduceMin';
      const top = builder.add(extreme, [x, builder.integers(axes)], { keepdims: 1 });
      return picked(builder, sumOver(builder, equal(builder, x, top), axes), 1);
    }
    case 'TopK': {
      if (y === '') return undefined;
      const axis = numberAttribute(node, 'axis', -1);
      const largest = numberAttribute(node, 'largest', 1) === 1;
      const axes = builder.integers([axis]);
      const last = builder.add(largest ? 'ReduceMin' : 'ReduceMax', [y, axes], { keepdims: 1 });
      const reached = cast(builder, builder.add(largest ? 'GreaterOrEqual' : 'LessOrEqual', [x, last]));
      return picked(builder, sumOver(builder, reached, [axis]), builder.shape(y).at(axis)!);
    }
    default:
      return undefined;
  }
}

/** @param hits how many elements equal each of the extremes `y` */
function shared(builder: GraphBuilder, y: string, hits: string): Decisions {
  const tied = builder.add('Greater', [hits, builder.scalar(1)]);
  const besidesZero = builder.add('And', [tied, builder.add('Not', [builder.add('Equal', [y, builder.scalar(0)])])]);
  return {
    count: sizeOf(builder.shape(hits)),
    way: 'shared',
    tied: total(builder, tied),
    besidesZero: total(builder, besidesZero),
  };
}

/** @param reached how many elements are as good as the last of the `places` that are picked */
function picked(builder: GraphBuilder, reached: string, places: number): Decisions {
  const tied = total(builder, builder.add('Greater', [reached, builder.scalar(places)]));
  return { count: sizeOf(builder.shape(reached)), way: 'picked', tied, besidesZero: tied };
}

const cast = (builder: GraphBuilder, truths: string): string => builder.add('Cast', [truths], { to: 'float32' });

const equal = (builder: GraphBuilder, a: string, b: string): string => cast(builder, builder.add('Equal', [a, b]));

const total = (builder: GraphBuilder, truths: string): string =>
  builder.add('ReduceSum', [cast(builder, truths)], { keepdims: 0 });

const sumOver = (builder: GraphBuilder, value: string, axes: readonly number[]): string =>
  builder.add('ReduceSum', [value, builder.integers(axes)], { keepdims: 1 });

const allBut = (builder: GraphBuilder, value: string, leading: number): number[] =>
  Array.from({ length: builder.rank(value) - leading }, (_, i) => i + leading);

function reducedAxes(builder: GraphBuilder, node: Node): number[] {
  const axes = node.inputs[1] ? builder.header(node.inputs[1]).constant : undefined;
  if (axes !== undefined && axes.data.length > 0) return [...numbersOf(axes)];
  return numberAttribute(node, 'noop_with_empty_axes', 0) === 1 ? [] : allBut(builder, node.inputs[0]!, 0);
}
