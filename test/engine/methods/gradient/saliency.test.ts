import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { centralDifferences } from '../../ops/judge.js';
import { expectSameMap, scaleOf, sum } from '../close.js';
import { indicator, network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, encode, oracle, PLANTED, Workbench } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const saliency = call('method', 'saliency');

describe('saliency', () => {
  it('agrees with central differences in float64', async () => {
    const target = await bench.target(PLANTED, 100);
    const [sequence] = sequences(1, 100) as [string];
    const { arrays } = await bench.explain(saliency, target, await bench.sequences(sequence));
    const { builder, x, f } = (await bench.load(target)).build(1);
    const elements = Array.from({ length: 60 }, (_, i) => (i * 67) % 400);
    const point = { [x]: { type: 'float32' as const, shape: [1, 100, 4], data: encode(sequence) } };
    const expected = centralDifferences(builder.finish([f]), point, [Float64Array.of(1)], x, elements);
    const map = arrays['array']!;
    expectSameMap(
      elements.map(at => map[at]!),
      expected,
      1e-4,
    );
  });

  it('scores a position with the gradient at its base, and stores the prediction', async () => {
    const target = await bench.target(network({ length: 30 }), 30);
    const chosen = sequences(5, 30);
    const { arrays, meta } = await bench.explain(saliency, target, await bench.sequences(...chosen));
    const x = encode(...chosen);
    const map = arrays['array']!;
    expect(meta.map).toBe('gradient');
    arrays['scores']!.forEach((score, i) => {
      expect(score).toBe([0, 1, 2, 3].reduce((sum, base) => sum + map[4 * i + base]! * x[4 * i + base]!, 0));
    });
    const { f } = oracle(await bench.load(target));
    expectSameMap(
      arrays['predictions']!,
      chosen.map(sequence => f(encode(sequence))),
      1e-5,
    );
  });

  it('is zero, not missing, where the target does not depend on the input', async () => {
    const graph = scalarFunction(3, (builder, flat) =>
      builder.add('Floor', [weightedSum(builder, flat, indicator(3, [0, 'A']))]),
    );
    const constant = scalarFunction(3, (builder, flat) =>
      builder.add('Mul', [builder.scalar(0), weightedSum(builder, flat, indicator(3, [0, 'A']))]),
    );
    for (const one of [graph, constant]) {
      const { arrays } = await bench.explain(saliency, await bench.target(one, 3), await bench.sequences('ACG'));
      expect([...arrays['array']!].every(v => v === 0)).toBe(true);
    }
  });
});

describe('input × gradient', () => {
  it('is the gradient at the observed bases and zero elsewhere', async () => {
    const target = await bench.target(PLANTED, 100);
    const data = await bench.sequences(...sequences(3, 100));
    const gradient = await bench.explain(saliency, target, data);
    const product = await bench.explain(call('method', 'input_x_gradient'), target, data);
    const x = encode(...sequences(3, 100));
    expect(product.meta.map).toBe('contribution');
    expect([...product.arrays['array']!]).toEqual(
      [...gradient.arrays['array']!].map((g, i) => (x[i] === 1 ? g : 0 * g)),
    );
    expect(product.arrays['scores']).toEqual(gradient.arrays['scores']);
  });

  it('sums to the output of a linear function without bias', async () => {
    const weights = Array.from({ length: 20 }, (_, i) => Math.sin(i));
    const graph = scalarFunction(5, (builder, flat) => weightedSum(builder, flat, weights));
    const target = await bench.target(graph, 5);
    const { arrays } = await bench.explain(call('method', 'input_x_gradient'), target, await bench.sequences('ACGTT'));
    expect(sum(arrays['scores']!)).toBeCloseTo(arrays['predictions']![0]!, 6);
    expect(scaleOf(arrays['predictions']!)).toBeGreaterThan(0.1);
  });
});
