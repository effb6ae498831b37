/**
 * Completeness: contributions of a pair (example, reference) should sum to f(x) − f(reference).
 * Sundararajan, Taly & Yan 2017, ICML.
 */
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { estimate, mean, median } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { exampleName, requireFinite, type MetricResult } from './metric.js';

export interface CompletenessInput {
  /** [example, reference, field] with the fields sum of contributions, f(x), f(reference), steps used. */
  readonly pairs: Float64Array;
  readonly examples: number;
  /** References per example, those of all networks together. */
  readonly references: number;
  /** Members of an ensemble, whose references follow one another; 1 where there is none. */
  readonly networks?: number;
  /** Gap above which a pair counts as missed. */
  readonly tolerance: number;
  readonly names?: readonly string[];
}

const FIELDS = 4;

/**
 * gap = |ΣA − Δ| / max(|Δ|, median |Δ| over all pairs of the network), Δ = f(x) − f(reference): pairs with a difference near zero are
 * measured by the usual difference, so that they do not blow up.
 *
 * @returns [example, reference]
 * @throws Failure for sums or outputs that are not finite, and when no pair differs and yet a sum is not zero
 */
export function completenessGaps(input: CompletenessInput): Float64Array {
  const { pairs, references, networks = 1, names } = input;
  requireFinite(pairs, 'sums and outputs of the pairs', references * FIELDS, names);
  const count = pairs.length / FIELDS;
  const differences = new Float64Array(count);
  for (let pair = 0; pair < count; pair++) {
    differences[pair] = Math.abs(pairs[pair * FIELDS + 1]! - pairs[pair * FIELDS + 2]!);
  }
  const networkOf = (pair: number): number => Math.floor(((pair % references) * networks) / references);
  const usual = Array.from({ length: networks }, (_, network) => {
    const own = differences.filter((_, pair) => networkOf(pair) === network);
    return median(own)(new Uint32Array(own.length).fill(1));
  });
  return differences.map((difference, pair) => {
    const sum = pairs[pair * FIELDS]!;
    const residual = Math.abs(sum - (pairs[pair * FIELDS + 1]! - pairs[pair * FIELDS + 2]!));
    if (residual === 0) return 0;
    const scale = Math.max(difference, usual[networkOf(pair)]!);
    if (scale === 0) {
      throw new Failure(
        'metric/no-scale',
        `the target is the same at the example and its reference, as for most pairs, but the contributions sum to ${sum}: a gap has no scale`,
        {
          place: `${exampleName(names, Math.floor(pair / references))}, reference ${pair % references}`,
          remedy: 'Choose a reference at which the target differs, or check that the target depends on the input.',
        },
      );
    }
    return residual / scale;
  });
}

/** Gaps per example and over all pairs; the worst pair is named. */
export function completeness(input: CompletenessInput): MetricResult {
  const { pairs, examples, references, tolerance, names } = input;
  const gaps = completenessGaps(input);
  const largest = new Float64Array(examples);
  const average = new Float64Array(examples);
  const steps = new Float64Array(examples);
  let worst = 0;
  let missed = 0;
  for (let pair = 0; pair < gaps.length; pair++) {
    const example = Math.floor(pair / references);
    const gap = gaps[pair]!;
    largest[example] = Math.max(largest[example]!, gap);
    average[example]! += gap / references;
    steps[example] = Math.max(steps[example]!, pairs[pair * FIELDS + 3]!);
    if (gap > gaps[worst]!) worst = pair;
    if (gap > tolerance) missed++;
  }
  const notes: Note[] = [];
  if (gaps.length > 0) {
    const [sum, output, atReference, used] = pairs.subarray(worst * FIELDS, worst * FIELDS + FIELDS);
    const pair = `${exampleName(names, Math.floor(worst / references))}, reference ${worst % references}`;
    notes.push({
      level: missed > 0 ? 'warning' : 'information',
      code: 'metric/worst-pair',
      message:
        `Worst pair: ${pair}. The contributions sum to ${sum!.toPrecision(6)}, f(x) − f(reference) is ` +
        `${(output! - atReference!).toPrecision(6)}, after ${used} steps.`,
    });
  }
  const exact = (value: number) => ({ n: examples, of: () => value, interval: 'none' as const });
  const edges = equalBins(0, gaps[worst] ?? 0, 20);
  return {
    units: examples,
    columns: [
      { name: 'largest_gap', values: largest },
      { name: 'mean_gap', values: average },
      { name: 'steps', values: steps },
    ],
    ...estimate({
      max: exact(gaps[worst] ?? NaN),
      median: { n: examples, of: median(largest) },
      mean: { n: examples, of: mean(average) },
      steps: exact(steps.reduce((most, value) => Math.max(most, value), 0)),
      missed: exact(missed),
    }),
    distribution: { title: 'Completeness gap of each pair', unit: 'share', edges, counts: countInBins(gaps, edges) },
    notes,
  };
}
