/**
 * The agreement family: how far maps agree on their top features, on the order of these, and on their signs. Krishna et al.
 * 2022, arXiv 2202.01602 ("The Disagreement Problem in Explainable Machine Learning").
 */
import { estimate, mean } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';

export interface AgreementInput {
  /** Scores of each map, [example, feature]; at least two maps. */
  readonly scores: readonly Values[];
  readonly examples: number;
  readonly length: number;
  /** Share of the features that is top. */
  readonly top: number;
  readonly names?: readonly string[];
}

const MEASURES = ['feature', 'rank', 'sign', 'signed_rank', 'pairwise_rank'] as const;
type Agreements = Record<(typeof MEASURES)[number], number>;

/** The k features with the largest |score|, the largest first, the first of equal ones; a score of 0 is never top. */
export function topFeatures(scores: Values, k: number): number[] {
  return [...scores.keys()]
    .filter(feature => scores[feature] !== 0)
    .sort((a, b) => Math.abs(scores[b]!) - Math.abs(scores[a]!) || a - b)
    .slice(0, k);
}

/**
 * Shares of the k top features that two maps have in common: at all, at the same rank, with the same sign, with both; and the
 * share of pairs of features, of those that are top in either map, that both order alike by |score| (a tie in one map only is
 * no agreement; NaN with fewer than two features).
 */
export function agreements(a: Values, b: Values, k: number): Agreements {
  const [topA, topB] = [topFeatures(a, k), topFeatures(b, k)];
  const rankInB = new Map(topB.map((feature, rank) => [feature, rank]));
  const found = { feature: 0, rank: 0, sign: 0, signed_rank: 0, pairwise_rank: 0 };
  topA.forEach((feature, rank) => {
    const other = rankInB.get(feature);
    if (other === undefined) return;
    const sameSign = Math.sign(a[feature]!) === Math.sign(b[feature]!);
    found.feature += 1 / k;
    if (rank === other) found.rank += 1 / k;
    if (sameSign) found.sign += 1 / k;
    if (rank === other && sameSign) found.signed_rank += 1 / k;
  });
  const either = [...new Set([...topA, ...topB])];
  const magnitudes = (scores: Values) => Float64Array.from(either, feature => Math.abs(scores[feature]!));
  const [ofA, ofB] = [magnitudes(a), magnitudes(b)];
  let alike = 0;
  for (let i = 1; i < either.length; i++)
    for (let j = 0; j < i; j++) if (Math.sign(ofA[i]! - ofA[j]!) === Math.sign(ofB[i]! - ofB[j]!)) alike++;
  found.pairwise_rank = alike / ((either.length * (either.length - 1)) / 2);
  return found;
}

/** Means over pairs of maps for each example, and over the examples. */
export function agreement({ scores, examples, length, top, names }: AgreementInput): MetricResult {
  for (const map of scores) requireFinite(map, 'scores', length, names);
  const k = Math.min(length, Math.max(1, Math.round(top * length)));
  const pairs = (scores.length * (scores.length - 1)) / 2;
  const columns = MEASURES.map(name => ({ name, values: new Float64Array(examples) }));
  for (let example = 0; example < examples; example++) {
    const rows = scores.map(map => map.subarray(example * length, (example + 1) * length));
    for (let a = 1; a < rows.length; a++)
      for (let b = 0; b < a; b++) {
        const found = agreements(rows[a]!, rows[b]!, k);
        for (const { name, values } of columns) values[example]! += found[name] / pairs;
      }
  }
  const edges = equalBins(0, 1, 20);
  return {
    units: examples,
    columns,
    ...estimate(
      Object.fromEntries(
        columns.map(({ name, values }) => {
          const known = values.filter(value => !Number.isNaN(value));
          return [name, { n: known.length, of: mean(known) }];
        }),
      ),
    ),
    distribution: {
      title: 'Shared top features of each example',
      unit: 'share',
      edges,
      counts: countInBins(columns[0]!.values, edges),
    },
    notes: [
      {
        level: 'information',
        code: 'metric/top',
        message: `${k} of ${length} features are top; unrelated maps share ${((100 * k) / length).toFixed(1)} % of them.`,
      },
    ],
  };
}
