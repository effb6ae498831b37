import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreement, agreements } from '../../../server/src/engine/metrics/agreement.js';

const scores = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 5, maxLength: 5 });

describe('agreements', () => {
  it('are the shares of the definitions', () => {
    const a = Float64Array.of(5, -4, 3, 0.1, 0);
    const b = Float64Array.of(-5, -3, 0.1, 4, 0);
    // Tops of three: {0, 1, 2} in this order and {0, 3, 1}; 0 at the same rank with another sign, 1 with the same sign.
    expect(agreements(a, b, 3)).toEqual({
      feature: expect.closeTo(2 / 3, 12),
      rank: expect.closeTo(1 / 3, 12),
      sign: expect.closeTo(1 / 3, 12),
      signed_rank: 0,
      // Of 0, 1, 2, 3: 01, 02, 12 and 03 in the same order; 13 and 23 not.
      pairwise_rank: expect.closeTo(4 / 6, 12),
    });
  });

  it('are symmetric, nested, and whole for a map with itself', () => {
    fc.assert(
      fc.property(scores, scores, fc.integer({ min: 1, max: 5 }), (a, b, k) => {
        const found = agreements(Float64Array.from(a), Float64Array.from(b), k);
        const turned = agreements(Float64Array.from(b), Float64Array.from(a), k);
        for (const [name, value] of Object.entries(turned))
          expect(value - found[name as keyof typeof found] || 0).toBeCloseTo(0, 12);
        expect(found.signed_rank).toBeLessThanOrEqual(Math.min(found.rank, found.sign) + 1e-12);
        expect(Math.max(found.rank, found.sign)).toBeLessThanOrEqual(found.feature + 1e-12);
        const own = agreements(Float64Array.from(a), Float64Array.from(a), k);
        expect(own.signed_rank).toBeCloseTo(Math.min(k, a.filter(score => score !== 0).length) / k, 12);
        if (a.filter(score => score !== 0).length > 1 && k > 1) expect(own.pairwise_rank).toBe(1);
      }),
      { seed: 3 },
    );
  });

  it('are averaged over the pairs of maps', () => {
    const maps = [Float64Array.of(1, 0, 0), Float64Array.of(2, 0, 0), Float64Array.of(0, 1, 0)];
    const { statistics, notes } = agreement({ scores: maps, examples: 1, length: 3, top: 1 / 3 });
    expect(statistics['feature']!.value).toBeCloseTo(1 / 3, 12);
    expect(notes[0]!.message).toContain('1 of 3');
  });
});
