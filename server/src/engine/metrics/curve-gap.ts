/**
 * How far two curves of the same features are apart. Accumulated local effects and partial dependence agree where features are
 * independent: both are then the integral of E[∂f/∂x_j | x_j]. Apley & Zhu 2020, J R Stat Soc B 82:1059.
 */
import { estimate, mean } from './bootstrap.js';
import type { MetricResult, Values } from './metric.js';

export interface CurveGapInput {
  /** Two sets of curves, [feature, point]. */
  readonly curves: readonly [Values, Values];
  readonly features: number;
}

/** max |a − b| over the points of each feature, centred, relative to the larger range. */
export function curveGap({ curves, features }: CurveGapInput): MetricResult {
  const points = curves[0].length / features;
  const gaps = Float64Array.from({ length: features }, (_, feature) => {
    const [a, b] = curves.map(curve => centred(curve.subarray(feature * points, (feature + 1) * points))) as [
      Float64Array,
      Float64Array,
    ];
    const range = Math.max(rangeOf(a), rangeOf(b));
    return range > 0 ? Math.max(...a.map((value, point) => Math.abs(value - b[point]!))) / range : 0;
  });
  return {
    units: features,
    axis: 'feature',
    columns: [{ name: 'gap', values: gaps }],
    ...estimate(
      {
        mean: { n: features, of: mean(gaps) },
        max: { n: features, of: () => Math.max(...gaps), interval: 'none' },
      },
      'features',
    ),
    notes: [],
  };
}

function centred(curve: Values): Float64Array {
  const values = Float64Array.from(curve);
  const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map(value => value - middle);
}

const rangeOf = (values: Float64Array): number => Math.max(...values) - Math.min(...values);
