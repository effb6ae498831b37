/**
 * What a rescaling of units leaves as it was: predictions and the effects of taking units out, not the sizes of their kernels.
 * Wang et al. 2025, arXiv 2505.09873.
 */
import { estimate, standardDeviation } from './bootstrap.js';
import type { MetricResult } from './metric.js';
import { spearman } from './ranks.js';

export interface Rescaling {
  /** ‖w‖ of each unit, [unit]. */
  readonly norms: Float64Array;
  /** Mean |Δf| without each unit, [unit]. */
  readonly ablation: Float64Array;
  /** f, [example] */
  readonly outputs: Float64Array;
}

/** @param changed the same of the rescaled network */
export function kernelRescaling({
  original,
  changed,
}: {
  readonly original: Rescaling;
  readonly changed: Rescaling;
}): MetricResult {
  const n = original.norms.length;
  const examples = original.outputs.length;
  const sd = standardDeviation(original.outputs)(new Uint32Array(examples).fill(1));
  const largest = original.outputs.reduce((most, f, i) => Math.max(most, Math.abs(changed.outputs[i]! - f)), 0);
  return {
    units: n,
    axis: 'unit',
    columns: [
      { name: 'norm', values: original.norms },
      { name: 'norm_rescaled', values: changed.norms },
      { name: 'ablation', values: original.ablation },
      { name: 'ablation_rescaled', values: changed.ablation },
    ],
    ...estimate(
      {
        norms: { n, of: spearman(original.norms, changed.norms) },
        ablation: { n, of: spearman(original.ablation, changed.ablation) },
        change: { n: examples, of: () => largest / sd, interval: 'none' },
      },
      'units',
    ),
    notes: [],
  };
}
