import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../server/src/engine/failure.js';
import {
  build,
  close,
  Folder,
  functional,
  layer,
  load,
  node,
  noise,
  predict,
  sequential,
  stored,
  sum,
  at,
  type Data,
} from './keras-fixture.js';

const SPLICING = join(import.meta.dirname, '../../../../shared/data/splicing');
const DONOR = join(SPLICING, 'mmsplice_donor.h5');
const ACCEPTOR = join(SPLICING, 'mmsplice_acceptor.h5');
const WEIGHTS_ONLY = join(import.meta.dirname, '../../../../shared/data/synthetic_cnn/cnn_shallow_relu_0.weights.h5');
const PYTHON = '/usr/bin/python3';

const hasPython = ((): boolean => {
  try {
    execFileSync(PYTHON, ['-c', 'import h5py, numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const folder = new Folder();
afterAll(() => folder.remove());

/** One-hot sequences, [example, position, base]. */
const encode = (sequences: readonly string[]): Data =>
  build([sequences.length, sequences[0]!.length, 4], (n, l, base) => Number(sequences[n]![l] === 'ACGT'[base]));

/** Sequences of uniformly drawn bases. */
function randomSequences(count: number, length: number, seed: number): string[] {
  const draws = noise(seed, count, length);
  return Array.from({ length: count }, (_, n) =>
    Array.from({ length }, (_, l) => 'ACGT'[Math.min(3, Math.floor((at(draws, n, l) + 1) * 2))]!).join(''),
  );
}

async function failure(path: string, customLayers: Record<string, string> = {}): Promise<Failure> {
  const error: unknown = await load(path, customLayers).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error;
}

/** The same models, layer by layer, in numpy. */
const NUMPY = `
import sys, json, h5py, numpy as np
path, x = sys.argv[1], np.array(json.load(sys.stdin), dtype=np.float64)
group = h5py.File(path, 'r')['model_weights']
def weights(layer):
    return [group[layer][n.decode() if isinstance(n, bytes) else n][()].astype(np.float64) for n in group[layer].attrs['weight_names']]
def dense(x, layer):
    kernel, bias = weights(layer)
    return x @ kernel + bias
def conv(x, layer):
    kernel, bias = weights(layer)
    width = len(kernel)
    before = (width - 1) // 2
    padded = np.pad(x, ((0, 0), (before, width - 1 - before), (0, 0)))
    return sum(padded[:, k:k + x.shape[1]] @ kernel[k] for k in range(width)) + bias
def norm(x, layer):
    gamma, beta, mean, variance = weights(layer)
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta
relu = lambda x: np.maximum(x, 0)
if 'dense1' in group:
    x = relu(norm(dense(x.reshape(len(x), -1), 'dense1'), 'batch_normalization_1'))
    x = relu(norm(dense(x, 'dense2'), 'batch_normalization_2'))
    x = dense(x, 'dense_1')
else:
    x = norm(relu(conv(x, 'convSpliceSite')), 'batch_normalization_1')
    x = norm(relu(conv(x, 'conv1by1')), 'batch_normalization_2')
    x = dense(x.reshape(len(x), -1), 'denseSS')
json.dump((1 / (1 + np.exp(-x))).ravel().tolist(), sys.stdout)
`;

function numpy(path: string, { shape, data }: Data): Data {
  const [count, length] = shape as [number, number];
  const nested = Array.from({ length: count }, (_, n) =>
    Array.from({ length }, (_, l) => [...data.slice((n * length + l) * 4, (n * length + l + 1) * 4)]),
  );
  const text = execFileSync(PYTHON, ['-c', NUMPY, path], { input: JSON.stringify(nested), encoding: 'utf8' });
  return { shape: [count, 1], data: Float64Array.from(JSON.parse(text) as number[]) };
}

describe.skipIf(!existsSync(DONOR))('MMSplice donor (Keras 2.2.2)', () => {
  it('names its nodes after layers', async () => {
    const model = await load(DONOR);
    expect(model.format).toBe('Keras 2.2.2, HDF5');
    expect(model.producer).toBe('tensorflow backend');
    expect(model.graph.inputs).toEqual([{ name: 'ss', type: 'float32', shape: ['batch', 18, 4] }]);
    expect(model.graph.outputs).toEqual([{ name: 'dense_1/sigmoid', type: 'float32', shape: ['batch', 1] }]);
    expect(model.graph.nodes.at(-1)).toMatchObject({ operator: 'Sigmoid', name: 'dense_1/sigmoid' });
  });

  it('finds donor sites with the consensus, and none in random sequences', async () => {
    // Five exonic and thirteen intronic bases around CAG|GTAAGT.
    const consensus = ['AACAGGTAAGTATTTCCA', 'CGCAGGTAAGTGCTAGTC', 'TTCAGGTAAGTACATTAT', 'GACAGGTAAGTCAGGTTG'];
    const model = await load(DONOR);
    const [sites] = await predict(model, encode(consensus));
    const [random] = await predict(model, encode(randomSequences(200, 18, 1)));
    // CA in place of GT; GC would not do, since it is a rare but true donor.
    const [broken] = await predict(model, encode(consensus.map(site => site.replace('GGTAAG', 'GCAAAG'))));
    const average = random!.data.reduce((total, p) => total + p, 0) / 200;
    expect(Math.min(...sites!.data)).toBeGreaterThan(0.8);
    expect(average).toBeLessThan(0.1);
    expect(Math.max(...broken!.data)).toBeLessThan(0.2);
  });

  it.skipIf(!hasPython)('predicts what numpy computes (needs python3 with h5py)', async () => {
    const x = encode(randomSequences(16, 18, 2));
    const [found] = await predict(await load(DONOR), x);
    close(found!, numpy(DONOR, x));
  });
});

describe.skipIf(!existsSync(ACCEPTOR))('MMSplice acceptor (Keras 2.1.3, custom class)', () => {
  it('refuses the custom class, naming layer, file and remedy', async () => {
    const { problem } = await failure(ACCEPTOR);
    expect(problem.code).toBe('model/unknown-layer');
    expect(problem.place).toBe('layer convSpliceSite (ConvDNA) of mmsplice_acceptor.h5');
    expect(problem.remedy).toContain('custom_layers: { ConvDNA: conv1d }');
  });

  it.skipIf(!hasPython)('predicts what numpy computes (needs python3 with h5py)', async () => {
    const x = encode(randomSequences(16, 53, 3));
    const [found] = await predict(await load(ACCEPTOR, { ConvDNA: 'Conv1D' }), x);
    close(found!, numpy(ACCEPTOR, x));
  });

  it('keeps two transpositions: before the first convolution and before Flatten', async () => {
    const { graph } = await load(ACCEPTOR, { ConvDNA: 'Conv1D' });
    const names = graph.nodes.filter(({ operator }) => operator === 'Transpose').map(({ name }) => name);
    expect(names).toEqual(['convSpliceSite/transpose', 'batch_normalization_2/transpose']);
  });
});

const kernel = noise(1, 3, 2);
const bias = noise(2, 2);
const dense = { dense: stored('dense', { kernel, bias }) };
const x = noise(3, 4, 3);
const product = build([4, 2], (n, u) => at(bias, u) + sum(3, i => at(x, n, i) * at(kernel, i, u)));
const DENSE = layer('Dense', 'dense', { units: 2, activation: 'linear', batch_input_shape: [null, 3] });

describe('synthetic files', () => {
  it.each([
    ['a bare list (Keras 2.0 to 2.2.2)', { class_name: 'Sequential', config: [DENSE] }],
    ['a record', sequential(DENSE)],
    [
      'an InputLayer of its own',
      sequential(layer('InputLayer', 'dense_input', { batch_input_shape: [null, 3] }), DENSE),
    ],
    [
      'build_input_shape',
      {
        class_name: 'Sequential',
        config: { layers: [layer('Dense', 'dense', { units: 2 })], build_input_shape: [null, 3] },
      },
    ],
  ])('read a Sequential model with %s', async (_, model) => {
    const imported = await load(await folder.write({ model, weights: dense }));
    expect(imported.graph.inputs[0]!.name).toBe('dense_input');
    close((await predict(imported, x))[0]!, product);
  });

  it('read float64 weights, names in parts, and weights by their order when their names are strange', async () => {
    const weights = {
      dense: [
        { path: 'W', value: kernel, type: '<d' as const },
        { path: 'deep/er/b', value: bias },
      ],
    };
    const path = await folder.write({ model: sequential(DENSE), weights, chunked: true });
    close((await predict(await load(path), x))[0]!, product);
  });

  it('import several inputs, outputs, and a shared layer whose weights are there once', async () => {
    const input = (name: string) => node('InputLayer', name, { batch_input_shape: [null, 3] });
    const model = functional(
      [
        input('a'),
        input('b'),
        node('Dense', 'dense', { units: 2, activation: 'relu' }, [['a', 0, 0]], [['b', 0, 0]]),
        node('Concatenate', 'both', { axis: -1 }, [
          ['dense', 0, 0],
          ['dense', 1, 0],
        ]),
      ],
      ['a', 'b'],
      [
        ['both', 0, 0],
        ['dense', 1, 0],
        ['dense', 1, 0],
        ['a', 0, 0],
      ],
    );
    const imported = await load(await folder.write({ model, weights: dense }));
    expect(imported.graph.nodes.map(({ name }) => name).slice(0, 5)).toEqual([
      'dense/dense',
      'dense/relu',
      'dense/call_2/dense',
      'dense/call_2/relu',
      'both/concatenate',
    ]);
    expect([...imported.graph.initializers.keys()]).toEqual(['dense/kernel', 'dense/bias']);
    const other = noise(4, 4, 3);
    const apply = (from: Data) =>
      build([4, 2], (n, u) => Math.max(0, at(bias, u) + sum(3, i => at(from, n, i) * at(kernel, i, u))));
    const [both, second, again, same] = await predict(imported, x, other);
    close(
      both!,
      build([4, 4], (n, u) => (u < 2 ? at(apply(x), n, u) : at(apply(other), n, u - 2))),
    );
    close(second!, apply(other));
    close(again!, apply(other));
    close(same!, x);
  });

  it.each([
    ['counted from 0', 0, ''],
    ['counted from 1 (TensorFlow 2.3 and later), numbered weights', 1, '_7'],
  ])('import a nested model that is applied twice, %s', async (_, first, suffix) => {
    const inner = functional(
      [
        node('InputLayer', 'inside', { batch_input_shape: [null, 3] }),
        node('Dense', 'dense', { units: 3, activation: 'tanh' }, [['inside', 0, 0]]),
        node('Dense', 'dense_1', { units: 2, use_bias: false }, [['dense', 0, 0]]),
      ],
      ['inside'],
      [['dense_1', 0, 0]],
    );
    const model = functional(
      [
        node('InputLayer', 'a', { batch_input_shape: [null, 3] }),
        node('Activation', 'flip', { activation: 'softplus' }, [['a', 0, 0]]),
        { ...node('Model', 'twin', {}, [['a', 0, 0]], [['flip', 0, 0]]), config: inner.config },
        node('Subtract', 'difference', {}, [
          ['twin', first, 0],
          ['twin', first + 1, 0],
        ]),
      ],
      ['a'],
      [['difference', 0, 0]],
    );
    const square = noise(5, 3, 3);
    const offset = noise(6, 3);
    const weights = {
      twin: [...stored(`dense${suffix}`, { kernel: square, bias: offset }), ...stored(`dense_1${suffix}`, { kernel })],
    };
    const imported = await load(await folder.write({ model, weights }));
    const twin = (value: (n: number, i: number) => number, n: number, u: number): number =>
      sum(3, j => Math.tanh(at(offset, j) + sum(3, i => value(n, i) * at(square, i, j))) * at(kernel, j, u));
    const plain = (n: number, i: number): number => at(x, n, i);
    const soft = (n: number, i: number): number => Math.log(1 + Math.exp(at(x, n, i)));
    close(
      (await predict(imported, x))[0]!,
      build([4, 2], (n, u) => twin(plain, n, u) - twin(soft, n, u)),
    );
    expect(imported.graph.nodes.some(({ name }) => name === 'twin/call_2/dense/tanh')).toBe(true);
  });

  it('import Sequential models in a Sequential model, the inner one without a shape of its own', async () => {
    const head = layer('Dense', 'head', { units: 1, use_bias: false, activation: 'exponential' });
    const inner = { class_name: 'Sequential', name: 'inner', config: [head] };
    const outer = { class_name: 'Sequential', name: 'outer', config: [DENSE] };
    const column = noise(14, 2, 1);
    const weights = { outer: dense.dense, inner: stored('head', { kernel: column }) };
    const imported = await load(await folder.write({ model: sequential(outer, inner), weights }));
    expect(imported.graph.inputs[0]!.shape).toEqual(['batch', 3]);
    const [y] = await predict(imported, x);
    close(
      y!,
      build([4, 1], n => Math.exp(sum(2, u => at(product, n, u) * at(column, u, 0)))),
    );
  });

  it('import open lengths as symbols', async () => {
    const filters = noise(7, 3, 2, 2);
    const model = sequential(
      layer('Conv1D', 'conv', { filters: 2, kernel_size: [3], use_bias: false, batch_input_shape: [null, null, 2] }),
      layer('MaxPooling1D', 'pool', { pool_size: [2] }),
      layer('GlobalAveragePooling1D', 'mean'),
    );
    const imported = await load(await folder.write({ model, weights: { conv: stored('conv', { kernel: filters }) } }));
    expect(imported.graph.inputs[0]!.shape).toEqual(['batch', 'conv_input_axis1', 2]);
    for (const length of [6, 9]) {
      const from = noise(8, 2, length, 2);
      const conv = (n: number, l: number, f: number): number =>
        sum(3, k => sum(2, c => at(from, n, l + k, c) * at(filters, k, c, f)));
      const pooled = Math.floor((length - 2) / 2);
      const expected = build(
        [2, 2],
        (n, f) => sum(pooled, l => Math.max(conv(n, 2 * l, f), conv(n, 2 * l + 1, f))) / pooled,
      );
      close((await predict(imported, from))[0]!, expected);
    }
  });
});

describe('custom names', () => {
  it('cover classes and functions, also those registered in a package', async () => {
    const config = { units: 2, activation: 'lab>gate', batch_input_shape: [null, 3] };
    const path = await folder.write({ model: sequential(layer('lab>Wired', 'dense', config)), weights: dense });
    const [y] = await predict(await load(path, { Wired: 'Dense', gate: 'exponential' }), x);
    close(y!, { shape: product.shape, data: product.data.map(Math.exp) });
    const [words] = await predict(await load(path, { Wired: 'dense', gate: 'exponential' }), x);
    close(words!, y!);
  });
});

describe('refusals', () => {
  it('says that a file is neither HDF5 nor an archive, or a damaged archive', async () => {
    expect((await failure(folder.bytes('hello, this is text'))).problem.code).toBe('model/not-keras');
    expect((await failure(folder.bytes('PK\u0003\u0004 and so on'))).problem.code).toBe('model/damaged-archive');
    expect((await failure('/nowhere/model.h5')).problem.code).toBe('model/unreadable');
  });

  it('says that a file is damaged', async () => {
    const path = folder.bytes('');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(path, Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0]));
    expect((await failure(path)).problem.code).toBe('model/damaged-hdf5');
  });

  it.skipIf(!existsSync(WEIGHTS_ONLY))('says that a real file holds weights only', async () => {
    const { problem, message } = await failure(WEIGHTS_ONLY);
    expect(problem.code).toBe('model/weights-only');
    expect(message).toContain('not the architecture');
    expect(problem.remedy).toContain('network: net');
  });

  it.each([
    ['no model at all', {}, 'model/not-keras', ''],
    [
      'a Lambda',
      { model: sequential(DENSE, layer('Lambda', 'code')), weights: dense },
      'model/unknown-layer',
      'Python code',
    ],
    [
      'an unknown class',
      { model: sequential(DENSE, layer('Capsule', 'c')), weights: dense },
      'model/unknown-layer',
      'Capsule',
    ],
    ['a model class of its own', { model: { class_name: 'MyModel', config: {} } }, 'model/unknown-layer', 'MyModel'],
    [
      'an unknown activation',
      { model: sequential({ ...DENSE, config: { ...DENSE.config, activation: 'wiggle' } }), weights: dense },
      'model/unknown-activation',
      'wiggle',
    ],
    ['a missing layer of weights', { model: sequential(DENSE) }, 'model/weights', 'dense'],
    [
      'a missing weight',
      { model: sequential(DENSE), weights: { dense: stored('dense', { kernel }) } },
      'model/weights',
      'expected kernel [3,2], bias [2]',
    ],
    [
      'a weight of another shape',
      { model: sequential(DENSE), weights: { dense: stored('dense', { kernel: bias, bias }) } },
      'model/weights',
      '[2], expected [3,2]',
    ],
    [
      'a missing argument',
      { model: sequential(layer('Dense', 'dense', { batch_input_shape: [null, 3] })), weights: dense },
      'model/configuration',
      '"units" is nothing, expected an integer of at least 1',
    ],
    [
      'no input shape',
      { model: sequential(layer('Dense', 'dense', { units: 2 })), weights: dense },
      'model/configuration',
      'shape of the input, "batch_input_shape", is missing',
    ],
    [
      'a loop',
      {
        model: functional(
          [
            node('InputLayer', 'a', { batch_input_shape: [null, 3] }),
            node('Activation', 'r', { activation: 'relu' }, [['r', 0, 0]]),
          ],
          ['a'],
          [['r', 0, 0]],
        ),
      },
      'model/configuration',
      'needs itself',
    ],
    [
      'dropout in inference',
      {
        model: functional(
          [
            node('InputLayer', 'a', { batch_input_shape: [null, 3] }),
            { ...node('Dropout', 'd', { rate: 0.5 }), inbound_nodes: [[['a', 0, 0, { training: true }]]] },
          ],
          ['a'],
          [['d', 0, 0]],
        ),
      },
      'model/training',
      'training=True',
    ],
  ])('says that a file has %s', async (_, content, code, message) => {
    const error = await failure(await folder.write(content));
    expect(error.problem.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.problem.place).toContain('synthetic_');
    expect(error.problem.remedy).toBeDefined();
  });
});

describe('damaged configurations', () => {
  const model = sequential(
    layer('Conv1D', 'conv', {
      filters: 2,
      kernel_size: [3],
      strides: [1],
      padding: 'same',
      activation: 'relu',
      batch_input_shape: [null, 8, 4],
    }),
    layer('BatchNormalization', 'norm', { axis: [2], epsilon: 1e-3 }),
    layer('ZeroPadding1D', 'pad', { padding: [1, 1] }),
    layer('MaxPooling1D', 'pool', { pool_size: [2], strides: null }),
    layer('Reshape', 'reshape', { target_shape: [-1, 2] }),
    layer('UpSampling1D', 'up', { size: 2 }),
    layer('Flatten', 'flat'),
    layer('Dense', 'dense', { units: 1, activation: 'sigmoid' }),
  );
  const weights = {
    conv: stored('conv', { kernel: noise(9, 3, 4, 2), bias: noise(10, 2) }),
    norm: stored(
      'norm',
      Object.fromEntries(['gamma', 'beta', 'moving_mean', 'moving_variance'].map(name => [name, noise(11, 2)])),
    ),
    dense: stored('dense', { kernel: noise(12, 20, 1), bias: noise(13, 1) }),
  };

  /** Paths of every value in a JSON structure. */
  const pathsOf = (value: unknown): string[][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => [[key], ...pathsOf(inner).map(path => [key, ...path])])
      : [];

  it('give a graph or a Failure, whatever stands in place of a value', async () => {
    const wrong = [null, -1, 0, 2, 2.5, 'constructor', '', [], [1, 2], [null], {}, true];
    const replacement = fc.record({
      path: fc.constantFrom(...pathsOf(model)),
      value: fc.constantFrom<unknown>(...wrong),
    });
    const property = fc.asyncProperty(replacement, async ({ path, value }) => {
      const changed = structuredClone(model) as unknown as Record<string, unknown>;
      const holder = path.slice(0, -1).reduce((inner, key) => inner[key] as Record<string, unknown>, changed);
      holder[path.at(-1)!] = value;
      const outcome: unknown = await load(await folder.write({ model: changed, weights })).catch(
        (error: unknown) => error,
      );
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(Failure);
      else expect(outcome).toHaveProperty('graph');
    });
    await fc.assert(property, { seed: 3, numRuns: 300 });
  });
});
