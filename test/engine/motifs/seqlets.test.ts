import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseWindow, findSeqlets } from '../../../server/src/engine/motifs/seqlets.js';
import {
  backgroundNull,
  falseRates,
  halfSampleMode,
  laplaceNull,
  windowSums,
} from '../../../server/src/engine/motifs/window-null.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { plantedMaps } from './planted.js';

const laplace = (random: Stream): number => {
  const u = random.uniform() - 0.5;
  return -Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
};

describe('the null of windows', () => {
  it('has the tails of the Laplace distribution that the sums were drawn from', () => {
    const random = new Stream(1, 'test');
    const share = laplaceNull(Float64Array.from({ length: 40_000 }, () => 2 * laplace(random)));
    // P(|X| ≥ d on one side) = ½ exp(−d / 2); of its percentiles the narrowest makes the tail a little thinner.
    for (const distance of [1, 3, 6])
      for (const side of [1, -1]) {
        const ratio = share(side * distance) / (0.5 * Math.exp(-distance / 2));
        expect(ratio).toBeGreaterThan(0.75);
        expect(ratio).toBeLessThan(1.1);
      }
  });

  it('takes the tail on the side of the sign where the mode is not zero', () => {
    const random = new Stream(7, 'test');
    // An offset at every position and no motif: P(X ≥ 1) and P(X ≤ −1) of the Laplace distribution around 5.
    const sums = Float64Array.from({ length: 20_000 }, () => 5 + laplace(random));
    const share = laplaceNull(sums);
    expect(share(1)).toBeCloseTo(1, 1);
    expect(share(-1)).toBeLessThan(0.01);
    expect(falseRates(sums, share).filter(rate => rate <= 0.2).length).toBeLessThan(0.01 * sums.length);
    const mirrored = laplaceNull(sums.map(sum => -sum));
    expect([mirrored(-1), mirrored(1)]).toEqual([expect.closeTo(share(1), 12), expect.closeTo(share(-1), 12)]);
  });

  it('has its mode where the sums lie densest, not at their mean', () => {
    const random = new Stream(2, 'test');
    const sums = Float64Array.from({ length: 5000 }, (_, i) =>
      i % 4 === 0 ? 5 + random.uniform() : laplace(random) / 5,
    );
    expect(Math.abs(halfSampleMode(sums.sort()))).toBeLessThan(0.1);
  });

  it('counts a background that is given', () => {
    const share = backgroundNull(Float64Array.of(-3, -1, 0, 1, 2, 2));
    expect([share(2), share(2.5), share(0), share(-1), share(-4)].map(value => value * 7)).toEqual([3, 1, 5, 3, 1]);
  });

  it('gives each sum the lowest rate at which it is found, by definition', () => {
    const share = (sum: number): number => 0.6 * Math.exp(-Math.abs(sum));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 30 }), values => {
        const rates = falseRates(Float64Array.from(values), share);
        values.forEach((value, i) => {
          const reaching = (t: number): number => values.filter(v => (t > 0 ? v >= t : v <= t)).length;
          const inner = values.filter(t => Math.sign(t) === Math.sign(value) && Math.abs(t) <= Math.abs(value));
          const lowest = Math.min(1, ...inner.map(t => (share(t) * values.length) / reaching(t)));
          expect(rates[i]).toBeCloseTo(value === 0 ? 1 : lowest, 12);
        });
      }),
      { seed: 4 },
    );
  });
});

describe('seqlets', () => {
  it('sum the scores of every window', () => {
    expect([...windowSums([1, 2, 4, 8, -1, 0, 1, 0], 4, 3)]).toEqual([7, 14, 0, 1]);
  });

  it('choose windows as wide as what was planted', () => {
    const motif = 'ACGTTGCAACG';
    for (const width of [7, 11]) {
      const planted = plantedMaps(
        [motif.slice(0, width)],
        { examples: 60, length: 80, noise: 0.3 },
        new Stream(5, 'test'),
      );
      expect(chooseWindow(planted.scores, 80)).toBe(width);
    }
  });

  it('are the planted places, and few others than the rate allows', () => {
    const planted = plantedMaps(['TGACTCAGC'], { examples: 200, length: 200, noise: 0.25 }, new Stream(6, 'test'));
    for (const rate of [0.05, 0.2]) {
      const { seqlets } = findSeqlets(planted.scores, 200, 9, laplaceNull, rate);
      const strongest = planted.sites.filter(({ example, start }) =>
        seqlets.some(seqlet => seqlet.example === example && Math.abs(seqlet.start - start) <= 1),
      );
      expect(strongest.length).toBeGreaterThanOrEqual(198);
      const others = seqlets.filter(({ example, start }) => Math.abs(planted.sites[example]!.start - start) >= 9);
      expect(others.length / seqlets.length).toBeLessThanOrEqual(rate);
      expect(seqlets.every(({ rate: own }) => own <= rate)).toBe(true);
    }
  });

  it('do not overlap, the stronger one first', () => {
    const { seqlets } = findSeqlets([0, 3, 3, 3, 2, 2, 2, 0, 0, -9], 10, 3, () => () => 0, 0.1);
    expect(seqlets.map(({ start, score }) => [start, score])).toEqual([
      [1, 9],
      [4, 6],
      [7, -9],
    ]);
  });
});
