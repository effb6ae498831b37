/** The method inside a wrapper of maps. */
import type { MapKind, PlainCall } from '../../../catalog/specification.js';
import { Failure } from '../../failure.js';
import { isMap } from '../../metrics/position-scores.js';
import type { MethodContext, PreparedMethod } from '../method.js';

/** @throws Failure `method/no-map` when the method does not explain examples one by one with maps of their inputs */
export async function prepareInside(
  call: PlainCall,
  context: MethodContext,
): Promise<PreparedMethod & { readonly produces: MapKind }> {
  const inner = await context.prepare(call, context);
  const { produces } = inner;
  if (inner.rows === undefined && isMap(produces)) return { ...inner, produces };
  await inner.release();
  throw new Failure('method/no-map', `${call.call} gives no maps of examples`, {
    remedy: 'Wrap a method that does, such as saliency or integrated_gradients.',
  });
}
