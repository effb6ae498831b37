/** How many examples one compiled graph takes at a time. */
import { workOf } from '../graph/work.js';
import type { ScalarModel } from '../models/model.js';

const LARGEST = 256;
/** Multiplications of a forward pass that make a batch long enough to pay its overhead and short enough to cancel. */
const WORK = 5e8;
/** Elements of all intermediate values together: 256 MiB of float32. */
export const MEMORY = 64 * 2 ** 20;

/**
 * The batch size of a model: a power of two that follows from the graph alone, never from the clock, because the batch
 * shape is part of what makes a rerun byte-identical.
 */
export function batchSize(model: ScalarModel): number {
  // Where the target differs between examples, any class is as much work as another.
  const { builder, nodes } = model.forClasses({ true_class: 0, predicted_class: 0 }).build(model.batch(1));
  const { multiplications, elements } = workOf(nodes, value => builder.shape(value));
  const wanted = Math.min(WORK / (multiplications + 1), MEMORY / (elements + 1), LARGEST);
  return model.batch(2 ** Math.max(0, Math.floor(Math.log2(wanted))));
}
