import { describe, expect, it } from 'vitest';
import { beta, binomial, dirichlet, gamma, multinomial } from '../../../server/src/engine/random/distributions.js';
import { normalCdf, normalDensity, normalQuantile } from '../../../server/src/engine/random/normal-distribution.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

describe('the normal distribution', () => {
  it('has the values of the tables (mpmath, 16 digits)', () => {
    expect(normalCdf(0)).toBeCloseTo(0.5, 15);
    expect(normalCdf(1)).toBeCloseTo(0.8413447460685429, 14);
    expect(normalCdf(-3) / 0.0013498980316300945).toBeCloseTo(1, 12);
    expect(normalCdf(-8) / 6.220960574271785e-16).toBeCloseTo(1, 12);
    expect(normalCdf(-4.0000001) / normalCdf(-3.9999999)).toBeCloseTo(1 - 2e-7 * 4.22561, 10);
    expect(normalCdf(-40)).toBe(0);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 13);
    expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 11);
  });

  it('inverts itself, and its slope is the density', () => {
    for (let p = 0.0005; p < 1; p += 0.0101) {
      expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 14);
      const x = normalQuantile(p);
      expect((normalCdf(x + 1e-5) - normalCdf(x - 1e-5)) / 2e-5).toBeCloseTo(normalDensity(x), 8);
    }
  });
});

/** Mean and variance of draws. */
function moments(draw: (stream: Stream) => number, count = 40_000): [number, number] {
  const stream = new Stream(11, 'test');
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const value = draw(stream);
    sum += value;
    squares += value * value;
  }
  const mean = sum / count;
  return [mean, squares / count - mean * mean];
}

describe('draws', () => {
  it.each([0.3, 1, 4, 50])('of gamma(%d) have its mean and variance', shape => {
    const [mean, variance] = moments(stream => gamma(stream, shape));
    expect(Math.abs(mean - shape)).toBeLessThan(5 * Math.sqrt(shape / 40_000));
    expect(variance / shape).toBeCloseTo(1, 0.9);
  });

  it('of beta have its mean and variance', () => {
    const [mean, variance] = moments(stream => beta(stream, 2, 6));
    expect(mean).toBeCloseTo(0.25, 2);
    expect(variance).toBeCloseTo(12 / (64 * 9), 3);
  });

  it('of a Dirichlet sum to one, with the variance of its margins', () => {
    const shares = dirichlet(new Stream(1, 'x'), [8, 8, 4, 4, 4, 4]);
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    const [mean, variance] = moments(stream => dirichlet(stream, [8, 8, 4, 4, 4, 4])[0]!, 10_000);
    expect(mean).toBeCloseTo(0.25, 2);
    expect(variance).toBeCloseTo((0.25 * 0.75) / 33, 3);
  });

  // Both algorithms (n·p below and above 10) and both sides of ½.
  it.each([
    [12, 0.3],
    [40, 0.25],
    [40, 0.6],
    [30, 0.95],
    [25, 0.5],
  ])('of binomial(%d, %d) have its distribution', (n, p) => {
    const stream = new Stream(3, 'binomial');
    const draws = 40_000;
    const counts = new Float64Array(n + 1);
    for (let i = 0; i < draws; i++) counts[binomial(stream, n, p)]!++;
    let probability = (1 - p) ** n;
    let chiSquare = 0;
    let bins = 0;
    for (let k = 0; k <= n; k++) {
      const expected = draws * probability;
      if (expected >= 5) {
        chiSquare += (counts[k]! - expected) ** 2 / expected;
        bins++;
      }
      probability *= ((n - k) / (k + 1)) * (p / (1 - p));
    }
    // Wilson & Hilferty's bound of χ² at p = 0.0005.
    const degrees = bins - 1;
    const bound = degrees * (1 - 2 / (9 * degrees) + 3.29 * Math.sqrt(2 / (9 * degrees))) ** 3;
    expect(chiSquare).toBeLessThan(bound);
  });

  it('of large binomials have their moments', () => {
    const [mean, variance] = moments(stream => binomial(stream, 1_500_000, 0.0123));
    expect(Math.abs(mean - 18_450)).toBeLessThan(5 * Math.sqrt(18_223 / 40_000));
    expect(variance / 18_223.065).toBeCloseTo(1, 1.3);
  });

  it('of a multinomial give away every trial, as their probabilities say', () => {
    const probabilities = Float64Array.of(0.5, 0, 0.3, 0.2);
    const out = new Float32Array(4);
    const stream = new Stream(2, 'multinomial');
    const sums = [0, 0, 0, 0];
    for (let i = 0; i < 2000; i++) {
      multinomial(stream, 100, probabilities, out);
      expect(out.reduce((a, b) => a + b)).toBe(100);
      out.forEach((count, at) => (sums[at]! += count / 2000));
    }
    expect(sums[1]).toBe(0);
    [50, 0, 30, 20].forEach((mean, at) => expect(Math.abs(sums[at]! - mean)).toBeLessThan(0.5));
  });
});
