/**
 * How well position scores find planted motifs: per example AUROC and AUPR of the positions, averaged over examples.
 * Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, Methods.
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
  readonly examples: number;
  readonly length: number;
  readonly names?: readonly string[];
}

/** Bits above which a position of a motif counts as truth; one at or below is neither truth nor background. */
const THRESHOLD = 0.1;

/** Examples without planted motif, or without background, have no curve and are left out. */
export function interpretability(input: InterpretabilityInput): MetricResult {
  const { scores, truth, examples, length, names } = input;
  requireFinite(scores, 'position scores', length, names);
  const auroc = new Float64Array(examples).fill(NaN);
  const aupr = new Float64Array(examples).fill(NaN);
  let prevalence = 0;
  for (let example = 0; example < examples; example++) {
    const kept: number[] = [];
    for (let at = example * length; at < (example + 1) * length; at++) {
      if (truth[at] === 0 || truth[at]! > THRESHOLD) kept.push(at);
    }
    const positive = Uint8Array.from(kept, at => Number(truth[at]! > THRESHOLD));
    const positives = positive.reduce((sum, value) => sum + value, 0);
    if (positives === 0 || positives === kept.length) continue;
    const values = Float64Array.from(kept, at => scores[at]!);
    auroc[example] = rocArea(values, positive)(new Uint32Array(kept.length).fill(1));
    aupr[example] = precisionRecallArea(values, positive);
    prevalence += positives / kept.length;
  }

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
  const edges = equalBins(0, 1, 20);
  return {
    units: examples,
    columns: [
      { name: 'auroc', values: auroc },
      { name: 'aupr', values: aupr },
    ],
    ...estimate({
      auroc: { n, of: mean(measured) },
      aupr: { n, of: mean(defined(aupr)) },
    }),
    distribution: { title: 'AUROC of each example', unit: 'share', edges, counts: countInBins(measured, edges) },
    notes,
  };
}
