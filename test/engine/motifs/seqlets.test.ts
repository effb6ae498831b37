import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseWindow,
  findSeqlets,
  foundInRandomOrder,
  type Seqlet,
} from '../../../server/src/engine/motifs/seqlets.js';
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

const EXAMPLES = 400;
const LENGTH = 200;

/** Scores of noise, [example, position]: light and heavy tails, alike from position to position, of another scale in each example. */
const NOISE: Record<string, (random: Stream) => Float64Array> = {
  Gaussian: random => eachExample(() => Array.from({ length: LENGTH }, () => random.normal())),
  Laplace: random => eachExample(() => Array.from({ length: LENGTH }, () => laplace(random))),
  'Student t (3)': random =>
    eachExample(() =>
      Array.from({ length: LENGTH }, () => {
        const squares = random.normal() ** 2 + random.normal() ** 2 + random.normal() ** 2;
        return random.normal() / Math.sqrt(squares / 3);
      }),
    ),
  autocorrelated: random =>
    eachExample(() => {
      let value = random.normal();
      return Array.from({ length: LENGTH }, () => (value = 0.5 * value + Math.sqrt(0.75) * random.normal()));
    }),
  'of log-normal scale': random =>
    eachExample(() => {
      const scale = Math.exp(random.normal());
      return Array.from({ length: LENGTH }, () => scale * random.normal());
    }),
};

function eachExample(draw: () => number[]): Float64Array {
  return Float64Array.from(Array.from({ length: EXAMPLES }, draw).flat());
}

const deviationOf = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);

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
      const { seqlets } = findSeqlets(planted, 9, rate);
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
    const scores = Float32Array.of(0, 3, 3, 3, 2, 2, 2, 0, 0, -9);
    const background = { scores: new Float32Array(400).map((_, at) => (at % 2 === 0 ? 0.1 : -0.1)), length: 10 };
    const { seqlets } = findSeqlets({ scores, length: 10 }, 3, 0.1, background);
    expect(seqlets.map(({ start, score }) => [start, score])).toEqual([
      [1, 9],
      [4, 6],
      [7, -9],
    ]);
  });

  describe.each(Object.entries(NOISE))('in %s noise', (name, draw) => {
    const random = new Stream(7, name);
    const background = { scores: draw(random), length: LENGTH };
    const alone = { scores: draw(random), length: LENGTH };
    const sites = Array.from({ length: EXAMPLES }, (_, example) =>
      example % 2 === 0 ? undefined : 10 + random.integer(LENGTH - 30),
    );
    const planted = { scores: draw(random), length: LENGTH };
    sites.forEach((site, example) => {
      if (site !== undefined)
        for (let i = 0; i < 10; i++) planted.scores[example * LENGTH + site + i]! += 3 * deviationOf(alone.scores);
    });
    const isTrue = ({ example, start, end }: Seqlet): boolean => {
      const site = sites[example];
      return site !== undefined && start < site + 10 && end > site;
    };

    it('are false as often as was asked for, where a background says what noise is', () => {
      const { seqlets } = findSeqlets(planted, 11, 0.2, background);
      const right = seqlets.filter(isTrue);
      expect(1 - right.length / seqlets.length).toBeLessThan(0.25);
      expect(new Set(right.map(({ example }) => example)).size).toBeGreaterThan(0.95 * (EXAMPLES / 2));
      expect(findSeqlets(alone, 11, 0.2, background).seqlets.length).toBeLessThan(0.05 * EXAMPLES);
    });

    it('are false as often as was asked for, or their random order says that they are not', () => {
      const { seqlets } = findSeqlets(planted, 11, 0.2);
      const share = 1 - seqlets.filter(isTrue).length / seqlets.length;
      const byChance = foundInRandomOrder(planted, 11, seqlets);
      expect(seqlets.length === 0 || share < 0.2 || byChance > 0.2 * seqlets.length).toBe(true);
    });
  });
});
