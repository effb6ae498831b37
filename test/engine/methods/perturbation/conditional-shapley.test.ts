import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { Correlations } from '../../../../server/src/engine/methods/global/correlations.js';
import { shrunkenCorrelations } from '../../../../server/src/engine/methods/global/knockoffs.js';
import { conditional } from '../../../../server/src/engine/methods/perturbation/conditional-shapley.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { dataOf, feature, linear, rowFunction, targetOf } from '../global/rows.js';
import { call, Workbench } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const random = new Stream(2, 'rows');
const rows = Array.from({ length: 300 }, () => {
  const a = 3 + 2 * random.normal();
  return [a, 0.8 * a + random.normal(), random.normal()];
});

/** The distribution that the method fits: means, standard deviations, shrunken correlations. */
async function fitted() {
  const correlations = new Correlations(Float32Array.from(rows.flat()), rows.length, 3);
  const matrix = await shrunkenCorrelations(correlations, () => Promise.resolve());
  const standard = rows.map(row => row.map((v, i) => (v - correlations.means[i]!) / correlations.deviations[i]!));
  return { matrix, standard, ...correlations };
}

describe('conditional_shapley', () => {
  const method = (of: string, given = {}) => call('method', 'conditional_shapley', { of, seed: 1, ...given });

  it('gives an unused feature half of what it tells of a used one: φ₂ = ½ β r x₂, where marginal values are 0', async () => {
    const beta = 1.5;
    const target = await targetOf(bench, linear([beta, 0]), 2);
    const data = await dataOf(
      bench,
      rows.map(row => row.slice(0, 2)),
    );
    const { arrays } = await bench.explain(method(data, { draws: 2 }), target, data);
    const correlations = new Correlations(Float32Array.from(rows.flatMap(row => row.slice(0, 2))), rows.length, 2);
    const r = (await shrunkenCorrelations(correlations, () => Promise.resolve()))[1]!;
    const { means, deviations } = correlations;
    rows.forEach((row, i) => {
      const [z1, z2] = [0, 1].map(j => (row[j]! - means[j]!) / deviations[j]!) as [number, number];
      expect(arrays['array']![2 * i]).toBeCloseTo(beta * deviations[0]! * (z1 - (r * z2) / 2), 3);
      expect(arrays['array']![2 * i + 1]).toBeCloseTo((beta * deviations[0]! * r * z2) / 2, 3);
    });
    const baseline = call('reference', 'mean', { of: data });
    const marginal = await bench.explain(call('method', 'exact_shapley', { baseline }), target, data);
    rows.forEach((_, i) => expect(Math.abs(marginal.arrays['array']![2 * i + 1]!)).toBeLessThan(1e-5));
  });

  it('draws features with the mean and the covariance that they have given the others', async () => {
    const { matrix, standard } = await fitted();
    const { centre, spread } = conditional(matrix, 3, [0, 2]);
    const r = (a: number, b: number): number => matrix[a * 3 + b]!;
    const [a, c] = centre(Float64Array.from(standard[7]!));
    expect(a).toBeCloseTo(r(0, 1) * standard[7]![1]!, 12);
    expect(c).toBeCloseTo(r(2, 1) * standard[7]![1]!, 12);
    const sums = [0, 0, 0];
    const count = 40_000;
    for (let draw = 0; draw < count; draw++) {
      const [u = 0, v = 0] = spread(new Stream(5, 'draws', undefined, draw));
      [u * u, v * v, u * v].forEach((product, i) => (sums[i]! += product / count));
    }
    const expected = [1 - r(0, 1) ** 2, 1 - r(2, 1) ** 2, r(0, 2) - r(0, 1) * r(1, 2)];
    expected.forEach((value, i) => expect(Math.abs(sums[i]! - value)).toBeLessThan(0.02));
  });

  it('is symmetric and efficient where features interact', async () => {
    const product = rowFunction(3, (b, x) => b.add('Mul', [feature(b, x, 0), feature(b, x, 1)]));
    const data = await dataOf(bench, rows.slice(0, 40));
    const { arrays } = await bench.explain(method(data, { draws: 400 }), await targetOf(bench, product, 3), data);
    const few = new Correlations(Float32Array.from(rows.slice(0, 40).flat()), 40, 3);
    const r = (await shrunkenCorrelations(few, () => Promise.resolve()))[1]!;
    const [m, d] = [few.means, few.deviations];
    const covariance = r * d[0]! * d[1]!;
    rows.slice(0, 40).forEach(([x = 0, y = 0], i) => {
      const [sum, f, expected] = arrays['pairs']!.slice(4 * i);
      expect(f).toBeCloseTo(x * y, 3);
      expect(sum).toBeCloseTo(f! - expected!, 3);
      // E XY = cov + E X E Y, up to the draws.
      expect(Math.abs(expected! - covariance - m[0]! * m[1]!)).toBeLessThan(0.15 * (covariance + 5));
    });
  });

  it('refuses more groups or features than it can ask', async () => {
    const wide = await dataOf(
      bench,
      [1, 2, 3].map(i => Array.from({ length: 13 }, (_, j) => i * j)),
    );
    const target = await targetOf(bench, linear(new Array<number>(13).fill(1)), 13);
    await expect(bench.explain(method(wide), target, wide)).rejects.toThrow('takes up to 12');
    const three = await targetOf(bench, linear([1, 1, 1]), 3);
    await expect(bench.explain(method(wide), three, await dataOf(bench, rows))).rejects.toThrow('has 13 features');
  });
});
