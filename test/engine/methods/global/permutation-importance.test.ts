import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { sum } from '../close.js';
import { call, dna, encode, Workbench, type Result } from '../workbench.js';
import { indicator, scalarFunction, sequences, weightedSum } from '../networks.js';
import { dataOf, linear, targetOf } from './rows.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const importance = (given = {}) => call('method', 'permutation_importance', { seed: 1, ...given });
const conditional = (given = {}) => call('method', 'conditional_permutation_importance', { seed: 1, ...given });

const variance = (values: readonly number[]): number => {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
};
/** Rows of three features: the first two correlated with r, the third by itself. */
function correlatedRows(count: number, r: number, seed = 5): number[][] {
  const random = new Stream(seed, 'test rows');
  return Array.from({ length: count }, () => {
    const [a, b, c] = [random.normal(), random.normal(), random.normal()];
    return [a, r * a + Math.sqrt(1 - r * r) * b, c];
  });
}
const rowNames = async ({ key }: Result) => (await bench.store.rows(key)).rows.map(([name]) => name);

describe('permutation_importance', () => {
  it('is 2 w² var(x) for a linear model that fits its labels, and exactly 0 for a feature without weight', async () => {
    const weights = [2, -1, 0];
    const rows = correlatedRows(300, 0);
    const labels = rows.map(row => row.reduce((total, v, i) => total + v * weights[i]!, 0));
    const data = await dataOf(bench, rows, { labels });
    const found = await bench.explain(
      importance({ repeats: 100, loss: 'squared_error' }),
      await targetOf(bench, linear(weights), 3),
      data,
    );
    expect(found.meta.arrays[0]!.axes).toEqual([{ name: 'gene', size: 3 }]);
    expect(await rowNames(found)).toEqual(['g0', 'g1', 'g2']);
    weights.slice(0, 2).forEach((weight, i) => {
      const expected = 2 * weight ** 2 * variance(rows.map(row => row[i]!));
      expect(found.arrays['array']![i]! / expected).toBeCloseTo(1, 1.5);
    });
    expect(found.arrays['array']![2]).toBe(0);
    expect([...found.arrays['p_values']!]).toEqual([1 / 101, 1 / 101, 1]);
    const repeats = found.arrays['repeats']!.slice(0, 100);
    expect(sum(repeats) / 100).toBeCloseTo(found.arrays['array']![0]!, 5);
    expect(found.meta.passes).toBe(300 * (1 + 3 * 100));
  });

  it('has p-values that are uniform when labels depend on nothing', { timeout: 60_000 }, async () => {
    const random = new Stream(8, 'null');
    const target = await targetOf(bench, linear(Array.from({ length: 20 }, (_, i) => 1 + i / 10)), 20);
    const counts = new Array<number>(10).fill(0);
    for (let study = 0; study < 15; study++) {
      const rows = Array.from({ length: 16 }, () => Array.from({ length: 20 }, () => random.normal()));
      const data = await dataOf(bench, rows, { labels: rows.map(() => 4 * random.normal()) });
      const { arrays } = await bench.explain(importance({ repeats: 9, seed: study }), target, data);
      for (const p of arrays['p_values']!) counts[Math.round(p * 10) - 1]!++;
    }
    // 300 p-values in 10 cells: χ² with 9 degrees of freedom is below 27.9 in 99.9 % of such tests.
    expect(counts.reduce((total, count) => total + (count - 30) ** 2 / 30, 0)).toBeLessThan(27.9);
  });

  it('moves a group as a whole: a sum that depends on differences within it keeps its value', async () => {
    const rows = correlatedRows(100, 0.9);
    const target = await targetOf(bench, linear([1, -1, 1]), 3);
    const data = await dataOf(bench, rows);
    const found = await bench.explain(importance({ groups: { pair: ['g0', 'g1'] }, repeats: 50 }), target, data);
    expect(await rowNames(found)).toEqual(['pair', 'g2']);
    const alone = await bench.explain(importance({ repeats: 50 }), target, data);
    expect(found.arrays['array']![0]!).toBeLessThan(0.6 * alone.arrays['array']![0]!);
    expect(found.arrays).not.toHaveProperty('p_values');
    const [note] = alone.meta.notes;
    expect(note).toMatchObject({ level: 'warning', code: 'GA031' });
    expect(note!.message).toMatch(
      /^2 of 3 features or groups have \|r\| > 0\.7 with a feature that stays: g0 with g1 \(r = 0\.\d\d\)/,
    );
    expect(found.meta.notes.map(({ code }) => code)).toEqual(['method/loss']);
  });

  it('measures the AUROC that is lost and the log loss that is won', async () => {
    const rows = correlatedRows(200, 0);
    const labels = rows.map(([a]) => Number(a! > 0));
    const target = await targetOf(bench, linear([3, 1, 0]), 3);
    const data = await dataOf(bench, rows, { labels });
    const auroc = await bench.explain(importance(), target, data);
    expect(auroc.meta.arrays[0]!.unit).toBe('AUROC');
    expect(auroc.arrays['array']![0]!).toBeGreaterThan(0.3);
    expect(auroc.arrays['array']![1]!).toBeLessThan(0.1);
    const nats = await bench.explain(importance({ loss: 'log_loss' }), target, data);
    expect(nats.arrays['array']![0]!).toBeGreaterThan(nats.arrays['array']![1]!);
    const unlabelled = bench.explain(importance({ loss: 'auroc' }), target, await dataOf(bench, rows));
    await expect(unlabelled).rejects.toMatchObject({ problem: { code: 'method/labels', place: 'example "row 1"' } });
  });

  it('exchanges whole bases of sequences', async () => {
    const texts = sequences(60, 6);
    const graph = scalarFunction(6, (b, flat) => weightedSum(b, flat, indicator(6, [2, 'A'])));
    const target = await bench.target(graph, 6, call('target', 'logit'), { input: dna(6) });
    const { arrays } = await bench.explain(importance({ repeats: 200 }), target, await bench.sequences(...texts));
    const share = encode(...texts).reduce((sum, v, i) => sum + (i % 24 === 8 ? v : 0), 0) / 60;
    expect([...arrays['array']!].map(v => v > 0)).toEqual([false, false, true, false, false, false]);
    // Two sequences drawn at random differ in having an A there.
    expect(arrays['array']![2]).toBeCloseTo(2 * share * (1 - share), 1.5);
  });
});

describe('conditional_permutation_importance', () => {
  it('is what a feature adds to those correlated with it: 2 w² var(x) (1 − r²)', async () => {
    const r = 0.9;
    const rows = correlatedRows(400, r);
    const labels = rows.map(row => row[0]! + row[2]!);
    const data = await dataOf(bench, rows, { labels });
    const target = await targetOf(bench, linear([1, 0, 1]), 3);
    const given = { repeats: 100, loss: 'squared_error' };
    const marginal = (await bench.explain(importance(given), target, data)).arrays['array']!;
    const within = (await bench.explain(conditional(given), target, data)).arrays['array']!;
    const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;
    const [a, b] = [rows.map(row => row[0]!), rows.map(row => row[1]!)];
    const covariance = mean(a.map((v, i) => v * b[i]!)) - mean(a) * mean(b);
    const found = covariance ** 2 / (variance(a) * variance(b));
    expect(marginal[0]! / (2 * variance(a))).toBeCloseTo(1, 1.5);
    // The third feature takes part in the regression, where it explains a little by chance.
    expect(within[0]! / (2 * variance(a) * (1 - found))).toBeCloseTo(1, 1.2);
    expect(within[1]).toBe(0);
    expect(within[2]! / marginal[2]!).toBeCloseTo(1, 1);
  });

  it('has p-values for the right question: a stand-in for the cause counts marginally, not given the cause', async () => {
    const r = 0.8;
    const target = await targetOf(bench, linear([0.5, 0.5]), 2);
    const found = { marginal: 0, conditional: [0, 0] };
    const studies = 40;
    for (let study = 0; study < studies; study++) {
      const rows = correlatedRows(60, r, study).map(row => row.slice(0, 2));
      const noise = new Stream(study, 'noise');
      const data = await dataOf(bench, rows, { labels: rows.map(([cause]) => cause! + noise.normal() / 2) });
      const given = { repeats: 9, seed: study };
      const marginal = await bench.explain(importance(given), target, data);
      const within = await bench.explain(conditional(given), target, data);
      if (marginal.arrays['p_values']![1]! <= 0.1) found.marginal++;
      within.arrays['p_values']!.forEach((p, i) => (found.conditional[i]! += Number(p <= 0.1)));
    }
    expect(found.marginal / studies).toBeGreaterThan(0.9);
    expect(found.conditional[0]! / studies).toBeGreaterThan(0.9);
    // One in ten by chance: more than 10 of 40 in 0.15 % of such tests.
    expect(found.conditional[1]!).toBeLessThanOrEqual(10);
  });

  it('is 0 for copies, and leaves counts of alleles what they are', async () => {
    const random = new Stream(3, 'alleles');
    const rows = Array.from({ length: 100 }, () => {
      const [a, b] = [random.integer(3), random.integer(3)];
      return [a, a, b];
    });
    const data = await dataOf(bench, rows, { as: 'genotypes' });
    const target = await targetOf(bench, linear([1, 1, 1]), 3, 'genotypes');
    const { arrays, meta } = await bench.explain(conditional({ repeats: 5 }), target, data);
    expect(arrays['array']![0]).toBe(0);
    expect(arrays['array']![1]).toBe(0);
    // Steps of whole alleles: the mean change over 100 people is a whole number of hundredths.
    for (const change of arrays['repeats']!.slice(10)) expect(change * 100).toBeCloseTo(Math.round(change * 100), 6);
    expect(arrays['array']![2]!).toBeGreaterThan(0.5);
    expect(meta.arrays[0]!.axes[0]!.name).toBe('variant');
    const few = bench.explain(conditional(), target, await dataOf(bench, rows.slice(0, 9), { as: 'genotypes' }));
    await expect(few).rejects.toMatchObject({ problem: { code: 'method/too-few' } });
  });
});
