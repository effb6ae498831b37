/** What the explained number is on the data: level, spread, and whether it is right. */
import type { Note } from '../../protocol.js';
import { mannWhitney } from './bounds.js';
import { meanOverClasses } from './classes.js';
import { estimate, FEWEST_UNITS, mean, median, share, standardDeviation, type Estimand } from './bootstrap.js';
import { rocArea } from './curves.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';

export interface PredictionSummaryInput {
  /** Value of the target, [example]. */
  readonly outputs: Values;
  readonly labels: readonly (number | undefined)[];
  readonly names?: readonly string[];
  /**
   * Of a target that is another class for each example: the share of networks that predict the label, [example], any classes.
   */
  readonly right?: Float64Array;
}

/**
 * Level and spread of the target; accuracy (label 1 above 0, label 0 at most 0) and AUROC over the examples labelled 0
 * or 1. Where the target is another class for each example: how often the label is predicted, and no AUROC.
 */
export function predictionSummary(input: PredictionSummaryInput): MetricResult {
  const { labels, names, right: byClass } = input;
  requireFinite(input.outputs, 'values of the target', 1, names);
  const outputs = Float64Array.from(input.outputs);
  const n = outputs.length;
  const low = outputs.reduce((a, b) => Math.min(a, b), Infinity);
  const high = outputs.reduce((a, b) => Math.max(a, b), -Infinity);
  const extreme = (value: number): Estimand => ({ n, of: () => (n > 0 ? value : NaN), interval: 'none' });

  const labelled = labels.flatMap((label, index) =>
    label !== undefined && (byClass !== undefined || label === 0 || label === 1) ? [index] : [],
  );
  const positive = Uint8Array.from(labelled, index => labels[index]!);
  const scores = Float64Array.from(labelled, index => outputs[index]!);
  const right = scores.map((score, index) =>
    byClass !== undefined ? byClass[labelled[index]!]! : Number(score > 0 === (positive[index] === 1)),
  );
  const classes = labelled.map(index => labels[index]!);
  const positives = positive.reduce((sum, value) => sum + value, 0);
  const rarer = Math.min(positives, positive.length - positives);

  const notes: Note[] = [];
  const leftOut = labels.filter(label => label !== undefined).length - labelled.length;
  if (leftOut > 0) {
    notes.push({
      level: 'warning',
      code: 'metric/labels',
      message: `${leftOut} of ${n} examples have a label other than 0 and 1; accuracy and AUROC leave them out.`,
    });
  }
  if (labelled.length > 0 && byClass === undefined && low >= 0 && high <= 1) {
    notes.push({
      level: 'warning',
      code: 'metric/threshold',
      message:
        'All values of the target lie between 0 and 1, as probabilities do: on the right side of 0 says nothing of these. Explain the logit for an accuracy; AUROC is the same for both.',
    });
  }
  if (labelled.length === 0) {
    notes.push({
      level: 'information',
      code: 'metric/no-labels',
      message: 'No example is labelled 0 or 1, so there is neither accuracy nor AUROC.',
    });
  } else if (rarer === 0 && byClass === undefined) {
    notes.push({
      level: 'information',
      code: 'metric/one-class',
      message: `All labelled examples have label ${positives > 0 ? 1 : 0}, so there is no AUROC.`,
    });
  }

  const edges = n > 0 ? equalBins(low, high, 20) : [];
  return {
    units: n,
    columns: [
      { name: 'output', values: outputs },
      { name: 'label', values: Float64Array.from(labels, label => label ?? NaN) },
    ],
    ...estimate({
      mean: { n, of: mean(outputs) },
      median: { n, of: median(outputs) },
      sd: { n, of: standardDeviation(outputs) },
      min: extreme(low),
      max: extreme(high),
      accuracy: share(right),
      balanced_accuracy: { n: labelled.length, of: meanOverClasses(right, classes) },
      ...(byClass === undefined && { auroc: areaOf(scores, positive, rarer) }),
    }),
    ...(n > 0 && {
      distribution: { title: 'Target at each example', unit: 'target', edges, counts: countInBins(outputs, edges) },
    }),
    notes,
  };
}

/** @param rarer examples of the rarer class */
function areaOf(scores: Float64Array, positive: Uint8Array, rarer: number): Estimand {
  const n = scores.length;
  const of = rocArea(scores, positive);
  if (rarer < FEWEST_UNITS) {
    const withheld = `the rarer class has ${rarer} of at least ${FEWEST_UNITS} examples that an interval needs`;
    return { n, of, interval: { withheld } };
  }
  const bound = mannWhitney(of(new Uint32Array(n).fill(1)), rarer, n - rarer);
  return { n, of, interval: { bound, resampled: { n, of } } };
}
