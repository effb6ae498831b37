/** The span of a matrix's columns, and what of other rows lies in it. */

const EPSILON = 2 ** -23;

/**
 * An orthonormal basis of the column space: Gram–Schmidt with column pivoting, every column cleaned twice ("twice is enough",
 * Giraud, Langou & Rozložník 2005). The rank counts columns above float32 rounding of the largest.
 *
 * @param matrix [row, column]
 * @returns [basis vector][row]
 */
export function columnBasis(matrix: ArrayLike<number>, rows: number): Float64Array[] {
  const count = matrix.length / rows;
  const columns = Array.from({ length: count }, (_, c) =>
    Float64Array.from({ length: rows }, (_, r) => matrix[r * count + c]!),
  );
  const basis: Float64Array[] = [];
  const limit = Math.max(rows, count) * EPSILON * Math.max(0, ...columns.map(norm));
  while (columns.length > 0) {
    const lengths = columns.map(norm);
    const length = Math.max(...lengths);
    if (length <= limit) break;
    const [pivot] = columns.splice(lengths.indexOf(length), 1) as [Float64Array];
    for (const vector of basis) remove(pivot, vector);
    const own = norm(pivot);
    const unit = pivot.map(v => v / own);
    basis.push(unit);
    for (const column of columns) remove(column, unit);
  }
  return basis;
}

/**
 * @param matrix [row, column]
 * @param basis orthonormal vectors of `columns` elements
 * @returns each row's projection onto their span
 */
export function projectRows(matrix: Float32Array, basis: readonly Float64Array[], columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let from = 0; from < matrix.length; from += columns) {
    const row = matrix.subarray(from, from + columns);
    const sum = new Float64Array(columns);
    for (const vector of basis) {
      const share = dot(vector, row);
      for (let i = 0; i < columns; i++) sum[i]! += share * vector[i]!;
    }
    result.set(sum, from);
  }
  return result;
}

function remove(from: Float64Array, unit: Float64Array): void {
  const share = dot(unit, from);
  for (let i = 0; i < from.length; i++) from[i]! -= share * unit[i]!;
}

function dot(a: Float64Array, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

const norm = (vector: Float64Array): number => Math.sqrt(dot(vector, vector));
