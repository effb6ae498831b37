import { describe, expect, it } from 'vitest';
import { entriesOf, findEntry } from '../../../server/src/catalog/index.js';
import { attentionFreedom } from '../../../server/src/engine/metrics/attention-freedom.js';
import { collinearity } from '../../../server/src/engine/metrics/collinearity.js';
import { gradientFlow } from '../../../server/src/engine/metrics/gradient-flow.js';
import { hubBias } from '../../../server/src/engine/metrics/hub-bias.js';
import { jointEffects } from '../../../server/src/engine/metrics/joint-effects.js';
import { kernelRescaling } from '../../../server/src/engine/metrics/kernel-rescaling.js';
import { lossGap } from '../../../server/src/engine/metrics/loss-gap.js';
import { unitRedundancy } from '../../../server/src/engine/metrics/unit-redundancy.js';
import { agreement } from '../../../server/src/engine/metrics/agreement.js';
import { attributionRecall } from '../../../server/src/engine/metrics/attribution-recall.js';
import type { FeatureTruth } from '../../../server/src/engine/data/examples.js';
import { completeness } from '../../../server/src/engine/metrics/completeness.js';
import { composite, compositeRanking } from '../../../server/src/engine/metrics/composite.js';
import { decoyPrecision } from '../../../server/src/engine/metrics/decoy-precision.js';
import { discoveries } from '../../../server/src/engine/metrics/discoveries.js';
import { knownRecall } from '../../../server/src/engine/metrics/known-recall.js';
import { curveGap } from '../../../server/src/engine/metrics/curve-gap.js';
import { mapDistance } from '../../../server/src/engine/metrics/map-distance.js';
import { rashomon } from '../../../server/src/engine/metrics/rashomon.js';
import { recorded } from '../../../server/src/engine/metrics/recorded.js';
import { errorRates } from '../../../server/src/engine/metrics/error-rates.js';
import { dispersion } from '../../../server/src/engine/metrics/dispersion.js';
import {
  deletion,
  faithfulnessCorrelation,
  infidelity,
  insertion,
} from '../../../server/src/engine/metrics/faithfulness.js';
import { featureAgreement } from '../../../server/src/engine/metrics/feature-agreement.js';
import { improvementByAngle } from '../../../server/src/engine/metrics/improvement-by-angle.js';
import { cosines, interpretability } from '../../../server/src/engine/metrics/interpretability.js';
import { keepCurve } from '../../../server/src/engine/metrics/keep-curve.js';
import type { MetricResult } from '../../../server/src/engine/metrics/metric.js';
import { contrast } from '../../../server/src/engine/metrics/contrast.js';
import { METRICS } from '../../../server/src/engine/metrics/metrics.js';
import { motifMatch } from '../../../server/src/engine/metrics/motif-match.js';
import { seqletRecovery } from '../../../server/src/engine/metrics/seqlet-recovery.js';
import { modelRandomisation } from '../../../server/src/engine/metrics/model-randomisation.js';
import { predictionGap } from '../../../server/src/engine/metrics/prediction-gaps.js';
import { predictionSummary } from '../../../server/src/engine/metrics/prediction-summary.js';
import { regressionFit } from '../../../server/src/engine/metrics/regression-fit.js';
import { rankAgreement } from '../../../server/src/engine/metrics/rank-agreement.js';
import { isotropicShareBelow, simplexAngle, simplexAngles } from '../../../server/src/engine/metrics/simplex-angle.js';
import { localLipschitz, maxSensitivity } from '../../../server/src/engine/metrics/sensitivity.js';
import { complexity, sparseness } from '../../../server/src/engine/metrics/sparseness.js';
import { testOverlap } from '../../../server/src/engine/metrics/test-overlap.js';
import { stability } from '../../../server/src/engine/metrics/stability.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

function normals(count: number, draw = 0): Float64Array {
  const stream = new Stream(1, 'test', undefined, draw);
  return Float64Array.from({ length: count }, () => stream.normal());
}

/** A cohort: every fourth variant is planted, the kinds in turn, and half of all are decoys. */
function plantedVariants(count: number): FeatureTruth {
  const columns = ['additive', 'dominant', 'recessive', 'epistatic', 'partner', 'decoy'];
  const values = new Float64Array(count * columns.length);
  for (let variant = 0; variant < count; variant++) {
    const decoy = variant >= count / 2;
    const kind = variant % 4 === 0 ? Math.floor(variant / 4) % 4 : -1;
    const row = variant * columns.length;
    values[row + 4] = -1;
    if (decoy) values[row + 5] = 1;
    else if (kind >= 0) values[row + kind] = 1;
  }
  const epistatic = Array.from({ length: count / 2 }, (_, variant) => variant).filter(v => values[v * 6 + 3] === 1);
  for (let i = 0; i + 1 < epistatic.length; i += 2) {
    const [a, b] = [epistatic[i]!, epistatic[i + 1]!];
    values[a * 6 + 4] = b;
    values[b * 6 + 4] = a;
  }
  return { columns, values };
}

function column(result: MetricResult, name: string): number[] {
  return [...result.columns.find(item => item.name === name)!.values];
}

/** Results of the metrics of limits. */
function ofLimits(n: number) {
  const rows = (count: number, draw: number) => Array.from({ length: count }, (_, i) => normals(n, draw + i));
  const rescaling = (draw: number) => ({
    norms: normals(n, draw),
    ablation: normals(n, draw + 1),
    outputs: normals(n),
  });
  const sizes = normals(n, 8).map(value => 1 + Math.abs(value));
  return {
    kernel_rescaling: kernelRescaling({ original: rescaling(1), changed: rescaling(3) }),
    gradient_flow: gradientFlow({ members: [rows(4, 1).map(row => row.map(Math.abs))], dead: 1, units: 4 }),
    unit_redundancy: unitRedundancy({ members: [{ effects: sizes, together: 9, activations: rows(n, 2) }] }),
    joint_effects: jointEffects({ interactions: normals(n * 9), singles: normals(n * 3, 1), examples: n }),
    attention_freedom: attentionFreedom({
      free: sizes,
      moved: sizes,
      top: sizes,
      before: normals(n),
      after: normals(n, 1),
    }),
    collinearity: collinearity({
      correlations: Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_x, j) => Number(i === j))),
      scores: rows(n, 3),
    }),
    loss_gap: lossGap({ first: sizes, second: normals(n) }),
    hub_bias: hubBias({ importance: normals(n), degrees: sizes }),
  };
}

describe('catalog', () => {
  const n = 40;
  const length = 20;
  const truth = Float32Array.from({ length: n * length }, (_, at) => (at % length < 4 ? 2 : 0));
  const variants = plantedVariants(800);
  const magnitudes = (draw: number) => normals(800, draw).map(Math.abs);
  const classes = Array.from({ length: n }, (_, i) => i % 2);
  const shares = (draw: number) => Float64Array.from(normals(n, draw), value => Math.min(1, Math.abs(value) / 3));
  const measured = ['a', 'b'].map(name => ({ name, recall: 0.5, precision: 0.2, deviation: 0.4 }));
  const changes = { predicted: normals(n * 5), observed: normals(n * 5, 1), samples: 5 };
  const curves = { byScore: normals(n * 3), random: normals(n * 3, 1), sizes: [0, 10, 20] };
  const found = Float64Array.from(classes);
  const movement = { maps: magnitudes(4), inputs: magnitudes(5), norms: magnitudes(6), neighbours: 20 };
  const results: Record<keyof typeof METRICS, MetricResult> = {
    completeness: completeness({ pairs: normals(n * 8), examples: n, references: 2, tolerance: 0.01 }),
    simplex_angle: simplexAngle({ gradient: normals(n * length * 4), examples: n, length, truth }),
    improvement_by_angle: improvementByAngle({
      gradient: normals(n * length * 4),
      probabilities: normals(n * length * 4, 1),
      examples: n,
      length,
    }),
    rank_agreement: rankAgreement({
      scores: [normals(n * length), normals(n * length, 1)],
      examples: n,
      length,
      top: 0.1,
    }),
    prediction_summary: predictionSummary({ outputs: normals(n), labels: Array.from({ length: n }, (_, i) => i % 2) }),
    regression_fit: regressionFit({ outputs: normals(n), labels: [...normals(n, 1)] }),
    interpretability: interpretability({
      scores: normals(n * length),
      truth,
      matrices: { map: normals(n * length * 4), probabilities: normals(n * length * 4, 1) },
      examples: n,
      length,
    }),
    dispersion: dispersion({ members: normals(4 * 12 * 10 * 4), examples: 4, networks: 12, length: 10 }),
    attribution_recall: attributionRecall({
      scores: magnitudes(2),
      truth: variants,
      top: 0.1,
      pValues: new Float64Array(800),
    }),
    decoy_precision: decoyPrecision({ scores: magnitudes(3), truth: variants, top: 0.1 }),
    stability: stability({ members: Array.from({ length: 12 }, (_, member) => magnitudes(10 + member)) }),
    pgi: predictionGap({ gaps: { local: shares(1), global: shares(2) }, classes }),
    pgu: predictionGap({
      gaps: { local: shares(1), global: shares(2), local_adjusted: shares(3), global_adjusted: shares(4) },
      classes,
    }),
    pgr: predictionGap({ gaps: { mean: shares(1) }, classes }),
    openxai_pgi: predictionGap({ gaps: { mean: shares(1) }, classes }),
    openxai_pgu: predictionGap({ gaps: { mean: shares(1) }, classes }),
    feature_agreement: featureAgreement({
      scores: normals(n * length),
      classes,
      features: length,
      groups: classes.map(label => `class ${label}`),
      truth: { columns: ['class 0', 'class 1'], values: normals(length * 2).map((_, at) => Number(at % 5 === 0)) },
    }),
    test_overlap: testOverlap({
      scores: normals(n * length),
      classes,
      features: length,
      ratios: shares(1).subarray(0, length),
      top: 0.2,
    }),
    keep_curve: keepCurve({
      classes,
      sizes: [1, 2],
      kept: ['best', 'each_class', 'worst', 'random', 'without_best'].map((name, draw) => ({
        name,
        right: [[shares(draw)], [shares(draw + 1)]],
      })),
    }),
    contrast: contrast({ pairs: [{ from: Float64Array.from(normals(n)), to: Float64Array.from(normals(n, 1)) }] }),
    composite: composite({ methods: measured }),
    composite_ranking: compositeRanking({ methods: measured }),
    agreement: agreement({ scores: [normals(n * length), normals(n * length, 1)], examples: n, length, top: 0.2 }),
    sparseness: sparseness({ scores: normals(n * length), examples: n, length }),
    complexity: complexity({ scores: normals(n * length), examples: n, length }),
    infidelity: infidelity(changes),
    faithfulness_correlation: faithfulnessCorrelation(changes),
    deletion: deletion(curves),
    insertion: insertion(curves),
    max_sensitivity: maxSensitivity(movement),
    local_lipschitz: localLipschitz(movement),
    known_recall: knownRecall({
      scores: normals(n),
      names: Array.from({ length: n }, (_, i) => `g${i}`),
      known: Array.from({ length: 20 }, (_, i) => `g${2 * i}`),
      top: 0.5,
    }),
    discoveries: discoveries({ found: found, truth: found.map((one, i) => (i % 5 === 0 ? 1 - one : one)) }),
    motif_match: motifMatch({
      pValues: shares(1),
      qValues: shares(1),
      sites: magnitudes(1).slice(0, n / 2),
      motifs: [0, 1],
      below: 0.05,
    }),
    seqlet_recovery: seqletRecovery({ seqlets: [{ example: 3, start: 1, end: 5 }], truth, length }),
    recorded: recorded({ title: 'fit', axis: 'example', values: normals(n) }),
    map_distance: mapDistance({ scores: normals(n * length), reference: normals(n * length, 1), examples: n }),
    curve_gap: curveGap({ curves: [normals(n * 5), normals(n * 5, 1)], features: n }),
    rashomon: rashomon({ losses: [0, 1, 2].map(draw => Float64Array.from(normals(n, draw), value => value ** 2)) }),
    error_rates: errorRates({
      cohorts: Array.from({ length: 24 }, (_, i) => ({
        found: found.map((one, j) => ((i + j) % 7 ? one : 1 - one)),
        truth: found,
      })),
      vary: 'correlation',
      values: [0, 0.5],
      repeats: 12,
    }),
    model_randomisation: modelRandomisation({
      scores: normals(n * length),
      scrambled: [normals(n * length, 1), normals(n * length, 2)],
      examples: n,
      length,
    }),
    ...ofLimits(n),
  };

  it('has exactly the metrics that are implemented', () => {
    expect(Object.keys(METRICS).sort()).toEqual(
      entriesOf('metric')
        .map(entry => entry.name)
        .sort(),
    );
  });

  it.each(Object.entries(results))(
    '%s yields the statistics of its entry, with intervals where it says',
    (name, result) => {
      const { statistics } = findEntry('metric', name)!;
      expect(Object.keys(result.statistics)).toEqual(Object.keys(statistics));
      for (const [statistic, { interval }] of Object.entries(statistics)) {
        const { value, interval: found } = result.statistics[statistic]!;
        expect(found !== undefined, statistic).toBe(interval);
        expect(result.draws.has(statistic), statistic).toBe(interval);
        if (found) expect(found[0] <= value && value <= found[1], statistic).toBe(true);
      }
      for (const { values } of result.columns) expect(values).toHaveLength(result.units);
      const { distribution, curve } = result;
      if (distribution) expect(distribution.edges).toHaveLength(distribution.counts.length + 1);
      for (const series of curve?.series ?? [])
        for (const values of [series.values, series.low ?? [], series.high ?? []])
          if (values.length > 0) expect(values).toHaveLength(curve!.x.values.length);
    },
  );
});

describe('completeness', () => {
  // Δ = 2, 4, 0.1, 4: the median is 3, by which the pair with the small difference is measured.
  const pairs = Float64Array.of(2.2, 3, 1, 32, 4, 5, 1, 64, 0.4, 0, -0.1, 32, -4, -3, 1, 128);

  it('measures each pair by its difference, or the usual one where that is larger', () => {
    const result = completeness({ pairs, examples: 2, references: 2, tolerance: 0.05, names: ['a', 'b'] });
    const largest = column(result, 'largest_gap');
    expect(largest[0]).toBeCloseTo(0.2 / 3, 12);
    expect(largest[1]).toBeCloseTo(0.3 / 3, 12);
    expect(column(result, 'mean_gap')[1]).toBeCloseTo(0.05, 12);
    expect(result.statistics['max']!.value).toBeCloseTo(0.1, 12);
    expect(result.statistics['median']!.value).toBeCloseTo((0.2 / 3 + 0.1) / 2, 12);
    expect(result.statistics['steps']).toEqual({ value: 128, n: 2 });
    expect(result.statistics['missed']).toEqual({ value: 2, n: 2 });
    expect(result.notes[0]).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('example "b", reference 0. The contributions sum to 0.4'),
    });
    expect(result.distribution!.counts.reduce((a, b) => a + b)).toBe(4);
  });

  it('does not depend on the scale of the target', () => {
    const ask = (scale: number) =>
      completeness({
        pairs: pairs.map((v, i) => (i % 4 === 3 ? v : v * scale)),
        examples: 2,
        references: 2,
        tolerance: 0.05,
      });
    expect(ask(1000).statistics['mean']!.value).toBeCloseTo(ask(1).statistics['mean']!.value, 12);
  });

  it('measures each network of an ensemble by its own scale', () => {
    // The second network is the first one, a hundred times as large.
    const large = pairs.map((v, i) => (i % 4 === 3 ? v : 100 * v));
    const rows = [0, 1].flatMap(row => [pairs, large].map(network => network.subarray(row * 8, row * 8 + 8)));
    const both = Float64Array.from(rows.flatMap(part => [...part]));
    const ask = (networks: number) =>
      completeness({ pairs: both, examples: 2, references: 4, networks, tolerance: 0.05 });
    const one = completeness({ pairs, examples: 2, references: 2, tolerance: 0.05 });
    expect(column(ask(2), 'largest_gap')[1]).toBeCloseTo(column(one, 'largest_gap')[1]!, 12);
    expect(column(ask(1), 'mean_gap')[1]).not.toBeCloseTo(column(one, 'mean_gap')[1]!, 3);
  });

  it('is met by a target that does not change, and refuses sums that nothing explains', () => {
    const ask = (sum: number) =>
      completeness({ pairs: Float64Array.of(sum, 1, 1, 32), examples: 1, references: 1, tolerance: 0.01 });
    expect(ask(0).statistics['max']).toEqual({ value: 0, n: 1 });
    expect(() => ask(0.5)).toThrow('a gap has no scale');
    expect(() => ask(NaN)).toThrow('expected finite numbers');
  });
});

describe('simplex_angle', () => {
  it('knows the angle of simple gradients', () => {
    const gradients = Float64Array.of(1, 1, 1, 1, -2, -2, -2, -2, 1, -1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0);
    const angles = [...simplexAngles(gradients)];
    [90, -90, 0, NaN, 30].forEach((expected, index) => {
      if (Number.isNaN(expected)) expect(angles[index]).toBeNaN();
      else expect(angles[index]).toBeCloseTo(expected, 10);
    });
  });

  it('gives isotropic gradients the shares and the histogram of noise', () => {
    const [n, length] = [200, 100];
    const result = simplexAngle({ gradient: normals(n * length * 4), examples: n, length });
    // Majdandzic et al.'s thresholds under noise.
    expect(1 - 2 * (isotropicShareBelow(30) - 0.5)).toBeCloseTo(0.391, 3);
    for (const [name, share] of Object.entries({ over_30: 0.391, over_45: 0.182, over_60: 0.058 })) {
      expect(Math.abs(result.statistics[name]!.value - share)).toBeLessThan(
        4 * Math.sqrt((share * (1 - share)) / 20_000),
      );
    }
    const { counts, expected } = result.distribution!;
    expect(expected!.reduce((a, b) => a + b)).toBeCloseTo(20_000, 6);
    // The outermost bins are joined: they expect fewer than five.
    const bins = counts.map((count, bin) => [count, expected![bin]!] as const).slice(2, -2);
    expect(bins.reduce((sum, [count, mean]) => sum + (count - mean) ** 2 / mean, 0)).toBeLessThan(61.1); // 31, p = 0.001
  });

  it('counts positions without gradient apart', () => {
    const gradient = new Float32Array(3 * 2 * 4);
    gradient.set([1, 1, 1, 1, 0, 0, 0, 0, 1, -1, 0, 0, 1, 1, 1, 1]);
    const result = simplexAngle({ gradient, examples: 3, length: 2 });
    expect(column(result, 'over_30')).toEqual([1, 0.5, NaN]);
    expect(column(result, 'positions')).toEqual([1, 2, 0]);
    expect(result.statistics['over_30']).toMatchObject({ value: 0.75, n: 2 });
    expect(result.statistics['sd']!.value).toBeCloseTo((90 + 90 * Math.SQRT1_2) / 2, 10);
    expect(result.notes[0]!.message).toContain('3 of 6 positions have no gradient');
  });

  it('tells motifs from background, and leaves what is between out', () => {
    const [steep, flat] = [
      [1, 1, 1, 1],
      [1, -1, 0, 0],
    ];
    // Bits 2, 0.05 (neither), 0 and 0; and an example without background.
    const gradient = Float64Array.from([steep, steep, flat, steep, flat, steep, steep, steep].flat());
    const truth = Float64Array.of(2, 0.05, 0, 0, 1, 2, 0.5, 2);
    const result = simplexAngle({ gradient, examples: 2, length: 4, truth });
    expect(column(result, 'motif_30')).toEqual([1, 0.75]);
    expect(column(result, 'background_30')).toEqual([0.5, NaN]);
    expect(result.statistics['motif_excess_30']).toMatchObject({ value: 0.5, n: 1 });
    const { series } = result.curve!;
    expect(series.map(({ values }) => values[18])).toEqual([1 / 5, 1 / 2, expect.closeTo(0.0554, 4)]);
  });

  it('leaves every statistic out where there is no gradient at all', () => {
    const result = simplexAngle({ gradient: new Float32Array(16), examples: 2, length: 2 });
    expect(result.statistics).toEqual({});
    expect(result.notes[0]!.level).toBe('warning');
  });
});

describe('improvement_by_angle', () => {
  const [examples, length] = [20, 50];
  const probabilities = normals(examples * length * 4).map(Math.exp);
  for (let at = 0; at < probabilities.length; at += 4) {
    const sum = probabilities.subarray(at, at + 4).reduce((a, b) => a + b);
    for (let base = at; base < at + 4; base++) probabilities[base]! /= sum;
  }

  it('is all that is possible where the gradient is the truth and a component along the normal', () => {
    const offsets = normals(examples * length, 7);
    const gradient = probabilities.map((value, at) => value - 0.25 + 0.3 * offsets[Math.floor(at / 4)]!);
    const { statistics, curve } = improvementByAngle({ gradient, probabilities, examples, length });
    expect(statistics['attained']!.value).toBeCloseTo(1, 9);
    const [gain, bound] = curve!.series;
    gain!.values.forEach((value, bin) => expect(value).toBeCloseTo(bound!.values[bin]!, 9));
    // 1 − cos at the middle of a bin, within what the width of 5° allows.
    curve!.x.values.forEach((angle, bin) =>
      expect(bound!.values[bin]).toBeCloseTo(1 - Math.cos((angle * Math.PI) / 180), 1),
    );
  });

  it('is the difference of the cosines at each position', () => {
    const gradient = normals(examples * length * 4, 8);
    const corrected = gradient.map((value, at) => {
      const first = at - (at % 4);
      return value - (gradient[first]! + gradient[first + 1]! + gradient[first + 2]! + gradient[first + 3]!) / 4;
    });
    const [before, after] = [gradient, corrected].map(map => cosines(map, probabilities, examples * length));
    const found = column(improvementByAngle({ gradient, probabilities, examples, length }), 'improvement');
    found.forEach((value, example) => {
      const own = Array.from({ length }, (_, at) => after![example * length + at]! - before![example * length + at]!);
      expect(value).toBeCloseTo(own.reduce((a, b) => a + b) / length, 9);
    });
  });

  it('is nothing of nothing where the map is corrected already', () => {
    const flat = Float64Array.from(normals(8), (value, at) => (at % 2 === 0 ? value : 0));
    const corrected = flat.map((value, at) => (at % 2 === 0 ? value : -flat[at - 1]!));
    const input = { gradient: corrected, probabilities: probabilities.subarray(0, 8), examples: 1, length: 2 };
    const { statistics } = improvementByAngle(input);
    expect(statistics['improvement']!.value).toBe(0);
    expect(statistics).not.toHaveProperty('attained');
  });

  it('leaves positions out where every base is as likely', () => {
    const flat = new Float64Array(8).fill(0.25);
    flat.set([1, 0, 0, 0]);
    const { notes } = improvementByAngle({ gradient: normals(8), probabilities: flat, examples: 1, length: 2 });
    expect(notes[0]!.message).toContain('1 of 2 positions');
  });
});

describe('rank_agreement', () => {
  const ask = (scores: number[][], length: number, top: number) =>
    rankAgreement({
      scores: scores.map(map => Float64Array.from(map)),
      examples: scores[0]!.length / length,
      length,
      top,
    });

  it('ranks by magnitude and averages over pairs', () => {
    // Top two of the maps: {0, 1}, {0, 1}, {0, 3}: overlaps 1, ½, ½.
    const result = ask(
      [
        [-9, 8, 1, 2],
        [7, -8, 1, 2],
        [9, 1, 2, -8],
      ],
      4,
      0.5,
    );
    expect(column(result, 'shared')[0]).toBeCloseTo(2 / 3, 12);
    // Signed ranks 1423, 4123, 4231: Spearman 1 − 6 Σd²/60.
    expect(column(result, 'correlation')[0]).toBeCloseTo((1 - 1.8 + 1 - 1.8 + 1 - 0.6) / 3, 12);
  });

  it('shares ties at the border, so that equal scores agree by chance', () => {
    const constant = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
    const ordered = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(column(ask([constant, ordered], 10, 0.2), 'shared')[0]).toBeCloseTo(0.2, 12);
    expect(column(ask([constant, constant], 10, 0.2), 'shared')[0]).toBeCloseTo(0.2, 12);
    expect(column(ask([ordered, ordered], 10, 0.2), 'shared')[0]).toBe(1);
    const result = ask([constant, ordered], 10, 0.2);
    expect(result.statistics['correlation']).toBeUndefined();
    expect(result.notes.map(note => note.code)).toEqual(['metric/top', 'metric/no-rank']);
  });

  it('gives unrelated maps the chance level', () => {
    const result = rankAgreement({
      scores: [normals(30_000), normals(30_000, 1)],
      examples: 300,
      length: 100,
      top: 0.1,
    });
    // Hypergeometric: each shared share has variance (k/L)(1 − k/L)(L − k)/((L − 1) k).
    const error = Math.sqrt((0.1 * 0.9 * 90) / (99 * 10) / 300);
    expect(Math.abs(result.statistics['mean']!.value - 0.1)).toBeLessThan(4 * error);
    expect(Math.abs(result.statistics['correlation']!.value)).toBeLessThan(4 / Math.sqrt(99 * 300));
  });

  it('refuses scores that are not finite', () => {
    expect(() =>
      ask(
        [
          [1, NaN],
          [1, 2],
        ],
        2,
        0.5,
      ),
    ).toThrow('among the position scores is NaN');
  });
});

describe('prediction_summary', () => {
  it('measures level, spread and correctness', () => {
    const outputs = Float32Array.of(-1, 0, 1, 2, 3);
    const { statistics, notes } = predictionSummary({ outputs, labels: [0, 1, 0, 1, undefined] });
    expect(statistics['mean']!.value).toBe(1);
    expect(statistics['median']!.value).toBe(1);
    expect(statistics['sd']!.value).toBeCloseTo(Math.sqrt(2.5), 12);
    expect(statistics['min']).toEqual({ value: -1, n: 5 });
    expect(statistics['max']).toEqual({ value: 3, n: 5 });
    expect(statistics['accuracy']).toMatchObject({ value: 0.5, n: 4 }); // 0 is not above 0, 1 is
    expect(statistics['auroc']).toMatchObject({ value: 0.75, n: 4 });
    expect(notes).toEqual([]);
  });

  it('says so where all values could be probabilities, which are never on the left side of 0', () => {
    const { statistics, notes } = predictionSummary({ outputs: Float32Array.of(0.1, 0.9), labels: [0, 1] });
    expect(statistics).toMatchObject({ accuracy: { value: 0.5 }, auroc: { value: 1 } });
    expect(notes).toMatchObject([{ level: 'warning', code: 'metric/threshold' }]);
  });

  it('of a target by class takes over what is right, and weighs the classes alike', () => {
    const labels = [0, 0, 0, 2];
    const { statistics, notes } = predictionSummary({
      outputs: Float32Array.of(-1, 1, 2, 3),
      labels,
      right: Float64Array.of(1, 0.5, 0, 1),
    });
    expect(statistics['accuracy']).toMatchObject({ value: 0.625, n: 4 });
    expect(statistics['balanced_accuracy']!.value).toBe(0.75);
    expect(statistics['auroc']).toBeUndefined();
    expect(notes).toEqual([]);
  });

  it('does without labels, with one class, and with other labels', () => {
    const outputs = normals(30);
    const ask = (label: (index: number) => number | undefined) =>
      predictionSummary({ outputs, labels: Array.from(outputs, (_, index) => label(index)) });
    const none = ask(() => undefined);
    expect(Object.keys(none.statistics)).toEqual(['mean', 'median', 'sd', 'min', 'max']);
    expect(none.notes.map(note => note.code)).toEqual(['metric/no-labels']);
    const one = ask(() => 1);
    expect(one.statistics['accuracy']!.interval).toBeDefined();
    expect(one.statistics['auroc']).toBeUndefined();
    expect(one.notes.map(note => note.code)).toEqual(['metric/one-class']);
    expect(ask(index => index % 3).notes.map(note => note.code)).toEqual(['metric/labels']);
    expect(ask(index => Number(index < 5)).statistics['auroc']).toMatchObject({
      n: 30,
      withheld: 'the rarer class has 5 of at least 10 examples that an interval needs',
    });
  });
});

describe('interpretability', () => {
  it('scores truth against background and leaves weak motif positions out', () => {
    const truth = [2, 0.05, 0, 0, 0.5, 0, 0, 0];
    // The weak position has the highest score; were it background, AUROC would be lower.
    const scores = [4, 9, 3, 1, 5, 4, 0, 1];
    const result = interpretability({
      scores: Float64Array.from(scores),
      truth: Float64Array.from(truth),
      examples: 1,
      length: 8,
    });
    expect(result.statistics['auroc']!.value).toBeCloseTo((5 + 4.5) / 10, 12);
    // Points: (½, 1) at 5; (1, 2/3) at the tie of 4.
    expect(result.statistics['aupr']!.value).toBeCloseTo(0.5 + (0.5 * (1 + 2 / 3)) / 2, 12);
  });

  it('leaves examples without motifs out', () => {
    const truth = Float32Array.of(2, 0, 0, 0, 0, 0);
    const result = interpretability({ scores: Float32Array.of(3, 2, 1, 3, 2, 1), truth, examples: 2, length: 3 });
    expect(column(result, 'auroc')).toEqual([1, NaN]);
    expect(result.statistics['auroc']).toMatchObject({ value: 1, n: 1 });
    expect(result.notes.map(note => note.code)).toEqual(['metric/no-truth', 'metric/chance', 'metric/no-cosine']);
  });

  it('takes the positions with the fewest bits for background', () => {
    const ask = (weak: number) =>
      interpretability({
        scores: Float64Array.of(1, 2, 3),
        truth: Float64Array.of(2, 0.05, weak),
        examples: 1,
        length: 3,
      }).statistics['auroc']!.value;
    // With 0.04 bits the third position is the background, with 0.06 the second is.
    expect([ask(0.04), ask(0.06)]).toEqual([0, 0]);
    expect(
      interpretability({ scores: Float64Array.of(2, 1), truth: Float64Array.of(2, 1), examples: 1, length: 2 })
        .statistics,
    ).toEqual({});
  });

  it('has a cosine that correction raises by the length it takes away, and nothing else', () => {
    const [n, length] = [3, 7];
    const map = normals(n * length * 4);
    const probabilities = new Float64Array(n * length * 4).fill(0.25);
    for (let position = 0; position < n * length; position += 3) probabilities.set([0.7, 0.1, 0, 0.2], 4 * position);
    const corrected = map.map((value, at) => {
      const first = at - (at % 4);
      return value - (map[first]! + map[first + 1]! + map[first + 2]! + map[first + 3]!) / 4;
    });
    const norm = (values: Float64Array, row: number) =>
      Math.hypot(...values.subarray(row * length * 4, (row + 1) * length * 4));
    const before = cosines(map, probabilities, n);
    cosines(corrected, probabilities, n).forEach((after, row) => {
      expect(after / before[row]!).toBeCloseTo(norm(map, row) / norm(corrected, row), 12);
    });
    expect(
      cosines(
        probabilities.map(p => 3 * p - 0.75),
        probabilities,
        n,
      ).every(c => Math.abs(c - 1) < 1e-12),
    ).toBe(true);
    expect(cosines(new Float64Array(8), new Float64Array(8), 1)[0]).toBeNaN();
  });
});

describe('dispersion', () => {
  it('is the distance from the mean before and after, position by position', () => {
    // Three members at one position: along the normal (90°), and twice the same in the plane (0°).
    const members = Float64Array.of(2, 2, 2, 2, 1, -1, 0, 0, 1, -1, 0, 0);
    const result = dispersion({ members, examples: 1, networks: 3, length: 1 });
    // The mean is (4, 0, 2, 2) / 3: the first is √8 away, and corrected, at the origin, √(24/9); the others stay.
    expect(column(result, 'reduction')).toEqual([expect.closeTo(1 - Math.sqrt(24 / 9 / 8), 12), 0, 0]);
    expect(result.curve!.x.values).toEqual([2.5, 87.5]);
    expect(result.statistics['worst_bin']!.value).toBeCloseTo(1 - Math.sqrt(1 / 3), 12);
    expect(result.distribution!.counts.reduce((a, b) => a + b)).toBe(3);
  });

  it('finds a fall in every bin beyond 30° where the normal component is noise, and none where it is shared', () => {
    const [examples, networks, length] = [20, 12, 40];
    const planes = normals(examples * length * 4);
    const make = (noise: (at: number) => number) => {
      const own = normals(examples * networks * length * 4, 3);
      return Float64Array.from(own, (value, at) => {
        const example = Math.floor(at / (networks * length * 4));
        const site = (Math.floor(at / 4) % length) + example * length;
        const first = site * 4;
        const middle = (planes[first]! + planes[first + 1]! + planes[first + 2]! + planes[first + 3]!) / 4;
        return planes[first + (at % 4)]! - middle + 0.1 * value + noise(at);
      });
    };
    const offsets = normals(examples * networks * length, 4);
    const random = dispersion({ members: make(at => offsets[Math.floor(at / 4)]!), examples, networks, length });
    expect(random.statistics['worst_bin']!.value).toBeGreaterThan(0.3);
    expect(random.statistics['beyond_30']!.interval![0]).toBeGreaterThan(0.5);
    const shared = dispersion({ members: make(() => 1), examples, networks, length });
    expect(shared.statistics['beyond_30']!.value).toBeLessThan(0);
  });

  it('leaves gradients of zero out, and refuses a single network', () => {
    const members = Float64Array.of(0, 0, 0, 0, 1, 1, 1, 1);
    const { notes, statistics } = dispersion({ members, examples: 1, networks: 2, length: 1 });
    expect(notes[0]!.message).toContain('1 of 2 gradients');
    expect(statistics['reduction']!.value).toBe(0);
    expect(() => dispersion({ members, examples: 2, networks: 1, length: 1 })).toThrow('several');
  });
});
