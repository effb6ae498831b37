/** TensorFlow.js layers models, synthetic after tfjs-core/src/io/types.ts, against the same model as a Keras file. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../server/src/engine/failure.js';
import { importTfjs } from '../../../server/src/engine/models/tfjs/tfjs.js';
import { build, close, Folder, layer, load, noise, predict, sequential, stored, type Data } from './keras-fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'tfjs-'));
const files = new Folder();
afterAll(() => {
  rmSync(folder, { recursive: true });
  files.remove();
});

const MODEL = sequential(
  layer('Conv1D', 'conv1d_Conv1D1', {
    filters: 3,
    kernel_size: [4],
    padding: 'same',
    activation: 'relu',
    batch_input_shape: [null, 9, 4],
  }),
  layer('Flatten', 'flatten_Flatten1'),
  layer('Dense', 'dense_Dense1', { units: 2, activation: 'linear' }),
);
const kernel = noise(1, 4, 4, 3);
const bias = noise(2, 3);
const dense = noise(3, 27, 2);
const offset = noise(4, 2);
const x = noise(5, 2, 9, 4);

const expected = async (last: Data): Promise<Data> => {
  const weights = {
    conv1d_Conv1D1: stored('conv1d_Conv1D1', { kernel, bias }),
    dense_Dense1: stored('dense_Dense1', { kernel: last, bias: offset }),
  };
  const [y] = await predict(await load(await files.write({ model: MODEL, weights })), x);
  return y!;
};

const floats = ({ data }: Data): Buffer => Buffer.from(Float32Array.from(data).buffer);
const entry = (name: string, { shape }: Data, extra: object = {}) => ({ name, shape, dtype: 'float32', ...extra });

let count = 0;
function write(model: object, shards: Readonly<Record<string, Uint8Array>>): string {
  const home = join(folder, `model_${++count}`);
  mkdirSync(join(home, 'deep'), { recursive: true });
  for (const [name, bytes] of Object.entries(shards)) writeFileSync(join(home, name), bytes);
  writeFileSync(join(home, 'model.json'), JSON.stringify(model));
  return join(home, 'model.json');
}

const WEIGHTS = [
  entry('conv1d_Conv1D1/kernel', kernel),
  entry('conv1d_Conv1D1/bias', bias),
  entry('dense_Dense1/kernel', dense),
  entry('dense_Dense1/bias', offset),
];
const BYTES = Buffer.concat([kernel, bias, dense, offset].map(floats));
const manifest = (paths: readonly string[], weights: readonly object[] = WEIGHTS) => ({
  modelTopology: { ...MODEL, keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' },
  format: 'layers-model',
  generatedBy: 'TensorFlow.js tfjs-layers v4.22.0',
  weightsManifest: [{ paths, weights }],
});
const open = (path: string) => importTfjs(path, { customLayers: {} });

describe('a layers model', () => {
  it('is read from files that cut weights in two, also in folders below', async () => {
    const paths = ['group1-shard1of2.bin', 'deep/group1-shard2of2.bin'];
    const path = write(manifest(paths), { [paths[0]!]: BYTES.subarray(0, 101), [paths[1]!]: BYTES.subarray(101) });
    const model = await open(path);
    expect(model).toMatchObject({
      format: 'TensorFlow.js layers model',
      producer: 'TensorFlow.js tfjs-layers v4.22.0',
    });
    close((await predict(model, x))[0]!, await expected(dense));
  });

  it('may be one that the converter wraps', async () => {
    const wrapped = { keras_version: '2.15.0', backend: 'tensorflow', model_config: MODEL };
    const path = write({ ...manifest(['w.bin']), modelTopology: wrapped }, { 'w.bin': BYTES });
    close((await predict(await open(path), x))[0]!, await expected(dense));
  });

  it.each([
    ['uint8', 2 / 255, -1],
    ['uint16', 2 / 65535, -1],
  ])('may hold weights as %s', async (dtype, scale, min) => {
    const steps = Array.from(dense.data, value => Math.round((value - min) / scale));
    const packed = dtype === 'uint8' ? Buffer.from(steps) : Buffer.from(Uint16Array.from(steps).buffer);
    const quantized = entry('dense_Dense1/kernel', dense, { quantization: { dtype, scale, min } });
    const path = write(manifest(['w.bin'], [WEIGHTS[0]!, WEIGHTS[1]!, quantized, WEIGHTS[3]!]), {
      'w.bin': Buffer.concat([floats(kernel), floats(bias), packed, floats(offset)]),
    });
    const widened = { shape: dense.shape, data: Float64Array.from(steps, q => Math.fround(q * scale + min)) };
    close((await predict(await open(path), x))[0]!, await expected(widened));
  });

  it('may hold weights in half precision', async () => {
    // Halves and quarters, which 16 bits hold exactly.
    const coarse = build([27, 2], (i, u) => ((i + u) % 5) / 4 - 0.5);
    const half: Readonly<Record<string, number>> = {
      '-0.5': 0xb800,
      '-0.25': 0xb400,
      '0': 0,
      '0.25': 0x3400,
      '0.5': 0x3800,
    };
    const packed = Buffer.from(Uint16Array.from(coarse.data, value => half[String(value)]!).buffer);
    const quantized = entry('dense_Dense1/kernel', dense, { quantization: { dtype: 'float16' } });
    const path = write(manifest(['w.bin'], [WEIGHTS[0]!, WEIGHTS[1]!, quantized, WEIGHTS[3]!]), {
      'w.bin': Buffer.concat([floats(kernel), floats(bias), packed, floats(offset)]),
    });
    close((await predict(await open(path), x))[0]!, await expected(coarse));
  });
});

describe('refusals', () => {
  const outside = join(folder, 'outside.bin');
  writeFileSync(outside, BYTES);

  it.each([
    ['a graph model', { ...manifest(['w.bin']), format: 'graph-model' }, 'model/tfjs-graph', 'layers model'],
    ['no topology', { weightsManifest: [] }, 'model/not-tfjs', 'modelTopology'],
    ['no manifest', { modelTopology: MODEL }, 'model/manifest', 'weightsManifest'],
    ['files that are too short', manifest(['short.bin']), 'model/manifest', 'end at byte 100'],
    ['files that are too long', manifest(['w.bin'], WEIGHTS.slice(0, 3)), 'model/manifest', 'expected'],
    ['a missing file', manifest(['no.bin']), 'model/unreadable', 'cannot read'],
    ['a path that leads out of the folder', manifest(['../outside.bin']), 'model/external-data', 'outside'],
    ['an absolute path', manifest([outside]), 'model/external-data', 'outside'],
    ['a link that leads out of the folder', manifest(['link.bin']), 'model/external-data', 'outside'],
    [
      'values of another type',
      manifest(['w.bin'], [{ ...WEIGHTS[0]!, dtype: 'string' }]),
      'model/manifest',
      'of type "string"',
    ],
    [
      'a weight without a shape',
      manifest(['w.bin'], [{ name: 'a/b', dtype: 'float32' }]),
      'model/manifest',
      'no shape',
    ],
    [
      'a layer without weights',
      manifest(
        ['w.bin'],
        WEIGHTS.map((w, i) => (i < 2 ? { ...w, name: `x/${i}` } : w)),
      ),
      'model/weights',
      'none',
    ],
  ])('%s', async (_, model, code, message) => {
    const path = write(model, { 'w.bin': BYTES, 'short.bin': BYTES.subarray(0, 100) });
    symlinkSync(outside, join(path, '..', 'link.bin'));
    const error: unknown = await open(path).catch((reason: unknown) => reason);
    if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
    expect(error.problem.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.problem.remedy).toBeDefined();
  });
});
