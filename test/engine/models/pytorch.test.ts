/**
 * Files of PyTorch's exporters (`pytorch/export.py`): predictions and gradients are those of PyTorch, DeepLIFT conserves in all of
 * them, and models of any length follow the length as they do natively.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, sizeOf, type Node, type Tensor } from '../../../server/src/engine/graph/graph.js';
import { importOnnx } from '../../../server/src/engine/models/onnx.js';
import { differentiate } from '../../../server/src/engine/transforms/autodiff.js';
import { addHeight } from '../../../server/src/engine/transforms/height.js';
import { deepLiftRules } from '../../../server/src/engine/transforms/rules/deep-lift.js';
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

/** One copy of a model in a graph with its twin. */
interface Copy {
  readonly y: string;
  readonly nodes: readonly Node[];
}

const expectedOf = (file: string): Expected =>
  JSON.parse(readFileSync(join(FOLDER, `${file.split('.')[0]}.json`), 'utf8')) as Expected;

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
    const expected = expectedOf(file);
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

  // TopK, in "arithmetic", is refused by the rule.
  it.each(FILES.filter(file => !file.startsWith('arithmetic')))('%s: DeepLIFT conserves', async file => {
    const { x: values, shape } = expectedOf(file);
    const { graph } = await importOnnx(join(FOLDER, file));
    const builder = new GraphBuilder(file);
    const [x, reference] = ['x~', 'reference~'].map(name => builder.input(name, 'float32', shape)) as [string, string];
    const copies = [x, reference].map(input => {
      const [y] = emit(builder, addHeight(graph), [input]) as [string];
      return { y, nodes: builder.finish([y]).nodes };
    }) as [Copy, Copy];
    const outputs = copies.map(({ nodes }) => nodes.flatMap(node => node.outputs));
    const twins = new Map([[x, reference], ...outputs[0]!.map((name, i) => [name, outputs[1]![i]!] as const)]);
    const [f, g] = copies.map(({ y }) => y) as [string, string];
    const seed = builder.constant(floats(builder.shape(f), [1, 1, 1]));
    const rules = deepLiftRules(value => twins.get(value) ?? value);
    const [multipliers] = differentiate(builder, copies[0].nodes, new Map([[f, seed]]), [x], rules) as [string];
    const [batch = 1, ...rest] = shape;
    const difference = builder.add('Mul', [multipliers, builder.add('Sub', [x, reference])]);
    const flat = builder.add('Reshape', [difference, builder.integers([batch, sizeOf(rest)])]);
    const sum = builder.add('ReduceSum', [flat, builder.integers([1])]);
    const change = builder.add('Sub', [f, g]);
    const found = interpret(builder.finish([sum, change]), {
      'x~': toValue(floats(shape, values)),
      'reference~': toValue(
        floats(
          shape,
          values.map((v, i) => 0.3 * v - Math.cos(i)),
        ),
      ),
    });
    expectClose(found.get(sum)!.data, found.get(change)!.data, 1e-6, 'sum of contributions');
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
