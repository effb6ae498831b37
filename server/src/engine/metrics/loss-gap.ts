/** By how much one model loses more than another on the same examples. Wang et al. 2025, arXiv 2505.09873. */
import { estimate, mean } from './bootstrap.js';
import { requireFinite, type MetricResult } from './metric.js';

export interface LossGapInput {
  /** Loss of each example by the first and the second model, [example]. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly names?: readonly string[];
}

export function lossGap({ first, second, names }: LossGapInput): MetricResult {
  for (const losses of [first, second]) requireFinite(losses, 'losses', 1, names);
  const n = first.length;
  const gaps = first.map((loss, example) => loss - second[example]!);
  return {
    units: n,
    columns: [
      { name: 'first', values: first },
      { name: 'second', values: second },
    ],
    ...estimate({
      gap: { n, of: mean(gaps) },
      first: { n, of: mean(first) },
      second: { n, of: mean(second) },
    }),
    notes: [],
  };
}
