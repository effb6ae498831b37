/** Moments of a sample, with n in the denominator. */

/** The values with mean 0 and variance 1; all 0 where they do not vary. */
export function standardise(values: ArrayLike<number>): Float64Array {
  const result = new Float64Array(values.length);
  let sum = 0;
  for (let i = 0; i < result.length; i++) sum += values[i]!;
  const mean = sum / result.length;
  let squares = 0;
  for (let i = 0; i < result.length; i++) {
    const value = values[i]! - mean;
    result[i] = value;
    squares += value * value;
  }
  const scale = squares > 0 ? 1 / Math.sqrt(squares / result.length) : 0;
  for (let i = 0; i < result.length; i++) result[i]! *= scale;
  return result;
}

export function meanProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum / a.length;
}

/** Pearson's correlation; 0 where one of them does not vary. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return meanProduct(standardise(a), standardise(b));
}
