/** How much of the joint effect of two features shows when one of them is changed alone. Wang et al. 2025, arXiv 2505.09873. */
import { defined, estimate, median, share } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';

export interface JointEffectsInput {
  /** f(x) − f(x without i) − f(x without j) + f(x without both), [example, i, j]. */
  readonly interactions: Values;
  /** f(x) − f(x without i), [example, i]. */
  readonly singles: Values;
  readonly examples: number;
  readonly names?: readonly string[];
}

export function jointEffects({ interactions, singles, examples, names }: JointEffectsInput): MetricResult {
  const count = singles.length / examples;
  requireFinite(interactions, 'interactions', count * count, names);
  const joint = new Float64Array(examples);
  const shown = Float64Array.from({ length: examples }, (_, example) => {
    let alone = NaN;
    for (let i = 0; i < count; i++)
      for (let j = 0; j < i; j++) {
        const [a, b] = [singles[example * count + i]!, singles[example * count + j]!];
        const both = Math.abs(a + b - interactions[(example * count + i) * count + j]!);
        if (both <= joint[example]!) continue;
        joint[example] = both;
        alone = Math.max(Math.abs(a), Math.abs(b)) / both;
      }
    return alone;
  });
  const known = defined(shown);
  const n = known.length;
  const edges = equalBins(0, 1, 20);
  return {
    units: examples,
    columns: [
      { name: 'shown', values: shown },
      { name: 'joint', values: joint },
    ],
    ...estimate({
      median: { n, of: median(known) },
      hidden: share(known.map(part => Number(part < 0.5))),
    }),
    distribution: {
      title: 'Share of the largest joint effect that one feature alone shows',
      unit: 'share',
      edges,
      counts: countInBins(
        known.map(share => Math.min(1, share)),
        edges,
      ),
    },
    notes: [],
  };
}
