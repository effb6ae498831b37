/**
 * How few features carry a map. Gini index and Hoyer's measure: Hurley & Rickard 2009, IEEE Trans Inf Theory 55:4723, on
 * attributions Chalasani et al. 2020, ICML; entropy: Bhatt, Weller & Moura 2020, IJCAI ("complexity").
 */
import { defined, estimate, mean, median } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';

export interface ScoresInput {
  /** [example, feature] */
  readonly scores: Values;
  readonly examples: number;
  readonly length: number;
  readonly names?: readonly string[];
}

/** 0 where all magnitudes are equal, (n − 1) / n where one carries everything; NaN for zeros. */
export function gini(scores: Values): number {
  const sorted = Float64Array.from(scores, Math.abs).sort();
  const n = sorted.length;
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let weighted = 0;
  sorted.forEach((value, i) => (weighted += value * (n - i - 0.5)));
  return total > 0 ? 1 - (2 * weighted) / (total * n) : NaN;
}

/** (√n − ‖s‖₁ / ‖s‖₂) / (√n − 1), from 0 (all equal) to 1 (a single one); NaN for zeros and for one feature. */
export function hoyer(scores: Values): number {
  let [sum, squares] = [0, 0];
  for (const score of scores) {
    sum += Math.abs(score);
    squares += score * score;
  }
  const root = Math.sqrt(scores.length);
  return squares > 0 && root > 1 ? (root - sum / Math.sqrt(squares)) / (root - 1) : NaN;
}

/** Entropy in bits of the magnitudes as shares of their sum; NaN for zeros. */
export function entropy(scores: Values): number {
  let total = 0;
  for (const score of scores) total += Math.abs(score);
  let bits = 0;
  for (const score of scores) {
    const share = Math.abs(score) / total;
    if (share > 0) bits -= share * Math.log2(share);
  }
  return total > 0 ? Math.max(0, bits) : NaN;
}

export function sparseness(input: ScoresInput): MetricResult {
  return overExamples(
    input,
    { gini, hoyer },
    { gini: ['gini', mean], median: ['gini', median], hoyer: ['hoyer', mean] },
    { column: 'gini', title: 'Gini index of each map', unit: 'share', high: 1 },
  );
}

export function complexity(input: ScoresInput): MetricResult {
  return overExamples(
    input,
    { entropy, effective: scores => 2 ** entropy(scores) / scores.length },
    { entropy: ['entropy', mean], effective: ['effective', mean] },
    { column: 'entropy', title: 'Entropy of each map', unit: 'bit', high: Math.log2(input.length) },
  );
}

function overExamples<Column extends string>(
  { scores, examples, length, names }: ScoresInput,
  measures: Readonly<Record<Column, (scores: Values) => number>>,
  statistics: Readonly<Record<string, readonly [Column, typeof mean]>>,
  shown: { readonly column: Column; readonly title: string; readonly unit: string; readonly high: number },
): MetricResult {
  requireFinite(scores, 'scores', length, names);
  const rows = Array.from({ length: examples }, (_, i) => scores.subarray(i * length, (i + 1) * length));
  const columnOf = (name: Column) => Float64Array.from(rows, row => measures[name](row));
  const silent = rows.filter(row => row.every((score: number) => score === 0)).length;
  const edges = equalBins(0, shown.high, 20);
  return {
    units: examples,
    columns: (Object.keys(measures) as Column[]).map(name => ({ name, values: columnOf(name) })),
    ...estimate(
      Object.fromEntries(
        Object.entries(statistics).map(([name, [column, of]]) => {
          const values = defined(columnOf(column));
          return [name, { n: values.length, of: of(values) }];
        }),
      ),
    ),
    distribution: {
      title: shown.title,
      unit: shown.unit,
      edges,
      counts: countInBins(defined(columnOf(shown.column)), edges),
    },
    notes:
      silent === 0
        ? []
        : [
            {
              level: 'warning',
              code: 'metric/no-score',
              message: `${silent} of ${examples} examples have a map of zeros and are left out.`,
            },
          ],
  };
}
