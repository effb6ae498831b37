/**
 * Hypothetical contributions: what each base would contribute at each position, H_c = m_c − Σ_a b_a m_a, averaged over
 * the references of an example. Shrikumar et al. 2018, arXiv 1811.00416.
 */

const BASES = 4;

/**
 * @param contributions [example, position, base], for the shape of the result
 * @param multipliers [example, reference, position, base]
 * @param references the same shape
 * @returns [example, position, base]
 */
export function hypothetical(
  contributions: Float32Array,
  multipliers: Float32Array,
  references: Float32Array,
  rows: number,
): Float32Array {
  const size = contributions.length / rows;
  const copies = multipliers.length / contributions.length;
  const result = new Float32Array(contributions.length);
  for (let row = 0; row < rows; row++)
    for (let position = 0; position < size; position += BASES) {
      const sums = new Float64Array(BASES);
      for (let copy = 0; copy < copies; copy++) {
        const at = (row * copies + copy) * size + position;
        let expected = 0;
        for (let base = 0; base < BASES; base++) expected += references[at + base]! * multipliers[at + base]!;
        for (let base = 0; base < BASES; base++) sums[base]! += multipliers[at + base]! - expected;
      }
      for (let base = 0; base < BASES; base++) result[row * size + position + base] = sums[base]! / copies;
    }
  return result;
}
