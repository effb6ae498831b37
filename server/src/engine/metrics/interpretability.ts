/**
 * How well a map finds planted motifs: per example AUROC and AUPR of the position scores, and the cosine between the map and
 * the matrix that the sequence was drawn from, averaged over examples. Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109,
 * Methods.
 */
import type { Note } from '../../protocol.js';
import { defined, estimate, mean } from './bootstrap.js';
import { precisionRecallArea, rocArea } from './curves.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';

export interface InterpretabilityInput {
  /** Position scores, [example, position]. */
  readonly scores: Values;
  /** Information (bits) of the planted motif, 0 in the background, [example, position]. */
  readonly truth: Values;
  /** The map, where it has values at every base, and the probabilities of the bases; both [example, position, 4]. */
  readonly matrices?: { readonly map: Values; readonly probabilities: Values };
  readonly examples: number;
  readonly length: number;
  readonly names?: readonly string[];
}

/** Bits above which a position counts as truth. Of the others only those with the fewest bits of the sequence are background. */
const THRESHOLD = 0.1;

/**
 * ⟨G, M − ¼⟩ / (‖G‖ ‖M − ¼‖) over the whole of each example; NaN where the map or the truth is flat. Because M − ¼ has mean 0
 * at every position, the simplex correction divides it by ‖G'‖ / ‖G‖ and can do nothing else.
 *
 * @param map [example, position, 4]
 * @param probabilities [example, position, 4]
 */
export function cosines(map: Values, probabilities: Values, examples: number): Float64Array {
  const size = map.length / examples;
  return Float64Array.from({ length: examples }, (_, example) => {
    let [product, ofMap, ofTruth] = [0, 0, 0];
    for (let at = example * size; at < (example + 1) * size; at++) {
      const centred = probabilities[at]! - 0.25;
      product += map[at]! * centred;
      ofMap += map[at]! ** 2;
      ofTruth += centred ** 2;
    }
    return product / Math.sqrt(ofMap * ofTruth);
  });
}

/** Examples without planted motif, or without background, have no curve and are left out. */
export function interpretability(input: InterpretabilityInput): MetricResult {
  const { scores, truth, matrices, examples, length, names } = input;
  requireFinite(scores, 'position scores', length, names);
  if (matrices) requireFinite(matrices.map, 'values of the map', length * 4, names);
  const auroc = new Float64Array(examples).fill(NaN);
  const aupr = new Float64Array(examples).fill(NaN);
  let prevalence = 0;
  for (let example = 0; example < examples; example++) {
    const kept: number[] = [];
    const least = Float64Array.from(truth.subarray(example * length, (example + 1) * length)).sort()[0];
    for (let at = example * length; at < (example + 1) * length; at++) {
      if (truth[at] === least || truth[at]! > THRESHOLD) kept.push(at);
    }
    const positive = Uint8Array.from(kept, at => Number(truth[at]! > THRESHOLD));
    const positives = positive.reduce((sum, value) => sum + value, 0);
    if (positives === 0 || positives === kept.length) continue;
    const values = Float64Array.from(kept, at => scores[at]!);
    auroc[example] = rocArea(values, positive)(new Uint32Array(kept.length).fill(1));
    aupr[example] = precisionRecallArea(values, positive);
    prevalence += positives / kept.length;
  }

  const cosine = matrices
    ? cosines(matrices.map, matrices.probabilities, examples)
    : new Float64Array(examples).fill(NaN);
  const directed = defined(cosine);
  const measured = defined(auroc);
  const n = measured.length;
  const notes: Note[] = [];
  if (n < examples) {
    notes.push({
      level: n === 0 ? 'warning' : 'information',
      code: 'metric/no-truth',
      message: `${examples - n} of ${examples} examples hold no planted motif (or nothing else) and are left out.`,
    });
  }
  if (n > 0) {
    notes.push({
      level: 'information',
      code: 'metric/chance',
      message: `An unrelated map has AUROC 0.5 and AUPR of about ${(prevalence / n).toFixed(2)}, the share of motif positions.`,
    });
  }
  if (matrices === undefined) {
    notes.push({
      level: 'information',
      code: 'metric/no-cosine',
      message:
        'There is no cosine: it compares values at every base, which contributions do not have, with the matrix that a sequence was drawn from.',
    });
  }
  const edges = equalBins(0, 1, 20);
  return {
    units: examples,
    columns: [
      { name: 'auroc', values: auroc },
      { name: 'aupr', values: aupr },
      { name: 'cosine', values: cosine },
    ],
    ...estimate({
      auroc: { n, of: mean(measured) },
      aupr: { n, of: mean(defined(aupr)) },
      cosine: { n: directed.length, of: mean(directed) },
    }),
    distribution: { title: 'AUROC of each example', unit: 'share', edges, counts: countInBins(measured, edges) },
    notes,
  };
}
