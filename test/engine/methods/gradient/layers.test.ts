import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { interpret } from '../../../../server/src/engine/backends/reference.js';
import type { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { floats, type Graph } from '../../../../server/src/engine/graph/graph.js';
import { PAIR_FIELDS } from '../../../../server/src/engine/methods/pairs.js';
import type { Json } from '../../../../server/src/protocol.js';
import { expectSameMap, sum } from '../close.js';
import { network, scalarFunction, sequences } from '../networks.js';
import { call, encode, oracle, path, Workbench, type Result } from '../workbench.js';

const LENGTH = 20;
const STEPS = 24;

let bench: Workbench;
let data: string;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
  data = await bench.sequences(...sequences(3, LENGTH, 3));
});
afterAll(() => bench.remove());

const uniform = call('reference', 'uniform');
const shuffled = call('reference', 'dinucleotide_shuffle', { copies: 2, seed: 1 });
const GRAPH = network({ length: LENGTH });
const layerOf = (operator: string, graph = GRAPH): string => graph.nodes.find(node => node.operator === operator)!.name;
/** Layers through which everything goes. */
const CUTS = ['Conv', 'Relu', 'MaxPool', 'Flatten', 'Gemm'].map(operator => layerOf(operator));

const explain = async (
  name: string,
  given: Readonly<Record<string, Json>>,
  graph: Graph = GRAPH,
  on = data,
  length = LENGTH,
): Promise<Result> => bench.explain(call('method', name, given), await bench.target(graph, length), on);

/** What the array holds for an example. */
const rowOf = ({ arrays, meta }: Result, row: number): Float32Array | Float64Array => {
  const values = arrays['array']!;
  return values.subarray((row * values.length) / meta.rows, ((row + 1) * values.length) / meta.rows);
};

/** f = product of two linear functions of the input, which are the units of `hidden`; 'ACG' against zeros. */
function hiddenProduct(finish: (b: GraphBuilder, hidden: string) => string): Graph {
  return scalarFunction(3, (b, flat) => {
    const weights = new Float32Array(24);
    weights[0] = 2; // A at 0, to the first unit
    weights[2 * 5 + 1] = 3; // C at 1, to the second
    b.append({
      operator: 'MatMul',
      name: 'hidden',
      inputs: [flat, b.constant(floats([12, 2], weights))],
      outputs: ['h'],
      attributes: {},
    });
    return finish(b, 'h');
  });
}
const unitOf = (b: GraphBuilder, hidden: string, unit: number): string =>
  b.add('Gather', [hidden, b.integers([unit])], { axis: 1 });

describe('activations', () => {
  it('are the values of the graph, with the axes of the layer', async () => {
    const { arrays, meta } = await explain('layer_activation', { layer: CUTS[0]! });
    const { builder, x, f } = (await bench.load(await bench.target(GRAPH, LENGTH))).build(3);
    const input = {
      type: 'float32' as const,
      shape: [3, LENGTH, 4],
      data: Float64Array.from(encode(...sequences(3, LENGTH, 3))),
    };
    const values = interpret(builder.finish([f]), { [x]: input });
    const name = [...values.keys()].find(value => builder.producer(value)?.operator === 'Conv')!;
    expectSameMap(arrays['array']!, values.get(name)!.data, 1e-5);
    expect(meta.map).toBe('activation');
    expect(meta.arrays[0]!.axes.map(({ name, size }) => [name, size])).toEqual([
      ['example', 3],
      ['axis 1', 6],
      ['axis 2', LENGTH - 4],
    ]);
  });

  it('times gradient sum to a target that is linear in the layer, up to its bias', async () => {
    const graph = hiddenProduct((b, hidden) =>
      b.add('Sub', [b.add('Mul', [unitOf(b, hidden, 0), b.scalar(5)]), unitOf(b, hidden, 1)]),
    );
    const { arrays } = await explain(
      'layer_gradient_x_activation',
      { layer: 'hidden' },
      graph,
      await bench.sequences('ACG'),
      3,
    );
    expect([...arrays['array']!]).toEqual([10, -3]);
  });

  it('of a layer that the model does not have are refused', async () => {
    await expect(explain('layer_activation', { layer: 'conv9' })).rejects.toMatchObject({
      problem: { code: 'layer/unknown', message: 'the model has no layer conv9' },
    });
  });
});

describe('targets inside the network', () => {
  it('give every method its neuron form: the gradient of a filter is its kernel', async () => {
    const target = await bench.target(GRAPH, LENGTH, call('target', 'unit', { layer: CUTS[0]!, index: [2, 3] }));
    const { arrays } = await bench.explain(call('method', 'saliency'), target, data);
    const kernel = GRAPH.initializers.get(GRAPH.nodes.find(node => node.operator === 'Conv')!.inputs[1]!)!.data;
    const expected = Array.from({ length: 4 * LENGTH }, (_, i) => {
      const [column, base] = [Math.floor(i / 4) - 3, i % 4];
      return column >= 0 && column < 5 ? Number(kernel[(2 * 4 + base) * 5 + column]) : 0;
    });
    expectSameMap(arrays['array']!, [...expected, ...expected, ...expected], 1e-6);
  });

  it('hold the softmax of a profile constant on the native runtime too', async () => {
    const weights = Array.from({ length: 4 * LENGTH * LENGTH }, (_, i) => Math.sin(i * i) / 3);
    const profile = scalarFunction(LENGTH, (b, flat) =>
      b.add('MatMul', [flat, b.constant(floats([4 * LENGTH, LENGTH], weights))]),
    );
    const target = await bench.target(profile, LENGTH, call('target', 'profile_score'));
    const { arrays } = await bench.explain(call('method', 'saliency'), target, data);
    const { gradient } = oracle(await bench.load(target));
    const expected = sequences(3, LENGTH, 3).flatMap(sequence => [...gradient(encode(sequence))]);
    expectSameMap(arrays['array']!, expected, 1e-5);
  });
});

describe('conductance', () => {
  it('shares a product between its factors', async () => {
    const graph = hiddenProduct((b, hidden) => b.add('Mul', [unitOf(b, hidden, 0), unitOf(b, hidden, 1)]));
    const on = await bench.sequences('ACG');
    const given = { layer: 'hidden', baseline: call('reference', 'zeros'), steps: 4 };
    const { arrays } = await explain('layer_conductance', given, graph, on, 3);
    // f = 2a · 3c, and each factor grows linearly along the path.
    [...arrays['array']!].forEach(value => expect(value).toBeCloseTo(3, 5));
    const through = await explain('neuron_conductance', { ...given, index: 0 }, graph, on, 3);
    expect(through.arrays['scores']![0]).toBeCloseTo(3, 5);
    expect(through.arrays['scores']![1]).toBe(0);
    const influence = await explain('internal_influence', given, graph, on, 3);
    expect([...influence.arrays['array']!]).toEqual([expect.closeTo(1.5, 5), expect.closeTo(1, 5)]);
  });

  it.each(CUTS)('over %s sums to integrated gradients with the same quadrature', async layer => {
    const target = await bench.target(GRAPH, LENGTH);
    const gradients = await bench.explain(path(shuffled, { steps: STEPS }), target, data);
    const conductance = await explain('layer_conductance', { layer, baseline: shuffled, steps: STEPS });
    const total = (result: Result) => [0, 1, 2].map(row => sum(rowOf(result, row)));
    expectSameMap(total(conductance), total(gradients), 1e-5);
  });

  it('of inputs through neurons sums to that of the neuron, and over neurons to integrated gradients', async () => {
    const layer = layerOf('Gemm');
    const given = { layer, baseline: uniform, steps: STEPS };
    const neurons = await Promise.all(
      Array.from({ length: 8 }, (_, index) => explain('neuron_conductance', { ...given, index: [index] })),
    );
    const conductance = await explain('layer_conductance', given);
    const gradients = await bench.explain(path(uniform, { steps: STEPS }), await bench.target(GRAPH, LENGTH), data);
    for (let row = 0; row < 3; row++)
      expectSameMap(
        neurons.map(neuron => sum(rowOf(neuron, row))),
        rowOf(conductance, row),
        1e-5,
      );
    const total = neurons[0]!.arrays['array']!.map((_, i) => sum(neurons.map(neuron => neuron.arrays['array']![i]!)));
    expectSameMap(total, gradients.arrays['array']!, 1e-5);
  });
});

describe('layer integrated gradients', () => {
  it('are complete over a layer through which everything goes', async () => {
    for (const layer of CUTS) {
      const { arrays, meta } = await explain('layer_integrated_gradients', { layer, baseline: shuffled, steps: 512 });
      expect(meta.notes.filter(note => note.code === 'GA005')).toEqual([]);
      const pairs = arrays['pairs']!;
      for (let pair = 0; pair < 6; pair++) {
        const [total, output, reference] = pairs.subarray(pair * PAIR_FIELDS.length) as unknown as number[];
        expect(Math.abs(total! - (output! - reference!))).toBeLessThan(0.02);
      }
    }
  });

  it('follow a straight line in the layer: exact for its quadratic function', async () => {
    const graph = hiddenProduct((b, hidden) => {
      const squared = b.add('Mul', [hidden, hidden]);
      return b.add('Add', [unitOf(b, squared, 0), b.add('Mul', [unitOf(b, squared, 1), b.scalar(10)])]);
    });
    const given = { layer: 'hidden', baseline: call('reference', 'zeros'), steps: 1 };
    const { arrays } = await explain('layer_integrated_gradients', given, graph, await bench.sequences('ACG'), 3);
    expect([...arrays['array']!]).toEqual([expect.closeTo(4, 5), expect.closeTo(90, 4)]);
  });

  it('say when paths lead around the layer', async () => {
    const graph = hiddenProduct((b, hidden) => {
      const all = b.constant(floats([12, 1], new Array<number>(12).fill(7)));
      return b.add('Add', [unitOf(b, hidden, 0), b.add('MatMul', [b.producer(hidden)!.inputs[0]!, all])]);
    });
    const given = { layer: 'hidden', baseline: call('reference', 'zeros') };
    const { arrays, meta } = await explain('layer_integrated_gradients', given, graph, await bench.sequences('ACG'), 3);
    expect([...arrays['array']!]).toEqual([expect.closeTo(2, 5), 0]);
    expect(meta.notes.find(note => note.code === 'GA005')?.message).toMatch(/paths lead around the layer\.$/);
  });
});
