import { describe, expect, it } from 'vitest';
import { logGamma, logTwoSided, studentQuantile } from '../../../server/src/engine/random/student-distribution.js';

describe("Student's t", () => {
  // By mpmath 1.3 with 40 digits: ln of the regularised incomplete beta function.
  it.each([
    [0.1, 3, -0.0761768120193131],
    [1, 1, -0.693147180559945],
    [2, 10, -2.61199437067251],
    [2.5, 955, -4.37516302952923],
    [12, 955, -69.7098546823843],
    [60, 7998, -1490.32761906848],
    [0.001, 320000, -0.000798202283174732],
    [5, 320000, -14.3713244860761],
  ])('has the two-sided tail of t = %d with %d degrees of freedom', (t, freedom, expected) => {
    expect(Math.abs(logTwoSided(t, freedom) / expected - 1)).toBeLessThan(1e-9);
    expect(logTwoSided(-t, freedom)).toBe(logTwoSided(t, freedom));
  });

  it('has its quantiles', () => {
    // One and two degrees of freedom have closed forms; the third is in every table.
    expect(studentQuantile(0.9, 1)).toBeCloseTo(Math.tan(0.4 * Math.PI), 9);
    expect(studentQuantile(0.001, 2)).toBeCloseTo((2 * 0.001 - 1) / Math.sqrt(2 * 0.001 * 0.999), 9);
    expect(studentQuantile(0.975, 9)).toBeCloseTo(2.262157162798205, 10);
    expect([0, 0.5, 1].map(p => studentQuantile(p, 5))).toEqual([-Infinity, 0, Infinity]);
  });

  it('rests on the logarithm of the gamma function', () => {
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 12);
  });
});
