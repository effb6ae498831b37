import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averageRows,
  bestWindow,
  orderRows,
  ROW_ORDERS,
  windowWidth,
  type ScoreMatrix,
} from '../../webview/src/rows.js';

const matrix = fc
  .record({ rows: fc.integer({ min: 1, max: 30 }), length: fc.integer({ min: 1, max: 40 }) })
  .chain(({ rows, length }) =>
    fc
      .array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: rows * length, maxLength: rows * length })
      .map((values): ScoreMatrix => ({ rows, length, values: Float32Array.from(values) })),
  );

const rowsInFile = (rows: number): number[] => Array.from({ length: rows }, (_, row) => row);

describe('averageRows', () => {
  const averaged = (scores: ScoreMatrix, sources: number[], from: number, per: number, cells: number): number[] => {
    const found = new Float32Array(cells);
    averageRows(found, scores, sources, from, per);
    return [...found];
  };

  it('averages signed values, so that opposite signs cancel', () => {
    const scores = { rows: 2, length: 4, values: Float32Array.of(1, 3, -1, -3, 2, 4, 2, 0) };
    expect(averaged(scores, [0], 0, 1, 4)).toEqual([1, 3, -1, -3]);
    expect(averaged(scores, [0, 1], 0, 4, 1)).toEqual([1]);
    expect(averaged(scores, [0], 0, 4, 1)).toEqual([0]);
  });

  it('leaves out what is not finite, and has no value where nothing is left or no position is', () => {
    const scores = { rows: 1, length: 5, values: Float32Array.of(NaN, 4, NaN, Infinity, 2) };
    expect(averaged(scores, [0], 0, 2, 4)).toEqual([4, NaN, 2, NaN]);
  });

  it('gives the same cells wherever a tile begins, as the mean of what each covers', () => {
    fc.assert(
      fc.property(matrix, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 5 }), (scores, per, skipped) => {
        const rows = rowsInFile(scores.rows);
        const cells = Math.ceil(scores.length / per);
        const all = averaged(scores, rows, 0, per, cells);
        const kept = Math.max(0, cells - skipped);
        expect(averaged(scores, rows, skipped * per, per, kept)).toEqual(all.slice(skipped));
        all.forEach((value, cell) => {
          const covered = rows.flatMap(row => [
            ...scores.values.subarray(
              row * scores.length + cell * per,
              row * scores.length + Math.min(scores.length, (cell + 1) * per),
            ),
          ]);
          expect(value).toBeCloseTo(covered.reduce((a, b) => a + b, 0) / covered.length, 4);
        });
      }),
      { seed: 11 },
    );
  });
});

describe('orderRows', () => {
  const keysOf = (rows: number) => ({
    predictions: Float32Array.from({ length: rows }, (_, row) => (row * 7) % 5),
    labels: Array.from({ length: rows }, (_, row) => row % 2),
  });

  it('keeps every row exactly once', () => {
    fc.assert(
      fc.property(matrix, fc.constantFrom(...ROW_ORDERS), (scores, order) => {
        const rows = orderRows(order, scores, keysOf(scores.rows));
        expect([...rows].sort((a, b) => a - b)).toEqual(rowsInFile(scores.rows));
      }),
      { seed: 12 },
    );
  });

  it('sorts by falling prediction with unknown ones last, ties as in the file', () => {
    const scores = { rows: 5, length: 1, values: new Float32Array(5) };
    expect(orderRows('prediction', scores, { predictions: [1, NaN, 3, 1, 2] })).toEqual([2, 4, 0, 3, 1]);
  });

  it('sorts by label, within a label by best window', () => {
    const values = new Float32Array(3 * 50);
    values[40] = 1;
    values[50 + 20] = -1;
    values[100 + 2] = 1;
    const scores = { rows: 3, length: 50, values };
    expect(orderRows('window', scores, {})).toEqual([2, 1, 0]);
    expect(orderRows('label', scores, { labels: [0, 1, 1] })).toEqual([0, 2, 1]);
  });

  it('refuses a key that is not there', () => {
    expect(() => orderRows('label', { rows: 1, length: 1, values: new Float32Array(1) }, {})).toThrow(
      /ordered by label/,
    );
  });
});

describe('bestWindow', () => {
  it('is the window of largest |sum|, as trying them all finds', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 60 }), integers => {
        const scores = Float32Array.from(integers);
        const width = windowWidth(scores.length);
        const sums = Array.from({ length: scores.length - width + 1 }, (_, start) =>
          Math.abs(integers.slice(start, start + width).reduce((a, b) => a + b, 0)),
        );
        expect(bestWindow(scores, width)).toBe(sums.indexOf(Math.max(...sums)));
      }),
      { seed: 13 },
    );
  });
});
