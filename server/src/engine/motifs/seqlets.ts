/**
 * Seqlets: the windows of attribution maps that score higher (or lower) than windows without a motif would, each taken once.
 * Shrikumar et al. 2018, arXiv:1811.00416.
 */
import { Stream } from '../random/philox.js';
import { backgroundNull, falseRates, laplaceNull, windowSums } from './window-null.js';

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
  /** Share of all windows that are as far from zero as a seqlet of their sign. */
  readonly passing: number;
}

/** Position scores, [example, position]. */
export interface PositionScores {
  readonly scores: Float32Array | Float64Array;
  readonly length: number;
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
  const own = someOf({ scores, length });
  const shuffled = Array.from({ length: SHUFFLES }, (_, draw) => inRandomOrder(own, length, draw));
  let [best, greatest] = [Math.min(NARROWEST, length), -Infinity];
  for (let window = best; window <= Math.min(WIDEST, length); window += 2) {
    const byChance = shuffled.reduce((sum, copy) => sum + strongest(copy, length, window), 0) / SHUFFLES;
    const excess = (strongest(own, length, window) - byChance) / Math.sqrt(window);
    if (excess > greatest) [best, greatest] = [window, excess];
  }
  return best;
}

/** The scores of some examples, evenly spread. */
function someOf({ scores, length }: PositionScores): Float32Array | Float64Array {
  const step = Math.ceil(scores.length / length / LOOKED_AT);
  return scores.filter((_, at) => Math.floor(at / length) % step === 0);
}

/** The scores of every example in another order. */
function inRandomOrder(scores: Float32Array | Float64Array, length: number, draw: number): Float32Array | Float64Array {
  const copy = scores.slice();
  const random = new Stream(0, 'window', undefined, draw);
  for (let from = 0; from < copy.length; from += length) random.shuffle(copy.subarray(from, from + length));
  return copy;
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
 * Without a background the rate is that of all windows under a Laplace null. With one it is that of seqlets: the strongest windows
 * that do not overlap are taken in both, and those of the background say how many are false. A motif passes with many overlapping
 * windows and is one seqlet; a chance peak passes with few and is one as well, so that a rate of windows would be too low for it.
 *
 * @param rate false discovery rate, of either sign
 */
export function findSeqlets(
  { scores, length }: PositionScores,
  window: number,
  rate: number,
  background?: PositionScores,
): FoundSeqlets {
  const sums = windowSums(scores, length, window);
  const starts = length - window + 1;
  const rates = new Float64Array(sums.length).fill(1);
  if (background) {
    const peaks = apart(sums, starts, window);
    const others = windowSums(background.scores, background.length, window);
    const nulls = apart(others, background.length - window + 1, window).map(at => others[at]!);
    const found = falseRates(
      Float64Array.from(peaks, at => sums[at]!),
      backgroundNull(Float64Array.from(nulls)),
    );
    peaks.forEach((at, i) => (rates[at] = found[i]!));
  } else rates.set(falseRates(sums, laplaceNull(sums)));
  const seqlets = apart(sums, starts, window, at => rates[at]! <= rate).map(at => {
    const start = at % starts;
    return { example: Math.floor(at / starts), start, end: start + window, score: sums[at]!, rate: rates[at]! };
  });
  return { seqlets, passing: sums.filter(beyond(seqlets)).length / sums.length };
}

/**
 * How many seqlets the same scores would give in random order, if what is as far from zero as those that were found were taken: many
 * where the noise of some examples is greater than that of others, or its tails heavier than those of the null.
 */
export function foundInRandomOrder(of: PositionScores, window: number, seqlets: readonly Seqlet[]): number {
  const { scores, length } = of;
  const some = someOf(of);
  const passes = beyond(seqlets);
  const found = Array.from({ length: SHUFFLES }, (_, draw) => {
    const sums = windowSums(inRandomOrder(some, length, draw), length, window);
    return apart(sums, length - window + 1, window, at => passes(sums[at]!)).length;
  });
  return ((found.reduce((sum, count) => sum + count, 0) / SHUFFLES) * scores.length) / some.length;
}

/** Whether a sum is as far from zero as a seqlet of its sign. */
function beyond(seqlets: readonly Seqlet[]): (sum: number) => boolean {
  let [negative, positive] = [-Infinity, Infinity];
  for (const { score } of seqlets)
    if (score > 0) positive = Math.min(positive, score);
    else negative = Math.max(negative, score);
  return sum => sum >= positive || sum <= negative;
}

/** Places of the windows of each example, strongest first and none overlapping a stronger one, in their order. */
function apart(
  sums: Float64Array,
  starts: number,
  window: number,
  isCandidate: (at: number) => boolean = () => true,
): number[] {
  const all: number[] = [];
  for (let first = 0; first < sums.length; first += starts) {
    const places = Array.from({ length: starts }, (_, start) => first + start).filter(isCandidate);
    places.sort((a, b) => Math.abs(sums[b]!) - Math.abs(sums[a]!) || a - b);
    const isBlocked = new Uint8Array(starts);
    const taken = places.filter(at => {
      const start = at - first;
      if (isBlocked[start] === 1) return false;
      isBlocked.fill(1, Math.max(0, start - window + 1), start + window);
      return true;
    });
    all.push(...taken.sort((a, b) => a - b));
  }
  return all;
}
