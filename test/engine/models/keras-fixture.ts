/**
 * Synthetic Keras files, written from the format's description (keras/saving/hdf5_format.py, Keras 2.15), and arrays with the
 * plain index arithmetic that judges what is imported from them.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import h5wasm from 'h5wasm/node';
import { expect } from 'vitest';
import { interpret, toTensor } from '../../../server/src/engine/backends/reference.js';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { importKeras, type KerasOptions } from '../../../server/src/engine/models/keras.js';
import type { ImportedModel } from '../../../server/src/engine/models/onnx.js';
import { specialise } from '../../../server/src/engine/transforms/specialise.js';

/** A float64 array in row-major order. */
export interface Data {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The array whose element at each index is `element(…index)`. */
export function build(shape: readonly number[], element: (...index: number[]) => number): Data {
  const data = new Float64Array(shape.reduce((product, extent) => product * extent, 1));
  for (let i = 0; i < data.length; i++) {
    const index: number[] = [];
    let rest = i;
    for (const extent of [...shape].reverse()) {
      index.unshift(rest % extent);
      rest = Math.floor(rest / extent);
    }
    data[i] = element(...index);
  }
  return { shape, data };
}

/** The element at an index; 0 outside, as in zero padding. */
export function at({ shape, data }: Data, ...index: number[]): number {
  let linear = 0;
  for (const [axis, extent] of shape.entries()) {
    const i = index[axis]!;
    if (i < 0 || i >= extent) return 0;
    linear = linear * extent + i;
  }
  return data[linear]!;
}

/** Σ element(i) over i < n. */
export function sum(n: number, element: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += element(i);
  return total;
}

/** Numbers between −1 and 1 that float32 holds exactly; different for each seed. */
export function noise(seed: number, ...shape: number[]): Data {
  let state = seed * 7919 + 17;
  return build(shape, () => {
    state = (state * 16807) % 2147483647;
    return Math.fround((state / 2147483647) * 2 - 1);
  });
}

export interface Stored {
  /** Path within the layer's group. */
  readonly path: string;
  readonly value: Data;
  readonly type?: '<f' | '<d';
}

export interface Content {
  /** `model_config`; none in a weights-only file. */
  readonly model?: unknown;
  readonly weights?: Readonly<Record<string, readonly Stored[]>>;
  /** None where Keras 1 wrote it. */
  readonly version?: string | null;
  readonly backend?: string | null;
  /** Writes weights only, with the layers' groups at the root. */
  readonly weightsOnly?: boolean;
  /** Writes `weight_names` in parts of one, as Keras does with long lists. */
  readonly chunked?: boolean;
}

type Group = InstanceType<typeof h5wasm.Group>;

function groupAt(parent: Group, path: readonly string[]): Group {
  return path.reduce((group, name) => {
    if (!group.keys().includes(name)) group.create_group(name);
    return group.get(name) as Group;
  }, parent);
}

/** A folder for the files of one test file. */
export class Folder {
  private readonly path = mkdtempSync(join(tmpdir(), 'keras-'));
  private count = 0;

  remove(): void {
    rmSync(this.path, { recursive: true });
  }

  /** A file with these bytes. */
  bytes(content: string): string {
    const path = join(this.path, `${++this.count}.h5`);
    writeFileSync(path, content);
    return path;
  }

  /** A path in the folder that nothing has yet. */
  fresh(ending: string): string {
    return join(this.path, `synthetic_${++this.count}${ending}`);
  }

  /** A synthetic `.keras` archive, under a misleading name. */
  async archive(config: unknown, values: Readonly<Record<string, Data>>): Promise<string> {
    const weights = this.fresh('.weights.h5');
    await layeredWeights(weights, values);
    const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    const archive = zipSync({
      'metadata.json': text({ keras_version: '3.5.0', date_saved: '2024-10-01@12:00:00' }),
      'config.json': text(config),
      'model.weights.h5': new Uint8Array(readFileSync(weights)),
    });
    const path = this.fresh('.h5');
    writeFileSync(path, archive);
    return path;
  }

  /** A synthetic Keras file. */
  async write(content: Content): Promise<string> {
    await h5wasm.ready;
    const path = this.fresh('.h5');
    const file = new h5wasm.File(path, 'w');
    if (content.model !== undefined) file.create_attribute('model_config', JSON.stringify(content.model));
    const { version = '2.2.4', backend = 'tensorflow' } = content;
    if (version !== null) file.create_attribute('keras_version', version);
    // h5py writes bytes of a fixed length where Keras gives it encoded text.
    if (backend !== null) file.create_attribute('backend', backend, null, `S${backend.length}`);
    const all = Object.entries(content.weights ?? {});
    const root = content.weightsOnly === true ? file : groupAt(file, ['model_weights']);
    if (all.length > 0)
      root.create_attribute(
        'layer_names',
        all.map(([layer]) => layer),
      );
    for (const [layer, weights] of all) {
      const group = groupAt(root, layer.split('/'));
      const names = weights.map(weight => weight.path);
      if (content.chunked === true) names.forEach((name, i) => group.create_attribute(`weight_names${i}`, [name]));
      else if (names.length === 0) group.create_attribute('weight_names', new Float64Array(0), [0], '<d');
      else group.create_attribute('weight_names', names);
      for (const { path: name, value, type = '<f' } of weights) {
        const parts = name.split('/');
        groupAt(group, parts.slice(0, -1)).create_dataset({
          name: parts.at(-1)!,
          data: type === '<f' ? Float32Array.from(value.data) : value.data,
          shape: [...value.shape],
          dtype: type,
        });
      }
    }
    file.close();
    return path;
  }
}

/** The HDF5 part of the format of Keras 3: arrays by their path, `layers/dense/vars/0`. */
export async function layeredWeights(path: string, values: Readonly<Record<string, Data>>): Promise<void> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'w');
  for (const [place, { data, shape }] of Object.entries(values)) {
    const parts = place.split('/');
    groupAt(file, parts.slice(0, -1)).create_dataset({
      name: parts.at(-1)!,
      data: Float32Array.from(data),
      shape: [...shape],
      dtype: '<f',
    });
  }
  file.close();
}

/** Weights `layer/name:0` from values by name. */
export const stored = (layer: string, values: Readonly<Record<string, Data>>): Stored[] =>
  Object.entries(values).map(([name, value]) => ({ path: `${layer}/${name}:0`, value }));

export const layer = (class_name: string, name: string, config: object = {}) => ({
  class_name,
  config: { name, ...config },
});

/** A Sequential model as Keras 2.2.3 and later write it. */
export const sequential = (...layers: object[]) => ({
  class_name: 'Sequential',
  config: { name: 'sequential_1', layers },
});

/** An entry of a functional model: the inputs of each application as `[layer, call, output]`. */
export const node = (class_name: string, name: string, config: object, ...calls: [string, number, number][][]) => ({
  class_name,
  name,
  config: { name, ...config },
  inbound_nodes: calls.map(inputs => inputs.map(input => [...input, {}])),
});

export const functional = (layers: object[], inputs: string[], outputs: [string, number, number][]) => ({
  class_name: 'Model',
  config: { name: 'model_1', layers, input_layers: inputs.map(name => [name, 0, 0]), output_layers: outputs },
});

let executor: Executor | undefined;

/**
 * Predictions by the reference interpreter, checked against the native runtime and the shapes that the import promised.
 *
 * @param inputs values of the model's inputs in order
 */
export async function predict({ graph }: ImportedModel, ...inputs: Data[]): Promise<Data[]> {
  const shapes = new Map(graph.inputs.map(({ name }, i) => [name, inputs[i]!.shape]));
  const fixed = specialise(graph, shapes);
  const values = Object.fromEntries(
    graph.inputs.map(({ name }, i) => [name, { type: 'float32' as const, ...inputs[i]! }]),
  );
  const judged = interpret(fixed, values);
  executor ??= await onnxruntimeExecutor(1);
  const native = await executor.load(fixed);
  const results = await native.run(
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toTensor(value)])),
  );
  await native.release();
  return fixed.outputs.map(({ name }, i) => {
    const { shape, data } = judged.get(name)!;
    const run = results[name]!;
    expect(run.shape).toEqual(shape);
    close({ shape, data: Float64Array.from(run.data as Float32Array) }, { shape, data }, 1e-5);
    const promised = graph.outputs[i]!.shape;
    expect(promised[0]).toBe('batch');
    expect(promised.map((axis, k) => (typeof axis === 'string' ? shape[k] : axis))).toEqual(shape);
    return { shape, data };
  });
}

/** Equal up to `tolerance` of the largest expected value. */
export function close(found: Data, expected: Data, tolerance = 1e-6): void {
  expect(found.shape).toEqual(expected.shape);
  const scale = Math.max(1, ...expected.data.map(Math.abs));
  const worst = Math.max(0, ...found.data.map((value, i) => Math.abs(value - expected.data[i]!)));
  expect(worst / scale).toBeLessThan(tolerance);
}

/** Imports a file without custom layers. */
export const load = (
  path: string,
  customLayers: Record<string, string> = {},
  options: Omit<KerasOptions, 'customLayers'> = {},
): Promise<ImportedModel> => importKeras(path, { customLayers, ...options });

type Weights = Readonly<Record<string, Readonly<Record<string, Data>>>>;

/** Imports and runs models of a few layers, whose weights are given by layer and name. */
export function workshop(folder: Folder) {
  const imported = async (model: unknown, weights: Weights = {}, about: Omit<Content, 'model' | 'weights'> = {}) => {
    const content = Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, stored(name, values)]));
    return load(await folder.write({ model, weights: content, ...about }));
  };
  /** Prediction of a Sequential model of these layers. */
  const run = async (
    x: Data,
    layers: object[],
    weights: Weights = {},
    about: Omit<Content, 'model' | 'weights'> = {},
  ) => {
    const input = layer('InputLayer', 'x', { batch_input_shape: [null, ...x.shape.slice(1)] });
    const [y] = await predict(await imported(sequential(input, ...layers), weights, about), x);
    return y!;
  };
  return { imported, run };
}
