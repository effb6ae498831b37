import { expect, it } from 'vitest';
import { clustered } from '../../webview/src/cluster.js';

/** Rows of three kinds, mixed: a peak at 10, a trough at 30, two peaks at 20 and 45; noise and any strength. */
function mixed(rows: number): { values: Float32Array; kinds: number[] } {
  const kinds = Array.from({ length: rows }, (_, row) => (row * 7919) % 3);
  const values = new Float32Array(rows * 60);
  kinds.forEach((kind, row) => {
    for (let at = 0; at < 60; at++) {
      const peak = (place: number): number => Math.exp(-((at - place) ** 2) / 8);
      const signal = kind === 0 ? peak(10) : kind === 1 ? -peak(30) : peak(20) + peak(45);
      values[row * 60 + at] = (1 + (row % 5)) * (signal + 0.05 * Math.sin(row * 12.9898 + at * 78.233));
    }
  });
  return { values, kinds };
}

it.each([1, 2, 90, 5000])('%i rows: each once, and rows of one kind stand together', rows => {
  const { values, kinds } = mixed(rows);
  const order = clustered({ rows, length: 60, values });
  expect([...order].sort((a, b) => a - b)).toEqual(kinds.map((_, row) => row));
  // Kinds fall into more clusters than one where clusters are left; never do two kinds share one.
  const changes = order.filter((row, i) => i > 0 && kinds[row] !== kinds[order[i - 1]!]).length;
  expect(changes).toBeLessThan(12);
  expect(clustered({ rows, length: 60, values })).toEqual(order);
});

it('takes rows without numbers', () => {
  const values = Float32Array.of(NaN, NaN, 1, 0, 0, 1);
  expect([...clustered({ rows: 3, length: 2, values })].sort()).toEqual([0, 1, 2]);
});
