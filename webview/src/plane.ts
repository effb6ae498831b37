/** A plane of an array of several axes: which numbers a matrix draws, and which of them are the strongest. Pure. */
import { firstOf } from './rows.js';
import type { ResultTable } from './tables.js';

export type Axis = ResultTable['axes'][number];

/** A plane of an array: `rows` × `columns`, row-major. */
export interface Plane {
  readonly rows: Axis;
  readonly columns: Axis;
  readonly values: Float32Array;
}

/** How a place on an axis is called: by its label, else by its number. Pictures count positions from 1, labels of the store from 0. */
export function labelOf({ name, labels }: Axis, place: number): string {
  const label = labels?.[place];
  if (label === undefined) return String(place + 1);
  return name === 'position' && /^\d+$/.test(label) ? String(Number(label) + 1) : label;
}

/**
 * One plane of a result: the last two axes, at one place of the others.
 *
 * @param chosen a place for each axis in front of the last two; undefined takes the mean over that axis
 */
export function planeOf(axes: readonly Axis[], values: Float32Array, chosen: readonly (number | undefined)[]): Plane {
  const [rows, columns] = axes.slice(-2) as [Axis, Axis];
  const size = rows.size * columns.size;
  let starts = [0];
  axes.slice(0, -2).forEach((axis, i) => {
    const place = chosen[i];
    const places = place === undefined ? [...Array(axis.size).keys()] : [place];
    starts = starts.flatMap(start => places.map(at => start * axis.size + at));
  });
  const mean = new Float32Array(size);
  for (const start of starts)
    for (let i = 0; i < size; i++) mean[i]! += (values[start * size + i] ?? NaN) / starts.length;
  return { rows, columns, values: mean };
}

/** The strongest value of each group of neighbours, `lines` × `across` of them. */
export function strongestCells({ rows, columns, values }: Plane, lines: number, across: number): Float32Array {
  const cells = new Float32Array(lines * across);
  for (let line = 0; line < lines; line++)
    for (let place = 0; place < across; place++) {
      let most = 0;
      for (let r = firstOf(line, lines, rows.size); r < firstOf(line + 1, lines, rows.size); r++)
        for (let c = firstOf(place, across, columns.size); c < firstOf(place + 1, across, columns.size); c++) {
          const value = values[r * columns.size + c]!;
          if (Math.abs(value) > Math.abs(most)) most = value;
        }
      cells[line * across + place] = most;
    }
  return cells;
}

/** Row and column of the strongest cells; of a pair that stands on both sides of the diagonal alike, once. */
export function strongestPlaces({ rows, columns, values }: Plane, most: number): [number, number][] {
  const mirrored =
    rows.size === columns.size &&
    rows.name === columns.name &&
    values.every((value, i) => value === values[(i % rows.size) * rows.size + Math.floor(i / rows.size)]);
  return Array.from(values.keys())
    .filter(i => values[i] !== 0 && (!mirrored || Math.floor(i / rows.size) <= i % rows.size))
    .sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!))
    .slice(0, most)
    .map(i => [Math.floor(i / columns.size), i % columns.size]);
}
