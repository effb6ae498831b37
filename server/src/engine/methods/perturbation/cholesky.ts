/** Symmetric positive definite systems. Golub & Van Loan 2013, Matrix Computations, §4.2. */

/**
 * @param matrix [size, size], symmetric; only its lower half is read
 * @returns L with L · Lᵀ = matrix in its lower half, what is above being left over; undefined where the matrix is singular to
 *   working precision
 */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array | undefined {
  const factor = Float64Array.from(matrix);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = factor[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= factor[i * size + k]! * factor[j * size + k]!;
      if (j < i) factor[i * size + j] = sum / factor[j * size + j]!;
      else if (sum <= 1e-12 * matrix[i * size + i]!) return undefined;
      else factor[i * size + i] = Math.sqrt(sum);
    }
  }
  return factor;
}

/**
 * @param matrix as above
 * @returns the solution of `matrix · y = b` for any b; undefined where the matrix is singular to working precision
 */
export function choleskySolver(matrix: Float64Array, size: number): ((b: Float64Array) => Float64Array) | undefined {
  const factor = choleskyFactor(matrix, size);
  if (factor === undefined) return undefined;
  return b => {
    const y = Float64Array.from(b);
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < i; k++) y[i]! -= factor[i * size + k]! * y[k]!;
      y[i]! /= factor[i * size + i]!;
    }
    for (let i = size - 1; i >= 0; i--) {
      // Along a row of the factor, as it lies in memory.
      const value = (y[i]! /= factor[i * size + i]!);
      for (let k = 0; k < i; k++) y[k]! -= factor[i * size + k]! * value;
    }
    return y;
  };
}
