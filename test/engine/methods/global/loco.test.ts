import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { signedRankTest, signTest } from '../../../../server/src/engine/methods/global/paired-tests.js';
import { adjusted, benjaminiHochberg } from '../../../../server/src/engine/metrics/discoveries.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import type { Call, Json, Target } from '../../../../server/src/protocol.js';
import { call, Workbench } from '../workbench.js';
import { dataOf, linear, targetOf } from './rows.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const layer = (name: string, given: Readonly<Record<string, Json>> = {}): Call => call('layer', name, given);

/** The output of a network trained on data. */
async function trainedTarget(data: string, layers: Call[], given: Readonly<Record<string, Json>>): Promise<Target> {
  const network = call('network', 'layers', { layers });
  const training = call('training', 'train', { network, loss: 'mean_squared', seed: 1, ...given });
  const { key } = await bench.run({ kind: 'training', training, data });
  return {
    target: call('target', 'output'),
    model: { ...training, parameters: { ...training.parameters, of: key } },
  };
}

/** Features 0 and 1 correlate by r, 2 is alone, 3 is nothing: y = x₀ + ½ x₂ + noise. */
function rowsWith(r: number, count: number, seed: number): { rows: number[][]; labels: number[] } {
  const random = new Stream(seed, 'loco rows');
  const rows = Array.from({ length: count }, () => {
    const [a, b, c, d] = [random.normal(), random.normal(), random.normal(), random.normal()];
    return [a, r * a + Math.sqrt(1 - r * r) * b, c, d];
  });
  return { rows, labels: rows.map(([a, , c]) => a! + 0.5 * c! + 0.5 * random.normal()) };
}

/** Least squares with an intercept by normal equations: the mean squared error on other rows, features left out. */
function leastSquaresError(train: ReturnType<typeof rowsWith>, test: ReturnType<typeof rowsWith>, without?: number) {
  const design = (rows: number[][]) => rows.map(row => [1, ...row.filter((_, i) => i !== without)]);
  const x = design(train.rows);
  const size = x[0]!.length;
  const system = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => x.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    x.reduce((sum, row, n) => sum + row[i]! * train.labels[n]!, 0),
  ]);
  for (let pivot = 0; pivot < size; pivot++)
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = system[row]![pivot]! / system[pivot]![pivot]!;
      system[row] = system[row]!.map((value, i) => value - factor * system[pivot]![i]!);
    }
  const weights = system.map((row, i) => row[size]! / row[i]!);
  const errors = design(test.rows).map(
    (row, n) => (test.labels[n]! - row.reduce((sum, value, i) => sum + value * weights[i]!, 0)) ** 2,
  );
  return errors.reduce((a, b) => a + b) / errors.length;
}

const CONVERGED = { epochs: 60, batch: 400, validation: 0 };
const optimizer = call('optimizer', 'sgd', { rate: 0.2 });

describe('leave_one_covariate_out', () => {
  it('is the difference of the errors of least squares for a linear network, whatever goes with what', async () => {
    const [train, test] = [rowsWith(0.7, 400, 1), rowsWith(0.7, 300, 2)];
    const target = await trainedTarget(await dataOf(bench, train.rows, train), [layer('dense', { units: 1 })], {
      ...CONVERGED,
      optimizer,
    });
    const data = await dataOf(bench, test.rows, test);
    const { meta, arrays } = await bench.explain(call('method', 'leave_one_covariate_out'), target, data);
    const whole = leastSquaresError(train, test);
    [0, 1, 2, 3].forEach(feature => {
      const expected = leastSquaresError(train, test, feature) - whole;
      expect(Math.abs(arrays['array']![feature]! - expected)).toBeLessThan(1e-4);
    });
    // Two features have an effect; the stand-in of the first and the last have none.
    expect([...arrays['adjusted']!].map(p => p < 1e-3)).toEqual([true, false, true, false]);
    expect(arrays['differences']!.length).toBe(4 * 300);
    expect(meta.notes.map(({ code }) => code)).not.toContain('method/seen');
  });

  it('gives a copy of a feature no importance, and both together that of the feature', async () => {
    const make = (seed: number) => {
      const made = rowsWith(0, 400, seed);
      return { ...made, rows: made.rows.map(([a, , c, d]) => [a!, a!, c!, d!]) };
    };
    const [train, test] = [make(3), make(4)];
    const target = await trainedTarget(await dataOf(bench, train.rows, train), [layer('dense', { units: 1 })], {
      ...CONVERGED,
      optimizer: call('optimizer', 'sgd', { rate: 0.1 }),
    });
    const data = await dataOf(bench, test.rows, test);
    const groups = { pair: [0, 1] };
    const method = (given: Readonly<Record<string, Json>> = {}) => call('method', 'leave_one_covariate_out', given);
    const alone = await bench.explain(method(), target, data);
    const together = await bench.explain(method({ groups, test: 'signed_rank' }), target, data);
    for (const copy of [0, 1]) expect(Math.abs(alone.arrays['array']![copy]!)).toBeLessThan(1e-3);
    expect(together.arrays['array']![0]).toBeGreaterThan(0.8);
    expect(together.arrays['p_values']![0]).toBeLessThan(1e-20);
  });

  it('trains a masked network again whose units follow from its table', async () => {
    const made = rowsWith(0, 60, 6);
    const path = join(bench.folder, 'groups.tsv');
    await writeFile(path, 'g0\tA\ng1\tA\ng2\tB\nabsent\tC\n');
    const layers = [layer('masked_dense', { annotation: await bench.file(path) }), layer('dense', { units: 1 })];
    const data = await dataOf(bench, made.rows, made);
    const target = await trainedTarget(data, layers, { epochs: 20, batch: 20, validation: 0 });
    const { arrays } = await bench.explain(call('method', 'leave_one_covariate_out'), target, data);
    expect(arrays['array']![0]).toBeGreaterThan(0.1);
    // The last feature is in no group: without it the same network is trained.
    expect(arrays['array']![3]).toBe(0);
  });

  it('warns of examples that the network has seen, and refuses a network of a file', async () => {
    const made = rowsWith(0, 40, 5);
    const data = await dataOf(bench, made.rows, made);
    const target = await trainedTarget(data, [layer('dense', { units: 1 })], { epochs: 1, batch: 20 });
    const method = call('method', 'leave_one_covariate_out');
    const { meta } = await bench.explain(method, target, data);
    expect(meta.notes).toContainEqual(expect.objectContaining({ level: 'warning', code: 'method/seen' }));
    await expect(bench.explain(method, await targetOf(bench, linear([1, 0, 0, 0]), 4), data)).rejects.toMatchObject({
      problem: { code: 'method/not-trained' },
    });
  });
});

describe('paired tests', () => {
  const draws = (count: number, of: (i: number) => number) => Float64Array.from({ length: count }, (_, i) => of(i));

  /** Over all assignments of signs, the share with a statistic at least as large. */
  function enumerated(values: Float64Array, statistic: (values: Float64Array) => number): number {
    const observed = statistic(values);
    let atLeast = 0;
    for (let signs = 0; signs < 2 ** values.length; signs++) {
      const flipped = values.map((value, i) => ((signs >> i) & 1 ? 1 : -1) * Math.abs(value));
      if (statistic(flipped) >= observed - 1e-9) atLeast++;
    }
    return atLeast / 2 ** values.length;
  }
  const ranksOf = (values: Float64Array): number[] =>
    [...values].map(value => {
      const below = values.filter(other => Math.abs(other) < Math.abs(value)).length;
      const tied = values.filter(other => Math.abs(other) === Math.abs(value)).length;
      return below + (tied + 1) / 2;
    });
  const rankSum = (values: Float64Array) => ranksOf(values).reduce((sum, r, i) => sum + (values[i]! > 0 ? r : 0), 0);

  it('are those of all assignments of signs, with ties and zeros', () => {
    for (const values of [
      Float64Array.of(1.5, -0.3, 2.2, 0.7, 0.1, -0.2, 3.1, 0.9),
      Float64Array.of(1, 1, -1, 2, 2, -3, 3, 3, 4),
    ]) {
      expect(signTest(values)).toBeCloseTo(
        enumerated(values, all => all.filter(v => v > 0).length),
        10,
      );
      expect(signedRankTest(values)).toBeCloseTo(enumerated(values, rankSum), 10);
      expect(signedRankTest(Float64Array.of(0, ...values, 0))).toBe(signedRankTest(values));
    }
    expect(signTest(new Float64Array(4))).toBe(1);
    expect(signedRankTest(new Float64Array(4))).toBe(1);
  });

  it('go over into the normal distribution without a step', () => {
    const random = new Stream(6, 'ranks');
    const values = draws(60, () => random.normal() + 0.25);
    const counted = signedRankTest(values);
    const approximate = signedRankTest(Float64Array.of(...values, 1e-9));
    expect(Math.log(approximate / counted)).toBeCloseTo(0, 1);
  });

  it('adjusted p-values are below a rate where the procedure rejects', () => {
    const random = new Stream(7, 'p');
    const pValues = draws(40, i => (i < 10 ? 0.01 * random.uniform() : random.uniform()));
    const found = adjusted(pValues);
    for (const rate of [0.01, 0.05, 0.1, 0.3])
      expect([...found].map(p => Number(p <= rate))).toEqual([...benjaminiHochberg(pValues, rate)]);
  });
});
