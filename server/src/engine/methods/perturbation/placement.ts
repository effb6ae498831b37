/** Where the value of a feature or of a group of features stands in a map of the input. */
import type { PreparedMethod } from '../method.js';
import type { FeatureGroups } from '../groups.js';

/** How far the shares of an ambiguity code may be from 1 in float32. */
const ROUNDING = 1e-5;

/**
 * One number per feature as a map. In DNA it stands at the observed base, at an ambiguity code in equal parts at its bases
 * and at an unknown base in four, so that the sum over bases is the number. With noise on it the elements of a position are no
 * shares, and their sum can be about 0: the number stands at the largest.
 *
 * @param values [row, feature]
 * @param x [row, …shape]
 * @returns [row, …shape]
 */
export function placeFeatures(values: Float64Array, x: Float32Array): Float32Array {
  const width = x.length / values.length;
  if (width === 1) return Float32Array.from(values);
  const map = new Float32Array(x.length);
  values.forEach((value, feature) => {
    const shares = x.subarray(feature * width, (feature + 1) * width);
    const own = map.subarray(feature * width, (feature + 1) * width);
    const total = shares.reduce((sum, share) => sum + share, 0);
    if (shares.every(share => share === 0)) own.fill(value / width);
    else if (shares.every(share => share >= 0) && Math.abs(total - 1) < ROUNDING)
      own.forEach((_, base) => (own[base] = (value * shares[base]!) / total));
    else own[shares.indexOf(Math.max(...shares))] = value;
  });
  return map;
}

/**
 * One number per group as a map.
 *
 * @param values [row, group]
 * @param share `repeated`: every feature of a group has its value; `divided`: equal parts, so that sums hold
 */
export function placeGroups(
  values: Float64Array,
  { members }: FeatureGroups,
  share: 'repeated' | 'divided',
  x: Float32Array,
): Float32Array {
  const length = members.reduce((sum, features) => sum + features.length, 0);
  const rows = values.length / members.length;
  const each = new Float64Array(rows * length);
  for (let row = 0; row < rows; row++)
    members.forEach((features, group) => {
      const value = values[row * members.length + group]!;
      for (const feature of features)
        each[row * length + feature] = share === 'divided' ? value / features.length : value;
    });
  return placeFeatures(each, x);
}

/** An array with one number per group. */
export function groupArray(name: string, { names }: FeatureGroups, unit = 'target'): PreparedMethod['arrays'][number] {
  return { name, type: 'float32', unit, axes: [{ name: 'group', size: names.length, labels: [...names] }] };
}
