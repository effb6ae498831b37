/** Maps of examples brought to one size, so that they can be compared, averaged or drawn on one scale. */
import type { ParametersOf } from '../../../catalog/specification.js';
import type { normalise as specification } from '../../../catalog/corrections.js';

type Norm = ParametersOf<typeof specification>['by'];

const SIZES: Readonly<Record<Norm, (map: Float32Array) => number>> = {
  max: map => map.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  l1: map => map.reduce((sum, value) => sum + Math.abs(value), 0),
  l2: map => Math.sqrt(map.reduce((sum, value) => sum + value * value, 0)),
};

/** What a value of such a map is a share of. */
export const SHARE_OF: Readonly<Record<Norm, string>> = {
  max: 'share of the largest',
  l1: 'share of the sum',
  l2: 'share of the norm',
};

/**
 * Divides the map of each example by its size.
 *
 * @param map [example, …shape]
 * @returns the same shape; a map of zeros stays one
 */
export function normalise(map: Float32Array, rows: number, by: Norm): Float32Array {
  const size = map.length / rows;
  const scaled = new Float32Array(map.length);
  for (let row = 0; row < rows; row++) {
    const own = map.subarray(row * size, (row + 1) * size);
    const whole = SIZES[by](own);
    if (whole === 0) continue;
    for (let i = 0; i < size; i++) scaled[row * size + i] = own[i]! / whole;
  }
  return scaled;
}
