/** Compressed sparse matrices as rows of numbers. */
import { Failure } from '../failure.js';
import type { Plain } from './hierarchy.js';

/** Rows (or columns) one after the other: `pointers[i]` … `pointers[i + 1] − 1` are the elements of the i-th. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly byRow: boolean;
  readonly values: ArrayLike<Plain>;
  readonly indices: ArrayLike<Plain>;
  readonly pointers: ArrayLike<Plain>;
}

/**
 * @param place of the column in the result, −1 for columns that are left out
 * @param width columns of the result
 * @returns [row, width]
 * @throws Failure `data/damaged-sparse` where indices are not those of a matrix of this size
 */
export function denseRows(matrix: SparseMatrix, place: Int32Array, width: number, where: string): Float32Array {
  const { rows, columns, byRow, values, indices, pointers } = matrix;
  const [outer, inner] = byRow ? [rows, columns] : [columns, rows];
  const fault = (what: string): Failure =>
    new Failure('data/damaged-sparse', `the sparse matrix does not hold together: ${what}`, {
      place: where,
      remedy: 'Write the file again.',
    });
  if (pointers.length !== outer + 1) throw fault(`${pointers.length} pointers for ${outer} lines`);
  if (values.length !== indices.length) throw fault(`${values.length} values at ${indices.length} places`);
  const dense = new Float32Array(rows * width);
  for (let line = 0; line < outer; line++) {
    const [from, to] = [Number(pointers[line]), Number(pointers[line + 1])];
    if (!(from >= 0 && from <= to && to <= values.length)) throw fault(`line ${line} is from ${from} to ${to}`);
    for (let at = from; at < to; at++) {
      const index = Number(indices[at]);
      if (!(index >= 0 && index < inner)) throw fault(`index ${index} in line ${line}`);
      const [row, column] = byRow ? [line, index] : [index, line];
      if (place[column]! >= 0) dense[row * width + place[column]!]! += Number(values[at]);
    }
  }
  return dense;
}

/** Numbers of the columns that are kept, and where each goes. */
export function keep(isKept: readonly boolean[]): { kept: number[]; place: Int32Array } {
  const kept = isKept.flatMap((one, column) => (one ? [column] : []));
  const place = new Int32Array(isKept.length).fill(-1);
  kept.forEach((column, at) => (place[column] = at));
  return { kept, place };
}

/** @throws Failure `data/not-number` for NaN and infinities */
export function requireFinite(
  values: Float32Array,
  names: readonly string[],
  features: readonly string[],
  where: string,
) {
  const bad = values.findIndex(value => !Number.isFinite(value));
  if (bad < 0) return;
  throw new Failure('data/not-number', `found ${values[bad]}, expected a finite number`, {
    place: `${where}, "${names[Math.floor(bad / features.length)]}", ${features[bad % features.length]}`,
    remedy: 'Leave the cell or the gene out, or fill what is missing.',
  });
}
