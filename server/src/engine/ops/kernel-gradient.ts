/**
 * The gradient of a one-dimensional convolution by its kernel, for training: dW[m, c, k] = Σ over batch n and positions o of
 * dy[n, m, o] · x[n, c, o·stride + k·dilation]. One batched matrix product per tap, or one for all taps of a narrow input
 * (docs/performance.md).
 */
import type { GraphBuilder } from '../graph/builder.js';
import { sizeOf } from '../graph/graph.js';
import type { Window } from './window.js';

/** Input channels from which a product per tap is faster than one product over all taps. */
const WIDE = 16;

/** Whether a window slides along the last axis only, the others being of extent 1. */
export function slidesAlongLast(window: Window): boolean {
  return [window.input, window.kernel, window.output].every(extents => sizeOf(extents.slice(0, -1)) === 1);
}

/**
 * @param x [batch, channels, …, positions], what the window reads
 * @param dy [batch, filters, …, windows], cotangent of what it writes
 * @returns [filters, channels, …, taps]
 */
export function kernelGradient(builder: GraphBuilder, x: string, dy: string, window: Window): string {
  const [batch, channels] = builder.shape(x) as [number, number];
  const filters = builder.shape(dy)[1]!;
  const [positions, taps, windows] = [window.input.at(-1)!, window.kernel.at(-1)!, window.output.at(-1)!];
  const [stride, dilation] = [window.strides.at(-1)!, window.dilations.at(-1)!];
  const [before, after] = [window.begin.at(-1)!, window.end.at(-1)!];
  const reshape = (value: string, shape: readonly number[]): string =>
    builder.add('Reshape', [value, builder.integers(shape)]);
  const rows = reshape(x, [batch, channels, positions]);
  const padded =
    before + after === 0
      ? rows
      : builder.add('Pad', [rows, builder.integers([0, 0, before, 0, 0, after]), builder.scalar(0)]);
  const handed = reshape(dy, [batch, filters, windows]);
  const seenBy = (tap: number): string => {
    const from = tap * dilation;
    const bounds = [from, from + (windows - 1) * stride + 1, 2, stride];
    return builder.add('Slice', [padded, ...bounds.map(bound => builder.integers([bound]))]);
  };
  const product = (seen: string): string => {
    const each = builder.add('MatMul', [handed, builder.add('Transpose', [seen], { perm: [0, 2, 1] })]);
    return builder.add('ReduceSum', [each, builder.integers([0])], { keepdims: 0 });
  };
  const all = Array.from({ length: taps }, (_, tap) => seenBy(tap));
  // [filters, taps · channels], taps outermost
  const sums =
    channels < WIDE
      ? product(builder.add('Concat', all, { axis: 1 }))
      : builder.add('Concat', all.map(product), { axis: 1 });
  const apart = builder.add('Transpose', [reshape(sums, [filters, taps, channels])], { perm: [0, 2, 1] });
  return reshape(apart, [filters, channels, ...window.kernel]);
}

/** The gradient by a bias per channel: what was handed to the channel, summed. */
export function biasGradient(builder: GraphBuilder, dy: string): string {
  const rank = builder.rank(dy);
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter(axis => axis !== 1);
  return builder.add('ReduceSum', [dy, builder.integers(axes)], { keepdims: 0 });
}
