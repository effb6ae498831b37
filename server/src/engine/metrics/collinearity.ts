/**
 * Condition number and variance inflation of features that go with each other. Belsley, Kuh & Welsch 1980, Regression
 * Diagnostics, ch. 3; Wang et al. 2025, arXiv 2505.09873.
 */
import { deviation } from '../../store/spread.js';
import { symmetricEigen } from '../data/principal-components.js';
import { defined, estimate, median } from './bootstrap.js';
import type { MetricResult } from './metric.js';

/** Variance inflation that is called high. */
const HIGH = 10;

export interface CollinearityInput {
  /** Correlations of the features that vary, [feature][feature]. */
  readonly correlations: readonly Float64Array[];
  /** Score of each of these features in each member of an ensemble, [feature][member]. */
  readonly scores?: readonly Float64Array[];
}

export function collinearity({ correlations, scores }: CollinearityInput): MetricResult {
  const n = correlations.length;
  const { values, vectors } = symmetricEigen(correlations);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // Below rounding of the data the features are copies of each other, and nothing tells them apart.
  const singular = least < 1e-7 * most;
  const inflation = Float64Array.from(vectors, row =>
    singular ? NaN : row.reduce((sum, value, i) => sum + (value * value) / values[i]!, 0),
  );
  const exact = (value: number) => ({ n, of: () => value, interval: 'none' as const });
  const spreads = Float64Array.from(scores ?? [], deviation);
  const spread = defined(spreads);
  return {
    units: n,
    axis: 'feature',
    columns: [{ name: 'vif', values: inflation }, ...(scores ? [{ name: 'spread', values: spreads }] : [])],
    ...estimate(
      {
        condition: exact(singular ? NaN : most / least),
        vif: exact(median(inflation)(new Uint32Array(n).fill(1))),
        largest: exact(Math.max(...inflation)),
        inflated: exact(singular ? NaN : inflation.filter(value => value > HIGH).length / n),
        spread: { n: spread.length, of: median(spread) },
      },
      'features',
    ),
    notes: singular
      ? [
          {
            level: 'warning',
            code: 'metric/singular',
            message: 'Some features are exact combinations of others: nothing in these data tells them apart.',
          },
        ]
      : [],
  };
}
