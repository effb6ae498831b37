/** Declared networks: against the same layers as a complete Keras file, and on the published weights of real networks. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { entriesOf, findEntry, type PlainCall, type PlainValue } from '../../../server/src/catalog/index.js';
import { Failure } from '../../../server/src/engine/failure.js';
import type { Shape } from '../../../server/src/engine/models/network/layer.js';
import { planNetwork } from '../../../server/src/engine/models/network/network.js';
import { build, close, Folder, layer, load, noise, predict, sequential, stored, type Stored } from './keras-fixture.js';

const REAL = join(import.meta.dirname, '../../../../shared/data/synthetic_cnn');

const folder = new Folder();
afterAll(() => folder.remove());

/** A call as the plan writes it: defaults filled in. */
function call(category: 'layer' | 'network', name: string, given: Record<string, PlainValue> = {}): PlainCall {
  const parameters = findEntry(category, name)?.parameters ?? {};
  const defaults = Object.entries(parameters).flatMap(([key, { default: value }]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return { call: name, category, parameters: { ...Object.fromEntries(defaults), ...given } };
}

const a = (name: string, given: Record<string, PlainValue> = {}): PlainCall => call('layer', name, given);
const network = (...layers: PlainCall[]): PlainCall =>
  call('network', 'layers', { layers: layers.map(inner => ({ ...inner })) });
const conv = (filters: number, kernel: number, given: Record<string, PlainValue> = {}): PlainCall =>
  a('conv1d', { filters, kernel, ...given });

async function failure(path: string, layers: PlainCall, input: Shape): Promise<Failure> {
  const error: unknown = await load(path, {}, { network: { layers, input } }).catch((reason: unknown) => reason);
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error;
}

const norm = (seed: number, channels: number) => ({
  gamma: noise(seed, channels),
  beta: noise(seed + 1, channels),
  moving_mean: noise(seed + 2, channels),
  moving_variance: build([channels], i => 0.5 + i / 4),
});

describe('a declared network', () => {
  const weights: Record<string, readonly Stored[]> = {
    c1: stored('c1', { kernel: noise(1, 5, 4, 6), bias: noise(2, 6) }),
    n1: stored('n1', norm(3, 6)),
    c2: stored('c2', { kernel: noise(7, 3, 3, 8) }),
    l1: stored('l1', { gamma: noise(8, 8), beta: noise(9, 8) }),
    p1: stored('p1', { kernel: noise(10, 8, 5), bias: noise(11, 5) }),
    d1: stored('d1', { kernel: noise(12, 30, 3), bias: noise(13, 3) }),
  };
  const declared = network(
    conv(6, 5, { padding: 'causal', dilation: 2, activation: 'gelu' }),
    a('batch_norm'),
    a('dropout', { rate: 0.5 }),
    a('max_pool', { size: 3, stride: 2, padding: 'same' }),
    conv(8, 3, { stride: 2, groups: 2, bias: false, padding: 'same' }),
    a('layer_norm', { epsilon: 0.01 }),
    a('swish'),
    a('dense', { units: 5, activation: 'tanh' }),
    a('average_pool', { size: 2, stride: 1 }),
    a('elu', { alpha: 0.5 }),
    a('flatten'),
    a('dense', { units: 3 }),
    a('softmax'),
  );
  const complete = sequential(
    layer('Conv1D', 'c1', {
      filters: 6,
      kernel_size: [5],
      padding: 'causal',
      dilation_rate: [2],
      activation: 'gelu',
      batch_input_shape: [null, 25, 4],
    }),
    layer('BatchNormalization', 'n1', { axis: [2], epsilon: 1e-3 }),
    layer('MaxPooling1D', 'm1', { pool_size: [3], strides: [2], padding: 'same' }),
    layer('Conv1D', 'c2', { filters: 8, kernel_size: [3], strides: [2], padding: 'same', groups: 2, use_bias: false }),
    layer('LayerNormalization', 'l1', { axis: [2], epsilon: 0.01 }),
    layer('Activation', 's1', { activation: 'swish' }),
    layer('Dense', 'p1', { units: 5, activation: 'tanh' }),
    layer('AveragePooling1D', 'a1', { pool_size: [2], strides: [1] }),
    layer('ELU', 'e1', { alpha: 0.5 }),
    layer('Flatten', 'f1'),
    layer('Dense', 'd1', { units: 3, activation: 'softmax' }),
  );

  it('predicts what the same layers predict as a complete Keras file', async () => {
    const x = noise(20, 3, 25, 4);
    const [whole] = await predict(await load(await folder.write({ model: complete, weights })), x);
    const path = await folder.write({ weights, weightsOnly: true });
    const model = await load(path, {}, { network: { layers: declared, input: [4, 25] } });
    const [found] = await predict(model, x);
    close(found!, whole!);
    expect(model.graph.nodes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['conv1d_1', 'conv1d_1/gelu', 'batch_norm_1', 'dense_2', 'softmax_1']),
    );
  });

  it('adds a bypass, and counts the layers inside of it', async () => {
    const inner = { kernel: noise(31, 3, 4, 4), bias: noise(32, 4) };
    const file = { weights: { conv: stored('conv', inner) }, weightsOnly: true };
    const layers = network(a('residual', { layers: [{ ...conv(4, 3, { padding: 'same' }) }] }));
    const same = network(conv(4, 3, { padding: 'same' }));
    const path = await folder.write(file);
    const x = noise(33, 2, 9, 4);
    const [without] = await predict(await load(path, {}, { network: { layers: same, input: [4, 9] } }), x);
    const model = await load(path, {}, { network: { layers, input: [4, 9] } });
    const [found] = await predict(model, x);
    // Values of declared networks have channels in front.
    close(
      found!,
      build([2, 4, 9], (n, c, l) => without!.data[(n * 4 + c) * 9 + l]! + x.data[(n * 9 + l) * 4 + c]!),
    );
    expect(planNetwork(layers, [4, 9]).parameters.map(({ name }) => name)).toEqual([
      'residual_1/conv1d_1/kernel',
      'residual_1/conv1d_1/bias',
    ]);
  });

  it('reads one row of features', async () => {
    const values = { kernel: noise(41, 6, 2), bias: noise(42, 2) };
    const path = await folder.write({ weights: { only: stored('only', values) }, weightsOnly: true });
    const layers = network(a('dense', { units: 2 }), a('relu'));
    const model = await load(path, {}, { network: { layers, input: [6] } });
    expect(model.graph.inputs[0]!.shape).toEqual(['batch', 6]);
    const x = noise(43, 2, 6);
    const [found] = await predict(model, x);
    const product = (n: number, u: number): number =>
      Array.from({ length: 6 }, (_, i) => x.data[n * 6 + i]! * values.kernel.data[i * 2 + u]!).reduce((p, q) => p + q);
    close(
      found!,
      build([2, 2], (n, u) => Math.max(0, product(n, u) + values.bias.data[u]!)),
    );
  });

  it('knows shape, beginning and training of every parameter', () => {
    expect(planNetwork(network(conv(6, 5, { groups: 2 }), a('batch_norm', { center: false })), [4, 25])).toMatchObject({
      output: [6, 21],
      parameters: [
        { name: 'conv1d_1/kernel', shape: [6, 2, 5], initialiser: { fanIn: 10, fanOut: 15 }, trainable: true },
        { name: 'conv1d_1/bias', shape: [6], initialiser: 0, trainable: true },
        { name: 'batch_norm_1/gamma', shape: [6], initialiser: 1, trainable: true },
        { name: 'batch_norm_1/moving_mean', shape: [6], initialiser: 0, trainable: false },
        { name: 'batch_norm_1/moving_variance', shape: [6], initialiser: 1, trainable: false },
      ],
    });
  });

  const inKeras = entriesOf('layer').flatMap(({ name }) =>
    ['graph_smoothing', 'masked_dense', 'tokens', 'self_attention'].includes(name) ? [] : [name],
  );
  it.each(inKeras)('keeps its promise of a shape: %s', async name => {
    const given: Record<string, Record<string, PlainValue>> = {
      dense: { units: 3 },
      conv1d: { filters: 3, kernel: 2 },
      dropout: { rate: 0.1 },
      residual: { layers: [{ ...a('relu') }] },
    };
    const layers = network(a(name, given[name]));
    const { output, parameters } = planNetwork(layers, [4, 10]);
    const axes: Record<string, readonly number[]> = { 'conv1d_1/kernel': [2, 1, 0] };
    const values = parameters.map(({ name: path, shape }): Stored => {
      const order = axes[path] ?? shape.map((_, axis) => axis);
      const sizes = order.map(axis => shape[axis]!);
      return { path: path.split('/').at(-1)!, value: build(sizes, () => 0.5) };
    });
    const path = await folder.write({ weights: { it: values }, weightsOnly: true });
    const model = await load(path, {}, { network: { layers, input: [4, 10] } });
    const [found] = await predict(model, noise(50, 2, 10, 4));
    expect(found!.shape).toEqual([2, ...output]);
  });

  it('is refused for a layer that Keras does not have, and for one that cannot be', async () => {
    const path = await folder.write({ weights: { c1: weights['c1']! }, weightsOnly: true });
    const smoothing = a('graph_smoothing');
    const attention = a('self_attention', { heads: 2, size: 3 });
    for (const [layers, name] of [
      [network(a('flatten'), smoothing), 'graph_smoothing'],
      [network(attention), 'self_attention'],
    ] as const) {
      const { message, place } = (await failure(path, layers, [4, 25])).problem;
      expect([message, place]).toEqual([
        `Keras has no layer like ${name}, so its files hold none`,
        `layer ${name}_1 of the network`,
      ]);
    }
    expect((await failure(path, network(smoothing), [4, 25])).problem.message).toContain('its input has positions');
    expect((await failure(path, network(smoothing), [20_000])).problem.message).toContain('too many pairs');
  });

  it.each([
    [
      'a kernel of another length',
      network(conv(6, 7)),
      'layer c1 of synthetic_',
      "network's layer conv1d_1 declares kernel [7, 4, 6], bias [6], and the file has kernel [5, 4, 6], bias [6]",
    ],
    [
      'a layer too many',
      network(conv(6, 5), a('batch_norm'), a('dense', { units: 2 })),
      'synthetic_',
      "the network's layer dense_1 declares kernel [6, 2], bias [2], and the file has no further weights",
    ],
    ['a layer too few', network(conv(6, 5)), 'layer n1 of synthetic_', 'no layer for the weights gamma [6], beta [6]'],
  ])('is refused for %s, with what is declared and found', async (_, layers, place, message) => {
    const path = await folder.write({ weights: { c1: weights['c1']!, n1: weights['n1']! }, weightsOnly: true });
    const { problem } = await failure(path, layers, [4, 25]);
    expect(problem.code).toBe('model/weights');
    expect(problem.place).toContain(place);
    expect(problem.message).toContain(message);
  });

  it.each([
    ['a window too long', network(conv(6, 26)), 'layer conv1d_1', 'a window over 26 positions does not fit into 25'],
    ['positions gone', network(a('flatten'), conv(6, 3)), 'layer conv1d_1', 'one row of 100 features'],
    ['groups that do not divide', network(conv(6, 3, { groups: 3 })), 'layer conv1d_1', '3 groups'],
    [
      'a bypass of another shape',
      network(a('residual', { layers: [{ ...conv(4, 3) }] })),
      'layer residual_1',
      'make [23, 4] of [25, 4]',
    ],
    ['nothing', network(), '', 'no layers'],
  ])('is refused with %s', (_, layers, place, message) => {
    const plan = (): unknown => planNetwork(layers, [4, 25]);
    expect(plan).toThrow(Failure);
    expect(plan).toThrow(message);
    try {
      plan();
    } catch (error) {
      expect((error as Failure).problem.place ?? '').toContain(place);
    }
  });
});

describe.skipIf(!existsSync(REAL))('the published networks of Majdandzic et al. 2023, weights only', () => {
  const block = (filters: number, kernel: number, activation: string, ...pool: number[]): PlainCall[] => [
    conv(filters, kernel, { padding: 'same' }),
    a('batch_norm'),
    a(activation),
    a('dropout', { rate: 0.1 }),
    ...pool.map(size => a('max_pool', { size })),
  ];
  const head = [
    a('flatten'),
    a('dense', { units: 96 }),
    a('batch_norm'),
    a('relu'),
    a('dropout', { rate: 0.5 }),
    a('dense', { units: 1 }),
    a('sigmoid'),
  ];
  const deep = (activation: string): PlainCall =>
    network(
      ...block(24, 11, activation),
      ...block(32, 7, 'relu', 4),
      ...block(48, 7, 'relu', 4),
      ...block(64, 3, 'relu', 3),
      ...head,
    );
  const shallow = (activation: string): PlainCall =>
    network(...block(24, 19, activation, 50), ...block(48, 3, 'relu', 2), ...head);

  // SP1, GABPA, CEBPB, MAX and YY1, whose combinations the networks were trained to find.
  const MOTIFS = ['CCCCGCCCCCC', 'ACCGGAAGTG', 'ATTGCGCAAT', 'AACACGTGGT', 'CAAGATGGCGGC'];
  const bases = noise(60, 20, 200);
  const random = Array.from({ length: 20 }, (_, n) =>
    Array.from(bases.data.slice(n * 200, (n + 1) * 200), value => 'ACGT'[Math.floor((value + 1) * 1.999)]!).join(''),
  );
  const planted = random.map((sequence, n) =>
    [0, 1, 2, 3].reduce((text, k) => {
      const motif = MOTIFS[(n + k) % MOTIFS.length]!;
      const start = 15 + 45 * k;
      return text.slice(0, start) + motif + text.slice(start + motif.length);
    }, sequence),
  );
  const x = build([40, 200, 4], (n, l, base) => Number([...planted, ...random][n]![l] === 'ACGT'[base]));

  it.each([
    ['cnn_deep_relu_0', deep('relu')],
    ['cnn_deep_exponential_1', deep('exponential')],
    ['cnn_shallow_relu_0', shallow('relu')],
    ['cnn_shallow_exponential_0', shallow('exponential')],
  ])('%s tells planted motifs from random sequence', async (name, layers) => {
    const model = await load(join(REAL, `${name}.weights.h5`), {}, { network: { layers, input: [4, 200] } });
    const [predicted] = await predict(model, x);
    const { data } = predicted!;
    const positive = data.slice(0, 20);
    const better = positive.reduce((sum, p) => sum + data.slice(20).filter(q => q < p).length, 0);
    expect(better / 400).toBeGreaterThan(0.9);
  });

  it('the deep ones refuse the kernel of 19 that the paper states', async () => {
    const layers = network(...block(24, 19, 'relu'), ...head);
    const { problem } = await failure(join(REAL, 'cnn_deep_relu_0.weights.h5'), layers, [4, 200]);
    expect(problem.place).toBe('layer conv1d of cnn_deep_relu_0.weights.h5');
    expect(problem.message).toBe(
      "the network's layer conv1d_1 declares kernel [19, 4, 24], bias [24], and the file has kernel [11, 4, 24], bias [24]",
    );
  });
});
