/** Every operator that is written in simpler ones. */
import type { Node } from '../../graph/graph.js';
import { ACTIVATIONS } from './activation.js';
import { ATTENTION } from './attention.js';
import { EINSUM } from './einsum.js';
import type { Composite } from './expansion.js';
import { NORMALISATIONS } from './normalisation.js';
import { REARRANGEMENTS } from './rearrangement.js';
import { RECURRENT } from './recurrent.js';
import { REDUCTIONS } from './reduction.js';
import { RESIZE } from './resize.js';

export const COMPOSITES: ReadonlyMap<string, Composite> = new Map(
  [...ACTIVATIONS, ...ATTENTION, ...NORMALISATIONS, ...REARRANGEMENTS, ...REDUCTIONS, ...RECURRENT, EINSUM, RESIZE].map(
    composite => [composite.name, composite],
  ),
);

/** How a node is written in simpler ones; undefined for an operator of its own, known or not. */
export function compositeOf(node: Node): Composite | undefined {
  const composite = COMPOSITES.get(node.operator);
  return composite !== undefined && (composite.when?.(node) ?? true) ? composite : undefined;
}
