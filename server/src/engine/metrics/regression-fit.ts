/** How predictions fit what was measured. R² as Kvålseth 1985, Am. Stat. 39:279–285, equation 1. */
import { Failure } from '../failure.js';
import { estimate, mean, type Weighted } from './bootstrap.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';

export interface RegressionFitInput {
  /** Value of the target, [example]. */
  readonly outputs: Values;
  readonly labels: readonly (number | undefined)[];
  readonly names?: readonly string[];
}

/** @throws Failure `metric/no-labels` where no example has a label, `metric/not-finite` */
export function regressionFit({ outputs, labels, names }: RegressionFitInput): MetricResult {
  requireFinite(outputs, 'values of the target', 1, names);
  const known = labels.flatMap((label, index) => (label === undefined ? [] : [index]));
  if (known.length === 0)
    throw new Failure('metric/no-labels', 'no example has a label to compare with', {
      remedy: 'Use data with labels: a column of a table, or the trait of a cohort.',
    });
  const n = known.length;
  // Everything is measured from the mean label, so that differences of squares lose no digits.
  const centre = known.reduce((sum, index) => sum + labels[index]!, 0) / n;
  const predicted = Float64Array.from(known, index => outputs[index]! - centre);
  const measured = Float64Array.from(known, index => labels[index]! - centre);
  const meanOf = (of: (example: number) => number): Weighted => mean(Float64Array.from({ length: n }, (_, i) => of(i)));
  const [first, second] = [mean(predicted), mean(measured)];
  const residual = meanOf(i => (measured[i]! - predicted[i]!) ** 2);
  const both = meanOf(i => predicted[i]! * measured[i]!);
  const varianceOf = (values: Float64Array): Weighted => {
    const [first, second] = [mean(values), meanOf(i => values[i]! ** 2)];
    return counts => {
      const one = values[counts.findIndex(count => count > 0)];
      // What a difference of squares leaves of equal values is rounding.
      const equal = values.every((value, i) => counts[i] === 0 || value === one);
      return equal ? 0 : second(counts) - first(counts) ** 2;
    };
  };
  const [spread, total] = [varianceOf(predicted), varianceOf(measured)];
  return {
    units: outputs.length,
    columns: [
      { name: 'output', values: Float64Array.from(outputs) },
      { name: 'label', values: Float64Array.from(labels, label => label ?? NaN) },
    ],
    ...estimate({
      r2: {
        n,
        of: counts => {
          const variance = total(counts);
          return variance > 0 ? 1 - residual(counts) / variance : NaN;
        },
      },
      correlation: {
        n,
        of: counts => {
          const product = spread(counts) * total(counts);
          return product > 0 ? (both(counts) - first(counts) * second(counts)) / Math.sqrt(product) : NaN;
        },
      },
      mean_absolute: { n, of: meanOf(i => Math.abs(measured[i]! - predicted[i]!)) },
    }),
    notes: measured.every(value => value === measured[0])
      ? [
          {
            level: 'information',
            code: 'metric/undefined',
            message: 'All labels are equal: there is nothing to explain.',
          },
        ]
      : [],
  };
}
