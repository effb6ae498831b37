/** Gradients of extremes: elements that tie share the cotangent evenly. */
import type { GraphBuilder } from '../graph/builder.js';

/**
 * A share of the cotangent for every element that equals its extreme.
 *
 * @param y the extremes, broadcasting to `x`, as does `cotangent`
 * @param axes the axes along which elements compete; none where each stands alone
 */
export function shareOfTies(
  builder: GraphBuilder,
  x: string,
  y: string,
  cotangent: string,
  axes: readonly number[],
): string {
  const hits = builder.add('Cast', [builder.add('Equal', [x, y])], { to: 'float32' });
  const count = builder.add('ReduceSum', [hits, builder.integers(axes)], { keepdims: 1, noop_with_empty_axes: 1 });
  return builder.add('Mul', [hits, builder.add('Div', [cotangent, count])]);
}
