/** Multidirectional broadcasting as ONNX and NumPy define it. */
import type { GraphBuilder } from '../graph/builder.js';
import { stridesOf } from '../graph/graph.js';
import { ShapeError } from './operator.js';

/** The common shape. */
export function broadcastShape(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map(shape => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map(shape => shape[axis - rank + shape.length] ?? 1).filter(extent => extent !== 1);
    if (new Set(extents).size > 1)
      throw new ShapeError(`shapes ${shapes.map(shape => `[${shape}]`).join(' and ')} do not broadcast`);
    return extents[0] ?? 1;
  });
}

/** For every element of the broadcast shape, the index of the element of `shape` that stands there. */
export function broadcastIndex(shape: readonly number[], to: readonly number[]): Uint32Array {
  const own = stridesOf(shape);
  const lead = to.length - shape.length;
  const strides = to.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : own[axis - lead]!));
  let index = Uint32Array.of(0);
  for (let axis = 0; axis < to.length; axis++) {
    const extent = to[axis]!;
    const next = new Uint32Array(index.length * extent);
    for (let i = 0, at = 0; i < index.length; i++)
      for (let k = 0; k < extent; k++) next[at++] = index[i]! + k * strides[axis]!;
    index = next;
  }
  return index;
}

/** Sums a cotangent over the axes along which a value of `shape` was broadcast. */
export function unbroadcast(builder: GraphBuilder, cotangent: string, shape: readonly number[]): string {
  const from = builder.shape(cotangent);
  const lead = from.length - shape.length;
  const axes = from.flatMap((extent, axis) =>
    axis < lead || (shape[axis - lead] === 1 && extent !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return cotangent;
  const summed = builder.add('ReduceSum', [cotangent, builder.integers(axes)], { keepdims: 1 });
  return lead === 0 ? summed : builder.add('Reshape', [summed, builder.integers(shape)]);
}
