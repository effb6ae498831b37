/**
 * Files of PyTorch's exporters (`pytorch/export.py`): predictions and gradients are those of PyTorch, and models of any length
 * follow the length as they do natively.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, sizeOf, type Tensor } from '../../../server/src/engine/graph/graph.js';
import { importOnnx } from '../../../server/src/engine/models/onnx.js';
import { differentiate } from '../../../server/src/engine/transforms/autodiff.js';
import { addHeight } from '../../../server/src/engine/transforms/height.js';
import { emit } from '../../../server/src/engine/transforms/specialise.js';
import { expectClose, expectSameNatively } from '../ops/judge.js';

const FOLDER = join(import.meta.dirname, 'pytorch');
const FILES = readdirSync(FOLDER).filter(name => name.endsWith('.onnx'));

interface Expected {
  readonly shape: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly gradient: readonly number[];
}

/** The imported model over an input of a shape, as it stands in an attribution. */
async function attached(file: string, shape: readonly number[]) {
  const { graph } = await importOnnx(join(FOLDER, file));
  const builder = new GraphBuilder(file);
  const x = builder.input('explained', 'float32', shape);
  const [y] = emit(builder, addHeight(graph), [x]) as [string];
  return { builder, x, y };
}

describe('models of PyTorch', () => {
  it.each(FILES)('%s: prediction and gradient', async file => {
    const expected = JSON.parse(readFileSync(join(FOLDER, `${file.split('.')[0]}.json`), 'utf8')) as Expected;
    const { builder, x, y } = await attached(file, expected.shape);
    const ones = new Float32Array(sizeOf(builder.shape(y))).fill(1);
    const seed = builder.constant(floats(builder.shape(y), ones));
    const [gradient] = differentiate(builder, builder.finish([y]).nodes, new Map([[y, seed]]), [x]) as [string];
    const graph = builder.finish([y, gradient]);
    const feed = floats(expected.shape, expected.x);
    const values = interpret(graph, { explained: toValue(feed) });
    expectClose(values.get(y)!.data, expected.y, 1e-5, 'prediction');
    expectClose(values.get(gradient)!.data, expected.gradient, 1e-5, 'gradient');
    await expectSameNatively(await onnxruntimeExecutor(1), graph, { explained: feed });
  });

  // The others want one length, natively too.
  const anyLength = ['biased.open17.onnx', 'normalised.open17.onnx', 'recurrent.open17.onnx'];
  it.each(anyLength)('%s: other lengths', async file => {
    for (const length of [7, 15]) {
      const shape = [2, 4, length];
      const feed: Tensor = floats(
        shape,
        Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * i)),
      );
      const session = await ort.InferenceSession.create(join(FOLDER, file), { logSeverityLevel: 4 });
      const { y: expected } = await session.run({ x: new ort.Tensor('float32', feed.data as Float32Array, shape) });
      await session.release();
      const { builder, y } = await attached(file, shape);
      const values = interpret(builder.finish([y]), { explained: toValue(feed) });
      expect(builder.shape(y)).toEqual(expected!.dims);
      expectClose(values.get(y)!.data, expected!.data as Float32Array, 1e-5, `length ${length}`);
    }
  });
});
