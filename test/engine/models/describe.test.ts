import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { interpret, referenceExecutor, toValue } from '../../../server/src/engine/backends/reference.js';
import { writeOnnx } from '../../../server/src/engine/graph/onnx.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, type Attributes, type Graph } from '../../../server/src/engine/graph/graph.js';
import { describeModel } from '../../../server/src/engine/models/describe.js';
import { receptiveField } from '../../../server/src/engine/models/receptive-field.js';
import { OPERATORS } from '../../../server/src/engine/ops/registry.js';
import { MEMBERS } from '../../../server/src/engine/transforms/rules/families.js';
import { ruleStatuses } from '../../../server/src/engine/transforms/rules/status.js';
import { ModelDescription } from '../../../server/src/protocol.js';
import { network } from '../methods/networks.js';
import { call, PLANTED, Workbench } from '../methods/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(referenceExecutor);
});
afterAll(() => bench.remove());

/** As a hover asks: without an input, because nobody has said yet what it is. */
async function describeGraph(graph: Graph): Promise<ModelDescription> {
  const path = join(bench.folder, 'described.onnx');
  await writeFile(path, writeOnnx(graph));
  return describeFile(path);
}
const describeFile = (path: string) => describeModel(call('format', 'onnx', { path: 'hash' }), { hash: path });

describe('describeModel', () => {
  it('says what is in the file of the example, in the form of the protocol', async () => {
    const description = await describeFile(PLANTED);
    expect(ModelDescription.parse(description)).toEqual(description);
    expect(description).toMatchObject({
      format: 'ONNX, operator set 18',
      producer: 'explainome',
      inputs: [{ name: 'input', type: 'float32', shape: ['batch', 100, 4] }],
      outputs: [{ name: 'dense_2', shape: ['batch', 1] }],
      parameters: 4 * 32 * 11 + 32 + 32 * 32 * 5 + 32 + 160 * 32 + 32 + 32 + 1,
      dna: { length: 100, layout: 'channels_last', ambiguous: false },
      notes: [],
    });
    expect(description.operators).toContainEqual({
      operator: 'Conv',
      count: 2,
      known: true,
      gradient: 'exact',
      rules: { deep_lift: 'exact', lrp: 'exact', guided_backpropagation: 'exact' },
    });
    expect(description).not.toHaveProperty('squashing');
    expect(description.activations.map(({ operator }) => operator)).toEqual(['Relu', 'Relu', 'Relu']);
  });

  it('lists activations last first', async () => {
    const { activations } = await describeGraph(network({ length: 20, ending: 'Sigmoid' }));
    expect(activations.map(({ operator }) => operator)).toEqual(['Sigmoid', 'Relu', 'Relu']);
  });

  it('finds the layout, and says when it could be either', async () => {
    const last = await describeGraph(network({ length: 20, layout: 'channels_last' }));
    expect(last.dna).toEqual({ length: 20, layout: 'channels_last', ambiguous: false });
    const square: Graph = { ...network({ length: 20 }), inputs: [{ name: 'x', type: 'float32', shape: ['n', 4, 4] }] };
    expect((await describeGraph(square)).dna).toMatchObject({ length: 4, ambiguous: true });
  });

  it('says why an input is no DNA', async () => {
    const table: Graph = { ...network({ length: 20 }), inputs: [{ name: 'x', type: 'float32', shape: ['n', 765] }] };
    const { dna, notes } = await describeGraph(table);
    expect(dna).toBeUndefined();
    expect(notes).toMatchObject([{ level: 'information', code: 'model/input' }]);
  });

  it('lists operators without a gradient or unknown to the engine instead of failing', async () => {
    const graph = network({ length: 20 });
    const strange: Graph = {
      ...graph,
      nodes: graph.nodes.map(node => (node.operator === 'Relu' ? { ...node, operator: 'FancyRelu' } : node)),
    };
    expect((await describeGraph(strange)).operators).toContainEqual({
      operator: 'FancyRelu',
      count: 2,
      known: false,
      gradient: 'refused',
      rules: { deep_lift: 'refused', lrp: 'refused', guided_backpropagation: 'refused' },
      reason: 'unknown operator',
    });
  });

  it('lists occurrences of an operator apart where a rule treats them differently, by node', async () => {
    // Products with weights, and one of two values that both depend on the input.
    const b = new GraphBuilder('branches');
    const x = b.input('x', 'float32', [1, 20, 4]);
    const named = (name: string, operator: string, inputs: string[]): string => {
      b.append({ operator, name, inputs, outputs: [name], attributes: {} });
      return name;
    };
    const weights = (): string => b.constant(floats([80, 3], new Float32Array(240).fill(0.1)));
    const flat = named('flat', 'Flatten', [x]);
    const [left, right] = ['left', 'right'].map(name => named(name, 'MatMul', [flat, weights()])) as [string, string];
    const attended = named('attended', 'Mul', [named('scaled', 'Mul', [left, b.scalar(2)]), right]);
    const { operators } = await describeGraph(b.finish([attended]));
    const of = (operator: string) => operators.filter(status => status.operator === operator);
    expect(of('Mul')).toMatchObject([
      { count: 1, nodes: ['scaled'], rules: { deep_lift: 'exact', lrp: 'exact' } },
      { count: 1, nodes: ['attended'], rules: { deep_lift: 'exact', lrp: 'approximate' } },
    ]);
    expect(of('MatMul')).toEqual([
      {
        operator: 'MatMul',
        count: 2,
        known: true,
        gradient: 'exact',
        rules: { deep_lift: 'exact', lrp: 'exact', guided_backpropagation: 'exact' },
      },
    ]);
  });

  it('finds the activation at the end, through what only changes the shape', async () => {
    const { squashing } = await describeGraph(network({ length: 20, units: 3, ending: 'Softmax' }));
    expect(squashing).toMatchObject({ operator: 'Softmax' });
  });
});

describe('receptiveField', () => {
  /** Convolutions and pools over one axis, one after the other. */
  function chain(...layers: readonly (readonly [operator: string, attributes: Attributes])[]): Graph {
    const builder = new GraphBuilder('chain');
    const x = builder.input('x', 'float32', [1, 1, 200]);
    const y = layers.reduce((value, [operator, attributes]) => {
      const [width = 1] = attributes['kernel_shape'] as readonly number[];
      const kernel = operator === 'Conv' ? [builder.constant(floats([1, 1, width], new Float32Array(width)))] : [];
      return builder.add(operator, [value, ...kernel], attributes);
    }, x);
    return builder.finish([y]);
  }
  const conv = (width: number, more: Attributes = {}) => ['Conv', { kernel_shape: [width], ...more }] as const;
  const pool = (width: number) => ['MaxPool', { kernel_shape: [width], strides: [width] }] as const;

  it.each<[number, Graph]>([
    [11, chain(conv(11))],
    [11 + 4, chain(conv(11), conv(5))],
    [11 + 3 + 4 * 4, chain(conv(11), pool(4), conv(5))],
    [3 + 2 * 2 + 2 * 4, chain(conv(3), conv(3, { dilations: [2] }), conv(3, { dilations: [4] }))],
    [3 + 2 * 2, chain(conv(3, { strides: [2] }), conv(3))],
  ])('%i positions', (positions, graph) => {
    expect(receptiveField(graph)).toBe(positions);
    // Brute force: move one input element at a time and count those that one output element sees.
    const kernels = new Map(
      [...graph.initializers].map(([name, tensor]) => [
        name,
        floats(tensor.shape, new Float32Array(tensor.data.length).fill(1)),
      ]),
    );
    const output = graph.outputs[0]!.name;
    const at = (x: Float32Array): Float64Array =>
      interpret({ ...graph, initializers: kernels }, { x: toValue(floats([1, 1, 200], x)) }).get(output)!.data;
    const middle = Math.floor(at(new Float32Array(200)).length / 2);
    const seen = Array.from(
      { length: 200 },
      (_, i) => at(new Float32Array(200).map((_, k) => Number(k === i)))[middle]!,
    );
    expect(seen.filter(value => value !== 0)).toHaveLength(positions);
  });

  it('is none where the last convolution sees all, and without convolutions', () => {
    const builder = new GraphBuilder('gated');
    const x = builder.input('x', 'float32', [1, 1, 20]);
    const gate = builder.add('GlobalAveragePool', [x]);
    const kernel = builder.constant(floats([1, 1, 3], [1, 1, 1]));
    const graph = builder.finish([builder.add('Conv', [builder.add('Mul', [x, gate]), kernel])]);
    expect(receptiveField(graph)).toBeUndefined();
    expect(receptiveField({ ...graph, nodes: graph.nodes.slice(0, 1) })).toBeUndefined();
  });
});

describe('rules', () => {
  it('know operators of the registry only, and have a status for each', () => {
    const unknown = Object.values(MEMBERS)
      .flat()
      .filter(operator => !OPERATORS.has(operator));
    expect(unknown).toEqual([]);
    expect(ruleStatuses('Gelu')).toEqual({
      deep_lift: 'rescale',
      lrp: 'approximate',
      guided_backpropagation: 'approximate',
    });
    expect(ruleStatuses('Floor')).toEqual({ deep_lift: 'none', lrp: 'none', guided_backpropagation: 'none' });
    expect(ruleStatuses('Where')).toMatchObject({ deep_lift: 'refused' });
  });
});
