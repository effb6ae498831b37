/** Features predicted from those that they are correlated with, by least squares. */
import { Failure } from '../../failure.js';
import { choleskySolver } from '../perturbation/cholesky.js';
import type { Correlations } from './correlations.js';

/** Added to the unit diagonal of the correlation matrix, so that copies of a feature share their weight. */
const RIDGE = 1e-6;
/** Examples for each feature that predicts. */
const EXAMPLES_PER_FEATURE = 10;

/**
 * @param targets features that are predicted together: none of them predicts another
 * @param given most features that predict: those with the largest |r| with any target
 * @throws Failure `method/too-few` for fewer than ten examples
 * @returns for each target the predictions in its own units, [example]; its mean where nothing can predict it
 */
export function predictor(correlations: Correlations, targets: readonly number[], given: number): Float64Array[] {
  const { examples, means, deviations } = correlations;
  const most = Math.min(given, Math.floor(examples / EXAMPLES_PER_FEATURE));
  if (most === 0)
    throw new Failure('method/too-few', `${examples} examples are too few to predict features from each other`, {
      remedy: `Give at least ${EXAMPLES_PER_FEATURE}, better hundreds.`,
    });
  const chosen = mostCorrelated(correlations, targets, most);
  const size = chosen.length;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++)
      matrix[i * size + j] = correlations.between(chosen[i]!, chosen[j]!) + (i === j ? RIDGE : 0);
  const solve = choleskySolver(matrix, size);
  if (solve === undefined) throw new Error('a ridge keeps a correlation matrix from being singular');
  return targets.map(target => {
    const weights = solve(Float64Array.from(chosen, feature => correlations.between(feature, target)));
    const predicted = new Float64Array(examples).fill(means[target]!);
    chosen.forEach((feature, i) => {
      const column = correlations.column(feature);
      const weight = weights[i]! * deviations[target]!;
      for (let example = 0; example < examples; example++) predicted[example]! += weight * column[example]!;
    });
    return predicted;
  });
}

function mostCorrelated(correlations: Correlations, targets: readonly number[], count: number): number[] {
  const own = new Set(targets);
  const strength = new Map<number, number>();
  for (let other = 0; other < correlations.features; other++) {
    if (own.has(other) || correlations.deviations[other] === 0) continue;
    strength.set(other, Math.max(...targets.map(target => Math.abs(correlations.between(target, other)))));
  }
  return [...strength]
    .sort(([i, a], [j, b]) => b - a || i - j)
    .slice(0, count)
    .map(([feature]) => feature);
}
