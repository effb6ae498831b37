/** One score for each feature from the scores of many examples, in the ways of Bontonou et al. 2023, arXiv 2303.11336, and their code. */
import { quantile } from '../../store/percentile.js';
import { normalisedScores, summedScores, type Classified } from './classes.js';
import { averageRanks } from './ranks.js';

export type Combination = 'sum' | 'rank' | 'median_rank' | 'published_rank';

/** @returns [feature], larger for what matters more */
export const COMBINATIONS: Readonly<
  Record<Combination, (classified: Classified, examples: readonly number[]) => Float64Array>
> = {
  sum: (classified, examples) => summedScores(classified, examples),
  rank: (classified, examples) =>
    total(classified, examples, example => averageRanks(normalisedScores(classified, example))),
  median_rank: (classified, examples) => {
    const ranks = examples.map(example => Float32Array.from(averageRanks(normalisedScores(classified, example))));
    return Float64Array.from({ length: classified.features }, (_, feature) =>
      quantile(Float64Array.from(ranks, row => row[feature]!).sort(), 0.5),
    );
  },
  // Which feature is at a place is summed as if it were the place that a feature has.
  published_rank: (classified, examples) =>
    total(classified, examples, example => {
      const scores = normalisedScores(classified, example);
      return Float64Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
    }),
};

function total(
  { features }: Classified,
  examples: readonly number[],
  of: (example: number) => Float64Array,
): Float64Array {
  const sum = new Float64Array(features);
  for (const example of examples) of(example).forEach((value, feature) => (sum[feature]! += value));
  return sum;
}
