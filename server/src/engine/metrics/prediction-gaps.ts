/**
 * Prediction gaps: how far the probability of an example's class falls when features are replaced by their baseline, the most
 * important first (PGI), the least important first (PGU), in random order (PGR). Bontonou et al. 2023, arXiv 2303.11336.
 * The measures of OpenXAI under the same names are others: openxai-gaps.ts.
 */
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { defined, estimate, type Estimand } from './bootstrap.js';
import { byClass, descending, meanOverClasses, normalisedScores, type Classified } from './classes.js';
import { COMBINATIONS, type Combination } from './global-scores.js';
import { countInBins, equalBins } from './histogram.js';
import type { Losing } from './losing-features.js';
import type { MetricResult } from './metric.js';
import { RowQueue } from './row-queue.js';

/** Examples with what is known of them, and the inputs that they lose their features to. */
export interface Replaced extends Classified {
  /** [example, …shape]; a feature is as many numbers as fit. */
  readonly x: Float32Array;
  /** [example, …shape] */
  readonly baseline: Float32Array;
  /** Probability of each example's class. */
  readonly probabilities: Float64Array;
}

/** The order in which an example's features are replaced. */
export type OrderOf = (example: number) => Uint32Array;

/**
 * PG = (gap / d) Σ_i max(0, p(x) − p(x⁽ⁱ⁾)), i = 1 … ⌊d / gap⌋, x⁽ⁱ⁾ with the first i · gap features of the order replaced:
 * the area under the curve of the loss, from 0 to 1.
 *
 * @returns [example]
 * @throws Failure `metric/gap` when a step has more features than there are
 */
export async function predictionGaps(
  replaced: Replaced,
  gap: number,
  orderOf: OrderOf,
  losing: Losing,
): Promise<Float64Array> {
  const { classes, features, probabilities } = replaced;
  const steps = Math.floor(features / gap);
  if (steps === 0)
    throw new Failure('metric/gap', `${gap} features are replaced at a time, and there are ${features}`, {
      remedy: 'Give a smaller gap.',
    });
  const { size, whole, lose, ask } = losing;
  const queue = new RowQueue(size, ask);
  const gaps = new Float64Array(classes.length);
  for (const [example, label] of classes.entries()) {
    const order = orderOf(example);
    const row = whole(example);
    const probability = probabilities[example]!;
    const lost = (found: Float32Array) => {
      gaps[example]! += (gap / features) * Math.max(0, probability - found[label]!);
    };
    for (let step = 0; step < steps; step++) {
      for (let at = step * gap; at < (step + 1) * gap; at++) lose(row, example, order[at]!);
      if (queue.put(row, example, lost)) await queue.flush();
    }
  }
  await queue.flush();
  return gaps;
}

/**
 * Local order: that of each example's own scores. Global: of all examples' normalised scores combined, over all classes as in
 * the published code or within each class as its description says.
 *
 * @param sign 1 for the most important first, −1 for the least important first
 */
export function ordersBy(
  replaced: Classified,
  sign: 1 | -1,
  over: 'all' | 'class',
  combination: Combination = 'sum',
): { local: OrderOf; global: OrderOf } {
  const { classes } = replaced;
  const order = (scores: Float64Array) => descending(scores.map(score => sign * score));
  const groups = over === 'all' ? new Map([[NaN, [...classes.keys()]]]) : byClass(classes);
  const orders = new Map(
    [...groups].map(([label, examples]) => [label, order(COMBINATIONS[combination](replaced, examples))]),
  );
  return {
    local: example => order(normalisedScores(replaced, example)),
    global: example => orders.get(over === 'all' ? NaN : classes[example]!)!,
  };
}

export interface PredictionGapInput {
  /** Gaps of the examples by what is reported of them, [example]. */
  readonly gaps: Readonly<Record<string, Float64Array>>;
  readonly classes: readonly number[];
  readonly notes?: readonly Note[];
}

/** Means within classes, then over classes, of each of the gaps. */
export function predictionGap({ gaps, classes, notes = [] }: PredictionGapInput): MetricResult {
  const [first = new Float64Array(0)] = Object.values(gaps);
  const edges = equalBins(0, 1, 20);
  const estimands = Object.entries(gaps).map(([name, values]): [string, Estimand] => {
    const known = classes.filter((_, example) => !Number.isNaN(values[example]));
    return [name, { n: known.length, of: meanOverClasses(defined(values), known) }];
  });
  return {
    units: classes.length,
    columns: [
      ...Object.entries(gaps).map(([name, values]) => ({ name, values })),
      { name: 'class', values: Float64Array.from(classes) },
    ],
    ...estimate(Object.fromEntries(estimands)),
    distribution: { title: 'Prediction gap of each example', unit: 'share', edges, counts: countInBins(first, edges) },
    notes,
  };
}

/**
 * Gaps divided by the most that there is to lose in a class, 1 − p(baseline), which is averaged within the class.
 *
 * @param atBaseline probability of each example's class at its baseline
 * @returns NaN where the baseline is certain of the class
 */
export function adjusted(gaps: Float64Array, atBaseline: Float64Array, classes: readonly number[]): Float64Array {
  const rest = new Map(
    [...byClass(classes)].map(([label, examples]) => [
      label,
      examples.reduce((sum, example) => sum + 1 - atBaseline[example]!, 0) / examples.length,
    ]),
  );
  return gaps.map((gap, example) => {
    const most = rest.get(classes[example]!)!;
    return most > 0 ? gap / most : NaN;
  });
}
