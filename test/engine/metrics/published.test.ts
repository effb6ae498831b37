/**
 * The metrics of three papers beside an independent judge: numpy 2.4 and scikit-learn 1.9 (`roc_curve`, `precision_recall_curve`, `auc`,
 * `corrcoef`, `quantile`, `std(ddof=1)`), written from the papers' definitions alone. Inputs are sin(0.37 k² + offset), k from 1.
 */
import { describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { correlatedPairs } from '../../../server/src/engine/methods/global/correlated-pairs.js';
import { Correlations } from '../../../server/src/engine/methods/global/correlations.js';
import { attributionRecall } from '../../../server/src/engine/metrics/attribution-recall.js';
import { composite } from '../../../server/src/engine/metrics/composite.js';
import { decoyPrecision } from '../../../server/src/engine/metrics/decoy-precision.js';
import { diffused, diffusionOf } from '../../../server/src/engine/metrics/diffusion.js';
import { dispersion } from '../../../server/src/engine/metrics/dispersion.js';
import { featureAgreement } from '../../../server/src/engine/metrics/feature-agreement.js';
import { interpretability } from '../../../server/src/engine/metrics/interpretability.js';
import { losingInputs } from '../../../server/src/engine/metrics/losing-features.js';
import type { MetricResult } from '../../../server/src/engine/metrics/metric.js';
import {
  adjusted,
  ordersBy,
  predictionGap,
  predictionGaps,
} from '../../../server/src/engine/metrics/prediction-gaps.js';
import { simplexAngle } from '../../../server/src/engine/metrics/simplex-angle.js';
import { stability } from '../../../server/src/engine/metrics/stability.js';

const wave = (count: number, offset: number): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => Math.sin((k + 1) ** 2 * 0.37 + offset));

/** Statistics without their intervals. */
const values = ({ statistics }: MetricResult) =>
  Object.fromEntries(Object.entries(statistics).map(([name, { value }]) => [name, value]));

const near = (expected: Readonly<Record<string, number>>, digits = 9) =>
  expect.objectContaining(
    Object.fromEntries(
      Object.entries(expected).map(([name, value]) => [name, expect.closeTo(value, digits) as number]),
    ),
  ) as unknown;

describe('Majdandzic, Rajesh & Koo 2023', () => {
  const [examples, length] = [3, 8];
  const map = wave(examples * length * 4, 0.3);
  const corrected = map.map((value, i) => value - map.slice(i - (i % 4), i - (i % 4) + 4).reduce((a, b) => a + b) / 4);
  const probabilities = new Float64Array(map.length).fill(0.25);
  for (let example = 0; example < examples; example++) {
    for (let position = 2; position < 5 + example; position++)
      for (let base = 0; base < 4; base++)
        probabilities[(example * length + position) * 4 + base] = base === (example + position) % 4 ? 0.7 : 0.1;
    // A weak position of the motif: more than the background, less than 0.1 bit.
    probabilities.set([0.31, 0.23, 0.23, 0.23], (example * length + 5 + example) * 4);
  }
  const truth = Float64Array.from({ length: examples * length }, (_, at) =>
    probabilities.subarray(at * 4, at * 4 + 4).reduce((bits, p) => bits + p * Math.log2(p), 2),
  );
  const scoresOf = (of: Float64Array) =>
    Float64Array.from({ length: examples * length }, (_, at) => {
      const [example, position] = [Math.floor(at / length), at % length];
      return of[at * 4 + ((example + position * position) % 4)]!;
    });

  it('AUROC, AUPR and cosine', () => {
    const of = (map: Float64Array) =>
      values(interpretability({ scores: scoresOf(map), truth, matrices: { map, probabilities }, examples, length }));
    expect(of(map)).toEqual(near({ auroc: 0.4555555556, aupr: 0.6309060847, cosine: 0.1989553573 }));
    expect(of(corrected)).toEqual(near({ auroc: 0.4, aupr: 0.5809060847, cosine: 0.235870407 }));
  });

  it('shares of large angles', () => {
    expect(values(simplexAngle({ gradient: map, examples, length }))).toEqual(
      near({ over_30: 1 / 6, over_45: 0.125, over_60: 0.125 }),
    );
  });

  it('dispersion before and after correction', () => {
    const members = wave(2 * 4 * length * 4, 0.9);
    expect(values(dispersion({ members, examples: 2, networks: 4, length }))).toEqual(
      near({ reduction: 0.1060399662, beyond_30: 0.3244507633 }),
    );
  });
});

describe('Bontonou et al. 2023', () => {
  const [count, features, labels] = [7, 12, 3];
  const weights = wave(labels * features, 0.2);
  const x = wave(count * features, 1.1);
  const scores = wave(count * features, 2.2);
  const classes = [0, 1, 2, 2, 1, 0, 2];
  const softmax = (row: ArrayLike<number>) => {
    const powers = Array.from({ length: labels }, (_, label) =>
      Math.exp(Array.from(row).reduce((sum, value, i) => sum + value * weights[label * features + i]!, 0)),
    );
    return powers.map(power => power / powers.reduce((a, b) => a + b));
  };
  const probabilityOf = (row: ArrayLike<number>, example: number) => softmax(row)[classes[example]!]!;
  const rowOf = (of: Float64Array | Float32Array, example: number) =>
    of.subarray(example * features, (example + 1) * features);
  const ask = (rows: Float32Array) =>
    Promise.resolve(
      Float32Array.from({ length: rows.length / features }, (_, row) => row).reduce<Float32Array>(
        (all, row) => (all.set(softmax(rowOf(rows, row)), row * labels), all),
        new Float32Array((rows.length / features) * labels),
      ),
    );
  const replaced = {
    classes,
    scores,
    features,
    x: Float32Array.from(x),
    baseline: new Float32Array(x.length),
    probabilities: Float64Array.from(classes, (_, example) => probabilityOf(rowOf(x, example), example)),
  };

  it.each([
    ['PGI', 1, { local: 0.2212242663, global: 0.2651287497, of_class: 0.1875963097, adjusted: 0.3318363994 }],
    ['PGU', -1, { local: 0.2904188388, global: 0.2619931637, of_class: 0.3229739492, adjusted: 0.4356282549 }],
  ] as const)('%s', async (_, sign, expected) => {
    const gapsBy = (order: ReturnType<typeof ordersBy>['local']) =>
      predictionGaps(replaced, 3, order, losingInputs(replaced, ask));
    const { local, global } = ordersBy(replaced, sign, 'all');
    const own = await gapsBy(local);
    const atBaseline = Float64Array.from(classes, (_, example) => probabilityOf(new Float64Array(features), example));
    const gaps = {
      local: own,
      global: await gapsBy(global),
      of_class: await gapsBy(ordersBy(replaced, sign, 'class').global),
      adjusted: adjusted(own, atBaseline, classes),
    };
    expect(values(predictionGap({ gaps, classes }))).toEqual(near(expected, 6));
  });

  it('feature agreement, also of scores spread over correlated genes', async () => {
    const columns = classes.map(label => `class ${label}`);
    const names = ['class 0', 'class 1', 'class 2'];
    const truth = {
      columns: names,
      values: Float64Array.from({ length: features * labels }, (_, at) =>
        Number(Math.floor(Math.floor(at / labels) / 4) === at % labels),
      ),
    };
    const agreement = (of: Float64Array) =>
      values(featureAgreement({ classes, scores: of, features, groups: columns, truth }));
    expect(agreement(scores)).toEqual(near({ local: 0.2638888889, global: 1 / 3 }));
    const samples = 30;
    const [own, shared] = [wave(samples * features, 0.5), wave(samples * 4, 3.3)];
    const trained = Float32Array.from(own, (value, at) => value + 1.5 * shared[Math.floor(at / 3)]!);
    const correlations = new Correlations(trained, samples, features);
    const pairs = await correlatedPairs(correlations, 0.5, referenceExecutor, () => Promise.resolve());
    expect(pairs.length).toBe(12);
    expect(agreement(diffused(scores, diffusionOf(features, pairs)))).toEqual(near({ local: 1 / 3, global: 1 / 3 }));
  });
});

describe('Reynolds & Pan 2025', () => {
  const variants = 40;

  const scores = wave(variants, 0.4).map(Math.abs);
  for (const variant of [1, 5, 6, 9]) scores[variant]! += 0.8;
  for (const variant of [12, 13, 14]) scores[variant]! += 1.2;

  it('recall by kind of effect', () => {
    const kind = (at: number) => (at < 12 ? Math.floor(at / 4) : at < 18 ? 3 : -1);
    const columns = ['additive', 'dominant', 'recessive', 'epistatic', 'partner'];
    const truth = {
      columns,
      values: Float64Array.from({ length: variants * 5 }, (_, i) => {
        const [at, column] = [Math.floor(i / 5), i % 5];
        return column === 4 ? (kind(at) === 3 ? at + 1 - 2 * (at % 2) : -1) : Number(kind(at) === column);
      }),
    };
    const at = (top: number) => values(attributionRecall({ scores, truth, top }));
    expect(at(0.1)).toEqual(
      near({ all: 2 / 9, additive: 0.25, dominant: 0.25, recessive: 0, epistatic: 1 / 3, pairs: 0 }),
    );
    expect(at(0.2)).toEqual(
      near({ all: 7 / 18, additive: 0.25, dominant: 0.5, recessive: 0.25, epistatic: 0.5, pairs: 1 / 3 }),
    );
  });

  it('precision by decoys', () => {
    const truth = { columns: ['decoy'], values: Float64Array.from(scores, (_, at) => Number(at % 3 === 2)) };
    const at = (top: number) => values(decoyPrecision({ scores, truth, top }));
    expect([0.1, 0.2, 0.3].map(at)).toEqual([
      near({ precision: 0, count: 4 }),
      near({ precision: 2 / 3, count: 8 }),
      near({ precision: 2 / 3, count: 12 }),
    ]);
  });

  it('relative standard deviations over networks', () => {
    const all = wave(5 * variants, 0.7).map(Math.abs);
    const members = Array.from({ length: 5 }, (_, member) => all.slice(member * variants, (member + 1) * variants));
    expect(values(stability({ members }))).toEqual(
      near({
        median: 0.4983367858,
        mean: 0.4916366855,
        mad: 0.1589439609,
        iqr: 0.3084006233,
        p10: 0.2456999119,
        p90: 0.7444269677,
      }),
    );
  });

  it('composite', () => {
    const methods = [
      { name: 'a', recall: 0.3, precision: 0.6, deviation: 0.3 },
      { name: 'b', recall: 0.5, precision: 0.4, deviation: 0.45 },
      { name: 'c', recall: 0.2, precision: 0.9, deviation: 0.5 },
    ];
    expect(values(composite({ methods }))).toEqual(
      near({ composite: 0.48401848, arithmetic: 0.50998684, harmonic: 0.45541481, tau: 0.45 }, 7),
    );
  });
});
