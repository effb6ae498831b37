/** Older operator sets: the model as brought to the common form against the native runtime on the model as it stands. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { Failure } from '../../../server/src/engine/failure.js';
import {
  floats,
  integers,
  sizeOf,
  type Attributes,
  type Graph,
  type Node,
  type Tensor,
} from '../../../server/src/engine/graph/graph.js';
import { readOnnx } from '../../../server/src/engine/graph/onnx.js';
import { importOnnx } from '../../../server/src/engine/models/onnx.js';
import { normalise } from '../../../server/src/engine/models/onnx/normalise.js';
import { specialise } from '../../../server/src/engine/transforms/specialise.js';
import { atOpset, field, model, node, value } from '../graph/model-bytes.js';
import { expectClose } from '../ops/judge.js';

/** One node over x and constants. */
interface OldForm {
  readonly operator: string;
  readonly attributes?: Attributes;
  readonly shape: readonly number[];
  /** Further inputs; an empty string is one that is not given. */
  readonly constants?: readonly (Tensor | '')[];
  readonly outputs?: readonly (readonly number[])[];
  /** Outputs that the node has and nobody reads. */
  readonly unread?: readonly string[];
}

function graphOf({ operator, attributes = {}, shape, constants = [], outputs = [shape], unread = [] }: OldForm): Graph {
  const names = constants.map((tensor, i) => (tensor === '' ? '' : `c${i}`));
  const results = outputs.map((_, i) => `y${i}`);
  const only: Node = {
    operator,
    name: 'the_node',
    inputs: ['x', ...names],
    outputs: [...results, ...unread],
    attributes,
  };
  return {
    name: 'old.onnx',
    inputs: [{ name: 'x', type: 'float32', shape }],
    outputs: results.map((name, i) => ({ name, type: 'float32', shape: outputs[i]! })),
    nodes: [only],
    initializers: new Map(constants.flatMap((tensor, i) => (tensor === '' ? [] : [[names[i]!, tensor]]))),
  };
}

const ramp = (shape: readonly number[]): Tensor =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(3 * i + 1) * 3),
  );

const statistics = [
  [1.5, -1],
  [0.5, 2],
  [0.1, -0.3],
  [0.5, 2],
].map(values => floats([2], values));

describe('operators of older and newer operator sets', () => {
  it.each<[string, number, OldForm]>([
    [
      'axes of ReduceSum as an attribute',
      11,
      { operator: 'ReduceSum', attributes: { axes: [1], keepdims: 0 }, shape: [2, 3, 4], outputs: [[2, 4]] },
    ],
    [
      'axes of ReduceMean as an attribute',
      17,
      { operator: 'ReduceMean', attributes: { axes: [-1, 0] }, shape: [2, 3, 4], outputs: [[1, 3, 1]] },
    ],
    [
      'ReduceMax over all axes',
      12,
      { operator: 'ReduceMax', attributes: { keepdims: 0 }, shape: [2, 3], outputs: [[]] },
    ],
    [
      'axes of Squeeze as an attribute',
      12,
      { operator: 'Squeeze', attributes: { axes: [-1] }, shape: [1, 3, 1], outputs: [[1, 3]] },
    ],
    [
      'axes of Unsqueeze as an attribute',
      11,
      { operator: 'Unsqueeze', attributes: { axes: [0, 2] }, shape: [3], outputs: [[1, 3, 1]] },
    ],
    [
      'lengths of Split as an attribute',
      11,
      {
        operator: 'Split',
        attributes: { axis: 1, split: [1, 3] },
        shape: [2, 4],
        outputs: [
          [2, 1],
          [2, 3],
        ],
      },
    ],
    [
      'Split in equal parts',
      11,
      {
        operator: 'Split',
        attributes: { axis: 1 },
        shape: [2, 4],
        outputs: [
          [2, 2],
          [2, 2],
        ],
      },
    ],
    [
      'Split in equal parts',
      13,
      {
        operator: 'Split',
        shape: [6, 1],
        outputs: [
          [2, 1],
          [2, 1],
          [2, 1],
        ],
      },
    ],
    [
      'Split with a remainder',
      18,
      { operator: 'Split', attributes: { num_outputs: 3 }, shape: [8], outputs: [[3], [3], [2]] },
    ],
    ['Softmax over all axes from the second on', 11, { operator: 'Softmax', shape: [2, 3, 4] }],
    [
      'Softmax over all axes from a named one on',
      12,
      { operator: 'Softmax', attributes: { axis: -2 }, shape: [2, 3, 4] },
    ],
    ['LogSoftmax over everything', 12, { operator: 'LogSoftmax', attributes: { axis: 0 }, shape: [2, 3] }],
    ['Softmax over one axis', 13, { operator: 'Softmax', attributes: { axis: 1 }, shape: [2, 3, 4] }],
    ['Dropout with an unread mask', 11, { operator: 'Dropout', shape: [2, 3], unread: ['mask'] }],
    ['Dropout with a ratio', 13, { operator: 'Dropout', shape: [2, 3], constants: [floats([], [0.5])] }],
    [
      'Dropout that is told not to train',
      13,
      {
        operator: 'Dropout',
        shape: [2, 3],
        constants: [floats([], [0.5]), { type: 'bool', shape: [], data: Uint8Array.of(0) }],
      },
    ],
    [
      'BatchNormalization',
      11,
      { operator: 'BatchNormalization', attributes: { epsilon: 0.01 }, shape: [2, 2, 3], constants: statistics },
    ],
    ['Clip without a lower bound', 11, { operator: 'Clip', shape: [2, 3], constants: ['', floats([], [0.5])] }],
    [
      'Pad without a value',
      11,
      { operator: 'Pad', shape: [2, 3], constants: [integers([0, 1, 1, -1])], outputs: [[3, 3]] },
    ],
    [
      'Pad of some axes',
      18,
      {
        operator: 'Pad',
        shape: [2, 3],
        constants: [integers([1, 2]), floats([], [7]), integers([-1])],
        outputs: [[2, 6]],
      },
    ],
    [
      'AveragePool with dilations of one',
      19,
      {
        operator: 'AveragePool',
        attributes: { kernel_shape: [2], dilations: [1] },
        shape: [1, 2, 5],
        outputs: [[1, 2, 4]],
      },
    ],
    [
      'GroupNormalization with scale and bias per group',
      18,
      {
        operator: 'GroupNormalization',
        attributes: { num_groups: 2, epsilon: 0.01 },
        shape: [2, 6, 3],
        constants: statistics.slice(0, 2),
      },
    ],
  ])('%s (operator set %d)', async (_, opset, form) => {
    const bytes = atOpset(graphOf(form), opset);
    const x = ramp(form.shape);
    const original = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
    const expected = await original.run({
      x: new ort.Tensor('float32', Float32Array.from(x.data, Number), [...x.shape]),
    });
    await original.release();

    const read = readOnnx(bytes, 'old.onnx');
    const graph = specialise(normalise(read.graph, read.opset), new Map([['x', form.shape]]));
    const reference = interpret(graph, { x: toValue(x) });
    // A node that passes its input on is gone, and no runtime takes an input for an output.
    const native = graph.nodes.length > 0 ? await (await onnxruntimeExecutor(1)).load(graph) : undefined;
    const results = await native?.run({ x });
    Object.values(expected).forEach((tensor, i) => {
      const { name, shape } = graph.outputs[i]!;
      const values = Array.from(tensor.data as Float32Array);
      expect(shape).toEqual(tensor.dims);
      expectClose(reference.get(name)!.data, values, 1e-6, `${name}, reference`);
      if (results) expectClose(results[name]!.data as Float32Array, values, 1e-6, `${name}, native`);
    });
  });
});

describe('refusals', () => {
  const failure = (run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      return error instanceof Failure ? error.problem : error;
    }
  };
  const on = (form: OldForm, opset: number): unknown => failure(() => normalise(graphOf(form), opset));
  const training = { type: 'bool', shape: [], data: Uint8Array.of(1) } as const;

  it.each<[string, OldForm, number]>([
    [
      'Dropout that is told to train',
      { operator: 'Dropout', shape: [3], constants: [floats([], [0.5]), training] },
      13,
    ],
    ['Dropout whose mask is read', { operator: 'Dropout', shape: [3], outputs: [[3], [3]] }, 13],
    [
      'BatchNormalization in training mode',
      { operator: 'BatchNormalization', attributes: { training_mode: 1 }, shape: [2, 2], constants: statistics },
      15,
    ],
    [
      'BatchNormalization whose statistics are read',
      { operator: 'BatchNormalization', shape: [2, 2], constants: statistics, outputs: [[2, 2], [2]] },
      11,
    ],
  ])('%s', (_, form, opset) => {
    expect(on(form, opset)).toMatchObject({
      code: 'model/training',
      place: `node the_node (${form.operator}) of old.onnx`,
      remedy: expect.stringContaining('eval()') as string,
    });
  });

  it('an operator that the engine does not know, by operator, node and file', () => {
    const graph = graphOf({ operator: 'NonMaxSuppression', shape: [3] });
    expect(failure(() => specialise(normalise(graph, 18), new Map()))).toMatchObject({
      code: 'model/unknown-operator',
      message: expect.stringContaining('NonMaxSuppression') as string,
      place: 'node the_node (NonMaxSuppression) of old.onnx',
    });
  });

  it('outputs that the engine does not compute', () => {
    const form = {
      operator: 'MaxPool',
      attributes: { kernel_shape: [2] },
      shape: [1, 1, 4],
      outputs: [
        [1, 1, 3],
        [1, 1, 3],
      ],
    };
    expect(failure(() => specialise(normalise(graphOf(form), 12), new Map()))).toMatchObject({
      code: 'model/shape',
      place: 'node the_node (MaxPool) of old.onnx',
    });
  });
});

describe('importOnnx', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onnx-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function imported(bytes: Uint8Array) {
    const path = join(folder, 'model.onnx');
    await writeFile(path, bytes);
    return importOnnx(path);
  }

  it('says what the file is', async () => {
    const { graph, format, producer } = await imported(atOpset(graphOf({ operator: 'Relu', shape: [3] }), 15));
    expect({ name: graph.name, format, producer }).toEqual({
      name: 'model.onnx',
      format: 'ONNX, operator set 15',
      producer: 'explainome',
    });
  });

  it('takes constants from nodes, in all their forms', async () => {
    const constant = (name: string, ...attribute: Uint8Array[]): Uint8Array =>
      field(
        1,
        Uint8Array.from([
          ...field(2, name),
          ...field(4, 'Constant'),
          ...field(5, Uint8Array.from(attribute.flatMap(b => [...b]))),
        ]),
      );
    const oneAndAHalf = Uint8Array.from([2 * 8 + 5, 0, 0, 192, 63]);
    const { graph } = await imported(
      model(
        constant('a', field(1, 'value_int'), field(3, 7), field(20, 2)),
        constant('b', field(1, 'value_ints'), field(8, 2), field(8, 3), field(20, 7)),
        constant('c', field(1, 'value_float'), oneAndAHalf, field(20, 1)),
        node('Relu'),
        value(11, 'x'),
        value(12, 'y'),
      ),
    );
    expect(Object.fromEntries(graph.initializers)).toEqual({
      a: integers([7], []),
      b: integers([2, 3]),
      c: floats([], [1.5]),
    });
    expect(graph.nodes.map(n => n.operator)).toEqual(['Relu']);
  });

  it('refuses operator sets before 11', async () => {
    const old = imported(atOpset(graphOf({ operator: 'Relu', shape: [3] }), 9));
    await expect(old).rejects.toMatchObject({ problem: { code: 'model/opset', place: 'model.onnx' } });
  });
});
