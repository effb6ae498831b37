/**
 * How far several maps of the same examples agree on the order of positions. Overlap of the top positions: "feature
 * agreement" of Krishna et al. 2022, arXiv 2202.01602; correlation: Spearman 1904, with average ranks.
 */
import type { Note } from '../../protocol.js';
import { defined, estimate, mean, median } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';
import { averageRanks, rankCorrelation, topShares } from './ranks.js';

export interface RankAgreementInput {
  /** Position scores of each map, [example, position]; at least two maps. */
  readonly scores: readonly Values[];
  readonly examples: number;
  readonly length: number;
  /** Share of the positions that counts as top. */
  readonly top: number;
  readonly names?: readonly string[];
}

/**
 * Agreement per example, averaged over pairs of maps. Two maps share Σ wₐ·w_b of their k top positions, with w the chance
 * of a position to be on top when ties are broken at random: the overlap expected of independent tie-breaking. A map of
 * equal scores therefore agrees with any map, and with itself, by chance (k/L) only.
 */
export function rankAgreement(input: RankAgreementInput): MetricResult {
  const { scores, examples, length, top, names } = input;
  for (const map of scores) requireFinite(map, 'position scores', length, names);
  const count = Math.min(length, Math.max(1, Math.round(top * length)));
  const shared = new Float64Array(examples);
  const correlation = new Float64Array(examples);
  for (let example = 0; example < examples; example++) {
    const rows = scores.map(map => Float64Array.from(map.subarray(example * length, (example + 1) * length)));
    const tops = rows.map(row => topShares(row.map(Math.abs), count));
    const ranks = rows.map(averageRanks);
    let pairs = 0;
    let overlap = 0;
    let correlated = 0;
    let correlations = 0;
    for (let a = 1; a < rows.length; a++) {
      for (let b = 0; b < a; b++) {
        pairs++;
        for (let position = 0; position < length; position++) overlap += tops[a]![position]! * tops[b]![position]!;
        const value = rankCorrelation(ranks[a]!, ranks[b]!);
        if (Number.isNaN(value)) continue;
        correlated++;
        correlations += value;
      }
    }
    shared[example] = overlap / (pairs * count);
    correlation[example] = correlations / correlated;
  }

  const correlations = defined(correlation);
  const notes: Note[] = [
    {
      level: 'information',
      code: 'metric/top',
      message: `${count} of ${length} positions are top; unrelated maps share ${((100 * count) / length).toFixed(1)} % of them.`,
    },
  ];
  if (correlations.length < examples) {
    notes.push({
      level: 'warning',
      code: 'metric/no-rank',
      message: `${examples - correlations.length} of ${examples} examples have maps of equal scores, which have no correlation.`,
    });
  }
  const edges = equalBins(0, 1, 20);
  return {
    units: examples,
    columns: [
      { name: 'shared', values: shared },
      { name: 'correlation', values: correlation },
    ],
    ...estimate({
      median: { n: examples, of: median(shared) },
      mean: { n: examples, of: mean(shared) },
      min: { n: examples, of: () => (examples > 0 ? shared.reduce((a, b) => Math.min(a, b)) : NaN), interval: 'none' },
      correlation: { n: correlations.length, of: mean(correlations) },
    }),
    distribution: {
      title: 'Shared top positions of each example',
      unit: 'share',
      edges,
      counts: countInBins(shared, edges),
    },
    notes,
  };
}
