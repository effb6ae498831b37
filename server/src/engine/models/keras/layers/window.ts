/** How many positions a sliding window leaves. Source: TensorFlow's padding rule, tensorflow.org/api_docs/python/tf/nn. */
import type { Axis } from '../../../graph/graph.js';
import type { Application } from '../application.js';

/** @param window positions that a window reaches over, steps between windows, and whether the edges are padded */
export function slide(
  application: Application,
  positions: readonly Axis[],
  window: { readonly reach: readonly number[]; readonly strides: readonly number[]; readonly padded: boolean },
): Axis[] {
  return positions.map((extent, axis) => {
    const reach = window.padded ? 1 : window.reach[axis]!;
    const stride = window.strides[axis]!;
    if (typeof extent === 'string') return reach === 1 && stride === 1 ? extent : application.symbol(axis + 1);
    if (extent >= reach) return Math.ceil((extent - reach + 1) / stride);
    return application.refuse('model/shape', `a window over ${reach} positions does not fit into ${extent}`);
  });
}
