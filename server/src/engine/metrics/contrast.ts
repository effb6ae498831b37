/** The difference between two sets of measurements of the same units: paired, so that units differ and cancel. */
import { estimate, mean } from './bootstrap.js';
import type { MetricResult, Values } from './metric.js';

export interface ContrastInput {
  /** Pairs of measurements, each [unit]; every pair has the same units. */
  readonly pairs: readonly { readonly from: Values; readonly to: Values }[];
  /** What a unit is. */
  readonly axis?: string;
}

/** Differences averaged over the pairs, unit by unit; units that some pair does not define are left out. */
export function contrast({ pairs, axis }: ContrastInput): MetricResult {
  const units = pairs[0]?.from.length ?? 0;
  const differences = Float64Array.from({ length: units }, (_, unit) => {
    const each = pairs.map(({ from, to }) => to[unit]! - from[unit]!);
    return each.reduce((sum, difference) => sum + difference, 0) / each.length;
  });
  const defined = differences.filter(difference => !Number.isNaN(difference));
  const left = units - defined.length;
  return {
    units,
    ...(axis !== undefined && { axis }),
    columns: [{ name: 'difference', values: differences }],
    ...estimate({
      mean: { n: defined.length, of: mean(defined) },
      improved: { n: defined.length, of: mean(defined.map(difference => Number(difference > 0))) },
      pairs: { n: pairs.length, of: () => pairs.length, interval: 'none' },
    }),
    notes:
      left === 0
        ? []
        : [
            {
              level: 'information',
              code: 'metric/undefined',
              message: `${left} of ${units} units have no value in some cell and are left out.`,
            },
          ],
  };
}
