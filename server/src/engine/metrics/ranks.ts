/** Ranks that treat equal values alike. */
import type { Weighted } from './bootstrap.js';

/** Ranks from 1 in ascending order; equal values get the mean of their ranks. */
export function averageRanks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  let from = 0;
  while (from < order.length) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let place = from; place < to; place++) ranks[order[place]!] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

/**
 * Spearman's correlation: Pearson's correlation of average ranks.
 *
 * @param a ranks from `averageRanks`
 * @param b ranks of the same length
 * @returns NaN when either has equal values only
 */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const middle = (a.length + 1) / 2;
  let product = 0;
  let squaresOfA = 0;
  let squaresOfB = 0;
  for (let index = 0; index < a.length; index++) {
    const fromA = a[index]! - middle;
    const fromB = b[index]! - middle;
    product += fromA * fromB;
    squaresOfA += fromA * fromA;
    squaresOfB += fromB * fromB;
  }
  return squaresOfA === 0 || squaresOfB === 0 ? NaN : product / Math.sqrt(squaresOfA * squaresOfB);
}

/** Spearman's correlation of two values of each unit, for resampling. */
export function spearman(a: Float64Array, b: Float64Array): Weighted {
  return counts => {
    const drawn = [...counts].flatMap((count, unit) => new Array<number>(count).fill(unit));
    const ranks = (values: Float64Array) => averageRanks(Float64Array.from(drawn, unit => values[unit]!));
    return rankCorrelation(ranks(a), ranks(b));
  };
}

/**
 * Chance of each value to be among the `count` largest when ties are broken at random: 1 above the border, 0 below it,
 * and at the border the places left over the values tied for them. Sums to `count`.
 */
export function topShares(values: Float64Array, count: number): Float64Array {
  const border = Float64Array.from(values).sort()[values.length - count]!;
  let above = 0;
  let tied = 0;
  for (const value of values) {
    if (value > border) above++;
    else if (value === border) tied++;
  }
  const share = (count - above) / tied;
  return values.map(value => (value > border ? 1 : value === border ? share : 0));
}
