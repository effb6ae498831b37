import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { floats } from '../../../../server/src/engine/graph/graph.js';
import { interpolated } from '../../../../server/src/engine/methods/rules/grad-cam.js';
import { expectSameMap } from '../close.js';
import { indicator, network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, encode, openBatch, Workbench } from '../workbench.js';
import { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

describe('rules for ReLU', () => {
  /** f = ReLU(x) − ReLU(y) − 3 ReLU(2y − 4x) at x = y = 1, where the last is not active. */
  async function explain(name: string): Promise<number[]> {
    const graph = scalarFunction(3, (b, flat) => {
      const [x, y] = [weightedSum(b, flat, indicator(3, [0, 'A'])), weightedSum(b, flat, indicator(3, [1, 'C']))];
      const both = weightedSum(
        b,
        flat,
        indicator(3, [1, 'C']).map((v, i) => 2 * v - 4 * Number(i === 0)),
      );
      const last = b.add('Mul', [b.add('Relu', [both]), b.scalar(3)]);
      return b.add('Add', [b.add('Sub', [b.add('Relu', [x]), b.add('Relu', [y])]), last]);
    });
    const target = await bench.target(graph, 3, call('target', 'output'));
    const result = await bench.explain(call('method', name), target, await bench.sequences('ACG'));
    return [...result.arrays['scores']!];
  }

  it('guided backpropagation: what is positive, where the unit is active', async () => {
    expect(await explain('guided_backpropagation')).toEqual([1, 0, 0]);
  });

  it('deconvolution: what is positive, active or not', async () => {
    expect(await explain('deconvolution')).toEqual([1 - 12, 6, 0]);
  });

  it('a network without ReLU is refused', async () => {
    const graph = scalarFunction(3, (b, flat) => b.add('Tanh', [weightedSum(b, flat, indicator(3, [0, 'A']))]));
    const target = await bench.target(graph, 3, call('target', 'output'));
    const data = await bench.sequences('ACG');
    for (const name of ['guided_backpropagation', 'deconvolution'])
      await expect(bench.explain(call('method', name), target, data)).rejects.toMatchObject({
        problem: { code: 'method/no-relu' },
      });
  });
});

describe('Grad-CAM', () => {
  /** Two filters see A and C at their position; the target is 2 · all A − 1 · all C. */
  const counting = (pooled: boolean) => {
    const b = new GraphBuilder('counting');
    const x = b.input('x', 'float32', [1, 4, 6]);
    const kernel = b.constant(floats([2, 4, 1], [1, 0, 0, 0, 0, 1, 0, 0]));
    const conv = b.add('Relu', [b.add('Conv', [x, kernel])]);
    const maps = pooled ? b.add('AveragePool', [conv], { kernel_shape: [2], strides: [2] }) : conv;
    const sums = b.add('ReduceSum', [maps, b.integers([2])], { keepdims: 0 });
    return openBatch(b.finish([b.add('Gemm', [sums, b.constant(floats([2, 1], [2, -1]))])]));
  };

  it('is the activation times its mean gradient, cut at zero, at the base that stands there', async () => {
    const target = await bench.target(counting(false), 6, call('target', 'output'));
    const result = await bench.explain(call('method', 'grad_cam'), target, await bench.sequences('AACGTA'));
    expect([...result.arrays['scores']!]).toEqual([2, 2, 0, 0, 0, 2]);
    expectSameMap(
      result.arrays['array']!,
      encode('AACGTA').map((v, i) => (i % 4 === 0 ? 2 * v : 0)),
      1e-6,
    );
  });

  it('interpolates between the centres of cells', () => {
    const row = Array.from({ length: 8 }, (_, at) => interpolated(Float32Array.of(0, 4), at, 8));
    expect(row).toEqual([0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4]);
  });

  it('takes the convolution of the name, and says which it took', async () => {
    const target = await bench.target(network({ length: 12 }), 12);
    const data = await bench.sequences(...sequences(2, 12, 6));
    const { meta } = await bench.explain(call('method', 'grad_cam'), target, data);
    expect(meta.notes.slice(0, 1)).toMatchObject([
      { code: 'grad-cam/layer', message: expect.stringContaining('8 positions') as string },
    ]);
    await expect(bench.explain(call('method', 'grad_cam', { layer: 'conv9' }), target, data)).rejects.toMatchObject({
      problem: { code: 'layer/unknown' },
    });
  });
});
