import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageRanks, rankCorrelation, topShares } from '../../../server/src/engine/metrics/ranks.js';

const few = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 30 });

describe('ranks', () => {
  it('share ties evenly', () => {
    expect([...averageRanks(Float64Array.of(3, 1, 3, 2, 3))]).toEqual([4, 1, 4, 2, 4]);
    expect([...topShares(Float64Array.of(5, 2, 2, 2, 1), 2)]).toEqual([1, 1 / 3, 1 / 3, 1 / 3, 0]);
  });

  it('sum to what ranks and places sum to, and keep the order', () => {
    fc.assert(
      fc.property(few, fc.nat(), (list, pick) => {
        const values = Float64Array.from(list);
        const ranks = averageRanks(values);
        expect(ranks.reduce((a, b) => a + b)).toBe((list.length * (list.length + 1)) / 2);
        const count = 1 + (pick % list.length);
        const shares = topShares(values, count);
        expect(shares.reduce((a, b) => a + b)).toBeCloseTo(count, 10);
        list.forEach((a, i) =>
          list.forEach((b, j) => {
            if (a > b) {
              expect(ranks[i]).toBeGreaterThan(ranks[j]!);
              expect(shares[i]).toBeGreaterThanOrEqual(shares[j]!);
            } else if (a === b) expect(ranks[i]).toBe(ranks[j]);
          }),
        );
      }),
      { seed: 4 },
    );
  });

  it('correlate by order only', () => {
    const ranks = (...values: number[]) => averageRanks(Float64Array.from(values));
    expect(rankCorrelation(ranks(1, 5, 2, 9), ranks(10, 11, 10.5, 1000))).toBeCloseTo(1, 12);
    expect(rankCorrelation(ranks(1, 2, 3, 4), ranks(4, 3, 2, 1))).toBeCloseTo(-1, 12);
    expect(rankCorrelation(ranks(1, 2, 3), ranks(1, 3, 2))).toBeCloseTo(0.5, 12); // 1 − 6·2/(3·8)
    expect(rankCorrelation(ranks(1, 2, 2, 3), ranks(1, 2, 3, 4))).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
    expect(rankCorrelation(ranks(1, 1, 1), ranks(1, 2, 3))).toBeNaN();
  });
});
