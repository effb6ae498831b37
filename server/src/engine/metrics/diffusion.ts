/**
 * Scores spread over genes that are expressed together: a · D with D = deg^(−½) (A + I) deg^(−½), A the positive correlations
 * between genes above a limit. Bontonou et al. 2023, arXiv 2303.11336.
 */
import type { CorrelatedPair } from '../methods/global/correlated-pairs.js';

/** Correlation above which two genes are joined. */
export const LEAST = 0.5;

/** The neighbours of each feature, itself first, with their weights in D. */
export type Diffusion = readonly { readonly features: Uint32Array; readonly weights: Float64Array }[];

/** @param pairs features that are joined */
export function diffusionOf(features: number, pairs: readonly CorrelatedPair[]): Diffusion {
  const joined = Array.from({ length: features }, (_, feature) => [{ feature, weight: 1 }]);
  for (const { one, other, correlation: weight } of pairs) {
    joined[one]!.push({ feature: other, weight });
    joined[other]!.push({ feature: one, weight });
  }
  const degrees = joined.map(row => row.reduce((sum, { weight }) => sum + weight, 0));
  return joined.map((row, one) => ({
    features: Uint32Array.from(row, ({ feature }) => feature),
    weights: Float64Array.from(row, ({ feature, weight }) => weight / Math.sqrt(degrees[one]! * degrees[feature]!)),
  }));
}

/** D itself, [feature, feature]. */
export function matrixOf(diffusion: Diffusion): Float32Array {
  const matrix = new Float32Array(diffusion.length ** 2);
  diffusion.forEach(({ features, weights }, row) =>
    features.forEach((column, i) => (matrix[row * diffusion.length + column] = weights[i]!)),
  );
  return matrix;
}

/** @param scores [example, feature] */
export function diffused(scores: ArrayLike<number>, diffusion: Diffusion): Float64Array {
  const width = diffusion.length;
  return Float64Array.from({ length: scores.length }, (_, at) => {
    const { features, weights } = diffusion[at % width]!;
    const row = at - (at % width);
    let sum = 0;
    for (let i = 0; i < features.length; i++) sum += scores[row + features[i]!]! * weights[i]!;
    return sum;
  });
}
