/** Measurements of classifiers beside their definitions written out, for a softmax of a linear function. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { correlatedPairs } from '../../../server/src/engine/methods/global/correlated-pairs.js';
import { Correlations } from '../../../server/src/engine/methods/global/correlations.js';
import { meanOverClasses, normalisedScores } from '../../../server/src/engine/metrics/classes.js';
import { diffused, diffusionOf } from '../../../server/src/engine/metrics/diffusion.js';
import { featureAgreement } from '../../../server/src/engine/metrics/feature-agreement.js';
import { keepCurve, keepFeatures, selections } from '../../../server/src/engine/metrics/keep-curve.js';
import { COMBINATIONS, type Combination } from '../../../server/src/engine/metrics/global-scores.js';
import { losing, losingInputs } from '../../../server/src/engine/metrics/losing-features.js';
import { openxaiGaps } from '../../../server/src/engine/metrics/openxai-gaps.js';
import {
  adjusted,
  ordersBy,
  predictionGap,
  predictionGaps,
  type Replaced,
} from '../../../server/src/engine/metrics/prediction-gaps.js';
import { testOverlap, varianceRatios } from '../../../server/src/engine/metrics/test-overlap.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const CLASSES = 3;
const FEATURES = 7;

const normals = (count: number, draw: number): Float32Array => {
  const stream = new Stream(3, 'test', undefined, draw);
  return Float32Array.from({ length: count }, () => stream.normal());
};

/** Softmax of W·x for rows whose features are `width` numbers each. */
function probabilitiesOf(rows: Float32Array, size: number): Float32Array {
  const weights = normals(CLASSES * size, 9);
  return Float32Array.from({ length: (rows.length / size) * CLASSES }, (_, at) => {
    const row = rows.subarray(Math.floor(at / CLASSES) * size, (Math.floor(at / CLASSES) + 1) * size);
    const logit = (c: number) => row.reduce((sum, value, i) => sum + value * weights[c * size + i]!, 0);
    const all = [0, 1, 2].map(logit).map(Math.exp);
    return all[at % CLASSES]! / all.reduce((a, b) => a + b);
  });
}

/** Examples of 7 features of two numbers each, labelled with the class that the model finds likeliest. */
function toy(count = 12, width = 2): Replaced & { ask: (rows: Float32Array) => Promise<Float32Array> } {
  const size = FEATURES * width;
  const x = normals(count * size, 1);
  const found = probabilitiesOf(x, size);
  const classes = Array.from({ length: count }, (_, row) => {
    const own = found.subarray(row * CLASSES, (row + 1) * CLASSES);
    return own.indexOf(Math.max(...own));
  });
  return {
    x,
    baseline: normals(count * size, 2),
    classes,
    features: FEATURES,
    scores: normals(count * FEATURES, 4),
    probabilities: Float64Array.from(classes, (label, row) => found[row * CLASSES + label]!),
    ask: rows => Promise.resolve(probabilitiesOf(rows, size)),
  };
}

describe('prediction gaps', () => {
  it('are the published sum, step by step from the whole example', async () => {
    const data = toy();
    const gap = 2;
    for (const sign of [1, -1] as const) {
      const { local } = ordersBy(data, sign, 'all');
      const found = await predictionGaps(data, gap, local, losingInputs(data, data.ask));
      data.classes.forEach((label, example) => {
        const own = [...data.scores.subarray(example * FEATURES, (example + 1) * FEATURES)];
        const order = own.map((_, i) => i).sort((a, b) => sign * (own[b]! - own[a]!));
        let sum = 0;
        for (let i = 1; i <= Math.floor(FEATURES / gap); i++) {
          const row = data.x.slice(example * 14, (example + 1) * 14);
          for (const feature of order.slice(0, i * gap))
            for (const part of [0, 1]) row[feature * 2 + part] = data.baseline[example * 14 + feature * 2 + part]!;
          sum += Math.max(0, data.probabilities[example]! - probabilitiesOf(row, 14)[label]!);
        }
        expect(found[example]).toBeCloseTo((gap / FEATURES) * sum, 6);
      });
    }
    await expect(predictionGaps(data, 8, () => new Uint32Array(0), losingInputs(data, data.ask))).rejects.toThrow(
      'there are 7',
    );
  });

  it('follow from the first product of a model, unless that disagrees with the inputs', async () => {
    const data = toy(20);
    const weights = normals(CLASSES * 14, 9);
    const products = (by: number) => ({
      units: CLASSES,
      weights: Float32Array.from(
        { length: 14 * CLASSES },
        (_, i) => by * weights[(i % CLASSES) * 14 + Math.floor(i / CLASSES)]!,
      ),
      of: (rows: Float32Array) =>
        Promise.resolve(
          Float32Array.from({ length: (rows.length / 14) * CLASSES }, (_, i) => {
            const [row, unit] = [Math.floor(i / CLASSES), i % CLASSES];
            return rows
              .subarray(row * 14, (row + 1) * 14)
              .reduce((sum, x, at) => sum + x * weights[unit * 14 + at]!, 0);
          }),
        ),
      ask: (rows: Float32Array) =>
        Promise.resolve(
          Float32Array.from(rows, (logit, i) => {
            const first = i - (i % CLASSES);
            return 1 / rows.subarray(first, first + CLASSES).reduce((sum, other) => sum + Math.exp(other - logit), 0);
          }),
        ),
    });
    const { local } = ordersBy(data, 1, 'all');
    const expected = await predictionGaps(data, 1, local, losingInputs(data, data.ask));
    for (const [by, size] of [
      [1, CLASSES],
      [1.01, 14],
    ] as const) {
      const quick = await losing(data, { ask: data.ask, products: () => Promise.resolve(products(by)) });
      expect(quick.size).toBe(size);
      const found = await predictionGaps(data, 1, local, quick);
      found.forEach((gap, example) => expect(gap).toBeCloseTo(expected[example]!, 6));
    }
  });

  it('combine examples by sums, ranks, median ranks, or by what the published code takes for ranks', () => {
    // Ranks of the features: 2 3 1, 3 1 2 and 3 2 1; the places hold features 2 0 1, 1 2 0 and 2 1 0.
    const scores = Float32Array.of(3, 4, 0, 5, -9, 0, 2, 1, -2);
    const of = (combination: Combination) =>
      [...COMBINATIONS[combination]({ classes: [0, 0, 0], scores, features: 3 }, [0, 1, 2])].map(value =>
        Number(value.toFixed(4)),
      );
    const [a, b, c] = [5, Math.sqrt(106), 3];
    expect(of('sum')).toEqual(
      [3 / a + 5 / b + 2 / c, 4 / a - 9 / b + 1 / c, -2 / c].map(value => Number(value.toFixed(4))),
    );
    expect(of('rank')).toEqual([8, 6, 4]);
    expect(of('median_rank')).toEqual([3, 2, 1]);
    expect(of('published_rank')).toEqual([5, 3, 1]);
  });

  it('share one order where it is global: of all examples, or of the class', () => {
    const data = toy();
    const sums = (examples: readonly number[]) => {
      const sum = new Float64Array(FEATURES);
      for (const example of examples)
        normalisedScores(data, example).forEach((value, feature) => (sum[feature]! += value));
      return [...sum.keys()].sort((a, b) => sum[b]! - sum[a]!);
    };
    const every = [...data.classes.keys()];
    const all = ordersBy(data, 1, 'all').global;
    const own = ordersBy(data, 1, 'class').global;
    for (const example of every) {
      expect([...all(example)]).toEqual(sums(every));
      expect([...own(example)]).toEqual(sums(every.filter(other => data.classes[other] === data.classes[example])));
    }
  });

  it('are averaged within classes first, whatever the resample holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(2), fc.nat(3)), { minLength: 1 }),
        rows => {
          fc.pre(rows.some(([, , count]) => count > 0));
          const means = [0, 1, 2].flatMap(label => {
            const own = rows.flatMap(([value, of, count]) =>
              of === label ? new Array<number>(count).fill(value) : [],
            );
            return own.length > 0 ? [own.reduce((a, b) => a + b) / own.length] : [];
          });
          const found = meanOverClasses(
            Float64Array.from(rows, ([value]) => value),
            rows.map(([, label]) => label),
          );
          expect(found(Uint32Array.from(rows, ([, , count]) => count))).toBeCloseTo(
            means.reduce((a, b) => a + b) / means.length,
            10,
          );
        },
      ),
      { seed: 5 },
    );
  });

  it('are adjusted by what a class has to lose', () => {
    const found = adjusted(Float64Array.of(0.1, 0.2, 0.3), Float64Array.of(0.5, 0.7, 1), [0, 0, 1]);
    expect([...found]).toEqual([0.25, 0.5, NaN]);
    const { statistics } = predictionGap({ gaps: { local_adjusted: found }, classes: [0, 0, 1] });
    expect(statistics['local_adjusted']).toMatchObject({ value: 0.375, n: 2 });
  });
});

describe('OpenXAI’s gaps', () => {
  it('are mean changes under noise on the top features by magnitude, or on the others', async () => {
    const data = toy(4, 1);
    for (const moved of ['important', 'unimportant'] as const) {
      const noise = (example: number, sample: number) => {
        let at = 0;
        return () => Math.sin(1 + example * 100 + sample * 10 + at++);
      };
      const options = { top: 2 / 7, moved, samples: 3, deviation: () => 0.5, noise };
      const found = await openxaiGaps(data, options, data.ask);
      data.classes.forEach((label, example) => {
        const own = [...data.scores.subarray(example * FEATURES, (example + 1) * FEATURES)];
        const top = own
          .map((_, i) => i)
          .sort((a, b) => Math.abs(own[b]!) - Math.abs(own[a]!))
          .slice(0, 2);
        let sum = 0;
        for (let sample = 0; sample < 3; sample++) {
          const next = noise(example, sample);
          const row = data.x.slice(example * FEATURES, (example + 1) * FEATURES).map((value, feature) => {
            return top.includes(feature) === (moved === 'important') ? value + 0.5 * next() : value;
          });
          sum += Math.abs(data.probabilities[example]! - probabilitiesOf(row, FEATURES)[label]!);
        }
        expect(found[example]).toBeCloseTo(sum / 3, 6);
      });
    }
  });
});

describe('feature_agreement', () => {
  // Features 0 and 1 tell class 0 apart, 2 and 3 class 1, 4 class 2.
  const truth = (names: readonly string[]) => {
    const known: Record<string, number[]> = { 'class 0': [0, 1], 'class 1': [2, 3], 'class 2': [4], 'class 0/1': [0] };
    return {
      columns: names,
      values: Float64Array.from({ length: 6 * names.length }, (_, at) =>
        Number(known[names[at % names.length]!]!.includes(Math.floor(at / names.length))),
      ),
    };
  };
  const rows = [
    [9, 1, 8, 0, 0, 0],
    [3, 4, 0, 0, 5, 0],
    [-9, 0, 7, 6, 0, 0],
    [0, 0, 0, 0, 1, 2],
  ];
  const input = {
    scores: Float64Array.from(rows.flat()),
    classes: [0, 0, 1, 2],
    groups: ['class 0', 'class 0', 'class 1', 'class 2'],
    features: 6,
  };

  it('is the share of the informative features on top, by signed scores', () => {
    const { statistics, columns } = featureAgreement({ ...input, truth: truth(['class 0', 'class 1', 'class 2']) });
    expect([...columns[0]!.values]).toEqual([0.5, 0.5, 1, 0]);
    expect(statistics['local']!.value).toBeCloseTo((0.5 + 1 + 0) / 3, 12);
    // Class 0, divided by their lengths and summed: 0 leads with 1.17, then 4 (0.71), 2 (0.66) and 1 (0.65).
    expect(statistics['global']!.value).toBeCloseTo((0.5 + 1 + 0) / 3, 12);
    // 0, 1, 2 and 4 are each on top once: each has half of a place.
    expect(statistics['frequency']!.value).toBeCloseTo((0.5 + 1 + 0) / 3, 12);
  });

  it('agrees by chance alone where scores are tied, wherever the informative features stand', () => {
    const tied = { ...input, scores: new Float64Array(24) };
    const { statistics } = featureAgreement({ ...tied, truth: truth(['class 0', 'class 1', 'class 2']) });
    const chance = (2 / 6 + 2 / 6 + 1 / 6) / 3;
    for (const name of ['local', 'global', 'frequency']) expect(statistics[name]!.value).toBeCloseTo(chance, 12);
  });

  it('takes the features of both of two classes, and those of the sub-class', () => {
    const two = { ...input, scores: input.scores.subarray(0, 18), classes: [0, 0, 1] };
    const groups = ['class 0/1', 'class 0/1', 'class 1'];
    const { columns } = featureAgreement({ ...two, groups, truth: truth(['class 0', 'class 1', 'class 0/1']) });
    // 0, 2 and 3 for the sub-class; all four for class 1, where 1, 4 and 5 share two places.
    expect([...columns[0]!.values]).toEqual([2 / 3, 1 / 3, (2 + 2 / 3) / 4]);
    expect(() => featureAgreement({ ...input, truth: undefined })).toThrow('nothing is known');
  });

  it('spreads scores over correlated features as the dense product does', async () => {
    const [n, d] = [40, 5];
    const values = normals(n * d, 6);
    for (let row = 0; row < n; row++) {
      values[row * d + 1] = values[row * d]! + 0.3 * values[row * d + 1]!;
      values[row * d + 3] = -values[row * d + 2]!;
      values[row * d + 4] = 1;
    }
    const correlations = new Correlations(values, n, d);
    const a = Array.from({ length: d }, (_, i) =>
      Array.from({ length: d }, (_, j) => {
        const r = i === j ? 1 : correlations.between(i, j);
        return r > 0.5 ? r : 0;
      }),
    );
    expect(a[0]![1]).toBeGreaterThan(0.9);
    const degree = a.map(row => row.reduce((x, y) => x + y));
    const scores = normals(3 * d, 7);
    const pairs = await correlatedPairs(correlations, 0.5, referenceExecutor, () => Promise.resolve());
    const found = diffused(scores, diffusionOf(d, pairs));
    for (let row = 0; row < 3; row++)
      for (let j = 0; j < d; j++) {
        let sum = 0;
        for (let i = 0; i < d; i++) sum += (scores[row * d + i]! * a[i]![j]!) / Math.sqrt(degree[i]! * degree[j]!);
        expect(found[row * d + j]).toBeCloseTo(sum, 10);
      }
  });
});

describe('test_overlap', () => {
  it('has the F of the textbook: within and between three groups, and t² of two', () => {
    // Groups 6 8 4 5 3 4, 8 12 9 11 6 8 and 13 9 11 8 7 12: F = 9.3 (sums of squares 84 and 68).
    const groups = [
      [6, 8, 4, 5, 3, 4],
      [8, 12, 9, 11, 6, 8],
      [13, 9, 11, 8, 7, 12],
    ];
    const values = Float64Array.from(groups.flat().flatMap(value => [value, 5]));
    const labels = groups.flatMap((group, label) => group.map(() => label));
    expect([...varianceRatios(values, labels, 2)]).toEqual([expect.closeTo(84 / 2 / (68 / 15), 10), 0]);
    const [a, b] = groups as [number[], number[]];
    const mean = (group: number[]) => group.reduce((x, y) => x + y) / 6;
    const sum = (group: number[]) => group.reduce((total, value) => total + (value - mean(group)) ** 2, 0);
    const t = (mean(a) - mean(b)) / Math.sqrt(((sum(a) + sum(b)) / 10) * (2 / 6));
    expect(varianceRatios([...a, ...b], labels.slice(0, 12), 1)[0]).toBeCloseTo(t * t, 10);
  });

  it('counts the top features that both rankings have', () => {
    const scores = Float32Array.of(9, -8, 1, 0, 9, -8, 1, 0);
    const input = { classes: [0, 1], scores, features: 4, top: 0.5 };
    const { statistics } = testOverlap({ ...input, ratios: Float64Array.of(5, 0.1, 7, 0) });
    expect(statistics).toMatchObject({
      overlap: { value: 0.5 },
      correlation: { value: expect.closeTo(0.4, 10) as number },
    });
    expect(testOverlap({ ...input, ratios: Float64Array.of(5, 7, 0.1, 0) }).statistics['overlap']!.value).toBe(1);
    // Rankings that know nothing share what chance gives, though both name the features in the same order.
    const silent = testOverlap({ ...input, scores: input.scores.map(() => 0), ratios: new Float64Array(4) });
    expect(silent.statistics['overlap']!.value).toBeCloseTo(0.5, 12);
  });
});

describe('keep_curve', () => {
  it('is right where the likeliest class with the kept features is the example’s own', async () => {
    const data = toy(30, 1);
    const sizes = [1, 3, 6];
    const chosen = selections(data, { balance: false, repeats: 4, seed: 1 });
    const kept = [];
    for (const selection of chosen) kept.push(await keepFeatures(data, selection, sizes, data.ask));
    const sets = Object.fromEntries(chosen.map(({ name, sets }) => [name, sizes.map(size => sets(size))]));
    kept.forEach(({ name, right }) => {
      right.forEach((ofSize, at) =>
        ofSize.forEach((found, set) =>
          data.classes.forEach((label, example) => {
            const row = data.baseline.slice(example * FEATURES, (example + 1) * FEATURES);
            for (const feature of sets[name]![at]![set]!) row[feature] = data.x[example * FEATURES + feature]!;
            const own = probabilitiesOf(row, FEATURES);
            expect(found[example]).toBe(Number(own.indexOf(Math.max(...own)) === label));
          }),
        ),
      );
    });
    // Random sets without the best need as many others.
    expect(sets['without_best']!.map(all => all.length)).toEqual([4, 4, 0]);
    for (const [at, size] of [1, 3].entries())
      for (const set of sets['without_best']![at]!) {
        expect([...set].filter(feature => sets['best']![at]![0]!.includes(feature))).toEqual([]);
        expect(set).toHaveLength(size);
      }
    const magnitude = Array.from({ length: FEATURES }, (_, feature) =>
      data.classes.reduce((sum, _, example) => sum + Math.abs(normalisedScores(data, example)[feature]!), 0),
    );
    const order = [...magnitude.keys()].sort((a, b) => magnitude[b]! - magnitude[a]!);
    expect([...sets['best']![1]![0]!]).toEqual(order.slice(0, 3));
    expect([...sets['worst']![1]![0]!]).toEqual(order.reverse().slice(0, 3));

    const { statistics, curve } = keepCurve({ classes: data.classes, sizes, kept });
    const best = curve!.series.find(({ name }) => name === 'best')!;
    expect(statistics['best']!.value).toBeCloseTo(best.values.reduce((a, b) => a + b) / 3, 12);
    expect(curve!.series.find(({ name }) => name === 'without_best')!.values).toHaveLength(2);
    expect(curve!.series.find(({ name }) => name === 'random')!.low).toHaveLength(3);
  });
});
