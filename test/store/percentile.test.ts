import { describe, expect, it } from 'vitest';
import { percentileInterval, quantile } from '../../server/src/store/percentile.js';

describe('percentileInterval', () => {
  it('interpolates between order statistics as numpy.percentile does', () => {
    const sorted = Float64Array.of(1, 2, 4, 8);
    expect([0, 0.25, 0.5, 1].map(share => quantile(sorted, share))).toEqual([1, 1.75, 3, 8]);
    expect(percentileInterval(Float64Array.of(8, 1, 4, 2), 1)).toEqual([1, 8]);
    // numpy.percentile([3, 1, 2, 4], [5, 95]) = [1.15, 3.85]
    const [low, high] = percentileInterval(Float64Array.of(3, 1, 2, 4), 0.9);
    expect(low).toBeCloseTo(1.15, 12);
    expect(high).toBeCloseTo(3.85, 12);
  });
});
