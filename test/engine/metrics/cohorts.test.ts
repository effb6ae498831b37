/** Measurements of cohorts, by what their definitions give when written out. */
import { describe, expect, it } from 'vitest';
import type { FeatureTruth } from '../../../server/src/engine/data/examples.js';
import { attributionRecall } from '../../../server/src/engine/metrics/attribution-recall.js';
import { jackknife, wilson } from '../../../server/src/engine/metrics/bounds.js';
import { mean } from '../../../server/src/engine/metrics/bootstrap.js';
import { composite, compositeRanking } from '../../../server/src/engine/metrics/composite.js';
import { decoyPrecision } from '../../../server/src/engine/metrics/decoy-precision.js';
import { relativeDeviations, stability } from '../../../server/src/engine/metrics/stability.js';
import { studentQuantile } from '../../../server/src/engine/random/student-distribution.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

function truth(fields: Readonly<Record<string, readonly number[]>>): FeatureTruth {
  const columns = Object.keys(fields);
  const count = fields[columns[0]!]!.length;
  return {
    columns,
    values: Float64Array.from({ length: count * columns.length }, (_, at) => {
      return fields[columns[at % columns.length]!]![Math.floor(at / columns.length)]!;
    }),
  };
}

const uniforms = (count: number, draw: number): Float64Array => {
  const stream = new Stream(5, 'test', undefined, draw);
  return Float64Array.from({ length: count }, () => stream.uniform());
};

describe('bounds', () => {
  it('are the published score interval', () => {
    // Newcombe 1998, Stat Med 17:857, table I: 81 of 263 and 15 of 148.
    expect([0.025, 0.975].map(wilson(81, 263))).toEqual([expect.closeTo(0.2553, 4), expect.closeTo(0.3662, 4)]);
    expect([0.025, 0.975].map(wilson(15, 148))).toEqual([expect.closeTo(0.0624, 4), expect.closeTo(0.1605, 4)]);
    expect(wilson(0, 20)(0.025)).toBe(0);
    expect(wilson(20, 20)(0.975)).toBe(1);
  });

  it('of a mean are Student’s', () => {
    const values = uniforms(12, 1);
    const centre = values.reduce((a, b) => a + b) / 12;
    const error = Math.sqrt(values.reduce((sum, v) => sum + (v - centre) ** 2, 0) / 11 / 12);
    expect(jackknife(12, mean(values))(0.975)).toBeCloseTo(centre + studentQuantile(0.975, 11) * error, 12);
  });
});

describe('attribution_recall', () => {
  //                  0  1  2  3  4  5   6   7  8  9
  const known = truth({
    additive: /*   */ [1, 0, 0, 0, 0, 1, 0, 0, 0, 0],
    recessive: /*  */ [0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    epistatic: /*  */ [0, 0, 1, 1, 0, 0, 0, 0, 0, 0],
    partner: /*    */ [-1, -1, 3, 2, -1, -1, -1, -1, -1, -1],
    decoy: /*      */ [0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
  });

  it('counts planted variants among the top, decoys aside', () => {
    const scores = Float64Array.of(8, 1, 7, 6, 2, 3, 5, 4, 100, 100);
    const { statistics, columns, curve, notes } = attributionRecall({ scores, truth: known, top: 0.5 });
    const values = Object.fromEntries(Object.entries(statistics).map(([name, { value }]) => [name, value]));
    // Top four of eight: variants 0, 2, 3 and 6.
    expect(values).toEqual({ all: 3 / 5, additive: 1 / 2, recessive: 0, epistatic: 1, pairs: 1 });
    expect([...columns[1]!.values]).toEqual([1, 0, 1, 1, 0, 0, 1, 0, NaN, NaN]);
    expect(statistics['all']!.withheld).toContain('5 of at least 10 variants');
    expect(curve!.series.map(({ name }) => name)).toEqual(Object.keys(values));
    expect(notes[0]!.message).toContain('4 of 8 variants are top');
  });

  it('shares the last places among ties, and says so', () => {
    // One place above the border, and three variants for the two left.
    const scores = Float64Array.of(9, 0, 5, 5, 5, 0, 0, 0, 0, 0);
    const { statistics, notes } = attributionRecall({ scores, truth: known, top: 3 / 8 });
    expect(statistics['epistatic']!.value).toBeCloseTo(2 / 3, 12);
    expect(statistics['pairs']!.value).toBeCloseTo(4 / 9, 12);
    expect(notes.map(({ code }) => code)).toContain('GA022');
  });

  it('recalls what a scan finds among the other variants, at 0.05 over their number', () => {
    const scores = Float64Array.of(8, 1, 7, 6, 2, 3, 5, 4, 100, 100);
    const pValues = Float64Array.of(0, 0, 0, 0, 0.006, 0, 0.007, 0.0062, 0, 0);
    const { statistics } = attributionRecall({ scores, truth: known, top: 0.5, pValues });
    // 0.05 / 8 = 0.00625: variants 4 and 7, neither in the top; 6 is, but not found.
    expect(statistics['associated']).toMatchObject({ value: 0, n: 2 });
    expect(statistics['all']!.value).toBe(3 / 5);
  });

  it('refuses data without planted variants', () => {
    const none = truth({ additive: [0, 0], decoy: [0, 1] });
    expect(() => attributionRecall({ scores: Float64Array.of(1, 2), truth: none, top: 0.5 })).toThrow('planted');
  });
});

describe('decoy_precision', () => {
  const half = (count: number) => truth({ decoy: Array.from({ length: count }, (_, i) => Number(i >= count / 2)) });

  it('takes as many real variants in the top for false as there are decoys', () => {
    // numpy: quantile([1 … 20], 0.7) = 14.3, above which lie 15 … 20: five real ones and the decoy with 17.
    const scores = Float64Array.from([15, 16, 18, 19, 20, 1, 2, 3, 4, 5, 17, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    const { statistics } = decoyPrecision({ scores, truth: half(20), top: 0.3 });
    expect(statistics['precision']!.value).toBeCloseTo(1 - 1 / 5, 12);
    expect([statistics['decoys']!.value, statistics['count']!.value]).toEqual([1, 6]);
  });

  it('is negative where decoys prevail, zero without a real variant, and reports both and ties', () => {
    const few = decoyPrecision({ scores: Float64Array.of(1, 2, 9, 3, 8, 7), truth: half(6), top: 0.5 });
    expect(few.statistics['precision']!.value).toBeCloseTo(1 - 2 / 1, 12);
    expect(few.notes[0]).toMatchObject({ code: 'GA022', level: 'warning' });
    const none = decoyPrecision({ scores: Float64Array.of(1, 2, 3, 9, 8, 7), truth: half(6), top: 0.5 });
    expect(none.statistics['precision']!.value).toBe(0);
    const tied = decoyPrecision({ scores: Float64Array.of(9, 5, 5, 5, 5, 1), truth: half(6), top: 0.5 });
    expect(tied.statistics['count']!.value).toBe(1);
    expect(tied.notes[0]!.message).toContain('4 of 6 scores equal the threshold');
  });

  it('is zero within its interval for random scores, about 95 times in 100', () => {
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const scores = uniforms(1000, trial);
      const { interval } = decoyPrecision({ scores, truth: half(1000), top: 0.1 }).statistics['precision']!;
      if (interval![0] <= 0 && interval![1] >= 0) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(183);
    expect(covered).toBeLessThanOrEqual(198);
  });
});

describe('stability', () => {
  it('is the standard deviation over the mean, member by member', () => {
    const members = [Float64Array.of(1, 2, 0), Float64Array.of(3, 2, 0), Float64Array.of(2, 2, 0)];
    expect([...relativeDeviations(members, [1, 1, 1])]).toEqual([expect.closeTo(1 / 2, 11), 0, 0]);
    const { statistics, notes } = stability({ members });
    expect(statistics['median']!.value).toBe(0);
    expect(statistics['mean']!.value).toBeCloseTo(1 / 6, 11);
    expect(statistics['p90']!.value).toBeCloseTo(0.4, 11);
    expect(statistics['median']!.withheld).toContain('3 of at least 10 members');
    expect(notes[0]!.message).toContain('1 of 3 variants score 0');
    expect(() => stability({ members: members.slice(1, 2) })).toThrow('1 network');
  });

  it('is the same for importances below 0: a negative mean makes nothing stable', () => {
    const members = [Float64Array.of(1, 4), Float64Array.of(3, 5)];
    const negative = members.map(scores => scores.map(score => -score));
    expect(relativeDeviations(negative, [1, 1])).toEqual(relativeDeviations(members, [1, 1]));
  });

  it('has an interval that covers the truth of independent members', () => {
    // Scores uniform on [1, 2]: sd/mean = (1/√12)/1.5; with n − 1 and ten members the median is close to it.
    const truth = 1 / Math.sqrt(12) / 1.5;
    const shared = uniforms(10, 99);
    const members = Array.from(shared, (own, member) => uniforms(400, 200 + member).map(u => 1 + (u + own) / 2));
    const { value, interval } = stability({ members }).statistics['median']!;
    expect(interval![0]).toBeLessThan(value);
    expect(interval![1]).toBeGreaterThan(value);
    // Averaging two uniforms halves the variance.
    expect(interval![0]).toBeLessThan(truth / Math.SQRT2);
    expect(interval![1]).toBeGreaterThan(truth / Math.SQRT2);
  });
});

describe('composite', () => {
  const methods = [
    { name: 'a', recall: 0.5, precision: 0.25, deviation: 0.4 },
    { name: 'b', recall: 0.8, precision: -0.1, deviation: 0.2 },
    { name: 'c', recall: 0.9, precision: 0.9, deviation: 0.8 },
  ];

  it('is the geometric mean with the stability relative to the median of the set', () => {
    const { statistics, notes, columns } = composite({ methods });
    expect(statistics['tau']!.value).toBe(0.4);
    expect(statistics['composite']!.value).toBeCloseTo((0.5 * 0.25 * 0.5) ** (1 / 3), 12);
    expect(statistics['harmonic']!.value).toBeCloseTo(3 / (2 + 4 + 2), 12);
    expect(columns.find(({ name }) => name === 'geometric')!.values[1]).toBe(0);
    expect(notes.map(({ code }) => code)).toEqual(['metric/ranking', 'GA023', 'GA022']);
  });

  it('ranks methods best first, each with the composite that it has on its own', () => {
    const { statistics, columns } = compositeRanking({ methods });
    const ranked = ['c', 'a', 'b'].map(first => {
      const others = methods.filter(({ name }) => name !== first);
      const own = methods.filter(({ name }) => name === first);
      return composite({ methods: [...own, ...others] }).statistics['composite']!.value;
    });
    expect([...columns.find(({ name }) => name === 'geometric')!.values]).toEqual(ranked);
    expect(statistics['composite']!.value).toBe(Math.max(...ranked));
    expect(statistics['recall']!.value).toBe(0.9);
  });

  it('changes with the company unless τ is fixed', () => {
    const alone = composite({ methods: methods.slice(0, 2) }).statistics;
    expect(alone['tau']!.value).toBeCloseTo(0.3, 12);
    expect(alone['composite']!.value).toBeLessThan(composite({ methods }).statistics['composite']!.value);
    const fixed = (some: typeof methods) => composite({ methods: some, tau: 0.4 }).statistics['composite']!.value;
    expect(fixed(methods.slice(0, 1))).toBe(fixed(methods));
    expect(() => composite({ methods: methods.slice(0, 1) })).toThrow('several methods');
    const steady = methods.map(method => ({ ...method, deviation: 0 }));
    expect(() => composite({ methods: steady })).toThrow('τ is 0');
  });
});
