import { expect, it } from 'vitest';
import * as ort from 'onnxruntime-node';
import type { Executor } from '../../server/src/engine/backends/executor.js';
import { onnxruntimeExecutor } from '../../server/src/engine/backends/onnxruntime.js';
import { referenceExecutor } from '../../server/src/engine/backends/reference.js';
import { tfjsExecutor } from '../../server/src/engine/backends/tfjs.js';
import { selfTest } from '../../server/src/engine/self-test.js';

it('passes here with each executor, and says which runtime it has tested', async () => {
  expect(await selfTest(await onnxruntimeExecutor(1))).toEqual({ onnxruntime: ort.env.versions.common });
  expect(await selfTest(await tfjsExecutor())).toHaveProperty('tfjs');
  expect(await selfTest(referenceExecutor)).toEqual({ reference: '1' });
});

it('finds out a runtime that computes wrongly', async () => {
  const wrong: Executor = {
    name: 'wrong',
    version: '0',
    load: graph =>
      Promise.resolve({
        run: () =>
          Promise.resolve({
            [graph.outputs[0]!.name]: { type: 'float32', shape: [2], data: new Float32Array([2, -4]) },
          }),
        release: () => Promise.resolve(),
      }),
  };
  await expect(selfTest(wrong)).rejects.toMatchObject({ problem: { code: 'engine/runtime' } });
});
