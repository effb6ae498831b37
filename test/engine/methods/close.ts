/** Closeness of maps, relative to the scale of the map: its largest magnitude. */
import { expect } from 'vitest';

export const scaleOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((top, v) => Math.max(top, Math.abs(v)), 0);

export const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, v) => total + v, 0);

/** Demands that a map agrees with another within `tolerance` of the other's largest magnitude. */
export function expectSameMap(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const scale = scaleOf(expected);
  expect(scale, 'a map of zeros proves nothing').toBeGreaterThan(0);
  const distance = scaleOf(Array.from(expected, (v, i) => found[i]! - v));
  expect(distance / scale, 'largest difference relative to the scale').toBeLessThanOrEqual(tolerance);
}
