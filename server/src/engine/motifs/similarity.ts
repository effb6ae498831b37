/**
 * How alike two stretches of hypothetical contributions are, whatever their offset and strand: the continuous Jaccard
 * similarity of Shrikumar et al. 2018, arXiv:1811.00416, Σ sign(a b) min(|a|, |b|) ÷ Σ max(|a|, |b|), of stretches that are
 * scaled to Σ |a| = 1. It is 1 for equal stretches, 0 where nothing overlaps, −1 for opposite ones.
 */

/** Values of one stretch, [position, base]; the reverse complement is the same array read backwards. */
export type Stretch = Float32Array | Float64Array;

/** How a stretch lies on another one. */
export interface Alignment {
  readonly similarity: number;
  /** Position i of the first lies on position i + shift of the second, as it is turned. */
  readonly shift: number;
  /** The second is read as its reverse complement. */
  readonly turned: boolean;
}

/** Scales to a sum of magnitudes of 1; a stretch of zeros stays one. */
export function scaled(values: Stretch): Float32Array {
  const result = Float32Array.from(values);
  let sum = 0;
  for (const value of result) sum += Math.abs(value);
  if (sum > 0) for (let i = 0; i < result.length; i++) result[i]! /= sum;
  return result;
}

/**
 * The best alignment of two scaled stretches; of equally good ones the shortest shift, and as they stand.
 *
 * @param furthest shifts from −furthest to furthest positions are tried
 */
export function align(a: Float32Array, b: Float32Array, furthest: number): Alignment {
  const turnedB = b.slice().reverse();
  let best: Alignment = { similarity: -1, shift: 0, turned: false };
  for (let size = 0; size <= furthest; size++)
    for (const shift of size === 0 ? [0] : [size, -size]) {
      const plain = jaccard(a, b, shift);
      if (plain > best.similarity) best = { similarity: plain, shift, turned: false };
      const turned = jaccard(a, turnedB, shift);
      if (turned > best.similarity) best = { similarity: turned, shift, turned: true };
    }
  return best;
}

/** Of scaled stretches; what hangs over counts as zeros on the other side. */
export function jaccard(a: Float32Array, b: Float32Array, shift = 0): number {
  const from = Math.max(0, -4 * shift);
  const to = Math.min(a.length, b.length - 4 * shift);
  return jaccardOf(a, from, b, from + 4 * shift, to - from, 1);
}

/**
 * The similarity of two scaled stretches of which `size` values lie on each other.
 *
 * @param a from `fromA` on
 * @param b from `fromB` on, not scaled yet
 * @param scale by which `b` is to be multiplied
 */
export function jaccardOf(
  a: Float32Array,
  fromA: number,
  b: Float32Array,
  fromB: number,
  size: number,
  scale: number,
): number {
  // |a + b| − |a − b| is 2 sign(a b) min(|a|, |b|), and Σ max is Σ |a| + Σ |b| − Σ min.
  let signed = 0;
  let common = 0;
  for (let i = 0; i < size; i++) {
    const x = a[fromA + i]!;
    const y = b[fromB + i]! * scale;
    const twice = Math.abs(x + y) - Math.abs(x - y);
    signed += twice;
    common += Math.abs(twice);
  }
  return signed / (4 - common);
}
