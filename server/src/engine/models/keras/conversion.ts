/**
 * Stored weights in the form of Keras 2 with the TensorFlow backend: what Keras 1 stores otherwise is rearranged, and the
 * kernels of Theano, which convolves where all others correlate, are reversed along their positions.
 * Source: `preprocess_weights_for_loading` and `_need_convert_kernel`, keras/engine/saving.py of Keras 2.3; the cuDNN forms
 * from `_convert_rnn_weights` there.
 */
import { sizeOf, type Tensor } from '../../graph/graph.js';
import { Failure } from '../../failure.js';
import type { Origin } from './origin.js';
import type { StoredWeight } from './weights.js';

/** What decides how a layer's weights are stored. */
export interface StoredLayer {
  /** Keras 2's name of the class. */
  readonly className: string;
  readonly channelsFirst: boolean;
  readonly origin: Origin;
  /** For messages. */
  readonly place: string;
}

/** Classes whose kernels Keras converts between backends. */
const CONVERTED = new Set(['Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose']);

/** @throws Failure `model/keras-backend` where a file of Keras 1 does not say which backend its kernels are for */
export function converted(layer: StoredLayer, stored: readonly StoredWeight[]): readonly StoredWeight[] {
  const { className, origin } = layer;
  const [first, ...rest] = origin.keras === 1 ? fromKeras1(layer, stored) : stored;
  if (first === undefined) return [];
  if (className.startsWith('CuDNN')) return fromCuDnn(className, [first, ...rest]);
  if (!CONVERTED.has(className)) return [first, ...rest];
  if (origin.backend === undefined && origin.keras === 1)
    throw new Failure(
      'model/keras-backend',
      'Keras 1 does not write down its backend, and kernels that Theano has trained are reversed',
      { place: layer.place, remedy: 'Say which one it was: backend: theano, or backend: tensorflow.' },
    );
  return origin.backend === 'theano' ? [{ ...first, tensor: reversed(first.tensor) }, ...rest] : [first, ...rest];
}

/** A float32 tensor with its axes in another order: axis `i` of the result is axis `permutation[i]`. */
export function permuted(tensor: Tensor, permutation: readonly number[]): Tensor {
  const shape = permutation.map(axis => tensor.shape[axis]!);
  const strides = permutation.map(axis => sizeOf(tensor.shape.slice(axis + 1)));
  const data = new Float32Array(tensor.data.length);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    data[to] = Number(tensor.data[from]);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { type: 'float32', shape, data };
}

/** A kernel [...positions, a, b] read backwards along all of its positions. */
function reversed({ shape, data }: Tensor): Tensor {
  const block = sizeOf(shape.slice(-2));
  const count = data.length / block;
  const result = new Float32Array(data.length);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < block; k++) result[i * block + k] = Number(data[(count - 1 - i) * block + k]);
  return { type: 'float32', shape, data: result };
}

/** Tensors of equal shapes but for the last axis, side by side along it. */
function sideBySide(path: string, parts: readonly StoredWeight[]): StoredWeight {
  const widths = parts.map(({ tensor }) => tensor.shape.at(-1)!);
  const width = widths.reduce((sum, w) => sum + w, 0);
  const [{ tensor: first }] = parts as [StoredWeight];
  const rows = first.data.length / widths[0]!;
  const data = new Float32Array(rows * width);
  let offset = 0;
  parts.forEach(({ tensor }, part) => {
    for (let row = 0; row < rows; row++)
      for (let k = 0; k < widths[part]!; k++)
        data[row * width + offset + k] = Number(tensor.data[row * widths[part]! + k]);
    offset += widths[part]!;
  });
  return { path, tensor: { type: 'float32', shape: [...first.shape.slice(0, -1), width], data } };
}

/** Which of Keras 1's arrays, gate by gate, make up Keras 2's kernel; the recurrent kernel and bias follow at +1 and +2. */
const GATES: Readonly<Record<string, readonly number[]>> = { LSTM: [0, 6, 3, 9], GRU: [0, 3, 6] };

function fromKeras1(
  { className, channelsFirst }: StoredLayer,
  stored: readonly StoredWeight[],
): readonly StoredWeight[] {
  const gates = GATES[className];
  if (gates !== undefined && stored.length === 3 * gates.length)
    return ['kernel', 'recurrent_kernel', 'bias'].map((path, i) =>
      sideBySide(
        path,
        gates.map(gate => stored[gate + i]!),
      ),
    );
  const [kernel, ...rest] = stored;
  if (kernel === undefined) return stored;
  const rearranged = (permutation: readonly number[]): StoredWeight[] => [
    { ...kernel, tensor: permuted(kernel.tensor, permutation) },
    ...rest,
  ];
  const { shape } = kernel.tensor;
  if (className === 'Conv1D' && shape.length === 4) {
    // [length, 1, inputs, filters] since Keras 1.2, [filters, inputs, length, 1] before.
    const tensor = shape[1] === 1 ? kernel.tensor : permuted(kernel.tensor, [2, 3, 1, 0]);
    return [{ ...kernel, tensor: { ...tensor, shape: [tensor.shape[0]!, ...tensor.shape.slice(2)] } }, ...rest];
  }
  if (className === 'Conv2D' && channelsFirst) return rearranged([2, 3, 1, 0]);
  if (className === 'Conv2DTranspose') return rearranged(channelsFirst ? [2, 3, 0, 1] : [0, 1, 3, 2]);
  return stored;
}

/** cuDNN keeps each gate's kernel in column-major order and transposed recurrent kernels, and two biases per gate. */
function fromCuDnn(className: string, stored: readonly StoredWeight[]): readonly StoredWeight[] {
  const [kernel, recurrent, bias] = stored;
  if (kernel === undefined || recurrent === undefined || bias === undefined) return stored;
  const units = recurrent.tensor.shape[0]!;
  const inputs = kernel.tensor.shape[0]!;
  const gates = recurrent.tensor.shape[1]! / units;
  const rearranged = (
    { path, tensor }: StoredWeight,
    source: (row: number, column: number, gate: number) => number,
  ): StoredWeight => {
    const [rows, width] = tensor.shape as [number, number];
    const data = new Float32Array(tensor.data.length);
    for (let row = 0; row < rows; row++)
      for (let at = 0; at < width; at++)
        data[row * width + at] = Number(tensor.data[source(row, at % units, Math.floor(at / units))]);
    return { path, tensor: { ...tensor, data } };
  };
  const width = gates * units;
  const column = (row: number, at: number, gate: number): number => {
    const place = row + at * inputs;
    return Math.floor(place / units) * width + gate * units + (place % units);
  };
  const transposed = (row: number, at: number, gate: number): number => at * width + gate * units + row;
  const values = Float32Array.from(bias.tensor.data, Number);
  const merged: Tensor =
    className === 'CuDNNLSTM'
      ? { type: 'float32', shape: [width], data: values.slice(0, width).map((value, i) => value + values[width + i]!) }
      : { type: 'float32', shape: [2, width], data: values };
  return [rearranged(kernel, column), rearranged(recurrent, transposed), { ...bias, tensor: merged }];
}
