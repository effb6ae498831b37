import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { quantileGrid } from '../../../../server/src/engine/methods/global/grid.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { sum } from '../close.js';
import { call, Workbench } from '../workbench.js';
import { dataOf, feature, linear, rowFunction, targetOf } from './rows.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const ale = (given: Readonly<Record<string, number | string[]>>) => call('method', 'ale', given);
const dependence = (given: Readonly<Record<string, number | string[]>>) => call('method', 'partial_dependence', given);
const product = rowFunction(2, (builder, x) => builder.add('Mul', [feature(builder, x, 0), feature(builder, x, 1)]));
/** Rows (u, u + noise) with u uniform in [−1, 1]. */
function twins(count: number, noise: number): number[][] {
  const random = new Stream(2, 'twins');
  return Array.from({ length: count }, () => {
    const u = 2 * random.uniform() - 1;
    return [u, u + noise * random.normal()];
  });
}

describe('quantileGrid', () => {
  it('takes values that occur, each once', () => {
    expect([...quantileGrid(Float32Array.of(5, 1, 2, 3, 4), 2)]).toEqual([1, 3, 5]);
    expect([...quantileGrid(Float32Array.of(0, 2, 0, 1, 0, 0), 10)]).toEqual([0, 1, 2]);
    expect([...quantileGrid(Float32Array.of(7, 7), 4)]).toEqual([7]);
  });
});

describe('ale', () => {
  it('is weight × (value − mean) for a linear model, whatever the correlations', async () => {
    const rows = twins(200, 0.1);
    const target = await targetOf(bench, linear([3, -2], 5), 2);
    const found = await bench.explain(ale({ features: ['g1', 'g0'], bins: 10 }), target, await dataOf(bench, rows));
    const { array, grid, counts } = found.arrays;
    [1, 0].forEach((column, row) => {
      const mean = rows.reduce((sum, values) => sum + values[column]!, 0) / rows.length;
      for (let point = row * 11; point < row * 11 + 11; point++)
        expect(array![point]).toBeCloseTo([3, -2][column]! * (grid![point]! - mean), 4);
      expect(sum(counts!.slice(row * 11, row * 11 + 11))).toBe(200);
    });
    expect(found.meta.passes).toBe(200 * (1 + 2 * 2));
  });

  it('follows the data where partial dependence leaves them: x₁ x₂ with x₁ ≈ x₂', async () => {
    const data = await dataOf(bench, twins(2000, 0.02));
    const target = await targetOf(bench, product, 2);
    const local = await bench.explain(ale({ features: ['g0'] }), target, data);
    const { array, grid } = local.arrays;
    // ∂f/∂x₁ = x₂ ≈ x₁, so the accumulated effect is x₁²/2, centred by its mean 1/6.
    grid!.forEach((z, point) => expect(array![point]).toBeCloseTo((z * z) / 2 - 1 / 6, 1.5));
    expect(local.meta.notes).toEqual([]);
    const partial = await bench.explain(dependence({ features: ['g0'] }), target, data);
    // f is x₁ times the mean of x₂, which is about 0.
    for (const value of partial.arrays['array']!) expect(Math.abs(value)).toBeLessThan(0.05);
    expect(partial.meta.notes[0]).toMatchObject({
      code: 'GA031',
      message: expect.stringMatching(/^1 of 1 .*g0 with g1 \(r = 1\.00\)/) as string,
    });
  });

  it('has a point for each count of alleles, the last repeated, and none where nothing varies', async () => {
    const rows = [0, 1, 2, 0, 1, 0].map(count => [count, 1]);
    const data = await dataOf(bench, rows, { as: 'genotypes' });
    const target = await targetOf(bench, product, 2, 'genotypes');
    const { arrays } = await bench.explain(ale({ features: ['g0', 'g1'], bins: 3 }), target, data);
    const mean = 4 / 6;
    expect([...arrays['grid']!]).toEqual([0, 1, 2, 2, 1, 1, 1, 1]);
    [0, 1, 2, 2].forEach((count, point) => expect(arrays['array']![point]).toBeCloseTo(count - mean, 5));
    expect([...arrays['array']!.slice(4)]).toEqual([0, 0, 0, 0]);
    expect([...arrays['counts']!.slice(0, 4)]).toEqual([0, 5, 1, 0]);
  });

  it('names a feature that the data lack', async () => {
    const failing = bench.explain(
      ale({ features: ['TP53'] }),
      await targetOf(bench, product, 2),
      await dataOf(bench, twins(3, 1)),
    );
    await expect(failing).rejects.toMatchObject({ message: 'the data have no feature "TP53"' });
  });
});

describe('partial_dependence', () => {
  it('is the mean over examples, and keeps the curves of single ones', async () => {
    const rows = [
      [0, 3],
      [1, -1],
      [2, 4],
      [3, 2],
    ];
    const target = await targetOf(bench, product, 2);
    const call = dependence({ features: ['g0'], points: 3, ice: 2 });
    const { arrays, meta } = await bench.explain(call, target, await dataOf(bench, rows));
    expect([...arrays['grid']!]).toEqual([0, 1, 2, 3]);
    expect([...arrays['array']!]).toEqual([0, 2, 4, 6]);
    expect([...arrays['ice']!]).toEqual([0, 3, 6, 9, 0, 4, 8, 12]);
    expect(meta.arrays.find(({ name }) => name === 'ice')!.axes[1]!.labels).toEqual(['row 1', 'row 3']);
  });
});
