import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregate, bestWindow, orderRows, ROW_ORDERS, windowWidth, type ScoreMatrix } from '../../webview/src/rows.js';

const matrix = fc
  .record({ rows: fc.integer({ min: 1, max: 30 }), length: fc.integer({ min: 1, max: 40 }) })
  .chain(({ rows, length }) =>
    fc
      .array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: rows * length, maxLength: rows * length })
      .map((values): ScoreMatrix => ({ rows, length, values: Float32Array.from(values) })),
  );

const rowsInFile = (rows: number): number[] => Array.from({ length: rows }, (_, row) => row);

describe('aggregate', () => {
  it('is the matrix itself, in row order, where there is a cell for every value', () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect([...aggregate({ rows: 2, length: 3, values }, [1, 0], 2, 3)]).toEqual([4, 5, 6, 1, 2, 3]);
  });

  it('averages signed values, so that opposite signs cancel', () => {
    const values = Float32Array.of(1, 3, -1, -3, 2, 4, 2, 0);
    expect([...aggregate({ rows: 4, length: 2, values }, [0, 1, 2, 3], 2, 1)]).toEqual([0, 2]);
  });

  it('leaves out what is not finite, and has no value where nothing is left', () => {
    const values = Float32Array.of(NaN, 4, NaN, Infinity, NaN, NaN);
    expect([...aggregate({ rows: 1, length: 6, values }, [0], 1, 3)]).toEqual([4, NaN, NaN]);
  });

  it('uses every value once, whatever the grid', () => {
    fc.assert(
      fc.property(
        matrix,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (scores, a, b) => {
          const rows = 1 + Math.floor(a * (scores.rows - 1));
          const columns = 1 + Math.floor(b * (scores.length - 1));
          const ones = { ...scores, values: scores.values.map((_, index) => index) };
          const grid = aggregate(scores, rowsInFile(scores.rows), rows, columns);
          const places = aggregate(ones, rowsInFile(scores.rows), rows, columns);
          const low = Math.min(...scores.values);
          const high = Math.max(...scores.values);
          // Means lie inside the range of the values, and the cells' mean places rise: no bin is empty, none overlaps.
          return (
            grid.every(value => value >= low - 1e-5 && value <= high + 1e-5) &&
            places.every((place, cell) => cell % columns === 0 || place > (places[cell - 1] ?? NaN))
          );
        },
      ),
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
