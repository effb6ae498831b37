/** Gradients of whole networks; those of single operators are tested with the operators. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, sizeOf, type Tensor } from '../../../server/src/engine/graph/graph.js';
import { importOnnx } from '../../../server/src/engine/models/onnx.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { differentiate } from '../../../server/src/engine/transforms/autodiff.js';
import { emit } from '../../../server/src/engine/transforms/specialise.js';
import { centralDifferences, expectClose, expectSameNatively } from '../ops/judge.js';

const random = new Stream(4, 'networks');
const normal = (shape: number[], scale = 1): Tensor =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, () => scale * random.normal()),
  );

let native: Executor;
beforeAll(async () => {
  native = await onnxruntimeExecutor(2);
});

/** ∂ Σ y / ∂x added to a builder that holds y. */
function withGradient(builder: GraphBuilder, y: string, x: string) {
  const forward = builder.finish([y]);
  const shape = builder.shape(y);
  const ones = new Float32Array(sizeOf(shape)).fill(1);
  const [gradient] = differentiate(builder, forward.nodes, new Map([[y, builder.constant(floats(shape, ones))]]), [x]);
  return { forward, gradient, weights: [Float64Array.from(ones)] };
}

/** Two convolutional blocks, the second with a connection around it, as in most sequence models. */
function residualNetwork(builder: GraphBuilder, x: string): string {
  const constant = (shape: number[], scale?: number): string => builder.constant(normal(shape, scale));
  const conv = (value: string, inputs: number, width: number): string =>
    builder.add('Conv', [value, constant([6, inputs, width], 0.5), constant([6])], { pads: [1, 1] });
  const norm = (value: string): string =>
    builder.add('BatchNormalization', [
      value,
      constant([6]),
      constant([6]),
      constant([6], 0.3),
      builder.constant(floats([6], [0.5, 0.8, 1, 1.2, 1.5, 2])),
    ]);
  const relu = (value: string): string => builder.add('Relu', [value]);
  const first = builder.add('MaxPool', [relu(norm(conv(x, 4, 3)))], { kernel_shape: [2], strides: [2] });
  const block = norm(conv(relu(conv(first, 6, 3)), 6, 3));
  const joined = relu(builder.add('Add', [block, first]));
  const flat = builder.add('Flatten', [builder.add('MaxPool', [joined], { kernel_shape: [3], strides: [2] })]);
  const hidden = builder.add('Gemm', [flat, constant([6 * 5, 8], 0.3), constant([8])]);
  return builder.add('Sigmoid', [builder.add('Gemm', [relu(hidden), constant([8, 2], 0.5), constant([2])])]);
}

describe('networks', () => {
  it('differentiates a residual network', async () => {
    const builder = new GraphBuilder('residual');
    const x = builder.input('x', 'float32', [2, 4, 24]);
    const y = residualNetwork(builder, x);
    const { forward, gradient, weights } = withGradient(builder, y, x);
    const graph = builder.finish([y, gradient!]);
    const feeds = { x: normal([2, 4, 24]) };
    const found = interpret(graph, { x: toValue(feeds.x) }).get(gradient!)!.data;
    expectClose(found, centralDifferences(forward, feeds, weights, x), 1e-6, 'gradient');
    await expectSameNatively(native, graph, feeds);
  });

  it('adds up the gradients of a value that is used more than once', () => {
    const builder = new GraphBuilder('reuse');
    const x = builder.input('x', 'float32', [3]);
    const r = builder.add('Relu', [x]);
    const y = builder.add('Add', [builder.add('Mul', [r, r]), builder.add('Add', [r, x])]);
    const { gradient } = withGradient(builder, y, x);
    // 2r + 1 where x > 0, and 1 for x itself
    expect([
      ...interpret(builder.finish([gradient!]), { x: toValue(floats([3], [-1, 2, 3])) }).get(gradient!)!.data,
    ]).toEqual([1, 6, 8]);
  });

  it('takes integers for constants', () => {
    const builder = new GraphBuilder('steps');
    const x = builder.input('x', 'float32', [2]);
    const step = builder.add('Cast', [builder.add('Cast', [x], { to: 'int64' })], { to: 'float32' });
    const { gradient } = withGradient(builder, builder.add('Mul', [x, step]), x);
    const values = interpret(builder.finish([gradient!]), { x: toValue(floats([2], [2.5, -3.5])) });
    expect([...values.get(gradient!)!.data]).toEqual([2, -3]);
  });

  it('returns nothing where nothing depends on the value', () => {
    const builder = new GraphBuilder('independent');
    const x = builder.input('x', 'float32', [3]);
    const unused = builder.input('unused', 'float32', [3]);
    const y = builder.add('Mul', [x, builder.add('Floor', [unused])]);
    const forward = builder.finish([y]);
    expect(differentiate(builder, forward.nodes, new Map([[y, x]]), [unused])).toEqual([undefined]);
  });

  it('differentiates by a value in the middle', () => {
    const builder = new GraphBuilder('middle');
    const x = builder.input('x', 'float32', [2]);
    const middle = builder.add('Sigmoid', [x]);
    const { gradient } = withGradient(builder, builder.add('Mul', [middle, middle]), middle);
    const values = interpret(builder.finish([middle, gradient!]), { x: toValue(floats([2], [0, 1])) });
    expect([...values.get(gradient!)!.data]).toEqual([...values.get(middle)!.data].map(v => 2 * v));
  });
});

describe('refusals', () => {
  it.each<[string, (builder: GraphBuilder, x: string) => string, string]>([
    ['Gather', (b, x) => b.add('Gather', [x, b.input('at', 'int64', [2])]), 'the indices are computed from the input'],
    [
      'BatchNormalization',
      (b, x) => b.add('BatchNormalization', [x, ...[1, 2, 3, 4].map(i => b.input(`s${i}`, 'float32', [4]))]),
      'its statistics are computed from the input',
    ],
    [
      'Pad',
      (b, x) => b.add('Pad', [b.constant(normal([2])), b.integers([1, 1]), b.add('ReduceSum', [x], { keepdims: 0 })]),
      'the padding value is computed from the input',
    ],
    ['Cast', (b, x) => b.add('Cast', [x], { to: 'float64' }), 'its values are float64, and gradients are float32'],
  ])('%s, by node and model', (operator, build, reason) => {
    const builder = new GraphBuilder('model.onnx');
    const x = builder.input('x', 'float32', [3, 4, 2]);
    const y = build(builder, x);
    const forward = builder.finish([y]);
    let problem: unknown;
    try {
      differentiate(builder, forward.nodes, new Map([[y, y]]), [x]);
    } catch (error) {
      problem = error instanceof Failure ? error.problem : error;
    }
    expect(problem).toMatchObject({
      code: 'gradient/refused',
      message: `no gradient goes through ${operator}: ${reason}`,
      place: `node ${y} (${operator}) of model.onnx`,
    });
  });
});

const CTCF = fileURLToPath(new URL('../../../../shared/data/peaks/ctcf_vs_pu1.onnx', import.meta.url));

describe.skipIf(!existsSync(CTCF))('shared/data/peaks/ctcf_vs_pu1.onnx', () => {
  it('agrees natively with the interpreter, and with central differences', async () => {
    const { graph: imported } = await importOnnx(CTCF);
    const builder = new GraphBuilder(imported.name);
    const shape = [3, 4, 100];
    const x = builder.input('sequence', 'float32', shape);
    const [y] = emit(builder, imported, [x]);
    const { forward, gradient, weights } = withGradient(builder, y!, x);
    const graph = builder.finish([y!, gradient!]);
    // One-hot sequences with a little noise, so that no two windows of a pool tie.
    const sequences = normal(shape, 0.01);
    const data = sequences.data as Float32Array;
    for (let row = 0; row < 3; row++)
      for (let at = 0; at < 100; at++) data[(row * 4 + random.integer(4)) * 100 + at]! += 1;
    const feeds = { sequence: sequences };
    await expectSameNatively(native, graph, feeds);

    const positions = random.choose(sizeOf(shape), 40);
    const found = interpret(graph, { sequence: toValue(sequences) }).get(gradient!)!.data;
    expect(Math.max(...found.map(Math.abs))).toBeGreaterThan(1e-3);
    const expected = centralDifferences(forward, feeds, weights, x, positions);
    expectClose(
      positions.map(at => found[at]!),
      expected,
      1e-6,
      'gradient',
      1e-3,
    );
  });
});
