/** Numbers that a method keeps for each row of its result, summarised as any measurement is. */
import { defined, estimate, mean, median } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import type { MetricResult, Values } from './metric.js';

export interface RecordedInput {
  /** What the numbers are, for pictures. */
  readonly title: string;
  /** What a row is: `example`, `rule`. */
  readonly axis: string;
  /** [row]; NaN where a row has none. */
  readonly values: Values;
}

/** Mean and median with intervals, and the extremes. */
export function recorded({ title, axis, values }: RecordedInput): MetricResult {
  const all = Float64Array.from(values);
  const known = defined(all);
  const n = known.length;
  const extreme = (value: number) => ({ n, of: () => (n > 0 ? value : NaN), interval: 'none' as const });
  const [low, high]: readonly [number, number] = [
    known.reduce((a, b) => Math.min(a, b), Infinity),
    known.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
  const edges = n > 0 ? equalBins(low, high, 20) : [];
  return {
    units: all.length,
    axis,
    columns: [{ name: 'value', values: all }],
    ...estimate(
      { mean: { n, of: mean(known) }, median: { n, of: median(known) }, min: extreme(low), max: extreme(high) },
      `${axis}s`,
    ),
    ...(n > 0 && { distribution: { title, unit: 'number', edges, counts: countInBins(known, edges) } }),
    notes: [],
  };
}
