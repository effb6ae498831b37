/**
 * Composite operators: written in simpler ones they give what the native runtime gives for the node as it stands, and their
 * gradients are those of central differences.
 */
import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import {
  floats,
  integers,
  numbersOf,
  sizeOf,
  type Graph,
  type Node,
  type Tensor,
} from '../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { COMPOSITES } from '../../../server/src/engine/transforms/composites/composites.js';
import { differentiate } from '../../../server/src/engine/transforms/autodiff.js';
import { emit } from '../../../server/src/engine/transforms/specialise.js';
import { atOpset } from '../graph/model-bytes.js';
import { constant, Draw, variable, type Operand, type OperatorCase } from '../ops/draw.js';
import { centralDifferences, expectClose, expectSameNatively, type Feeds } from '../ops/judge.js';
import { COMPOSITE_CASES } from './composite-cases.js';

let native: Executor;
beforeAll(async () => {
  native = await onnxruntimeExecutor(1);
});

/** The node alone in a graph; `variables` are the inputs that are differentiated. */
function graphOf(operator: string, { operands, attributes = {}, outputs = 1 }: OperatorCase) {
  const feeds: Record<string, Tensor> = {};
  const initializers = new Map<string, Tensor>();
  const variables: string[] = [];
  const inputs = operands.map((operand, i) => {
    if (operand === undefined) return '';
    const name = `${operand.role}${i}`;
    if (operand.role === 'constant') initializers.set(name, operand.value);
    else feeds[name] = operand.value;
    if (operand.role === 'variable') variables.push(name);
    return name;
  });
  const node: Node = {
    operator,
    name: 'the_node',
    inputs,
    outputs: Array.from({ length: outputs }, (_, i) => `y${i}`),
    attributes,
  };
  const header = (name: string) => ({
    name,
    type: feeds[name]?.type ?? ('float32' as const),
    shape: feeds[name]?.shape ?? [],
  });
  const graph: Graph = {
    name: 'composite',
    inputs: Object.keys(feeds).map(header),
    outputs: node.outputs.map(header),
    nodes: [node],
    initializers,
  };
  return { graph, feeds, variables };
}

async function runOriginal(graph: Graph, feeds: Feeds, opset: number): Promise<ort.Tensor[]> {
  const session = await ort.InferenceSession.create(atOpset(graph, opset), { logSeverityLevel: 4 });
  const inputs = Object.entries(feeds).map(([name, { type, shape, data }]) => [
    name,
    new ort.Tensor(type, data, [...shape]),
  ]);
  const results = await session.run(Object.fromEntries(inputs) as Record<string, ort.Tensor>);
  await session.release();
  return graph.outputs.map(({ name }) => results[name]!);
}

async function judge(name: string, opset: number, operatorCase: OperatorCase): Promise<void> {
  const { graph, feeds, variables } = graphOf(name, operatorCase);
  const builder = new GraphBuilder('composite');
  const values = emit(
    builder,
    graph,
    graph.inputs.map(({ name: input, type }) => builder.input(input, type, feeds[input]!.shape)),
  );
  // A value of its own for each output, so that none is an input.
  const outputs = values.map(value => builder.add('Identity', [value]));
  const forward = builder.finish(outputs);
  const parts = new Set(['Identity', ...COMPOSITES.get(name)!.parts]);
  expect(forward.nodes.map(node => node.operator).filter(operator => !parts.has(operator))).toEqual([]);

  const shaped = {
    ...graph,
    outputs: graph.outputs.map((output, i) => ({ ...output, shape: builder.shape(outputs[i]!) })),
  };
  const expected = await runOriginal(shaped, feeds, opset);
  const point = Object.fromEntries(Object.entries(feeds).map(([input, tensor]) => [input, toValue(tensor)]));
  const found = interpret(forward, point);
  expected.forEach(({ dims, data }, i) => {
    expect(found.get(outputs[i]!)!.shape).toEqual(dims);
    expectClose(found.get(outputs[i]!)!.data, Array.from(data as Float32Array), 2e-5, `output ${i}`);
  });

  const weights = new Stream(3, 'cotangents');
  const seeds = outputs.map(output => {
    const shape = builder.shape(output);
    return floats(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => 2 * weights.uniform() - 1),
    );
  });
  const cotangents = new Map(outputs.map((output, i) => [output, builder.constant(seeds[i]!)]));
  const gradients = differentiate(builder, forward.nodes, cotangents, variables);
  const backward = builder.finish([...outputs, ...gradients.map(gradient => builder.add('Identity', [gradient!]))]);
  const differentiated = interpret(backward, point);
  variables.forEach((variable, i) => {
    const differences = centralDifferences(forward, feeds, seeds.map(numbersOf), variable);
    const gradient = differentiated.get(backward.outputs[outputs.length + i]!.name)!;
    expectClose(gradient.data, differences, 1e-6, `gradient by ${variable}`, 1);
  });
  await expectSameNatively(native, backward, feeds);
}

describe('composite operators', () => {
  it('has cases for every one of them, and for no other', () => {
    expect(Object.keys(COMPOSITE_CASES).sort()).toEqual([...COMPOSITES.keys()].sort());
  });

  it.each(Object.entries(COMPOSITE_CASES))('%s: value and gradient', async (name, { opset, make, runs = 15 }) => {
    const property = fc.asyncProperty(fc.gen(), generate => judge(name, opset, make(new Draw(generate))));
    await fc.assert(property, { seed: 7, numRuns: runs });
  });

  it('a recurrent layer with the batch in front gives what it gives with the steps in front', () => {
    const draw = new Stream(5, 'layout');
    const random = (...shape: number[]): Tensor =>
      floats(
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () => 2 * draw.uniform() - 1),
      );
    const turned = (tensor: Tensor): Tensor => {
      const [a, b, c] = tensor.shape as [number, number, number];
      const from = numbersOf(tensor);
      const at = (i: number): number => ((Math.floor(i / c) % a) * b + Math.floor(i / c / a)) * c + (i % c);
      return floats(
        [b, a, c],
        Float32Array.from(from, (_, i) => from[at(i)]!),
      );
    };
    const [x, h, c] = [random(4, 2, 3), random(2, 2, 3), random(2, 2, 3)];
    const layer = [random(2, 12, 3), random(2, 12, 3), random(2, 24)].map(constant);
    const run = (layout: number, [input, ...states]: readonly Tensor[]) => {
      const operands = [variable(input!), ...layer, undefined, ...states.map(variable)];
      const attributes = { hidden_size: 3, direction: 'bidirectional', layout };
      const { graph, feeds } = graphOf('LSTM', { operands, attributes, outputs: 3 });
      const builder = new GraphBuilder('layout');
      const outputs = emit(
        builder,
        graph,
        graph.inputs.map(({ name, type }) => builder.input(name, type, feeds[name]!.shape)),
      );
      const point = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toValue(tensor)]));
      const values = interpret(builder.finish(outputs), point);
      return outputs.map(name => values.get(name)!);
    };
    const steps = run(0, [x, h, c]);
    const batches = run(1, [turned(x), turned(h), turned(c)]);
    expect(batches.map(({ shape }) => shape)).toEqual([
      [2, 4, 2, 3],
      [2, 2, 3],
      [2, 2, 3],
    ]);
    // [steps, directions, batch, hidden] and [batch, steps, directions, hidden]
    const hidden = (data: Float64Array, place: number): number[] => [...data.slice(3 * place, 3 * place + 3)];
    for (let t = 0; t < 4; t++)
      for (const [d, b] of [0, 1, 2, 3].map(i => [i >> 1, i & 1] as const))
        expect(hidden(batches[0]!.data, b * 8 + t * 2 + d)).toEqual(hidden(steps[0]!.data, t * 4 + d * 2 + b));
  });

  const weights = (gates: number): Operand[] => [
    constant(floats([1, gates, 1], new Float32Array(gates))),
    constant(floats([1, gates, 1], new Float32Array(gates))),
  ];
  const x = variable(floats([2, 1, 1], [1, 2]));
  it.each<[string, string, OperatorCase, string]>([
    [
      'peepholes',
      'LSTM',
      { operands: [x, ...weights(4), ...[0, 0, 0, 0].map(() => undefined), constant(floats([1, 3], [1, 0, 0]))] },
      'with peepholes',
    ],
    [
      'short examples',
      'GRU',
      { operands: [x, ...weights(3), undefined, constant(integers([1]))] },
      'over examples of different lengths',
    ],
    [
      'unknown gates',
      'RNN',
      { operands: [x, ...weights(1)], attributes: { activations: ['ScaledTanh'] } },
      'with the activation ScaledTanh',
    ],
    [
      'diagonals',
      'Einsum',
      { operands: [variable(floats([2, 2], [1, 2, 3, 4]))], attributes: { equation: 'ii->i' } },
      'with a letter twice in one operand',
    ],
    [
      'crops',
      'Resize',
      { operands: [x], attributes: { coordinate_transformation_mode: 'tf_crop_and_resize' } },
      'with the coordinates tf_crop_and_resize',
    ],
    [
      'sums',
      'ScatterElements',
      { operands: [x, constant(integers([0], [1, 1, 1])), x], attributes: { reduction: 'add' } },
      'with the reduction add',
    ],
  ])('refuses %s of %s by name', (_, operator, operatorCase, form) => {
    const { graph, feeds } = graphOf(operator, operatorCase);
    const builder = new GraphBuilder('composite');
    const inputs = graph.inputs.map(({ name, type }) => builder.input(name, type, feeds[name]!.shape));
    let problem: unknown;
    try {
      emit(builder, graph, inputs);
    } catch (error) {
      problem = error instanceof Failure ? error.problem : error;
    }
    expect(problem).toMatchObject({
      code: 'model/unknown-operator',
      message: `${operator} ${form} is not supported`,
      place: `node the_node (${operator}) of composite`,
    });
  });
});
