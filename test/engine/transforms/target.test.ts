import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, type Graph } from '../../../server/src/engine/graph/graph.js';
import { network, scalarFunction, sequences, weightedSum } from '../methods/networks.js';
import { call, encode, openBatch, oracle, Workbench } from '../methods/workbench.js';

const LENGTH = 20;
const [SEQUENCE] = sequences(1, LENGTH) as [string];

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(referenceExecutor);
});
afterAll(() => bench.remove());

type Given = Parameters<typeof call>[2];

/** The explained value of one sequence. */
async function value(graph: Graph, name: string, given: Given = {}, model: Given = {}, x = encode(SEQUENCE)) {
  const target = await bench.target(graph, x.length / 4, call('target', name, given), model);
  return oracle(await bench.load(target)).f(x);
}

/** The problem that choosing a target raises. */
async function problem(graph: Graph, name: string, given: Given = {}, model: Given = {}, x = encode(SEQUENCE)) {
  const failure: unknown = await value(graph, name, given, model, x).catch((error: unknown) => error);
  if (!(failure instanceof Failure)) throw new Error(`a Failure was expected, not ${String(failure)}`);
  return failure.problem;
}

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

describe('logit', () => {
  it('is the value in front of a final sigmoid, or the output where there is none', async () => {
    const squashed = network({ length: LENGTH, ending: 'Sigmoid' });
    const logit = await value(squashed, 'logit');
    expect(Math.abs(logit)).toBeGreaterThan(0.01);
    expect(await value(squashed, 'output')).toBeCloseTo(sigmoid(logit), 12);
    expect(await value(network({ length: LENGTH }), 'logit')).toBe(logit);
  });

  it('looks through a reshaping behind the sigmoid', async () => {
    const graph = scalarFunction(3, (b, flat) =>
      b.add('Flatten', [b.add('Sigmoid', [weightedSum(b, flat, new Array<number>(12).fill(1), 2)])]),
    );
    expect(await value(graph, 'logit', {}, {}, encode('ACG'))).toBe(5);
  });

  it('of several units needs an index inside them', async () => {
    const graph = network({ length: LENGTH, units: 3, ending: 'Softmax' });
    const logits = await Promise.all([0, 1, 2].map(index => value(graph, 'logit', { index })));
    const shares = await Promise.all([0, 1, 2].map(index => value(graph, 'output', { index })));
    const total = logits.reduce((sum, v) => sum + Math.exp(v), 0);
    shares.forEach((share, i) => expect(share).toBeCloseTo(Math.exp(logits[i]!) / total, 12));
    expect(await problem(graph, 'logit')).toEqual({
      code: 'target/index',
      message: 'the explained value has 3 units for each example',
      place: expect.stringMatching(/\.onnx$/) as string,
      remedy: 'Choose one: index: 0 … 2.',
    });
    expect(await problem(graph, 'logit', { index: 3 })).toMatchObject({
      code: 'target/index',
      message: 'index 3 is outside the 3 unit(s) of the explained value',
      remedy: 'Choose 0 … 2.',
    });
  });
});

describe('class', () => {
  const graph = network({ length: LENGTH, units: 3, ending: 'Softmax' });
  const classes = ['B cell', 'T cell', 'monocyte'];

  it('is the logit of a class by name or number', async () => {
    const expected = await value(graph, 'logit', { index: 1 });
    expect(await value(graph, 'class', { class: 'T cell' }, { classes })).toBe(expected);
    expect(await value(graph, 'class', { class: 1 })).toBe(expected);
  });

  it('that the model does not have is refused with those that it has', async () => {
    expect(await problem(graph, 'class', { class: 'NK cell' }, { classes })).toMatchObject({
      code: 'target/class',
      message: 'the model has no class NK cell',
      remedy: 'Its classes are B cell, T cell, monocyte.',
    });
    expect(await problem(graph, 'class', { class: 'NK cell' })).toMatchObject({
      remedy: 'Name them in the model: classes: ["…", "…"].',
    });
  });
});

describe('before', () => {
  /** relu(x·1 + 1) named "first", sigmoid(2 · that) at the end. */
  const graph = scalarFunction(3, (b, flat) => {
    const first = weightedSum(b, flat, new Array<number>(12).fill(1), 1);
    b.append({ operator: 'Relu', name: 'first', inputs: [first], outputs: ['first_out'], attributes: {} });
    const doubled = b.add('Mul', ['first_out', b.scalar(2)]);
    b.append({ operator: 'Relu', name: 'block/second', inputs: [doubled], outputs: ['second_out'], attributes: {} });
    return b.add('Sigmoid', ['second_out']);
  });
  const x = encode('ACG');

  it('is the input of the last such activation, or of the one at a layer', async () => {
    expect(await value(graph, 'before', { activation: 'relu' }, {}, x)).toBe(8);
    expect(await value(graph, 'before', { activation: 'relu', layer: 'first' }, {}, x)).toBe(4);
    expect(await value(graph, 'before', { activation: 'relu', layer: 'block' }, {}, x)).toBe(8);
    expect(await value(graph, 'before', { activation: 'sigmoid' }, {}, x)).toBe(8);
  });

  it('names the activations that there are when the one asked for is not', async () => {
    expect(await problem(graph, 'before', { activation: 'relu', layer: 'third' }, {}, x)).toMatchObject({
      code: 'target/before',
      message: 'the model has no relu at third',
      remedy: 'There is one at first, block/second.',
    });
    expect(await problem(graph, 'before', { activation: 'tanh' }, {}, x)).toMatchObject({
      code: 'target/before',
      message: 'the model has no tanh',
      remedy: 'See what it has with xome model.',
    });
  });
});

describe('a model of two outputs', () => {
  const builder = new GraphBuilder('two');
  const flat = builder.add('Flatten', [builder.input('x', 'float32', [1, LENGTH, 4])]);
  const weights = (of: number) => builder.constant(floats([4 * LENGTH, 1], new Array<number>(4 * LENGTH).fill(of)));
  const graph = openBatch(
    builder.finish([builder.add('MatMul', [flat, weights(1)]), builder.add('MatMul', [flat, weights(3)])]),
  );
  const [first, second] = graph.outputs.map(({ name }) => name) as [string, string];

  it('gives the one that is named', async () => {
    expect(await value(graph, 'output', { name: first })).toBe(LENGTH);
    expect(await value(graph, 'output', { name: second })).toBe(3 * LENGTH);
  });

  it('asks for a name', async () => {
    expect(await problem(graph, 'logit')).toMatchObject({
      code: 'target/output',
      message: 'the model has 2 outputs and the target names none',
      remedy: `Write output("name"): ${first}, ${second}.`,
    });
    expect(await problem(graph, 'output', { name: 'third' })).toMatchObject({
      code: 'target/output',
      message: 'the model has no output third',
      remedy: `Its outputs are ${first}, ${second}.`,
    });
  });
});
