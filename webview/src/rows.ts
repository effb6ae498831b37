/** Score maps as matrices: the order of their rows and their averages for pictures. Pure. */

import { clustered } from './cluster.js';

/** Position scores of all examples, row-major. */
export interface ScoreMatrix {
  readonly rows: number;
  readonly length: number;
  /** [rows × length]; not a number where there is no score. */
  readonly values: Float32Array;
}

export const ROW_ORDERS = ['window', 'cluster', 'prediction', 'label', 'file'] as const;
export type RowOrder = (typeof ROW_ORDERS)[number];

export interface OrderKeys {
  readonly predictions?: ArrayLike<number> | undefined;
  readonly labels?: ArrayLike<number> | undefined;
}

/**
 * Rows in the order in which they are drawn: by the place of the best window, in clusters, by falling prediction, by label (then
 * window), or as in the file. Ties keep file order.
 *
 * @throws RangeError when the key of the order is not there
 */
export function orderRows(order: RowOrder, matrix: ScoreMatrix, keys: OrderKeys): number[] {
  const rows = Array.from({ length: matrix.rows }, (_, row) => row);
  if (order === 'file') return rows;
  if (order === 'cluster') return clustered(matrix);
  if (order === 'prediction') return sorted(rows, negated(required(keys.predictions, order)));
  const places = rows.map(row => bestWindow(rowOf(matrix, row), windowWidth(matrix.length)));
  const byPlace = sorted(rows, places);
  return order === 'window' ? byPlace : sorted(byPlace, required(keys.labels, order));
}

/** Scores of one row. */
export function rowOf(matrix: ScoreMatrix, row: number): Float32Array {
  return matrix.values.subarray(row * matrix.length, (row + 1) * matrix.length);
}

/** Positions in the window that ranks rows: a tenth of the sequence, 5 to 21, the size of a binding site. */
export function windowWidth(length: number): number {
  return Math.min(length, Math.max(5, Math.min(21, Math.round(length / 10))));
}

/** First position of the window whose scores sum to the largest magnitude; the sign is kept inside the sum. */
export function bestWindow(scores: Float32Array, width: number): number {
  let sum = 0;
  let best = -1;
  let place = 0;
  for (let end = 0; end < scores.length; end++) {
    sum += finite(scores[end]) - (end >= width ? finite(scores[end - width]) : 0);
    if (end >= width - 1 && Math.abs(sum) > best) {
      best = Math.abs(sum);
      place = end - width + 1;
    }
  }
  return place;
}

/**
 * Averages rows of a matrix, several positions to a cell: each cell is the mean of the signed finite values it covers, not a
 * number where there are none.
 *
 * @param cells filled from position `from` on; cells behind the last position are not numbers
 * @param sources rows that are averaged
 * @param per positions of a cell
 */
export function averageRows(
  cells: Float32Array,
  { values, length }: ScoreMatrix,
  sources: readonly number[],
  from: number,
  per: number,
): void {
  const counts = new Uint32Array(cells.length);
  const sums = new Float64Array(cells.length);
  const end = Math.min(length, from + cells.length * per);
  for (const source of sources) {
    const start = source * length;
    for (let position = from, cell = 0; position < end; cell++)
      for (const last = Math.min(end, position + per); position < last; position++) {
        const value = values[start + position]!;
        if (value - value !== 0) continue; // not finite
        sums[cell]! += value;
        counts[cell]!++;
      }
  }
  for (let cell = 0; cell < cells.length; cell++) cells[cell] = sums[cell]! / counts[cell]!;
}

/** First of `size` items that fall into bin `bin` of `bins`. */
export const firstOf = (bin: number, bins: number, size: number): number => Math.floor((bin * size) / bins);

const finite = (value: number | undefined): number => (value !== undefined && Number.isFinite(value) ? value : 0);

const negated = (values: ArrayLike<number>): number[] => Array.from(values, value => -value);

/** Stable; rows without a number come last. */
function sorted(rows: readonly number[], keys: ArrayLike<number>): number[] {
  const key = (row: number): number => {
    const value = keys[row] ?? NaN;
    return Number.isNaN(value) ? Infinity : value;
  };
  return [...rows].sort((a, b) => (key(a) === key(b) ? 0 : key(a) < key(b) ? -1 : 1));
}

function required<Keys>(keys: Keys | undefined, order: RowOrder): Keys {
  if (keys === undefined) throw new RangeError(`Rows cannot be ordered by ${order}: the data set has none.`);
  return keys;
}
