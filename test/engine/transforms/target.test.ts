import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, numbersOf, type Graph } from '../../../server/src/engine/graph/graph.js';
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
    expect(await value(graph, 'logit', { name: second })).toBe(3 * LENGTH);
    expect(await value(graph, 'class', { class: 0, name: first })).toBe(LENGTH);
  });

  it('asks for a name', async () => {
    expect(await problem(graph, 'logit')).toMatchObject({
      code: 'target/output',
      message: 'the model has 2 outputs and the target names none',
      remedy: `Name one with name: "…": ${first}, ${second}.`,
    });
    expect(await problem(graph, 'output', { name: 'third' })).toMatchObject({
      code: 'target/output',
      message: 'the model has no output third',
      remedy: `Its outputs are ${first}, ${second}.`,
    });
  });
});

describe('unit', () => {
  const graph = network({ length: LENGTH, ending: 'Sigmoid' });
  const x = encode(SEQUENCE);

  it('is one value of a layer, by its place on each axis or in row-major order', async () => {
    // Filter 2 at column 3 of the convolution, whose weights stand in the file.
    const convolution = graph.nodes.find(node => node.operator === 'Conv')!;
    const [kernel, bias] = convolution.inputs.slice(1).map(name => numbersOf(graph.initializers.get(name)!));
    let expected = bias![2]!;
    for (let column = 0; column < 5; column++)
      for (let base = 0; base < 4; base++)
        expected += kernel![(2 * 4 + base) * 5 + column]! * x[(3 + column) * 4 + base]!;
    const layer = convolution.name;
    expect(await value(graph, 'unit', { layer, index: [2, 3] })).toBeCloseTo(expected, 6);
    expect(await value(graph, 'unit', { layer, index: 2 * (LENGTH - 4) + 3 })).toBeCloseTo(expected, 6);
    expect(await problem(graph, 'unit', { layer, index: [2, 16] })).toMatchObject({
      code: 'target/index',
      message: '[2, 16] is no place in a layer of [6, 16]',
    });
  });

  it('of a layer that does not exist names those that do', async () => {
    const named = scalarFunction(3, (b, flat) => {
      const sum = weightedSum(b, flat, new Array<number>(12).fill(1));
      b.append({ operator: 'Relu', name: 'block/first', inputs: [sum], outputs: ['first'], attributes: {} });
      b.append({ operator: 'Neg', name: 'second', inputs: ['first'], outputs: ['second'], attributes: {} });
      return 'second';
    });
    expect(await problem(named, 'unit', { layer: 'conv9', index: 0 }, {}, encode('ACG'))).toMatchObject({
      code: 'layer/unknown',
      message: 'the model has no layer conv9',
      remedy: 'It has block/first, second.',
    });
  });
});

describe('difference', () => {
  it('is one logit minus another', async () => {
    const graph = network({ length: LENGTH, units: 3, ending: 'Softmax' });
    const [a, b] = [call('target', 'class', { class: 2 }), call('target', 'class', { class: 0 })];
    const logit = (index: number) => value(graph, 'logit', { index });
    expect(await value(graph, 'difference', { a, b })).toBeCloseTo((await logit(2)) - (await logit(0)), 12);
  });
});

describe('a target that differs between examples', () => {
  it('is no single number of the model', async () => {
    expect(await problem(network({ length: LENGTH, units: 3 }), 'true_class')).toMatchObject({
      code: 'target/per-example',
      message: 'true_class is another number for each example',
    });
  });
});

describe('profiles', () => {
  const TRACKS = 2;
  const weights = Array.from({ length: 4 * LENGTH * LENGTH * TRACKS }, (_, i) => Math.sin(i * i));
  /** A linear map of a sequence to [position, track], or [track, position]. */
  const graph = (axes: readonly number[]): Graph =>
    scalarFunction(LENGTH, (b, flat) => {
      const wide = b.add('MatMul', [flat, b.constant(floats([4 * LENGTH, LENGTH * TRACKS], weights))]);
      const profile = b.add('Reshape', [wide, b.integers([0, LENGTH, TRACKS])], { allowzero: 0 });
      return axes[0] === TRACKS ? b.add('Transpose', [profile], { perm: [0, 2, 1] }) : profile;
    });
  const x = encode(SEQUENCE);
  const profile = (track: number, at = x): number[] =>
    Array.from({ length: LENGTH }, (_, position) =>
      at.reduce((sum, v, i) => sum + v * Math.fround(weights[i * LENGTH * TRACKS + position * TRACKS + track]!), 0),
    );
  /** The weights of the profile's softmax. */
  const shares = (z: readonly number[]): number[] => {
    const total = z.reduce((sum, v) => sum + Math.exp(v), 0);
    return z.map(v => Math.exp(v) / total);
  };
  const score = (z: readonly number[], p = shares(z)): number =>
    z.reduce((sum, v, i) => sum + p[i]! * (v - z.reduce((total, w) => total + w, 0) / z.length), 0);

  it.each([
    [LENGTH, TRACKS],
    [TRACKS, LENGTH],
  ])('are averaged over a window of positions: [%i, %i]', async (...axes) => {
    const mean =
      profile(1)
        .slice(3, 7)
        .reduce((sum, v) => sum + v, 0) / 4;
    expect(await value(graph(axes), 'window_mean', { from: 3, to: 7, index: 1 })).toBeCloseTo(mean, 6);
    expect(await problem(graph(axes), 'window_mean', { from: 3, to: LENGTH + 1, index: 1 })).toMatchObject({
      code: 'target/window',
    });
  });

  it('score with softmax(z) · (z − z̄), and gradients hold the softmax constant', async () => {
    const axes = [LENGTH, TRACKS];
    expect(await value(graph(axes), 'profile_score', { index: 0 })).toBeCloseTo(score(profile(0)), 6);
    const both = score(profile(0)) + score(profile(1));
    expect(await value(graph(axes), 'profile_score')).toBeCloseTo(both, 6);
    const target = await bench.target(graph(axes), LENGTH, call('target', 'profile_score', { index: 0 }));
    const gradient = oracle(await bench.load(target)).gradient(x);
    const held = shares(profile(0));
    for (const at of [0, 17, 33]) {
      const moved = x.slice();
      moved[at]! += 1;
      // The score is linear in x while the softmax is held.
      expect(gradient[at]).toBeCloseTo(score(profile(0, moved), held) - score(profile(0), held), 5);
    }
  });
});
