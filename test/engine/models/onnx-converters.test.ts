/**
 * Idioms of tf2onnx and keras2onnx, written here after what these converters produce: sequence layers between transpositions,
 * convolutions of images around one axis of extent 1, and shapes computed from the batch. Judged by the native runtime.
 */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import {
  floats,
  integers,
  sizeOf,
  type Attributes,
  type Graph,
  type Tensor,
} from '../../../server/src/engine/graph/graph.js';
import { readOnnx } from '../../../server/src/engine/graph/onnx.js';
import { normalise } from '../../../server/src/engine/models/onnx/normalise.js';
import { differentiate } from '../../../server/src/engine/transforms/autodiff.js';
import { addHeight } from '../../../server/src/engine/transforms/height.js';
import { emit } from '../../../server/src/engine/transforms/specialise.js';
import { atOpset } from '../graph/model-bytes.js';
import { centralDifferences, expectClose } from '../ops/judge.js';

type Line = readonly [operator: string, inputs: string, output: string, attributes?: Attributes];

/** The nodes line by line, inputs apart by blanks, a dash for one that is left out. */
function written(lines: readonly Line[], constants: Readonly<Record<string, Tensor>>): Graph {
  return {
    name: 'converted.onnx',
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', 8, 4] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['batch', 2] }],
    nodes: lines.map(([operator, inputs, output, attributes = {}]) => ({
      operator,
      name: output,
      inputs: inputs.split(' ').map(name => (name === '-' ? '' : name)),
      outputs: output.split(' ').map(name => (name === '-' ? '' : name)),
      attributes,
    })),
    initializers: new Map(Object.entries(constants)),
  };
}

const wave = (...shape: number[]): Tensor =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(2 * i + 1) / 2),
  );

/** tf2onnx: Conv1D over [batch, position, channel] as an image of height 1, Flatten by a computed shape. */
const convolutional: readonly Line[] = [
  ['Unsqueeze', 'x', 'image', { axes: [1] }],
  ['Transpose', 'image', 'first', { perm: [0, 3, 1, 2] }],
  ['Conv', 'first kernel', 'conv', { kernel_shape: [1, 3], strides: [1, 1], auto_pad: 'SAME_UPPER' }],
  ['Transpose', 'conv', 'last', { perm: [0, 2, 3, 1] }],
  ['Squeeze', 'last', 'sequence', { axes: [1] }],
  ['Add', 'sequence bias', 'biased'],
  ['Relu', 'biased', 'active'],
  ['Unsqueeze', 'active', 'tall', { axes: [2] }],
  ['Transpose', 'tall', 'channels', { perm: [0, 3, 1, 2] }],
  ['MaxPool', 'channels', 'pool', { kernel_shape: [2, 1], strides: [2, 1] }],
  ['Transpose', 'pool', 'back', { perm: [0, 2, 3, 1] }],
  ['Squeeze', 'back', 'pooled', { axes: [2] }],
  ['Shape', 'pooled', 'extents'],
  ['Cast', 'extents', 'narrow', { to: 'int32' }],
  ['Slice', 'narrow zero one zero', 'batch'],
  ['Concat', 'batch minus', 'to', { axis: 0 }],
  ['Cast', 'to', 'wide', { to: 'int64' }],
  ['Reshape', 'pooled wide', 'flat'],
  ['MatMul', 'flat dense', 'y'],
];

/** keras2onnx and tf2onnx: a bidirectional LSTM with lengths and first states computed from the batch, then a GRU. */
const recurrent: readonly Line[] = [
  ['Transpose', 'x', 'steps', { perm: [1, 0, 2] }],
  ['Shape', 'x', 'extents'],
  ['Gather', 'extents zero', 'batch', { axis: 0 }],
  ['Cast', 'eight', 'length', { to: 'int32' }],
  ['Tile', 'length batch', 'lengths'],
  ['Concat', 'two batch three', 'states', { axis: 0 }],
  ['Expand', 'nothing states', 'start'],
  ['LSTM', 'steps w r b lengths start start', 'all - -', { hidden_size: 3, direction: 'bidirectional' }],
  ['Transpose', 'all', 'turned', { perm: [0, 2, 1, 3] }],
  ['Reshape', 'turned joined', 'sequence'],
  ['GRU', 'sequence gw gr', '- ends', { hidden_size: 2, linear_before_reset: 1 }],
  ['Squeeze', 'ends', 'y', { axes: [0] }],
];

describe('files of converters', () => {
  it.each<[string, number, Graph]>([
    [
      'convolutions of sequences',
      11,
      written(convolutional, {
        kernel: wave(5, 4, 1, 3),
        bias: wave(5),
        dense: wave(20, 2),
        zero: integers([0]),
        one: integers([1]),
        minus: { type: 'int32', shape: [1], data: Int32Array.of(-1) },
      }),
    ],
    [
      'recurrent layers',
      12,
      written(recurrent, {
        zero: integers([0]),
        two: integers([2]),
        three: integers([3]),
        eight: integers([8]),
        nothing: floats([1, 1, 1], [0]),
        w: wave(2, 12, 4),
        r: wave(2, 12, 3),
        b: wave(2, 24),
        joined: integers([8, -1, 6]),
        gw: wave(1, 6, 6),
        gr: wave(1, 6, 2),
      }),
    ],
  ])('%s (operator set %d)', async (_, opset, graph) => {
    const bytes = atOpset(graph, opset);
    const x = wave(3, 8, 4);
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
    const { y: expected } = await session.run({ x: new ort.Tensor('float32', x.data as Float32Array, [...x.shape]) });
    await session.release();

    const read = readOnnx(bytes, graph.name);
    const builder = new GraphBuilder(graph.name);
    const input = builder.input('explained', 'float32', x.shape);
    const [y] = emit(builder, addHeight(normalise(read.graph, read.opset)), [input]) as [string];
    const forward = builder.finish([y]);
    expectClose(interpret(forward, { explained: toValue(x) }).get(y)!.data, expected!.data as Float32Array, 1e-5, 'y');
    const operators = new Set(forward.nodes.map(node => node.operator));
    expect(['Shape', 'Cast', 'Tile', 'Expand', 'LSTM', 'GRU'].filter(name => operators.has(name))).toEqual([]);

    const seed = wave(3, 2);
    const seeds = new Map([[y, builder.constant(seed)]]);
    const [gradient] = differentiate(builder, forward.nodes, seeds, [input]) as [string];
    const values = interpret(builder.finish([gradient]), { explained: toValue(x) });
    const weights = [Float64Array.from(seed.data, Number)];
    const elements = [0, 17, 50, 95];
    const differences = centralDifferences(forward, { explained: x }, weights, input, elements);
    const chosen = elements.map(at => values.get(gradient)!.data[at]!);
    expectClose(chosen, differences, 1e-6, 'gradient', 1);
  });
});
