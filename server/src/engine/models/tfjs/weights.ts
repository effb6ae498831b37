/**
 * The weights of a TensorFlow.js model: a manifest in `model.json` names groups of binary files, each group one run of bytes that
 * is cut into weights in order. Source: tfjs-core/src/io/types.ts and io_utils.ts (`WeightsManifestConfig`, `decodeWeights`)
 * of TensorFlow.js 4.22; quantisation from tfjs-converter/python/tensorflowjs/quantization.py.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unreadable } from '../../data/source.js';
import { Failure } from '../../failure.js';
import { halfPrecision } from '../../graph/onnx.js';
import { sizeOf, type Tensor } from '../../graph/graph.js';
import { isRecord } from '../keras/architecture.js';
import type { WeightStore } from '../keras/weights.js';
import { inside } from '../onnx/external-data.js';

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  /** How a value is stored, and how many bytes it takes. */
  readonly stored: string;
  readonly bytes: number;
  /** Of quantised values: w = scale · q + min. */
  readonly scale: number;
  readonly min: number;
}

/** Reads one value at a byte. */
const READERS: Readonly<
  Record<string, { readonly bytes: number; readonly at: (view: DataView, at: number) => number }>
> = {
  float32: { bytes: 4, at: (view, at) => view.getFloat32(at, true) },
  float16: { bytes: 2, at: (view, at) => halfPrecision(view.getUint16(at, true)) },
  int32: { bytes: 4, at: (view, at) => view.getInt32(at, true) },
  uint8: { bytes: 1, at: (view, at) => view.getUint8(at) },
  uint16: { bytes: 2, at: (view, at) => view.getUint16(at, true) },
  bool: { bytes: 1, at: (view, at) => view.getUint8(at) },
};

/**
 * All weights, by name.
 *
 * @param model path of `model.json`; the files lie in its folder or below
 * @throws Failure `model/manifest`, `model/external-data`, `model/unreadable`
 */
export async function readWeights(
  manifest: unknown,
  model: string,
  place: string,
): Promise<ReadonlyMap<string, Tensor>> {
  const fail = (message: string): never => {
    throw new Failure('model/manifest', message, {
      place,
      remedy: 'Convert or save the model again, and copy its folder whole.',
    });
  };
  const weights = new Map<string, Tensor>();
  for (const group of Array.isArray(manifest)
    ? (manifest as unknown[])
    : fail('the file has no list weightsManifest')) {
    const { paths, weights: listed } = isRecord(group) ? group : {};
    if (!isTexts(paths) || !Array.isArray(listed)) return fail('a group of weights has no paths or no list of weights');
    const parts: Uint8Array[] = [];
    for (const path of paths) {
      const file = inside(dirname(model), path, place);
      parts.push(
        await readFile(file).catch((error: unknown) => {
          throw unreadable(file, error, 'model');
        }),
      );
    }
    const bytes = Buffer.concat(parts);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let offset = 0;
    for (const value of listed as unknown[]) {
      const entry = entryOf(value, fail);
      const count = sizeOf(entry.shape);
      if (offset + count * entry.bytes > bytes.length)
        fail(`the files ${paths.join(', ')} end at byte ${bytes.length}, within the weight ${entry.name}`);
      const { at } = READERS[entry.stored]!;
      const data = Float32Array.from(
        { length: count },
        (_, i) => at(view, offset + i * entry.bytes) * entry.scale + entry.min,
      );
      weights.set(entry.name, { type: 'float32', shape: entry.shape, data });
      offset += count * entry.bytes;
    }
    if (offset !== bytes.length) fail(`the files ${paths.join(', ')} have ${bytes.length} bytes, expected ${offset}`);
  }
  return weights;
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(item => typeof item === 'string');

function entryOf(value: unknown, fail: (message: string) => never): Entry {
  const { name, shape, dtype, quantization } = isRecord(value) ? value : {};
  const isShape = Array.isArray(shape) && shape.every(extent => Number.isInteger(extent) && Number(extent) >= 0);
  if (typeof name !== 'string' || !isShape) return fail('a weight has no name or no shape');
  const { dtype: stored = dtype, scale = 1, min = 0 } = isRecord(quantization) ? quantization : {};
  const reader = typeof stored === 'string' && Object.hasOwn(READERS, stored) ? READERS[stored] : undefined;
  if (reader === undefined || typeof scale !== 'number' || typeof min !== 'number')
    return fail(`the weight ${name} is of type ${JSON.stringify(stored)}, expected ${Object.keys(READERS).join(', ')}`);
  return { name, shape: shape as number[], stored: String(stored), bytes: reader.bytes, scale, min };
}

/** Weights are known by the name of their layer in front of theirs: `dense_1/kernel`, `lstm_1/lstm_cell/bias`. */
export function namedWeights(weights: ReadonlyMap<string, Tensor>): Pick<WeightStore, 'of'> {
  return {
    of: place => {
      const { name } = place.at(-1)!.layer;
      const own = [...weights].filter(([path]) => path.split('/').slice(0, -1).includes(name));
      return own.map(([path, tensor]) => ({ path, tensor }));
    },
  };
}
