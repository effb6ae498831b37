/** Differences of measurements: paired where units are the same, of two samples where they are not. */
import { expect, it } from 'vitest';
import { contrast } from '../../../server/src/engine/metrics/contrast.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const normals = (count: number, draw: number): number[] => {
  const stream = new Stream(3, 'contrast test', undefined, draw);
  return Array.from({ length: count }, () => stream.normal());
};
const missing = (count: number): number[] => Array<number>(count).fill(NaN);
const of = (from: readonly number[], to: readonly number[], common?: number) =>
  contrast({
    pairs: [{ from: Float64Array.from(from), to: Float64Array.from(to) }],
    ...(common !== undefined && { common }),
  });

const variance = (values: readonly number[]): number => {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
};
const width = ({ statistics }: ReturnType<typeof contrast>): number => {
  const [low, high] = statistics['mean']!.interval!;
  return (high - low) / (2 * 1.96);
};

const own = normals(200, 0);
const noisy = normals(200, 1).map((noise, unit) => own[unit]! + 0.5 + 0.1 * noise);

it('of the same units has the standard error of their differences', () => {
  const found = of(own, noisy, 200);
  const differences = noisy.map((value, unit) => value - own[unit]!);
  expect(width(found)).toBeCloseTo(Math.sqrt(variance(differences) / 200), 3);
  expect(found.statistics).toMatchObject({ improved: { n: 200 }, paired: { value: 1 } });
  expect(found.statistics).toEqual(of(own, noisy).statistics);
});

it('of units without a common one has the standard error of two samples: √(s₁²/n₁ + s₂²/n₂)', () => {
  const few = noisy.slice(0, 60);
  const found = of([...own, ...missing(60)], [...missing(200), ...few], 0);
  expect(found.statistics['mean']!.value).toBeCloseTo(
    few.reduce((a, b) => a + b) / 60 - own.reduce((a, b) => a + b) / 200,
    12,
  );
  expect(width(found) / Math.sqrt(variance(own) / 200 + variance(few) / 60)).toBeCloseTo(1, 1);
  expect(found.statistics).toMatchObject({ mean: { n: 260 }, paired: { value: 0 } });
  expect(found.statistics).not.toHaveProperty('improved');
  expect(found.notes).toMatchObject([{ code: 'metric/unpaired' }]);
});

it('of units that overlap lies between: what is common cancels', () => {
  // 100 units on both sides, 100 more on each.
  const from = [...own, ...missing(100)];
  const to = [...missing(100), ...noisy.slice(100), ...normals(100, 2)];
  const found = of(from, to, 100);
  const independent = Math.sqrt(variance(own) / 200 + variance(to.slice(100)) / 200);
  // Var(to) + Var(from) − 2 Cov, of which only the common half covaries.
  const expected = Math.sqrt(2 / 200 - (2 * 100) / (200 * 200));
  expect(width(found)).toBeLessThan(0.85 * independent);
  expect(width(found) / expected).toBeCloseTo(1, 0);
  expect(found.statistics).toMatchObject({ improved: { n: 100 } });
  expect(found.notes[0]!.message).toContain('100 of 300 units');
});

it('withholds an interval that one side is too small for', () => {
  const found = of([...own, ...missing(9)], [...missing(200), ...normals(9, 4)], 0);
  expect(found.statistics['mean']!.withheld).toContain('9 of at least 10');
});
