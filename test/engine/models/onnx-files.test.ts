/**
 * What ONNX files hold beside plain nodes: other precisions, data files, functions, branches, defaults of inputs. The import is
 * judged by the native runtime on the file as it stands.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, integers, type Graph, type Node, type Tensor } from '../../../server/src/engine/graph/graph.js';
import { importOnnx } from '../../../server/src/engine/models/onnx.js';
import { specialise } from '../../../server/src/engine/transforms/specialise.js';
import { atOpset, field, message } from '../graph/model-bytes.js';
import { expectClose } from '../ops/judge.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function saved(bytes: Uint8Array, name = 'model.onnx'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** The imported model and the file itself give the same for x. */
async function expectSame(
  path: string,
  x: Tensor,
  feed = new ort.Tensor(x.type, x.data, [...x.shape]),
): Promise<Graph> {
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 4 });
  const expected = await session.run({ x: feed });
  await session.release();
  const { graph } = await importOnnx(path);
  const fixed = specialise(graph, new Map([['x', x.shape]]));
  const values = interpret(fixed, { x: toValue(x) });
  Object.values(expected).forEach((tensor, i) => {
    const { name, shape } = fixed.outputs[i]!;
    expect(shape).toEqual(tensor.dims);
    expectClose(values.get(name)!.data, Array.from(tensor.data as Float32Array, Number), 1e-6, name);
  });
  return graph;
}

const x = floats([2, 3], [1, -2, 3, 0.5, 0.25, -1]);

/** Fields of messages: a tensor, a value with a shape, a node, an integer or a graph as an attribute. */
const tensor = (name: string, dims: readonly number[], type: number, ...rest: Uint8Array[]): Uint8Array =>
  message(...dims.map(extent => field(1, extent)), field(2, type), field(8, name), ...rest);
const value = (name: string, type: number, ...dims: (number | string)[]): Uint8Array => {
  const shape = dims.map(dim => field(1, typeof dim === 'number' ? field(1, dim) : field(2, dim)));
  return message(field(1, name), field(2, field(1, message(field(1, type), field(2, message(...shape))))));
};
const node = (operator: string, inputs: readonly string[], output: string, ...rest: Uint8Array[]): Uint8Array =>
  message(
    ...inputs.map(name => field(1, name)),
    field(2, output),
    field(3, `the_${output}`),
    field(4, operator),
    ...rest,
  );
const attribute = (name: string, type: number, content: Uint8Array): Uint8Array =>
  field(5, message(field(1, name), content, field(20, type)));
const graph = (...fields: Uint8Array[]): Uint8Array => message(field(2, 'g'), ...fields);
const file = (body: Uint8Array, ...rest: Uint8Array[]): Uint8Array =>
  message(field(1, 10), field(7, body), field(8, field(2, 18)), ...rest);
const float32s = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

describe('other precisions', () => {
  // 1, −2, 0.5, 65504, 2^−24, 0 in binary16.
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x3800, 0x7bff, 0x0001, 0);
  const mixed = (weights: Uint8Array): Uint8Array =>
    file(
      graph(
        field(1, node('Cast', ['w'], 'wide', attribute('to', 2, field(3, 1)))),
        field(1, node('MatMul', ['x', 'wide'], 'y')),
        field(5, weights),
        field(11, value('x', 1, 'batch', 3)),
        field(12, value('y', 1, 'batch', 2)),
      ),
    );

  it.each([
    ['float16', mixed(tensor('w', [3, 2], 10, field(9, new Uint8Array(halves.buffer))))],
    ['float16', mixed(tensor('w', [3, 2], 10, ...Array.from(halves, bits => field(5, bits))))],
    // 1, −2, 0.5, 3.140625, 0, 1 in the upper halves of binary32.
    [
      'bfloat16',
      mixed(tensor('w', [3, 2], 16, ...[0x3f80, 0xc000, 0x3f00, 0x4049, 0, 0x3f80].map(bits => field(5, bits)))),
    ],
  ])('weights in %s', async (type, bytes) => {
    const path = await saved(bytes);
    await expectSame(path, x);
    expect((await importOnnx(path)).notes).toEqual([
      { level: 'information', code: 'model/precision', message: `Values of type ${type} are computed in float32.` },
    ]);
  });

  it('a model in float16 throughout', async () => {
    const body = graph(field(1, node('Relu', ['x'], 'y')), field(11, value('x', 10, 6)), field(12, value('y', 10, 6)));
    const { graph: imported } = await importOnnx(await saved(file(body)));
    expect([imported.inputs[0]!.type, imported.outputs[0]!.type]).toEqual(['float32', 'float32']);
  });

  it('a model in float64', async () => {
    const double = (shape: readonly number[], values: readonly number[]): Tensor => ({
      type: 'float64',
      shape,
      data: Float64Array.from(values),
    });
    const doubled: Graph = {
      name: 'double',
      inputs: [{ name: 'x', type: 'float64', shape: ['batch', 3] }],
      outputs: [{ name: 'y', type: 'float64', shape: ['batch', 1] }],
      nodes: [
        { operator: 'MatMul', name: 'product', inputs: ['x', 'w'], outputs: ['z'], attributes: {} },
        { operator: 'Cast', name: 'cast', inputs: ['z'], outputs: ['y'], attributes: { to: 'float64' } },
      ],
      initializers: new Map([['w', double([3, 1], [0.5, -1, 2])]]),
    };
    const path = await saved(atOpset(doubled, 18));
    const imported = await expectSame(path, x, new ort.Tensor('float64', Float64Array.from(x.data, Number), [2, 3]));
    expect(JSON.stringify(imported)).not.toContain('float64');
  });
});

describe('weights in other files', () => {
  const entry = (key: string, text: string): Uint8Array => field(13, message(field(1, key), field(2, text)));
  const elsewhere = (location: string, offset?: string, length?: string): Uint8Array =>
    file(
      graph(
        field(1, node('Mul', ['x', 'w'], 'y')),
        field(
          5,
          tensor(
            'w',
            [3],
            1,
            entry('location', location),
            ...(offset === undefined ? [] : [entry('offset', offset)]),
            ...(length === undefined ? [] : [entry('length', length)]),
            field(14, 1),
          ),
        ),
        field(11, value('x', 1, 2, 3)),
        field(12, value('y', 1, 2, 3)),
      ),
    );

  it('are read from the folder of the model, at their place', async () => {
    await mkdir(join(folder, 'weights'), { recursive: true });
    await writeFile(join(folder, 'weights', 'w.bin'), float32s(9, 1.5, -2, 4, 9));
    await writeFile(join(folder, 'model.onnx.data'), float32s(3, 2, 1));
    await expectSame(await saved(elsewhere('weights/w.bin', '4', '12')), x);
    await expectSame(await saved(elsewhere('model.onnx.data')), x);
  });

  it.each<[string, string, string?, string?]>([
    ['../outside.bin', 'model/external-data'],
    ['/etc/hostname', 'model/external-data'],
    ['link.bin', 'model/external-data'],
    ['weights/w.bin', 'model/external-data', '12', '12'],
    ['weights/w.bin', 'model/external-data', '40'],
    ['weights/w.bin', 'model/damaged', '-4', '12'],
    ['weights/w.bin', 'model/damaged', '0', '8'],
    ['missing.bin', 'model/unreadable'],
    ['', 'model/external-data'],
  ])('at "%s" are refused: %s', async (location, code, offset, length) => {
    await mkdir(join(folder, 'inner', 'weights'), { recursive: true });
    await writeFile(join(folder, 'outside.bin'), float32s(1, 2, 3));
    await writeFile(join(folder, 'inner', 'weights', 'w.bin'), float32s(1, 2, 3, 4));
    await rm(join(folder, 'inner', 'link.bin'), { force: true });
    await symlink(join(folder, 'outside.bin'), join(folder, 'inner', 'link.bin'));
    const path = await saved(elsewhere(location, offset, length), 'inner/model.onnx');
    await expect(importOnnx(path)).rejects.toMatchObject({ problem: { code } });
  });
});

describe('functions of the file', () => {
  /** scale_shift(x; alpha) = LeakyRelu(x, alpha) + 1, and twice(x) = scale_shift(scale_shift(x, 0.5)). */
  const named = (name: string, output: string, ...nodes: Uint8Array[]): Uint8Array =>
    field(
      25,
      message(
        field(1, name),
        field(4, 'x'),
        field(5, output),
        field(6, 'alpha'),
        ...nodes.map(each => field(7, each)),
        field(9, field(2, 18)),
        field(9, message(field(1, 'mine'), field(2, 1))),
        field(10, 'mine'),
      ),
    );
  const alpha = (value: number): Uint8Array => attribute('alpha', 1, Uint8Array.from([2 * 8 + 5, ...float32s(value)]));
  const mine = field(7, 'mine');
  const reference = field(5, message(field(1, 'alpha'), field(20, 1), field(21, 'alpha')));
  const one = attribute('value_float', 1, Uint8Array.from([2 * 8 + 5, ...float32s(1)]));
  const functions = [
    named(
      'scale_shift',
      'out',
      node('LeakyRelu', ['x'], 'h', reference),
      node('Constant', [], 'one', one),
      node('Add', ['h', 'one'], 'out'),
    ),
    named(
      'twice',
      'z',
      node('scale_shift', ['x'], 'h', alpha(0.5), mine),
      node('scale_shift', ['h'], 'z', reference, mine),
    ),
  ];
  const calling = (...nodes: Uint8Array[]): Uint8Array =>
    file(
      graph(...nodes.map(each => field(1, each)), field(11, value('x', 1, 2, 3)), field(12, value('y', 1, 2, 3))),
      field(8, message(field(1, 'mine'), field(2, 1))),
      ...functions,
    );

  it('are written out at their calls, with the attributes of the call', async () => {
    const path = await saved(
      calling(node('twice', ['x'], 'h', alpha(0.25), mine), node('scale_shift', ['h'], 'y', mine)),
    );
    const imported = await expectSame(path, x);
    expect(imported.nodes.map(each => each.operator)).toEqual([
      'LeakyRelu',
      'Add',
      'LeakyRelu',
      'Add',
      'LeakyRelu',
      'Add',
    ]);
    expect(new Set(imported.nodes.map(each => each.name)).size).toBe(6);
  });

  it('that the file does not define are refused by name', async () => {
    const path = await saved(calling(node('thrice', ['x'], 'y', mine)));
    await expect(importOnnx(path)).rejects.toMatchObject({
      problem: { code: 'model/domain', message: expect.stringContaining('mine.thrice') as string },
    });
  });
});

describe('branches', () => {
  /** y = If(last extent of x is 3; 2·x else −x), and the other way round; both branches call their value "inner". */
  const branching = (...condition: Uint8Array[]): Uint8Array => {
    const branch = (operator: string): Uint8Array => {
      const inputs = operator === 'Mul' ? ['h', 'two'] : ['h'];
      const two = field(5, tensor('two', [], 1, field(9, float32s(2))));
      return graph(
        field(1, node('Relu', ['x'], 'h')),
        field(1, node(operator, inputs, 'inner')),
        ...(operator === 'Mul' ? [two] : []),
        field(12, value('inner', 1)),
      );
    };
    const either = (thenOperator: string, elseOperator: string): Uint8Array[] => [
      attribute('then_branch', 5, field(6, branch(thenOperator))),
      attribute('else_branch', 5, field(6, branch(elseOperator))),
    ];
    return file(
      graph(
        ...condition.map(each => field(1, each)),
        field(1, node('If', ['condition'], 'first', ...either('Mul', 'Neg'))),
        field(1, node('Not', ['condition'], 'inverse')),
        field(1, node('If', ['inverse'], 'second', ...either('Mul', 'Neg'))),
        field(1, node('Add', ['first', 'second'], 'y')),
        field(5, tensor('three', [1], 7, field(9, new Uint8Array(BigInt64Array.of(3n).buffer)))),
        field(5, tensor('zero', [], 1, field(9, float32s(0)))),
        field(11, value('x', 1, 'batch', 'length')),
        field(12, value('y', 1, 'batch', 'length')),
      ),
    );
  };

  it('are taken by what is known of shapes', async () => {
    const bytes = branching(
      node('Shape', ['x'], 'extents', attribute('start', 2, field(3, 1))),
      node('Equal', ['extents', 'three'], 'condition'),
    );
    await expectSame(await saved(bytes), x);
    await expectSame(await saved(bytes), floats([1, 2], [3, -4]));
  });

  it('that depend on values are refused by name', async () => {
    const bytes = branching(
      node('ReduceMax', ['x'], 'top', attribute('keepdims', 2, field(3, 0))),
      node('Greater', ['top', 'zero'], 'condition'),
    );
    const { graph: imported } = await importOnnx(await saved(bytes));
    expect(() => specialise(imported, new Map([['x', [2, 3]]]))).toThrow(/condition of an If/);
  });
});

describe('inputs', () => {
  it('with a default are constants; all others and all outputs are there by name', async () => {
    const body = graph(
      field(1, node('Add', ['dna', 'bias'], 'sum')),
      field(1, node('Mul', ['sum', 'covariates'], 'product')),
      field(5, tensor('bias', [3], 1, field(9, float32s(1, 2, 3)))),
      ...['dna', 'bias', 'covariates'].map(name => field(11, value(name, 1, 'batch', 3))),
      ...['product', 'sum'].map(name => field(12, value(name, 1, 'batch', 3))),
    );
    const { graph: imported } = await importOnnx(await saved(file(body)));
    expect(imported.inputs.map(input => input.name)).toEqual(['dna', 'covariates']);
    expect(imported.outputs.map(output => output.name)).toEqual(['product', 'sum']);
    expect(imported.initializers.get('bias')).toEqual(floats([3], [1, 2, 3]));
  });
});

describe('every operator set', () => {
  /** Convolution, pooling and a classifier, flattened by the shape that the batch has, as exporters write it. */
  function network(opset: number): Graph {
    const builder = new GraphBuilder('network');
    const input = builder.input('x', 'float32', [2, 4, 12]);
    const ramp = (shape: readonly number[]): string =>
      builder.constant(
        floats(
          shape,
          Array.from({ length: shape.reduce((n, e) => n * e, 1) }, (_, i) => Math.sin(i)),
        ),
      );
    const conv = builder.add('Conv', [input, ramp([6, 4, 3]), ramp([6])], { auto_pad: 'SAME_UPPER' });
    const pooled = builder.add('MaxPool', [builder.add('Relu', [conv])], { kernel_shape: [3], strides: [3] });
    const normal = builder.add('BatchNormalization', [
      pooled,
      ...[1, 0, 0.1, 2].map(fill => builder.constant(floats([6], new Float32Array(6).fill(fill)))),
    ]);
    const flat = builder.add('Reshape', [normal, builder.integers([-1, 24])]);
    const y = builder.add('Softmax', [builder.add('Gemm', [flat, ramp([24, 3])])], { axis: 1 });
    const built = builder.finish([y]);
    const batch: Node[] = [
      { operator: 'Shape', name: 'shape', inputs: ['x'], outputs: ['extents'], attributes: {} },
      { operator: 'Gather', name: 'batch', inputs: ['extents', 'first'], outputs: ['batch'], attributes: { axis: 0 } },
      { operator: 'Concat', name: 'to', inputs: ['batch', 'rest'], outputs: ['to'], attributes: { axis: 0 } },
    ];
    return {
      ...built,
      name: `opset ${opset}`,
      inputs: [{ name: 'x', type: 'float32', shape: ['batch', 4, 12] }],
      outputs: built.outputs.map(output => ({ ...output, shape: ['batch', 3] })),
      nodes: [
        ...batch,
        ...built.nodes.map(each => (each.operator === 'Reshape' ? { ...each, inputs: [normal, 'to'] } : each)),
      ],
      initializers: new Map([...built.initializers, ['first', integers([0])], ['rest', integers([-1])]]),
    };
  }

  it.each(Array.from({ length: 16 }, (_, i) => 11 + i))('%d', async opset => {
    const path = await saved(atOpset(network(opset), opset));
    const values = Array.from({ length: 3 * 48 }, (_, i) => Math.cos(i * i));
    await expectSame(path, floats([3, 4, 12], values));
  });

  it.each([10, 27])('%d is refused', async opset => {
    const path = await saved(atOpset(network(opset), opset));
    await expect(importOnnx(path)).rejects.toMatchObject({ problem: { code: 'model/opset', place: 'model.onnx' } });
  });
});
