/** The portable executor against the float64 interpreter, on the operators that it knows; what it does not know it names. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { tfjsExecutor } from '../../../server/src/engine/backends/tfjs.js';
import { KERNELS } from '../../../server/src/engine/backends/tfjs/kernels.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import type { Tensor } from '../../../server/src/engine/graph/graph.js';
import { CASES } from '../ops/cases.js';
import { Draw, type OperatorCase } from '../ops/draw.js';
import { expectSameNatively } from '../ops/judge.js';
import { network, sequences } from '../methods/networks.js';
import { call, Workbench } from '../methods/workbench.js';
import { expectSameMap } from '../methods/close.js';

const RUNS = 24;

let executor: Executor;
beforeAll(async () => {
  executor = await tfjsExecutor();
});

function graphOf(operator: string, { operands, attributes = {}, outputs = 1 }: OperatorCase) {
  const builder = new GraphBuilder('case');
  const feeds: Record<string, Tensor> = {};
  const inputs = operands.map((operand, i) => {
    if (operand === undefined) return '';
    if (operand.role === 'constant') return builder.constant(operand.value);
    feeds[`input${i}`] = operand.value;
    return builder.input(`input${i}`, operand.value.type, operand.value.shape);
  });
  return { graph: builder.finish(builder.addMany(operator, inputs, attributes, outputs)), feeds };
}

describe('operators', () => {
  it.each(Object.keys(KERNELS))('%s has the values of the interpreter, or is refused by name', async operator => {
    let computed = 0;
    const property = fc.asyncProperty(fc.gen(), async generate => {
      const { graph, feeds } = graphOf(operator, CASES[operator]!(new Draw(generate)));
      try {
        await expectSameNatively(executor, graph, feeds);
        computed++;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        expect(error.problem).toMatchObject({
          code: 'engine/unsupported',
          message: expect.stringContaining(operator),
          place: expect.stringContaining(operator),
        });
      }
    });
    await fc.assert(property, { seed: 11, numRuns: RUNS });
    expect(computed, 'cases that it can compute').toBeGreaterThan(RUNS / 8);
  });

  it('refuses an operator that it does not know before anything runs', async () => {
    const builder = new GraphBuilder('net');
    const graph = builder.finish([builder.add('Erf', [builder.input('x', 'float32', [2])])]);
    const loading = Promise.resolve().then(() => executor.load(graph));
    await expect(loading).rejects.toMatchObject({ problem: { code: 'engine/unsupported' } });
  });
});

it('explains a convolutional network as the native runtime does', async () => {
  const bench = await Workbench.create(executor);
  try {
    const target = await bench.target(network({ length: 40 }), 40);
    const data = await bench.sequences(...sequences(3, 40));
    const native = await onnxruntimeExecutor(1);
    for (const method of [
      call('method', 'saliency'),
      call('method', 'integrated_gradients', { baseline: call('reference', 'uniform'), steps: 8 }),
      call('method', 'deep_lift', { baseline: call('reference', 'uniform') }),
    ]) {
      const portable = await bench.explain(method, target, data);
      const usual = await bench.explain(method, target, data, { executor: native, run: 'native' });
      expectSameMap(portable.arrays['array']!, usual.arrays['array']!, 1e-4);
    }
  } finally {
    await bench.remove();
  }
});
