import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { curveGap } from '../../../server/src/engine/metrics/curve-gap.js';
import { mapDistance } from '../../../server/src/engine/metrics/map-distance.js';
import { rashomon } from '../../../server/src/engine/metrics/rashomon.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import type { Call } from '../../../server/src/protocol.js';
import { dataOf, feature, linear, rowFunction, targetOf } from '../methods/global/rows.js';
import { call, Workbench, type Result } from '../methods/workbench.js';

describe('distances of maps', () => {
  it('are relative to the second, and not defined where it is zero', () => {
    const scores = Float64Array.of(3, 4, 0, 0, 1, 1);
    const reference = Float64Array.of(3, 0, 2, 0, 0, 0);
    const { statistics, columns } = mapDistance({ scores, reference, examples: 3 });
    expect([...columns[0]!.values]).toEqual([4 / 3, 1, NaN]);
    expect(statistics['mean']).toMatchObject({ n: 2, value: expect.closeTo(7 / 6, 12) as number });
    expect(statistics['max']!.value).toBeCloseTo(4 / 3, 12);
  });
});

describe('gaps of curves', () => {
  it('look at shape alone, relative to the larger range', () => {
    const a = Float64Array.of(0, 1, 2, 5, 5, 5);
    const b = Float64Array.of(10, 10, 10, 7, 7, 7);
    // Centred: −1, 0, 1 against 0, 0, 0; and twice nothing.
    expect([...curveGap({ curves: [a, b], features: 2 }).columns[0]!.values]).toEqual([0.5, 0]);
  });
});

describe('equally good networks', () => {
  const random = new Stream(1, 'losses');
  const common = Float64Array.from({ length: 400 }, () => random.normal() ** 2);

  it('differ by the mean loss of the worst, and an interval holds that', () => {
    const worse = common.map(loss => 1.1 * loss);
    const { statistics, notes } = rashomon({ losses: [common, worse, common] });
    expect(statistics['excess']!.value).toBeCloseTo(0.1, 12);
    expect(statistics['excess']!.interval![0]).toBeCloseTo(0.1, 6);
    expect(statistics['loss']!.value).toBeCloseTo(common.reduce((a, b) => a + b) / 400, 12);
    expect(notes[0]!.message).toContain('3 networks');
  });

  it('are never better than the best: noise alone gives an excess that is not below 0', () => {
    const other = common.map(loss => loss + 0.1 * random.normal());
    const { value, interval } = rashomon({ losses: [common, other] }).statistics['excess']!;
    expect(value).toBeGreaterThanOrEqual(0);
    expect(interval![0]).toBeGreaterThanOrEqual(0);
    expect(interval![1]).toBeLessThan(0.05);
    // Against a network without any loss no excess is a number.
    const perfect = rashomon({ losses: [common, common.map(() => 0)] }).statistics;
    expect(Object.keys(perfect)).toEqual(['loss']);
    expect(() => rashomon({ losses: [common] })).toThrow('one network');
  });
});

describe('measures of explanations', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await Workbench.create(await onnxruntimeExecutor(2));
  });
  afterAll(() => bench.remove());

  const measure = (metric: Call, ...subjects: readonly Result[]) =>
    bench.run({ kind: 'metric', metric, subjects: subjects.map(({ key }) => key) });
  /** Pairs of normal variables with this correlation. */
  const pairs = (r: number, count = 1500): number[][] => {
    const random = new Stream(3, 'pairs');
    return Array.from({ length: count }, () => {
      const a = random.normal();
      return [a, r * a + Math.sqrt(1 - r * r) * random.normal()];
    });
  };

  it('accumulated local effects and partial dependence agree where features are independent, and only there', async () => {
    // f = x0 + x0 x1: partial dependence is x0 (1 + E x1), ALE is x0 + ∫ E[x1 | x0] = x0 + r x0² / 2.
    const target = await targetOf(
      bench,
      rowFunction(2, (b, x) => b.add('Add', [feature(b, x, 0), b.add('Mul', [feature(b, x, 0), feature(b, x, 1)])])),
      2,
    );
    const gapFor = async (r: number): Promise<{ gap: number; grid: Float32Array; curve: Float32Array }> => {
      const data = await dataOf(bench, pairs(r));
      const ale = await bench.explain(call('method', 'ale', { features: [0], bins: 10 }), target, data);
      const dependence = call('method', 'partial_dependence', { features: [0], points: 10, ice: 0 });
      const { meta } = await measure(call('metric', 'curve_gap'), ale, await bench.explain(dependence, target, data));
      const { grid, array } = ale.arrays as Record<string, Float32Array>;
      return { gap: meta.statistics!['max']!.value, grid: grid!, curve: array! };
    };
    expect((await gapFor(0)).gap).toBeLessThan(0.1);
    const { gap, grid, curve } = await gapFor(0.9);
    expect(gap).toBeGreaterThan(0.3);
    for (let k = 2; k < 10; k++) {
      const integral = grid[k]! - grid[k - 1]! + 0.45 * (grid[k]! ** 2 - grid[k - 1]! ** 2);
      expect(Math.abs(curve[k]! - curve[k - 1]! - integral)).toBeLessThan(0.05);
    }
  });

  it('reads what methods keep beside their results, and says what there is', async () => {
    const data = await dataOf(bench, pairs(0.5, 40));
    const lime = call('method', 'lime', { baseline: call('reference', 'zeros'), seed: 1 });
    const found = await bench.explain(lime, await targetOf(bench, linear([1, 2]), 2), data);
    const fit = await measure(call('metric', 'recorded', { array: 'fit', field: 'mean_r_squared' }), found);
    expect(fit.meta.statistics!['min']!.value).toBeCloseTo(1, 4);
    expect(fit.meta.statistics!['mean']).toMatchObject({ n: 40 });
    for (const parameters of [{ array: 'fit' }, { array: 'fit', field: 'none' }, { array: 'none' }])
      await expect(measure(call('metric', 'recorded', parameters), found)).rejects.toThrow('the result has no');
  });

  it('finds no distance between estimates from all coalitions and exact values, and some from few', async () => {
    const data = await dataOf(
      bench,
      Array.from({ length: 20 }, (_, row) => Array.from({ length: 8 }, (_, i) => Math.sin(row * 8 + i))),
    );
    const product = rowFunction(8, (b, x) =>
      [1, 2, 3, 4].reduce(
        (all, i) => b.add('Add', [b.add('Mul', [all, feature(b, x, i)]), feature(b, x, i + 3)]),
        feature(b, x, 0),
      ),
    );
    const target = await targetOf(bench, product, 8);
    const baseline = call('reference', 'zeros');
    const exact = await bench.explain(call('method', 'exact_shapley', { baseline }), target, data);
    const distances: number[] = [];
    for (const samples of [32, 254]) {
      const kernel = await bench.explain(call('method', 'kernel_shap', { baseline, samples, seed: 1 }), target, data);
      distances.push((await measure(call('metric', 'map_distance'), kernel, exact)).meta.statistics!['median']!.value);
    }
    expect(distances[0]).toBeGreaterThan(0.01);
    expect(distances[1]).toBeLessThan(1e-4);
    const other = await bench.explain(
      call('method', 'saliency'),
      target,
      await dataOf(
        bench,
        pairs(0, 4).map(row => [...row, ...row, ...row, ...row]),
      ),
    );
    await expect(measure(call('metric', 'map_distance'), other, exact)).rejects.toThrow('different data');
  });
});
