/**
 * Simplex correction: removes from a gradient the component along which one-hot DNA cannot vary.
 * Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109.
 */

const BASES = 4;

/**
 * Subtracts each position's mean over the bases.
 *
 * @param gradient [example, position, base]
 * @returns the same shape; every position sums to zero
 */
export function simplexCorrection(gradient: Float32Array): Float32Array {
  const corrected = new Float32Array(gradient.length);
  for (let at = 0; at < gradient.length; at += BASES) {
    let sum = 0;
    for (let base = 0; base < BASES; base++) sum += gradient[at + base]!;
    for (let base = 0; base < BASES; base++) corrected[at + base] = gradient[at + base]! - sum / BASES;
  }
  return corrected;
}
