/**
 * What sums over windows of position scores are where there is no motif: a Laplace distribution fitted to the sums
 * themselves (Shrikumar et al. 2018, arXiv:1811.00416, on seqlet identification), or the sums of a background. From either
 * follows which sums are passed by few false windows only.
 */

/** The share of windows without a motif whose sum is at least as far from zero, on the side of the sign. */
export type NullShare = (sum: number) => number;

/** Percentiles at which the scale of the tail is read; the narrowest tail counts, because motifs only widen it. */
const PERCENTILES = Array.from({ length: 19 }, (_, i) => 0.05 * (i + 1));

/**
 * Sums over all windows of each example.
 *
 * @param scores [example, position]
 * @returns [example, start], with length − window + 1 starts
 */
export function windowSums(scores: ArrayLike<number>, length: number, window: number): Float64Array {
  const starts = length - window + 1;
  const examples = scores.length / length;
  const sums = new Float64Array(examples * starts);
  const running = new Float64Array(length + 1);
  for (let example = 0; example < examples; example++) {
    for (let i = 0; i < length; i++) running[i + 1] = running[i]! + scores[example * length + i]!;
    for (let start = 0; start < starts; start++)
      sums[example * starts + start] = running[start + window]! - running[start]!;
  }
  return sums;
}

/**
 * The null as two exponential tails from the mode of the sums. Of the scales that the percentiles of a side give, the
 * smallest is taken.
 */
export function laplaceNull(sums: Float64Array): NullShare {
  const sorted = sums.slice().sort();
  const mode = halfSampleMode(sorted);
  const above = Array.from(sorted, value => value - mode).filter(value => value > 0);
  const below = Array.from(sorted, value => mode - value)
    .filter(value => value > 0)
    .reverse();
  const tails = { above: tail(above, sorted.length), below: tail(below, sorted.length) };
  // Where the mode is not zero, sums between the two are passed by most windows.
  return sum =>
    sum >= 0
      ? sum >= mode
        ? tails.above(sum - mode)
        : 1 - tails.below(mode - sum)
      : sum <= mode
        ? tails.below(mode - sum)
        : 1 - tails.above(sum - mode);
}

/** @param distances ascending, of the values on one side from the mode */
function tail(distances: readonly number[], of: number): (distance: number) => number {
  const rates = PERCENTILES.map(p => -Math.log1p(-p) / (distances[Math.floor(p * distances.length)] ?? NaN));
  const rate = Math.max(...rates.filter(value => Number.isFinite(value)), 0);
  return distance => (distances.length / of) * Math.exp(-rate * distance);
}

/** The mode of ascending values by halving the densest part again and again. Bickel & Frühwirth 2006, CSDA 50:3500. */
export function halfSampleMode(sorted: Float64Array): number {
  let [from, to] = [0, sorted.length];
  while (to - from > 2) {
    const half = Math.ceil((to - from) / 2);
    let best = from;
    for (let start = from; start + half <= to; start++)
      if (sorted[start + half - 1]! - sorted[start]! < sorted[best + half - 1]! - sorted[best]!) best = start;
    [from, to] = [best, best + half];
  }
  return (sorted[from]! + sorted[to - 1]!) / 2;
}

/** The null as the sums of a background: (passing + 1) / (all + 1), so that no share is zero. */
export function backgroundNull(sums: Float64Array): NullShare {
  const sorted = sums.slice().sort();
  const passing = (sum: number): number =>
    sum >= 0 ? sorted.length - countWhere(sorted, value => value < sum) : countWhere(sorted, value => value <= sum);
  return sum => (1 + passing(sum)) / (sorted.length + 1);
}

/** How many of ascending values fulfil what holds of the first ones only. */
function countWhere(sorted: Float64Array, holds: (value: number) => boolean): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(sorted[middle]!)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * The false discovery rate at which each sum is found: of the sums of its sign that are at least as far from zero, the share
 * that the null expects, (null share) ÷ (observed share); the lowest such rate that takes the sum in, at most 1.
 */
export function falseRates(sums: Float64Array, share: NullShare): Float64Array {
  const rates = new Float64Array(sums.length).fill(1);
  const order = Uint32Array.from(sums.keys()).sort((a, b) => sums[a]! - sums[b]!);
  const side = (from: number, to: number, rankOf: (at: number) => number): void => {
    let lowest = 1;
    const step = from < to ? 1 : -1;
    for (let at = from; at !== to; at += step) {
      const sum = sums[order[at]!]!;
      // Equal sums are found together, at the rank of the one nearest zero, which comes first.
      if (at === from || sums[order[at - step]!] !== sum)
        lowest = Math.min(lowest, (share(sum) * sums.length) / rankOf(at));
      rates[order[at]!] = lowest;
    }
  };
  const n = sums.length;
  const negative = order.findIndex(index => sums[index]! >= 0);
  const positive = order.findIndex(index => sums[index]! > 0);
  if (positive >= 0) side(positive, n, at => n - at);
  side((negative < 0 ? n : negative) - 1, -1, at => at + 1);
  return rates;
}
