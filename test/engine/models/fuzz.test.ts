/** Damaged models of every format: described, and built for a target. `npm run fuzz` tries 10,000 of each. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { unzipSync, zipSync } from 'fflate';
import { writeOnnx } from '../../../server/src/engine/graph/onnx.js';
import { describeModel } from '../../../server/src/engine/models/describe.js';
import { ScalarModel } from '../../../server/src/engine/models/model.js';
import type { Json } from '../../../server/src/protocol.js';
import { CASES, survive } from '../data/survive.js';
import { field, message, model as onnxModel } from '../graph/model-bytes.js';
import { network } from '../methods/networks.js';
import { call, dna } from '../methods/workbench.js';
import { Folder, layer, noise, sequential, stored } from './keras-fixture.js';

const LENGTH = 12;
const folder = new Folder();
afterAll(() => folder.remove());

const convolution = { filters: 3, kernel_size: [4], padding: 'same', activation: 'relu' };
const MODEL = sequential(
  layer('Conv1D', 'conv', { ...convolution, batch_input_shape: [null, LENGTH, 4] }),
  layer('BatchNormalization', 'norm', { axis: 2 }),
  layer('Flatten', 'flat'),
  layer('Dense', 'dense', { units: 1, activation: 'sigmoid' }),
);
const CONV = { kernel: noise(1, 4, 4, 3), bias: noise(2, 3) };
const NORM = { gamma: noise(3, 3), beta: noise(4, 3), moving_mean: noise(5, 3), moving_variance: noise(6, 3) };
const DENSE = { kernel: noise(7, 3 * LENGTH, 1), bias: noise(8, 1) };
const WEIGHTS = { conv: stored('conv', CONV), norm: stored('norm', NORM), dense: stored('dense', DENSE) };
const declared = call('network', 'layers', {
  layers: [
    call('layer', 'conv1d', { filters: 3, kernel: 4 }),
    call('layer', 'relu'),
    call('layer', 'batch_norm'),
    call('layer', 'flatten'),
    call('layer', 'dense', { units: 1 }),
  ],
});

const bytesOf = async (path: Promise<string>): Promise<Buffer> => readFileSync(await path);
const floats = (data: Float64Array): Buffer => Buffer.from(Float32Array.from(data).buffer);

/** Arrays of a layer as Keras 3 numbers them. */
const numbered = (name: string, values: Readonly<Record<string, ReturnType<typeof noise>>>) =>
  Object.fromEntries(Object.values(values).map((value, i) => [`layers/${name}/vars/${i}`, value]));

const archive = (): Promise<Buffer> =>
  bytesOf(
    folder.archive(MODEL, {
      ...numbered('conv1d', CONV),
      ...numbered('batch_normalization', NORM),
      ...numbered('dense', DENSE),
    }),
  );
/** The members of that. */
let archived: Readonly<Record<string, Uint8Array>> = {};

function tfjs(): Readonly<Record<string, Buffer>> {
  const all = Object.entries({ conv: CONV, norm: NORM, dense: DENSE }).flatMap(([name, values]) =>
    Object.entries(values).map(([weight, value]) => ({ name: `${name}/${weight}`, value })),
  );
  const weights = all.map(({ name, value }) => ({ name, shape: value.shape, dtype: 'float32' }));
  const model = {
    modelTopology: { ...MODEL, keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' },
    format: 'layers-model',
    weightsManifest: [{ paths: ['w.bin'], weights }],
  };
  return {
    'model.json': Buffer.from(JSON.stringify(model)),
    'w.bin': Buffer.concat(all.map(({ value }) => floats(value.data))),
  };
}

/** Weights in two shards, the second in 8 bits. */
function shards(): Readonly<Record<string, Buffer>> {
  const { 'model.json': model, 'w.bin': whole } = tfjs();
  const quantized = floats(DENSE.kernel.data).length;
  const text = model!
    .toString()
    .replace('"paths":["w.bin"]', '"paths":["a.bin","b.bin"]')
    .replace(/("name":"dense\/kernel"[^}]*)\}/, '$1,"quantization":{"dtype":"uint8","scale":0.01,"min":-1}}');
  const bias = whole!.subarray(whole!.length - floats(DENSE.bias.data).length);
  const front = whole!.subarray(0, whole!.length - bias.length - quantized);
  const cut = Math.floor(front.length / 2);
  return {
    'model.json': Buffer.from(text),
    'a.bin': front.subarray(0, cut),
    'b.bin': Buffer.concat([front.subarray(cut), Buffer.alloc(quantized / 4, 100), bias]),
  };
}

/** A product with weights in a file beside the model, summed up. */
function external(): Readonly<Record<string, Buffer>> {
  const entry = (key: string, text: string): Uint8Array => field(13, message(field(1, key), field(2, text)));
  const axis = (extent: number | string): Uint8Array => field(1, field(typeof extent === 'number' ? 1 : 2, extent));
  const value = (name: string, ...shape: (number | string)[]): Uint8Array => {
    const type = message(field(1, 1), field(2, message(...shape.map(axis))));
    return message(field(1, name), field(2, field(1, type)));
  };
  const node = (operator: string, output: string, ...inputs: string[]): Uint8Array =>
    message(...inputs.map(name => field(1, name)), field(2, output), field(3, `the_${output}`), field(4, operator));
  const weights = [field(1, LENGTH), field(1, 4), field(2, 1), field(8, 'w')];
  const bytes = onnxModel(
    field(1, node('Mul', 'product', 'x', 'w')),
    field(1, node('Flatten', 'flat', 'product')),
    field(1, node('Sigmoid', 'y', 'flat')),
    field(2, 'g'),
    field(5, message(...weights, entry('location', 'w.bin'), entry('offset', '4'), field(14, 1))),
    field(11, value('x', 'batch', LENGTH, 4)),
    field(12, value('y', 'batch', 4 * LENGTH)),
  );
  return { 'm.onnx': Buffer.from(bytes), 'w.bin': floats(noise(9, 1, 4 * LENGTH + 1).data) };
}

interface Case {
  readonly name: string;
  readonly format: 'onnx' | 'keras' | 'tfjs';
  /** The first is the model. */
  readonly files: () => Promise<Readonly<Record<string, Buffer>>> | Readonly<Record<string, Buffer>>;
  /** How a file is packed once it is damaged. */
  readonly pack?: (path: string, bytes: Buffer) => Buffer;
  readonly length?: number;
  readonly target?: ReturnType<typeof call>;
  readonly given?: (hash: (name: string) => string) => Readonly<Record<string, Json>>;
}

const CONVERTED = ['arithmetic.trace17.onnx', 'indexed.dynamo18.onnx'];
const FORMATS: readonly Case[] = [
  {
    name: 'ONNX',
    format: 'onnx',
    files: () => ({ 'm.onnx': Buffer.from(writeOnnx(network({ length: LENGTH, ending: 'Sigmoid' }))) }),
  },
  ...CONVERTED.map(file => ({
    name: `ONNX of PyTorch, ${file}`,
    format: 'onnx' as const,
    files: () => ({ 'm.onnx': readFileSync(join(import.meta.dirname, 'pytorch', file)) }),
  })),
  {
    name: 'ONNX, weights beside it',
    format: 'onnx',
    files: external,
    target: call('target', 'class', { class: 0 }),
  },
  {
    name: 'Keras, HDF5',
    format: 'keras',
    files: async () => ({ 'm.h5': await bytesOf(folder.write({ model: MODEL, weights: WEIGHTS })) }),
  },
  {
    name: 'Keras, an archive',
    format: 'keras',
    files: async () => ({ 'm.keras': await archive() }),
  },
  {
    name: 'Keras, weights with an architecture',
    format: 'keras',
    files: async () => ({
      'm.h5': await bytesOf(folder.write({ weights: WEIGHTS, weightsOnly: true })),
      'm.json': Buffer.from(JSON.stringify(MODEL)),
    }),
    given: hash => ({ architecture: hash('m.json') }),
  },
  {
    name: 'Keras, weights of a declared network',
    format: 'keras',
    files: async () => ({ 'm.h5': await bytesOf(folder.write({ weights: WEIGHTS, weightsOnly: true })) }),
    // Without padding.
    given: () => ({ network: declared }),
    length: LENGTH + 3,
  },
  { name: 'TensorFlow.js', format: 'tfjs', files: tfjs },
  { name: 'TensorFlow.js, shards', format: 'tfjs', files: shards },
  {
    name: 'Keras, the configuration of an archive',
    format: 'keras',
    files: async () => {
      archived = unzipSync(await archive());
      return { 'm.keras': Buffer.from(archived['config.json']!) };
    },
    pack: (_, config) => Buffer.from(zipSync({ ...archived, 'config.json': config }, { level: 0 })),
  },
];

describe(`damaged models (${CASES} of each)`, () => {
  it.each(FORMATS.map(one => [one.name, one] as const))(
    '%s',
    async (name, { format, files, pack, given, length = LENGTH, target = call('target', 'output') }) => {
      const made = await files();
      const hashOf = (file: string): string => Buffer.from(file).toString('hex').padEnd(64, '0');
      const parameters = { path: hashOf(Object.keys(made)[0]!), input: dna(length), ...given?.(hashOf) };
      const model = call('format', format, parameters);
      await survive({
        name,
        files: made,
        ...(pack && { pack }),
        read: at => {
          const paths = Object.fromEntries(Object.keys(made).map(file => [hashOf(file), join(at, file)]));
          const built = async (): Promise<unknown> => {
            const { builder, f } = (await ScalarModel.load({ target, model }, paths)).build(2);
            return builder.shape(f);
          };
          return [() => describeModel(model, paths), built];
        },
      });
    },
  );
});
