/** Numbers to places and colours: ticks, robust limits, the diverging colour map. Pure. */

/** Shades of each sign. */
const SHADES = 255;

export type Rgb = readonly [number, number, number];

/** Zero, halfway and extreme of both signs. */
export interface DivergingColours {
  readonly zero: Rgb;
  readonly negative: readonly [Rgb, Rgb];
  readonly positive: readonly [Rgb, Rgb];
}

/** Round numbers (1, 2 or 5 times a power of ten) inside [low, high], about `wanted` of them. */
export function ticks(low: number, high: number, wanted: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(step => step >= rough * 0.999) ?? 10 * power;
  const found: number[] = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index++) {
    found.push(Number((index * step).toPrecision(12)));
  }
  return found;
}

/** Ticks of one-based positions `from` to `to` (inclusive): the first one and round numbers, at least 1 apart. */
export function positionTicks(from: number, to: number, wanted: number): number[] {
  const round = ticks(from, to, wanted).filter(Number.isInteger);
  const step = (round[1] ?? to) - (round[0] ?? from);
  const far = round.filter(tick => tick - from > step * 0.6);
  return [from, ...far];
}

/**
 * The magnitude that the ends of a heatmap's colour scale stand for: the median over rows of the row's largest |value|. A
 * few outlying examples cannot bleach the rest, and unlike a percentile over all cells it does not blow up noise where
 * sequences are long and what matters is short. The largest magnitude where most rows are zero; 0 where all are.
 *
 * @param values [rows × columns], row-major; not a number is left out
 */
export function robustMagnitude(values: Float32Array, columns: number): number {
  const largest: number[] = [];
  for (let start = 0; start < values.length; start += columns) {
    let most = 0;
    for (const value of values.subarray(start, start + columns)) {
      const size = Math.abs(value);
      if (size > most && size < Infinity) most = size;
    }
    largest.push(most);
  }
  largest.sort((a, b) => a - b);
  return largest[Math.floor(largest.length / 2)] || (largest.at(-1) ?? 0);
}

/** The diverging colours as pixels, red, green, blue and opaque: index 0 for −1, the middle for 0, the last for 1. */
export function colourTable(colours: DivergingColours): Uint8ClampedArray<ArrayBuffer> {
  const table = new Uint8ClampedArray(4 * (2 * SHADES + 1)).fill(255);
  for (let shade = 0; shade <= 2 * SHADES; shade++) table.set(divergingColour(shade / SHADES - 1, colours), 4 * shade);
  return table;
}

/** Where the pixel of a value is in a colour table. */
export function tablePlace(value: number): number {
  const inside = value > 1 ? 1 : value < -1 ? -1 : value || 0;
  return 4 * Math.round((inside + 1) * SHADES);
}

/** Colour of a value; ±1 and beyond are the extremes, NaN is zero's colour. */
export function divergingColour(value: number, colours: DivergingColours): Rgb {
  const size = Math.min(1, Math.abs(value)) || 0;
  const [middle, extreme] = value < 0 ? colours.negative : colours.positive;
  return size < 0.5 ? between(colours.zero, middle, size * 2) : between(middle, extreme, size * 2 - 1);
}

function between(from: Rgb, to: Rgb, share: number): Rgb {
  const mix = (a: number, b: number): number => Math.round(a + (b - a) * share);
  return [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])];
}
