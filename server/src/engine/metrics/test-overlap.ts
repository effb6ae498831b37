/**
 * Features that an explanation ranks high beside those whose values differ most between the classes by a test: what a network has
 * learned beside what needs no network. Bontonou et al. 2025, Bioinformatics Advances, vbae199, compare integrated gradients with tests of differential
 * expression; here the test is the analysis of variance (of two classes the square of Student's t).
 */
import type { Note } from '../../protocol.js';
import { summedScores, type Classified } from './classes.js';
import { estimate } from './bootstrap.js';
import type { MetricResult } from './metric.js';
import { averageRanks, rankCorrelation, topShares } from './ranks.js';

/**
 * F of the one-way analysis of variance of each feature: mean square between classes over mean square within.
 *
 * @param values [example, feature]
 * @param labels class of each example
 * @returns [feature]; 0 for a feature that is the same everywhere, Infinity for one that differs between classes only
 */
export function varianceRatios(values: ArrayLike<number>, labels: readonly number[], features: number): Float64Array {
  const classes = [...new Set(labels)];
  const counts = classes.map(label => labels.filter(other => other === label).length);
  const sums = classes.map(() => new Float64Array(features));
  const squares = new Float64Array(features);
  labels.forEach((label, example) => {
    const sum = sums[classes.indexOf(label)]!;
    for (let feature = 0; feature < features; feature++) sum[feature]! += values[example * features + feature]!;
  });
  labels.forEach((label, example) => {
    const at = classes.indexOf(label);
    for (let feature = 0; feature < features; feature++)
      squares[feature]! += (values[example * features + feature]! - sums[at]![feature]! / counts[at]!) ** 2;
  });
  return Float64Array.from({ length: features }, (_, feature) => {
    const all = sums.reduce((total, sum) => total + sum[feature]!, 0) / labels.length;
    const between = sums.reduce((total, sum, at) => total + counts[at]! * (sum[feature]! / counts[at]! - all) ** 2, 0);
    if (between === 0) return 0;
    return between / (classes.length - 1) / (squares[feature]! / (labels.length - classes.length));
  });
}

export interface TestOverlapInput extends Classified {
  /** Of each feature. */
  readonly ratios: Float64Array;
  /** Share of the features that counts as top. */
  readonly top: number;
  readonly notes?: readonly Note[];
}

/**
 * Features are ranked by the sum of the magnitudes of their scores, each example divided by its Euclidean length. Ties share the last
 * places of the top, so that the order of the features decides nothing.
 */
export function testOverlap(input: TestOverlapInput): MetricResult {
  const { classes, features, ratios, top, notes = [] } = input;
  const scores = summedScores(input, [...classes.keys()], Math.abs);
  const count = Math.max(1, Math.round(top * features));
  const tested = topShares(ratios, count);
  const shared = topShares(scores, count).reduce((sum, share, feature) => sum + share * tested[feature]!, 0);
  const once = (value: number) => ({ n: features, of: () => value, interval: 'none' as const });
  return {
    units: features,
    axis: 'feature',
    columns: [
      { name: 'score', values: scores },
      { name: 'variance_ratio', values: ratios },
    ],
    ...estimate({
      overlap: once(shared / count),
      correlation: once(rankCorrelation(averageRanks(scores), averageRanks(ratios))),
    }),
    notes: [
      ...notes,
      {
        level: 'information',
        code: 'metric/chance',
        message: `Unrelated rankings share ${((100 * count) / features).toFixed(1)} % of their ${count} top features.`,
      },
    ],
  };
}
