/**
 * Stability of attribution scores over the members of an ensemble: the relative standard deviation of each variant's score.
 * Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784.
 */
import type { Note } from '../../protocol.js';
import { quantile } from '../../store/percentile.js';
import { Failure } from '../failure.js';
import { jackknife } from './bounds.js';
import { estimate, type Weighted } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult } from './metric.js';

export interface StabilityInput {
  /** Score of each variant in each member of the ensemble, one array [variant] for each member. */
  readonly members: readonly Float64Array[];
}

/** Keeps scores of zero from being divided by zero, as published. */
const NO_SCORE = 1e-12;
/** Median above which a ranking depends on the seed of its network as much as on the data. */
const UNSTABLE = 0.5;

/**
 * sd / |mean| of each variant's scores, with n − 1; NaN with fewer than two members. Importances can be negative, and no less unstable.
 *
 * @param counts how often each member counts
 */
export function relativeDeviations(members: readonly Float64Array[], counts: ArrayLike<number>): Float64Array {
  const total = members.reduce((sum, _, member) => sum + counts[member]!, 0);
  return Float64Array.from({ length: members[0]!.length }, (_, variant) => {
    let sum = 0;
    members.forEach((scores, member) => (sum += counts[member]! * scores[variant]!));
    const mean = sum / total;
    let squares = 0;
    members.forEach((scores, member) => (squares += counts[member]! * (scores[variant]! - mean) ** 2));
    return total > 1 ? Math.sqrt(squares / (total - 1)) / (Math.abs(mean) + NO_SCORE) : NaN;
  });
}

/** Statistics of the distribution of relative standard deviations over variants. */
const STATISTICS: Readonly<Record<string, (sorted: Float64Array) => number>> = {
  median: sorted => quantile(sorted, 0.5),
  mean: sorted => sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
  mad: sorted => {
    const middle = quantile(sorted, 0.5);
    return quantile(sorted.map(value => Math.abs(value - middle)).sort(), 0.5);
  },
  iqr: sorted => quantile(sorted, 0.75) - quantile(sorted, 0.25),
  p10: sorted => quantile(sorted, 0.1),
  p90: sorted => quantile(sorted, 0.9),
};

/**
 * @param input scores of at least two members
 * @throws Failure `metric/one-member` for fewer
 */
export function stability({ members }: StabilityInput): MetricResult {
  const n = members.length;
  if (n < 2)
    throw new Failure('metric/one-member', `the scores come from ${n} network, and stability compares several`, {
      remedy: 'Explain an ensemble: ensemble networks = train(members: 10, …).',
    });
  for (const scores of members) requireFinite(scores, 'scores of a member', 1);
  const deviations = relativeDeviations(members, new Uint32Array(n).fill(1));
  const estimands = Object.entries(STATISTICS).map(([name, statistic]) => {
    const of: Weighted = counts => statistic(relativeDeviations(members, counts).sort());
    return [name, { n, of, interval: { bound: jackknife(n, of) } }] as const;
  });
  const sorted = Float64Array.from(deviations).sort();
  const edges = equalBins(0, sorted.at(-1) ?? 0, 20);
  return {
    units: deviations.length,
    axis: 'variant',
    columns: [
      { name: 'relative_deviation', values: deviations },
      {
        name: 'mean_score',
        values: deviations.map((_, v) => members.reduce((sum, scores) => sum + scores[v]!, 0) / n),
      },
    ],
    ...estimate(Object.fromEntries(estimands), 'members'),
    distribution: {
      title: 'Relative standard deviation of each variant over the members',
      unit: 'share',
      edges,
      counts: countInBins(deviations, edges),
    },
    notes: notesOf(quantile(sorted, 0.5), deviations, members),
  };
}

function notesOf(median: number, deviations: Float64Array, members: readonly Float64Array[]): Note[] {
  const notes: Note[] = [];
  if (median > UNSTABLE)
    notes.push({
      level: 'warning',
      code: 'GA019',
      message: `Half of the variants have scores that vary by more than ${(100 * median).toFixed(0)} % of their mean from network to network: a ranking by one of them is unstable.`,
    });
  const silent = deviations.filter((_, v) => members.every(scores => scores[v] === 0)).length;
  if (silent > 0)
    notes.push({
      level: 'warning',
      code: 'metric/no-score',
      message: `${silent} of ${deviations.length} variants score 0 in every member; their deviation counts as 0.`,
    });
  return notes;
}
