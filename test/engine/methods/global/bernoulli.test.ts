import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divergence, judge, lowerBound, upperBound } from '../../../../server/src/engine/methods/global/bernoulli.js';
import { bestArms } from '../../../../server/src/engine/methods/global/best-arms.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';

/** Successes of so many draws with this share. */
function successes(random: Stream, share: number, times: number): number {
  let count = 0;
  for (let draw = 0; draw < times; draw++) if (random.uniform() < share) count++;
  return count;
}

describe('bounds', () => {
  it('lie at the divergence asked for, on their side of the share', () => {
    const share = fc.integer({ min: 0, max: 100 }).map(percent => percent / 100);
    fc.assert(
      fc.property(share, fc.double({ min: 1e-4, max: 2, noNaN: true }), (p, level) => {
        const low = lowerBound(p, level);
        expect(low).toBeLessThanOrEqual(p);
        if (low > 0) expect(divergence(p, low)).toBeCloseTo(level, 6);
        expect(upperBound(1 - p, level)).toBeCloseTo(1 - low, 12);
      }),
      { seed: 1 },
    );
  });

  it('have closed forms where all draws succeed or all fail', () => {
    expect(lowerBound(1, 0.2)).toBeCloseTo(Math.exp(-0.2), 12);
    expect(upperBound(0, 0.2)).toBeCloseTo(1 - Math.exp(-0.2), 12);
    expect([lowerBound(0, 0.2), upperBound(1, 0.2)]).toEqual([0, 1]);
  });
});

describe('judge', () => {
  it.each([0.7, 0.9, 0.949, 0.97])('bounds a share of %s from below in at least 1 − δ of 2,000 trials', async share => {
    const delta = 0.05;
    let wrong = 0;
    let accepted = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const random = new Stream(trial, `judge ${share}`);
      const verdict = await judge(0.95, delta, times => Promise.resolve(successes(random, share, times)));
      if (verdict.bound > share) wrong++;
      if (verdict.accepted) accepted++;
    }
    expect(wrong / 2000).toBeLessThanOrEqual(delta);
    if (share < 0.95) expect(accepted / 2000).toBeLessThanOrEqual(delta);
  });

  it('accepts what always succeeds at the first look', async () => {
    let draws = 0;
    const always = (times: number): Promise<number> => {
      draws += times;
      return Promise.resolve(times);
    };
    expect(await judge(0.95, 0.05, always)).toMatchObject({ share: 1, accepted: true });
    expect(draws).toBe(128);
  });
});

describe('bestArms', () => {
  it('finds the best arms up to the tolerance in at least 1 − δ of 200 trials', async () => {
    const shares = [0.5, 0.62, 0.95, 0.7, 0.93, 0.4, 0.6, 0.9];
    let wrong = 0;
    for (let trial = 0; trial < 200; trial++) {
      const random = new Stream(trial, 'arms');
      const found = await bestArms({
        arms: shares.length,
        wanted: 2,
        tolerance: 0.1,
        delta: 0.05,
        budget: Infinity,
        draw: (arms, times) => Promise.resolve(arms.map(arm => successes(random, shares[arm]!, times))),
      });
      if (found.some(arm => shares[arm]! < 0.93 - 0.1)) wrong++;
    }
    expect(wrong / 200).toBeLessThanOrEqual(0.05);
  });

  it('decides by what it has seen when the budget is spent', async () => {
    let draws = 0;
    const found = await bestArms({
      arms: 3,
      wanted: 1,
      tolerance: 0.01,
      delta: 0.05,
      budget: 500,
      draw: (arms, times) => {
        draws += arms.length * times;
        return Promise.resolve(arms.map(arm => (arm === 1 ? times : times - 1)));
      },
    });
    expect(found).toEqual([1]);
    expect(draws).toBeLessThan(3 * 16 + 500 + 2 * 64);
  });
});
