import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { drawPresence, fitSurrogate, topAgreement } from '../../../../server/src/engine/methods/perturbation/lime.js';
import { expectSameMap, scaleOf, sum } from '../close.js';
import { indicator, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, Workbench } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const lime = (given = {}) =>
  call('method', 'lime', { baseline: call('reference', 'uniform'), samples: 200, seed: 3, ...given });

it('recovers the coefficients of a linear model, with R² 1 and no spread', async () => {
  const length = 10;
  const weights = Array.from({ length: 4 * length }, (_, i) => Math.sin(5 * i));
  const target = await bench.target(
    scalarFunction(length, (b, flat) => weightedSum(b, flat, weights, 2)),
    length,
  );
  const [sequence] = sequences(1, length, 2);
  const { arrays } = await bench.explain(lime(), target, await bench.sequences(sequence!));
  const expected = Array.from({ length }, (_, position) => {
    const here = weights.slice(4 * position, 4 * position + 4);
    return here['ACGT'.indexOf(sequence![position]!)]! - sum(here) / 4;
  });
  expectSameMap(arrays['scores']!, expected, 1e-5);
  expect(scaleOf(arrays['standard_deviations']!)).toBeLessThan(1e-5);
  expect([...arrays['fit']!]).toEqual([1, 1, 1].map(value => expect.closeTo(value, 5) as number));
});

it('says where no linear model describes the network', async () => {
  // Only the two positions together, or the two absent together, count: their effects near the example cancel.
  const graph = scalarFunction(8, (b, flat) => {
    const centred = (position: number) => weightedSum(b, flat, indicator(8, [position, 'A']), -0.625);
    return b.add('Mul', [centred(1), centred(6)]);
  });
  const target = await bench.target(graph, 8, call('target', 'output'));
  const { arrays, meta } = await bench.explain(lime({ width: 10 }), target, await bench.sequences('AAAAAAAA'));
  expect(arrays['fit']![0]).toBeLessThan(0.2);
  expect(meta.notes.map(({ code }) => code)).toEqual(['GA034']);
});

it('weighs samples by their distance: solved as the weighted normal equations say', () => {
  const [groups, samples] = [3, 40];
  const present = drawPresence(groups, samples, 1, { source: '00000001', index: 0 }, 0);
  expect([...present.subarray(0, groups)]).toEqual([1, 1, 1]);
  const values = Array.from({ length: samples }, (_, i) => Math.sin(i * i));
  const [width, ridge] = [0.4, 0.05];
  const { coefficients } = fitSurrogate(present, values, width, ridge)!;
  const rows = values.map((value, i) => {
    const z = [...present.subarray(i * groups, (i + 1) * groups)];
    return { value, z, weight: Math.exp(-(((1 - Math.sqrt(sum(z) / groups)) / width) ** 2)) };
  });
  const total = sum(rows.map(({ weight }) => weight));
  const mean = (of: (row: (typeof rows)[number]) => number): number =>
    sum(rows.map(row => row.weight * of(row))) / total;
  const intercept = mean(({ value, z }) => value - sum(z.map((has, j) => has * coefficients[j]!)));
  // The gradient of the loss vanishes in every coefficient.
  for (let j = 0; j < groups; j++) {
    const slope = mean(({ value, z }) => (value - intercept - sum(z.map((has, k) => has * coefficients[k]!))) * z[j]!);
    expect(slope).toBeCloseTo(ridge * coefficients[j]!, 10);
  }
});

it('compares repeats by their strongest groups', () => {
  const repeats = [
    [5, -4, 0, 0],
    [4, 5, 1, 0],
    [5, 0, -4, 0],
  ].map(values => Float64Array.from(values));
  expect(topAgreement(repeats, 2)).toBeCloseTo((1 + 1 / 3 + 1 / 3) / 3, 10);
});

it('refuses samples that do not determine the coefficients', async () => {
  const target = await bench.target(
    scalarFunction(10, (b, flat) => weightedSum(b, flat, indicator(10, [1, 'A']))),
    10,
  );
  const data = await bench.sequences(...sequences(1, 10));
  await expect(bench.explain(lime({ samples: 5 }), target, data)).rejects.toThrow(
    '5 samples do not determine 10 coefficients',
  );
});
