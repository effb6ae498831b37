/** How far a map is from another that is taken for right: the relative Euclidean distance of their position scores. */
import { defined, estimate, mean, median } from './bootstrap.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';

export interface MapDistanceInput {
  /** Position scores, [example, position]. */
  readonly scores: Values;
  /** Those of the map that is taken for right. */
  readonly reference: Values;
  readonly examples: number;
  readonly names?: readonly string[];
}

/** ‖a − b‖ / ‖b‖ of each example; not defined where b is all zero. */
export function mapDistance({ scores, reference, examples, names }: MapDistanceInput): MetricResult {
  const length = reference.length / examples;
  for (const values of [scores, reference]) requireFinite(values, 'position scores', length, names);
  const distances = Float64Array.from({ length: examples }, (_, example) => {
    let [apart, size] = [0, 0];
    for (let at = example * length; at < (example + 1) * length; at++) {
      apart += (scores[at]! - reference[at]!) ** 2;
      size += reference[at]! ** 2;
    }
    return size > 0 ? Math.sqrt(apart / size) : NaN;
  });
  const known = defined(distances);
  const n = known.length;
  const largest = known.reduce((a, b) => Math.max(a, b), -Infinity);
  return {
    units: examples,
    columns: [{ name: 'distance', values: distances }],
    ...estimate({
      median: { n, of: median(known) },
      mean: { n, of: mean(known) },
      max: { n, of: () => (n > 0 ? largest : NaN), interval: 'none' },
    }),
    notes: [],
  };
}
