import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DRAWS,
  estimate,
  mean,
  median,
  share,
  standardDeviation,
  type Weighted,
} from '../../../server/src/engine/metrics/bootstrap.js';
import { mannWhitney } from '../../../server/src/engine/metrics/bounds.js';
import { rocArea } from '../../../server/src/engine/metrics/curves.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const value = fc.double({ min: -5, max: 5, noNaN: true });

/** Every value as often as its count says: what a weighted statistic stands for. */
function written(values: readonly number[], counts: readonly number[]): number[] {
  return values.flatMap((item, index) => new Array<number>(counts[index]!).fill(item));
}

describe('weighted statistics', () => {
  it('are the statistics of the resample written out', () => {
    const plain: Record<string, [(values: Float64Array) => Weighted, (values: number[]) => number]> = {
      mean: [mean, values => values.reduce((a, b) => a + b, 0) / values.length],
      median: [
        median,
        values => {
          const sorted = [...values].sort((a, b) => a - b);
          return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
        },
      ],
      standardDeviation: [
        standardDeviation,
        values => {
          const middle = values.reduce((a, b) => a + b, 0) / values.length;
          return Math.sqrt(values.reduce((sum, item) => sum + (item - middle) ** 2, 0) / (values.length - 1));
        },
      ],
    };
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.nat(3)), { minLength: 1, maxLength: 20 }), pairs => {
        const values = pairs.map(([item]) => item);
        const counts = pairs.map(([, count]) => count);
        const resample = written(values, counts);
        for (const [weighted, direct] of Object.values(plain)) {
          const found = weighted(Float64Array.from(values))(Uint32Array.from(counts));
          const expected = resample.length === 0 ? NaN : direct(resample);
          if (Number.isNaN(expected)) expect(found).toBeNaN();
          else expect(found).toBeCloseTo(expected, 10);
        }
      }),
      { seed: 3 },
    );
  });
});

describe('estimate', () => {
  const values = Float64Array.from({ length: 400 }, (_, index) => new Stream(1, 'test', undefined, index).normal());

  it('gives the interval of the normal theory for a mean and a standard deviation', () => {
    const { statistics, draws } = estimate({
      mean: { n: 400, of: mean(values) },
      sd: { n: 400, of: standardDeviation(values) },
    });
    const { value, interval, n } = statistics['mean']!;
    const error = standardDeviation(values)(new Uint32Array(400).fill(1)) / Math.sqrt(400);
    expect(n).toBe(400);
    expect(draws.get('mean')).toHaveLength(DRAWS);
    expect(Math.abs(interval![0] - (value - 1.96 * error))).toBeLessThan(0.15 * error);
    expect(Math.abs(interval![1] - (value + 1.96 * error))).toBeLessThan(0.15 * error);
    const width = statistics['sd']!.interval![1] - statistics['sd']!.interval![0];
    expect(width / (2 * 1.96 * error * Math.SQRT1_2)).toBeGreaterThan(0.85);
    expect(width / (2 * 1.96 * error * Math.SQRT1_2)).toBeLessThan(1.15);
  });

  it('covers the truth about 95 times in 100', () => {
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const stream = new Stream(2, 'test', undefined, trial);
      const sample = Float64Array.from({ length: 40 }, () => stream.normal());
      const [low, high] = estimate({ mean: { n: 40, of: mean(sample) } }).statistics['mean']!.interval!;
      if (low <= 0 && 0 <= high) covered++;
    }
    expect(covered).toBeGreaterThan(176);
    expect(covered).toBeLessThan(199);
  });

  it('repeats itself, withholds below 10 units, and leaves out what is not defined', () => {
    const ask = (n: number) => estimate({ mean: { n, of: mean(values.subarray(0, n)) } });
    expect(ask(50).draws.get('mean')).toEqual(ask(50).draws.get('mean'));
    expect(ask(10).statistics['mean']!.interval).toHaveLength(2);
    const nine = ask(9);
    expect(nine.statistics['mean']).toEqual({
      value: expect.any(Number),
      n: 9,
      withheld: '9 of at least 10 examples that an interval needs',
    });
    expect(nine.draws.size).toBe(0);
    expect(ask(0).statistics).toEqual({});
    expect(estimate({ max: { n: 3, of: () => 7, interval: 'none' } }).statistics).toEqual({ max: { value: 7, n: 3 } });
  });

  it('draws again where a resample does not define the statistic', () => {
    const positive = Uint8Array.from({ length: 12 }, (_, index) => Number(index < 1));
    const auroc = rocArea(
      Float64Array.from({ length: 12 }, (_, index) => index),
      positive,
    );
    const draws = estimate({ auroc: { n: 12, of: auroc } }).draws.get('auroc')!;
    expect(draws.some(Number.isNaN)).toBe(false);
  });
});

describe('an interval where resamples show no spread', () => {
  const coverage = (limits: (stream: Stream) => readonly [number, number], truth: number): number => {
    let held = 0;
    for (let trial = 0; trial < 500; trial++) {
      const [low, high] = limits(new Stream(4, 'test', undefined, trial));
      if (low <= truth && truth <= high) held++;
    }
    return held / 500;
  };

  it('of a share is Wilson’s, with draws in the order of the resamples', () => {
    const all = estimate({ share: share(new Float64Array(20).fill(1)) }).statistics['share']!;
    // 20 / (20 + 1.96²)
    expect(all.interval).toEqual([expect.closeTo(0.8389, 4), 1]);
    const some = Float64Array.from({ length: 20 }, (_, unit) => Number(unit < 15));
    const bounded = estimate({ share: share(some) }).draws.get('share')!;
    const resampled = estimate({ share: { n: 20, of: mean(some) } }).draws.get('share')!;
    const larger = (of: Float64Array) => (a: number, b: number) => of[a]! > of[b]!;
    for (let draw = 1; draw < DRAWS; draw++)
      if (larger(resampled)(draw, draw - 1)) expect(larger(bounded)(draw, draw - 1)).toBe(true);
    const rare = (stream: Stream) =>
      estimate({ share: share(Float64Array.from({ length: 20 }, () => Number(stream.uniform() < 0.05))) }).statistics[
        'share'
      ]!.interval!;
    // Percentiles of resamples hold it in two of three samples.
    expect(coverage(rare, 0.05)).toBeGreaterThan(0.9);
  });

  it('of an AUROC is Newcombe’s', () => {
    // scipy.optimize.brentq of its equation.
    expect(mannWhitney(1, 10, 10)(0.025)).toBeCloseTo(0.80021, 5);
    expect(mannWhitney(1, 10, 10)(0.975)).toBe(1);
    expect([0.025, 0.5, 0.975].map(mannWhitney(0.76, 25, 15))).toEqual(
      [0.5755, 0.76, 0.87559].map((limit): unknown => expect.closeTo(limit, 4)),
    );
    const positive = Uint8Array.from({ length: 20 }, (_, unit) => unit % 2);
    const apart = (stream: Stream): readonly [number, number] => {
      const scores = Float64Array.from(positive, one => stream.normal() + 3 * one);
      const bound = mannWhitney(rocArea(scores, positive)(new Uint32Array(20).fill(1)), 10, 10);
      return [bound(0.025), bound(0.975)];
    };
    // Φ(3 / √2); percentiles of resamples hold it in half of the samples.
    expect(coverage(apart, 0.98305)).toBeGreaterThan(0.92);
  });
});
