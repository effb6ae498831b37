/** Examples of a classifier as its measurements see them, and what is averaged class by class. */
import type { Weighted } from './bootstrap.js';
import type { Values } from './metric.js';

/** Correctly classified examples, with the scores of the features of each. */
export interface Classified {
  /** Class of each example, which is also the class that its attribution explains. */
  readonly classes: readonly number[];
  /** Scores of the features, [example, feature]. */
  readonly scores: Values;
  readonly features: number;
}

/** The class with the largest probability, the first of equal ones. */
export function likeliest(probabilities: Float32Array): number {
  return probabilities.indexOf(probabilities.reduce((largest, one) => Math.max(largest, one)));
}

/** Mean over the classes of the mean within each; a class without any example in a resample is left out. */
export function meanOverClasses(values: Float64Array, classes: readonly number[]): Weighted {
  const groups = [...byClass(classes).values()];
  return counts => {
    let [sum, present] = [0, 0];
    for (const examples of groups) {
      let [total, weight] = [0, 0];
      for (const example of examples) {
        total += counts[example]! * values[example]!;
        weight += counts[example]!;
      }
      if (weight === 0) continue;
      sum += total / weight;
      present++;
    }
    return sum / present;
  };
}

/** The scores of one example divided by their Euclidean length; zeros stay. [feature] */
export function normalisedScores({ scores, features }: Classified, example: number): Float64Array {
  const own = Float64Array.from(scores.subarray(example * features, (example + 1) * features));
  const norm = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
  return norm > 0 ? own.map(value => value / norm) : own;
}

/** Features by falling score, equal ones by number. */
export function descending(scores: Float64Array): Uint32Array {
  return Uint32Array.from(scores, (_, feature) => feature).sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/** Sum of the normalised scores over some of the examples, [feature]. */
export function summedScores(
  classified: Classified,
  examples: readonly number[],
  by = (score: number) => score,
): Float64Array {
  const sum = new Float64Array(classified.features);
  for (const example of examples)
    normalisedScores(classified, example).forEach((score, feature) => (sum[feature]! += by(score)));
  return sum;
}

/** Examples by class, ascending. */
export function byClass(classes: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const label of [...new Set(classes)].sort((a, b) => a - b))
    groups.set(
      label,
      [...classes.keys()].filter(example => classes[example] === label),
    );
  return groups;
}
