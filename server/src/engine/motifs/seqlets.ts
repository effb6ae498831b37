/**
 * Seqlets: the windows of attribution maps that score higher (or lower) than windows without a motif would, each taken once.
 * Shrikumar et al. 2018, arXiv:1811.00416.
 */
import { Stream } from '../random/philox.js';
import { falseRates, windowSums, type NullShare } from './window-null.js';

/** Positions `start` … `end − 1` of an example, with the sum of their scores. */
export interface Seqlet {
  readonly example: number;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  /** The false discovery rate at which it is found. */
  readonly rate: number;
}

export interface FoundSeqlets {
  /** By example and start. */
  readonly seqlets: readonly Seqlet[];
  /** Share of all windows that pass. */
  readonly passing: number;
}

/** Widths that are compared where none is given. */
const NARROWEST = 5;
const WIDEST = 41;

/** Examples that are looked at, evenly spread, and how often their positions are shuffled. */
const LOOKED_AT = 1000;
const SHUFFLES = 5;

/**
 * The width at which the strongest windows stand out most from what the same scores give in random order: of the mean over
 * examples of max |sum| ÷ √width, less its mean over shuffles, the greatest. Where scores are noise around a motif of constant
 * height, this is the motif's own width (the matched filter: signal grows with the width up to that of the motif, noise with its
 * root).
 *
 * @param scores [example, position]
 */
export function chooseWindow(scores: Float32Array | Float64Array, length: number): number {
  const step = Math.ceil(scores.length / length / LOOKED_AT);
  const own = scores.filter((_, at) => Math.floor(at / length) % step === 0);
  const shuffled = Array.from({ length: SHUFFLES }, (_, draw) => {
    const copy = own.slice();
    const random = new Stream(0, 'window', undefined, draw);
    for (let from = 0; from < copy.length; from += length) random.shuffle(copy.subarray(from, from + length));
    return copy;
  });
  let [best, greatest] = [Math.min(NARROWEST, length), -Infinity];
  for (let window = best; window <= Math.min(WIDEST, length); window += 2) {
    const byChance = shuffled.reduce((sum, copy) => sum + strongest(copy, length, window), 0) / SHUFFLES;
    const excess = (strongest(own, length, window) - byChance) / Math.sqrt(window);
    if (excess > greatest) [best, greatest] = [window, excess];
  }
  return best;
}

/** Mean over examples of the largest magnitude of a window's sum. */
function strongest(scores: ArrayLike<number>, length: number, window: number): number {
  const sums = windowSums(scores, length, window);
  const starts = length - window + 1;
  let total = 0;
  for (let from = 0; from < sums.length; from += starts) {
    let most = 0;
    for (let at = from; at < from + starts; at++) most = Math.max(most, Math.abs(sums[at]!));
    total += most;
  }
  return total / (scores.length / length);
}

/**
 * Windows whose sums are found at a false discovery rate, strongest first, none overlapping a stronger one.
 *
 * @param scores [example, position]
 * @param nullOf the null of the sums
 * @param rate false discovery rate, of the windows of either sign
 */
export function findSeqlets(
  scores: ArrayLike<number>,
  length: number,
  window: number,
  nullOf: (sums: Float64Array) => NullShare,
  rate: number,
): FoundSeqlets {
  const sums = windowSums(scores, length, window);
  const rates = falseRates(sums, nullOf(sums));
  const starts = length - window + 1;
  const seqlets: Seqlet[] = [];
  for (let from = 0; from < sums.length; from += starts) {
    const passed = Array.from({ length: starts }, (_, start) => start).filter(start => rates[from + start]! <= rate);
    passed.sort((a, b) => Math.abs(sums[from + b]!) - Math.abs(sums[from + a]!) || a - b);
    const taken: number[] = [];
    for (const start of passed) if (taken.every(other => Math.abs(other - start) >= window)) taken.push(start);
    for (const start of taken.sort((a, b) => a - b)) {
      const at = from + start;
      seqlets.push({ example: from / starts, start, end: start + window, score: sums[at]!, rate: rates[at]! });
    }
  }
  return { seqlets, passing: rates.filter(value => value <= rate).length / rates.length };
}
