import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../server/src/engine/failure.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { integers, floats, type Attributes, type Graph } from '../../../server/src/engine/graph/graph.js';
import { readOnnx, writeOnnx } from '../../../server/src/engine/graph/onnx.js';
import { normalise } from '../../../server/src/engine/models/onnx/normalise.js';
import type { Problem } from '../../../server/src/protocol.js';
import { CASES } from '../ops/cases.js';
import { Draw } from '../ops/draw.js';
import { field, message, model, node, value } from './model-bytes.js';

const FILE = 'model.onnx';

function problemOf(run: () => unknown): Problem {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return error.problem;
    throw error;
  }
  throw new Error('expected a Failure');
}

/** Attributes as the file holds them: floating-point numbers in 32 bits. */
const rounded = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, v]) => [name, typeof v === 'number' ? Math.fround(v) : v]));

const comparable = (graph: Graph) => ({
  ...graph,
  name: '',
  nodes: graph.nodes.map(n => ({ ...n, attributes: rounded(n.attributes) })),
});

function smallModel(): Graph {
  const builder = new GraphBuilder(FILE);
  const x = builder.input('x', 'float32', [2, 3]);
  const y = builder.add('Gemm', [x, builder.constant(floats([3, 2], [1, 2, 3, 4, 5, 6]))], { alpha: 0.5 });
  const z = builder.add('Reshape', [builder.add('Relu', [y]), builder.integers([-1])]);
  return builder.finish([z]);
}

describe('writing and reading', () => {
  // The files know no StopGradient: it is written as Identity.
  const written = Object.keys(CASES).filter(name => name !== 'StopGradient');
  it.each(written)('%s comes back as it was written', name => {
    const property = fc.property(fc.gen(), generate => {
      const { operands, attributes, outputs } = CASES[name]!(new Draw(generate));
      const builder = new GraphBuilder(FILE);
      const inputs = operands.map((operand, i) => {
        if (operand === undefined) return '';
        if (operand.role === 'constant') return builder.constant(operand.value, `c${i}`);
        return builder.input(`x${i}`, operand.value.type, operand.value.shape);
      });
      const graph = builder.finish(builder.addMany(name, inputs, attributes ?? {}, outputs ?? 1));
      const read = readOnnx(writeOnnx(graph), FILE);
      expect(read.opset).toBe(18);
      expect(comparable(normalise(read.graph, read.opset))).toEqual(comparable(graph));
    });
    fc.assert(property, { seed: 3, numRuns: 5 });
  });

  it('keeps symbols of axes and every element type', () => {
    const graph: Graph = {
      name: FILE,
      inputs: [{ name: 'x', type: 'float32', shape: ['batch', 4, 'length'] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['batch', 4, 'length'] }],
      nodes: [{ operator: 'Relu', name: 'n', inputs: ['x'], outputs: ['y'], attributes: {} }],
      initializers: new Map([
        ['f32', floats([2], [1.5, -0])],
        ['f64', { type: 'float64', shape: [], data: Float64Array.of(Math.PI) }],
        ['i32', { type: 'int32', shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) }],
        ['i64', { type: 'int64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 63n - 1n) }],
        ['bool', { type: 'bool', shape: [2], data: Uint8Array.of(0, 1) }],
        ['u8', { type: 'uint8', shape: [0], data: new Uint8Array() }],
      ]),
    };
    expect(readOnnx(writeOnnx(graph), FILE).graph).toEqual(graph);
  });

  it('saturates integers that no double can hold', () => {
    // onnx.helper.make_tensor stores "to the end" as 2^63 − 1 in the list of 64-bit integers.
    const end = Uint8Array.from([7 * 8 + 2, 9, 255, 255, 255, 255, 255, 255, 255, 255, 127]);
    const tensor = message(field(1, 1), field(2, 7), end, field(8, 'ends'));
    const { graph } = readOnnx(model(node('Relu'), field(5, tensor), value(11, 'x'), value(12, 'y')), FILE);
    expect(graph.initializers.get('ends')?.data[0]).toBe(2n ** 63n - 1n);
    expect(integers([2 ** 63, -(2 ** 63)]).data).toEqual(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)));
  });
});

describe('files that cannot be read', () => {
  const weights = (...fields: Uint8Array[]): Uint8Array => {
    const tensor = message(field(1, 2), ...fields, field(8, 'w'));
    return model(node('Relu'), field(5, tensor), value(11, 'x'), value(12, 'y'));
  };
  const attribute = (type: number, ...fields: Uint8Array[]): Uint8Array =>
    model(
      node('Relu', field(5, message(field(1, 'body'), ...fields, field(20, type)))),
      value(11, 'x'),
      value(12, 'y'),
    );

  it.each<[string, Uint8Array, Partial<Problem>]>([
    ['an empty file', new Uint8Array(), { code: 'model/damaged', place: FILE }],
    ['a text', new TextEncoder().encode('>chr1\nACGTACGT\n'), { code: 'model/damaged', place: FILE }],
    ['an HDF5 file', Uint8Array.from([137, 72, 68, 70, 13, 10, 26, 10, 0, 0]), { code: 'model/damaged', place: FILE }],
    ['half a file', writeOnnx(smallModel()).slice(0, 90), { code: 'model/damaged', place: FILE }],
    ['8-bit weights', weights(field(2, 3)), { code: 'model/element-type', place: `initializer w of ${FILE}` }],
    [
      'texts as inputs',
      model(node('Relu'), value(11, 'x', 8), value(12, 'y')),
      { code: 'model/element-type', place: 'value x' },
    ],
    [
      'weights elsewhere',
      weights(field(2, 1), field(14, 1)),
      { code: 'model/external-data', place: `initializer w of ${FILE}` },
    ],
    [
      'too few weights',
      weights(field(2, 1), field(9, new Uint8Array(4))),
      { code: 'model/damaged', place: `initializer w of ${FILE}` },
    ],
    ['no weights', weights(field(2, 1)), { code: 'model/damaged', place: `initializer w of ${FILE}` }],
    [
      'a subgraph',
      attribute(5, field(6, field(2, 'inner'))),
      { code: 'model/control-flow', place: `node the_node (Relu) of ${FILE}` },
    ],
    [
      'another vendor’s operator',
      model(node('FusedConv', field(7, 'com.microsoft')), value(11, 'x'), value(12, 'y')),
      { code: 'model/domain', place: `node the_node (FusedConv) of ${FILE}` },
    ],
  ])('%s', (_, bytes, problem) => {
    const found = problemOf(() => readOnnx(bytes, FILE));
    expect(found).toMatchObject(problem);
    expect(found.message.length).toBeGreaterThan(20);
  });

  it('never fails otherwise than with a Failure, wherever the file is cut or altered', () => {
    const whole = writeOnnx(smallModel());
    const read = (bytes: Uint8Array): void => {
      try {
        const { graph, opset } = readOnnx(bytes, FILE);
        normalise(graph, opset);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    };
    for (let length = 0; length < whole.length; length++) read(whole.slice(0, length));
    const change = fc.tuple(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }));
    const property = fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), changes => {
      const bytes = Uint8Array.from(whole);
      for (const [at, byte] of changes) bytes[at] = byte;
      read(bytes);
    });
    fc.assert(property, { seed: 5, numRuns: 3000 });
  });
});
