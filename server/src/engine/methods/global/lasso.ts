/**
 * The lasso by coordinate descent (Friedman, Hastie & Tibshirani 2010, J Stat Softw 33:1): argmin ½ mean (y − Xβ)² + λ Σ |β|.
 */

const SWEEPS = 1000;
const TOLERANCE = 1e-7;

/**
 * @param columns standardised columns, each [example]: mean 0 and mean square 1, or zeros
 * @param y [example], mean 0
 * @returns coefficients, [column]
 */
export function lasso(columns: readonly Float64Array[], y: Float64Array, penalty: number): Float64Array {
  const n = y.length;
  const coefficients = new Float64Array(columns.length);
  const rest = Float64Array.from(y);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let most = 0;
    for (const [j, column] of columns.entries()) {
      let product = 0;
      for (let i = 0; i < n; i++) product += column[i]! * rest[i]!;
      const old = coefficients[j]!;
      const free = product / n + old;
      const value = Math.sign(free) * Math.max(0, Math.abs(free) - penalty);
      if (value === old) continue;
      coefficients[j] = value;
      for (let i = 0; i < n; i++) rest[i]! -= (value - old) * column[i]!;
      most = Math.max(most, Math.abs(value - old));
    }
    if (most < TOLERANCE) break;
  }
  return coefficients;
}

/** Values less their mean, over their standard deviation; zeros where they are all the same. */
export function standardised(values: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
  return all.map(value => (deviation > 1e-9 * Math.abs(mean) ? (value - mean) / deviation : 0));
}
