/** The first-order contribution of each input value: its gradient times the value. Shrikumar et al. 2016, arXiv 1605.01713. */

/**
 * @param map [example, …shape]
 * @param x the same shape
 */
export function multiplyByInput(map: Float32Array, x: Float32Array): Float32Array {
  return map.map((value, i) => value * x[i]!);
}
