/**
 * Intervals in closed form, for statistics whose units cannot be resampled well: shares of few variants, and statistics of a
 * handful of models. A bound is the confidence limit as a function of its probability.
 */
import { normalQuantile } from '../random/normal-distribution.js';
import { studentQuantile } from '../random/student-distribution.js';
import type { Weighted } from './bootstrap.js';

/** The value below which the truth lies with this confidence; rises with the probability. */
export type Bound = (probability: number) => number;

/** A bound in the place of bootstrap draws: its values at even probabilities, whose percentiles are its limits. */
export function boundsAsDraws(bound: Bound, draws: number): Float64Array {
  return Float64Array.from({ length: draws }, (_, i) => bound((i + 0.5) / draws));
}

/**
 * Score interval of a share (Wilson 1927, J Am Stat Assoc 22:209).
 *
 * @param successes of `n`; need not be whole, where ties are shared out
 */
export function wilson(successes: number, n: number): Bound {
  return probability => {
    const z = normalQuantile(probability);
    const spread = Math.sqrt((successes * (n - successes)) / n + (z * z) / 4);
    return Math.min(1, Math.max(0, (successes + (z * z) / 2 + z * spread) / (n + z * z)));
  };
}

/** Halvings of [0, 1] that leave less than a double can hold. */
const HALVINGS = 53;

/**
 * Interval of an AUROC by the variance of the Mann–Whitney statistic at the limit itself, as Wilson's is for a share: not of width 0
 * where all positives are above all negatives (Newcombe 2006, Stat Med 25:559, method 5).
 */
export function mannWhitney(area: number, positives: number, negatives: number): Bound {
  const others = (positives + negatives) / 2 - 1;
  const variance = (a: number): number =>
    (a * (1 - a) * (1 + others * ((1 - a) / (2 - a) + a / (1 + a)))) / (positives * negatives);
  return probability => {
    const z = normalQuantile(probability);
    let [low, high] = z < 0 ? [0, area] : [area, 1];
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = (low + high) / 2;
      if (middle - area < z * Math.sqrt(variance(middle))) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
}

/**
 * Student's t around the value with the jackknife's standard error (Efron & Tibshirani 1993, ch. 11). Units drawn twice say
 * nothing of the spread between units, so statistics of that spread are resampled by leaving each unit out once.
 */
export function jackknife(n: number, of: Weighted): Bound {
  const counts = new Uint32Array(n).fill(1);
  const value = of(counts);
  const without = Float64Array.from(counts, (_, unit) => of(counts.map((count, i) => (i === unit ? 0 : count))));
  const mean = without.reduce((sum, one) => sum + one, 0) / n;
  const error = Math.sqrt(((n - 1) / n) * without.reduce((sum, one) => sum + (one - mean) ** 2, 0));
  return probability => value + error * studentQuantile(probability, n - 1);
}
