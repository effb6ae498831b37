/**
 * Which features a method finds with a bounded false discovery rate, and how many of them are true where the truth is known.
 * P-values: Benjamini & Hochberg 1995, J R Stat Soc B 57:289; knockoffs: the filter of the method itself.
 */
import { estimate } from './bootstrap.js';
import { wilson } from './bounds.js';
import type { MetricResult, Values } from './metric.js';

export interface DiscoveriesInput {
  /** 1 for a feature that is found, [feature]. */
  readonly found: Values;
  /** 1 for a feature that has an effect, [feature]; absent where nothing is known. */
  readonly truth?: Values;
}

/** 1 for p-values that the step-up procedure rejects at the rate q: p₍ᵢ₎ ≤ i q / n for the largest such i. */
export function benjaminiHochberg(pValues: Values, q: number): Float64Array {
  const sorted = Float64Array.from(pValues).sort();
  let border = -1;
  sorted.forEach((p, i) => {
    if (p <= ((i + 1) * q) / sorted.length) border = p;
  });
  return Float64Array.from(pValues, p => Number(p <= border));
}

/** For each p-value the smallest rate at which the procedure rejects it: min over j ≥ i of p₍ⱼ₎ n / j, at most 1. */
export function adjusted(pValues: Values): Float64Array {
  const n = pValues.length;
  const order = Array.from(pValues, (_, i) => i).sort((a, b) => pValues[b]! - pValues[a]!);
  const found = new Float64Array(n);
  let least = 1;
  order.forEach((i, place) => {
    least = Math.min(least, (pValues[i]! * n) / (n - place));
    found[i] = least;
  });
  return found;
}

/**
 * `false_share`: of the features found, those without an effect (0 where none is found); `power`: of those with an effect, the
 * found ones. Intervals are Wilson's, with features taken for independent.
 */
export function discoveries({ found, truth }: DiscoveriesInput): MetricResult {
  const n = found.length;
  const sum = (of: (feature: number) => number): number =>
    Array.from({ length: n }, (_, feature) => of(feature)).reduce((a, b) => a + b, 0);
  const count = sum(feature => found[feature]!);
  const exact = (value: number) => ({ n, of: () => value, interval: 'none' as const });
  const share = (part: number, of: number) => ({
    n: of,
    of: () => (of > 0 ? part / of : NaN),
    interval: { bound: wilson(part, of) },
  });
  const real = truth && sum(feature => truth[feature]!);
  const hits = truth && sum(feature => truth[feature]! * found[feature]!);
  return {
    units: n,
    axis: 'feature',
    columns: [
      { name: 'found', values: Float64Array.from(found) },
      ...(truth ? [{ name: 'truth', values: Float64Array.from(truth) }] : []),
    ],
    ...estimate(
      {
        ...(real !== undefined &&
          hits !== undefined && {
            false_share: count > 0 ? share(count - hits, count) : exact(0),
            power: share(hits, real),
          }),
        count: exact(count),
      },
      'features',
    ),
    notes: truth
      ? []
      : [
          {
            level: 'information',
            code: 'metric/no-truth',
            message: 'Nothing is known of the features of these data: how many are found is all that can be said.',
          },
        ],
  };
}
