/**
 * The dialects and containers of Keras: one network, written as Keras 1, 2 and 3 write it, predicts the same. All files are
 * synthetic, after keras/models.py and keras/engine/topology.py of Keras 1.2.2 and keras/src/saving/saving_lib.py of Keras 3.
 */
import { writeFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../server/src/engine/failure.js';
import {
  at,
  build,
  close,
  Folder,
  functional,
  layer,
  layeredWeights,
  load,
  node,
  noise,
  predict,
  sequential,
  stored,
  type Data,
  type Stored,
} from './keras-fixture.js';

const folder = new Folder();
afterAll(() => folder.remove());

const x = noise(1, 3, 12, 4);
const kernel = noise(2, 5, 4, 6);
const bias = noise(3, 6);
const norm = {
  gamma: noise(4, 6),
  beta: noise(5, 6),
  moving_mean: noise(6, 6),
  moving_variance: build([6], i => 0.5 + i / 4),
};
const dense = { kernel: noise(7, 24, 2), bias: noise(8, 2) };

const MODERN = [
  layer('Conv1D', 'c', {
    filters: 6,
    kernel_size: [5],
    padding: 'same',
    activation: 'relu',
    batch_input_shape: [null, 12, 4],
  }),
  layer('BatchNormalization', 'n', { axis: [2], epsilon: 1e-3 }),
  layer('MaxPooling1D', 'm', { pool_size: [3], strides: [3] }),
  layer('Dropout', 'd', { rate: 0.5 }),
  layer('Flatten', 'f'),
  layer('Dense', 'o', { units: 2, activation: 'hard_sigmoid' }),
];
const WEIGHTS = { c: stored('c', { kernel, bias }), n: stored('n', norm), o: stored('o', dense) };

let expected: Data;
beforeAll(async () => {
  const path = await folder.write({ model: sequential(...MODERN), weights: WEIGHTS });
  expected = (await predict(await load(path), x))[0]!;
});

const backwards = build(kernel.shape, (k, c, f) => at(kernel, 4 - k, c, f));
const KERNELS: Readonly<Record<string, (k: Data) => Data>> = {
  '1.2': k => build([5, 1, 4, 6], (p, _, c, f) => at(k, p, c, f)),
  '1.1': k => build([6, 4, 5, 1], (f, c, p) => at(k, p, c, f)),
};

/** `convolution1d_1_W`: Keras 1 has no groups in the names of weights. */
const old = (name: string, values: Readonly<Record<string, Data>>): Stored[] =>
  Object.entries(values).map(([suffix, value]) => ({ path: `${name}_${suffix}`, value }));

const LEGACY = [
  layer('Convolution1D', 'c', {
    nb_filter: 6,
    filter_length: 5,
    border_mode: 'same',
    subsample_length: 1,
    activation: 'relu',
    bias: true,
    input_dim: 4,
    input_length: 12,
    batch_input_shape: [null, 12, 4],
  }),
  layer('BatchNormalization', 'n', { mode: 0, axis: -1, epsilon: 1e-3, momentum: 0.99 }),
  layer('MaxPooling1D', 'm', { pool_length: 3, stride: 3, border_mode: 'valid' }),
  layer('Dropout', 'd', { p: 0.5 }),
  layer('Flatten', 'f'),
  layer('Dense', 'o', { output_dim: 2, activation: 'hard_sigmoid', bias: true, input_dim: 24 }),
];

const legacyWeights = (form: string, taps: Data): Record<string, readonly Stored[]> => ({
  c: old('c', { W: KERNELS[form]!(taps), b: bias }),
  n: old('n', {
    gamma: norm.gamma,
    beta: norm.beta,
    running_mean: norm.moving_mean,
    running_std: norm.moving_variance,
  }),
  o: old('o', { W: dense.kernel, b: dense.bias }),
});

describe('Keras 1', () => {
  const write = (form: string, taps: Data): Promise<string> =>
    folder.write({
      model: { class_name: 'Sequential', config: LEGACY },
      weights: legacyWeights(form, taps),
      version: `${form}.1`,
      backend: null,
    });

  it.each(['1.1', '1.2'])('%s, with either backend', async form => {
    const plain = await load(await write(form, kernel), {}, { backend: 'tensorflow' });
    close((await predict(plain, x))[0]!, expected);
    expect(plain.format).toBe(`Keras ${form}.1, HDF5`);
    // An odd kernel without strides is padded alike by both.
    const theano = await load(await write(form, backwards), {}, { backend: 'theano' });
    close((await predict(theano, x))[0]!, expected);
  });

  it('is refused where kernels may be reversed and nobody says whether', async () => {
    const error: unknown = await load(await write('1.2', kernel)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).problem).toMatchObject({
      code: 'model/keras-backend',
      remedy: 'Say which one it was: backend: theano, or backend: tensorflow.',
    });
  });

  it('images of Theano: channels in front, kernels backwards, Flatten as it comes', async () => {
    const image = noise(11, 2, 2, 5, 4);
    const taps = noise(12, 3, 2, 3, 2);
    const flat = { W: noise(13, 27, 1), b: noise(14, 1) };
    const model = {
      class_name: 'Sequential',
      config: [
        layer('Convolution2D', 'c', {
          nb_filter: 3,
          nb_row: 3,
          nb_col: 2,
          border_mode: 'valid',
          subsample: [1, 1],
          dim_ordering: 'th',
          bias: false,
          batch_input_shape: [null, 2, 5, 4],
        }),
        layer('Flatten', 'f'),
        layer('Dense', 'o', { output_dim: 1, activation: 'linear' }),
      ],
    };
    const weights = { c: old('c', { W: taps }), o: old('o', flat) };
    // [filters, inputs, rows, columns]
    const path = await folder.write({ model, weights, version: '1.2.2', backend: null });
    const [y] = await predict(await load(path, {}, { backend: 'theano' }), image);
    const map = (n: number, f: number, i: number, j: number): number => {
      let total = 0;
      for (let c = 0; c < 2; c++)
        for (let a = 0; a < 3; a++)
          for (let b = 0; b < 2; b++) total += at(image, n, c, i + 2 - a, j + 1 - b) * at(taps, f, c, a, b);
      return total;
    };
    close(
      y!,
      build([2, 1], n => {
        let total = at(flat.b, 0);
        for (let f = 0; f < 3; f++)
          for (let i = 0; i < 3; i++)
            for (let j = 0; j < 3; j++) total += map(n, f, i, j) * at(flat.W, f * 9 + i * 3 + j, 0);
        return total;
      }),
    );
  });

  it('a Merge of models in front, with weights by layer, and gates apart', async () => {
    const branch = (name: string) => ({
      class_name: 'Sequential',
      config: [
        layer('LSTM', name, {
          output_dim: 3,
          activation: 'tanh',
          inner_activation: 'hard_sigmoid',
          return_sequences: false,
          batch_input_shape: [null, 4, 2],
        }),
      ],
    });
    const gates = (seed: number): Record<string, Data> =>
      Object.fromEntries(
        // Keras 1 stores i, c, f, o.
        ['i', 'c', 'f', 'o'].flatMap((gate, k) => [
          [`W_${gate}`, noise(seed + k, 2, 3)],
          [`U_${gate}`, noise(seed + 4 + k, 3, 3)],
          [`b_${gate}`, noise(seed + 8 + k, 3)],
        ]),
      );
    const [a, b] = [gates(20), gates(40)];
    const model = {
      class_name: 'Sequential',
      config: [
        layer('Merge', 'merge', { mode: 'concat', concat_axis: -1, layers: [branch('a'), branch('b')] }),
        layer('Activation', 'r', { activation: 'relu' }),
      ],
    };
    const weights = { a: old('a', a), b: old('b', b) };
    const inputs = [noise(60, 2, 4, 2), noise(61, 2, 4, 2)];
    const path = await folder.write({ model, weights, version: '1.2.2', backend: null });
    const [y] = await predict(await load(path), ...inputs);
    const joined = (g: Record<string, Data>, stem: string, rows: number): Data =>
      build([rows, 12], (i, u) => at(g[`${stem}_${'ifco'[Math.floor(u / 3)]!}`]!, i, u % 3));
    const modern = (g: Record<string, Data>): Stored[] =>
      stored('r', {
        kernel: joined(g, 'W', 2),
        recurrent_kernel: joined(g, 'U', 3),
        bias: build([12], u => at(g[`b_${'ifco'[Math.floor(u / 3)]!}`]!, u % 3)),
      });
    const lstm = layer('LSTM', 'r', { units: 3, activation: 'tanh', recurrent_activation: 'hard_sigmoid' });
    const single = sequential(layer('InputLayer', 'x', { batch_input_shape: [null, 4, 2] }), lstm);
    const halves = await Promise.all(
      [a, b].map(async (g, i) => {
        const [half] = await predict(
          await load(await folder.write({ model: single, weights: { r: modern(g) } })),
          inputs[i]!,
        );
        return half!;
      }),
    );
    close(
      y!,
      build([2, 6], (n, u) => Math.max(0, at(halves[Math.floor(u / 3)]!, n, u % 3))),
    );
  });
});

/** An array as Keras 3 refers to it. */
const tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null], dtype: 'float32', keras_history: [name, 0, 0] },
});
const MODULE = { module: 'keras.layers', registered_name: null, build_config: { input_shape: [null] } };

describe('Keras 3', () => {
  const VALUES = {
    'layers/conv1d/vars/0': kernel,
    'layers/conv1d/vars/1': bias,
    'layers/batch_normalization/vars/0': norm.gamma,
    'layers/batch_normalization/vars/1': norm.beta,
    'layers/batch_normalization/vars/2': norm.moving_mean,
    'layers/batch_normalization/vars/3': norm.moving_variance,
    'layers/dropout/seed_generator/vars/0': noise(9, 2),
    'layers/dense/vars/0': dense.kernel,
    'layers/dense/vars/1': dense.bias,
  };
  const layers = [
    layer('InputLayer', 'x', { batch_shape: [null, 12, 4] }),
    ...MODERN.slice(0, -1),
    layer('Dense', 'o', { units: 2, activation: 'linear' }),
  ].map(each => ({ ...MODULE, ...each }));
  let linear: Data;
  beforeAll(async () => {
    const model = sequential(...MODERN.slice(0, -1), layer('Dense', 'o', { units: 2, activation: 'linear' }));
    linear = (await predict(await load(await folder.write({ model, weights: WEIGHTS })), x))[0]!;
  });

  it('an archive is told by its first bytes; layers are numbered by class, not named', async () => {
    const config = { module: 'keras', class_name: 'Sequential', config: { name: 's', layers } };
    const model = await load(await folder.archive(config, VALUES));
    expect(model.format).toBe('Keras 3.5.0, archive');
    close((await predict(model, x))[0]!, linear);
  });

  it('a functional archive with a nested model, and attention by keywords', async () => {
    const inner = {
      ...MODULE,
      class_name: 'Sequential',
      name: 'inner',
      config: { name: 'inner', layers },
      inbound_nodes: [{ args: [tensor('in')], kwargs: { training: false, mask: null } }],
    };
    const config = {
      class_name: 'Functional',
      config: {
        name: 'f',
        layers: [
          { ...MODULE, ...node('InputLayer', 'in', { batch_shape: [null, 12, 4] }) },
          inner,
          {
            ...MODULE,
            ...node('Add', 'sum', {}),
            inbound_nodes: [{ args: [[tensor('inner'), tensor('inner')]], kwargs: {} }],
          },
        ],
        input_layers: ['in', 0, 0],
        output_layers: ['sum', 0, 0],
      },
    };
    const values = Object.fromEntries(
      Object.entries(VALUES).map(([path, value]) => [`layers/sequential/${path}`, value]),
    );
    const [y] = await predict(await load(await folder.archive(config, values)), x);
    close(
      y!,
      build(linear.shape, (n, u) => 2 * at(linear, n, u)),
    );
  });

  it('parts of layers in both directions, in their order', async () => {
    const lstm = { units: 2, activation: 'tanh', recurrent_activation: 'sigmoid', return_sequences: false };
    const weights = [0, 10].map(seed => ({
      kernel: noise(70 + seed, 4, 8),
      recurrent_kernel: noise(71 + seed, 2, 8),
      bias: noise(72 + seed, 8),
    }));
    const wrapper = { merge_mode: 'concat', layer: layer('LSTM', 'l', lstm) };
    const input = [null, 12, 4];
    const archive = await folder.archive(
      {
        class_name: 'Sequential',
        config: {
          name: 's',
          layers: [layer('InputLayer', 'x', { batch_shape: input }), layer('Bidirectional', 'b', wrapper)],
        },
      },
      Object.fromEntries(
        ['forward_layer', 'backward_layer'].flatMap((part, i) =>
          Object.values(weights[i]!).map((value, k) => [`layers/bidirectional/${part}/cell/vars/${k}`, value]),
        ),
      ),
    );
    const complete = await folder.write({
      model: sequential(layer('InputLayer', 'x', { batch_input_shape: input }), layer('Bidirectional', 'b', wrapper)),
      weights: { b: weights.flatMap((values, i) => stored(`b/${i}`, values)) },
    });
    close((await predict(await load(archive), x))[0]!, (await predict(await load(complete), x))[0]!);
  });

  it('the steeper hard sigmoid of Keras 2 is not its own', async () => {
    const config = (activation: string) => ({
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [layer('InputLayer', 'x', { batch_shape: [null, 12, 4] }), layer('Activation', 'a', { activation })],
      },
    });
    const [y] = await predict(await load(await folder.archive(config('hard_sigmoid'), VALUES)), x);
    close(
      y!,
      build(x.shape, (...index) => Math.min(1, Math.max(0, at(x, ...index) / 6 + 0.5))),
    );
  });

  it('a Lambda is refused, whatever its code', async () => {
    const code = { class_name: '__lambda__', config: { code: '4wEAAA==', defaults: null, closure: null } };
    const config = {
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [layer('InputLayer', 'x', { batch_shape: [null, 4] }), layer('Lambda', 'l', { function: code })],
      },
    };
    await expect(load(await folder.archive(config, VALUES))).rejects.toThrow('Python code, which is never run');
  });

  it('says what an archive without a model holds', async () => {
    const path = folder.fresh('.keras');
    writeFileSync(path, zipSync({ 'notes.txt': new Uint8Array(3) }));
    await expect(load(path)).rejects.toThrow('expected config.json and model.weights.h5');
  });
});

describe('an architecture in a file of its own', () => {
  const json = (value: unknown): string => {
    const path = folder.fresh('.json');
    writeFileSync(path, JSON.stringify(value));
    return path;
  };

  it('meets weights by the names of layers', async () => {
    const weights = await folder.write({ weights: WEIGHTS, weightsOnly: true });
    const model = await load(weights, {}, { architecture: json(sequential(...MODERN)) });
    expect(model.format).toBe('Keras 2.2.4, HDF5 weights');
    close((await predict(model, x))[0]!, expected);
  });

  it('meets weights by the order of layers, where another session has named them', async () => {
    const renamed = Object.fromEntries(
      ['c', 'n', 'm', 'd', 'f', 'o'].map(name => [
        `${name}_7`,
        name in WEIGHTS ? WEIGHTS[name as keyof typeof WEIGHTS] : [],
      ]),
    );
    const weights = await folder.write({ weights: renamed, weightsOnly: true });
    close((await predict(await load(weights, {}, { architecture: json(sequential(...MODERN)) }), x))[0]!, expected);
  });

  it('meets weights of Keras 3', async () => {
    const weights = folder.fresh('.weights.h5');
    await layeredWeights(weights, { 'layers/dense/vars/0': dense.kernel, 'layers/dense/vars/1': dense.bias });
    const rows = noise(90, 2, 24);
    const model = functional(
      [node('InputLayer', 'i', { batch_input_shape: [null, 24] }), node('Dense', 'any', { units: 2 }, [['i', 0, 0]])],
      ['i'],
      [['any', 0, 0]],
    );
    const [y] = await predict(await load(weights, {}, { architecture: json(model) }), rows);
    expect(y!.shape).toEqual([2, 2]);
  });

  it('is refused where it is no architecture', async () => {
    const weights = await folder.write({ weights: WEIGHTS, weightsOnly: true });
    const path = folder.fresh('.json');
    writeFileSync(path, 'class_name: Sequential');
    await expect(load(weights, {}, { architecture: path })).rejects.toThrow('not JSON');
    await expect(load(weights, {}, { architecture: json([1]) })).rejects.toThrow('no architecture');
    await expect(load(weights, {}, { architecture: '/nowhere.json' })).rejects.toThrow('cannot read');
  });
});
