/** Named tensors that lie in a file, as views of runs of bytes: nothing of them is read before it is known to be wanted. */
import { Failure } from '../../failure.js';
import { sizeOf, type Tensor } from '../../graph/graph.js';
import { ELEMENTS, type ElementName } from './elements.js';

/** A run of bytes in a file, which several tensors may share. */
export interface Storage {
  readonly bytes: number;
  readonly little: boolean;
  /** Bytes `from` … `to − 1`. @throws Failure */
  readonly read: (from: number, to: number) => Promise<Buffer>;
}

export interface StoredTensor {
  readonly name: string;
  readonly element: ElementName;
  readonly shape: readonly number[];
  /** First element, and elements from one to the next along each axis. */
  readonly offset: number;
  readonly strides: readonly number[];
  readonly storage: Storage;
}

/** Tensors of a file that is open. */
export interface TensorFile {
  /** Base name, for messages. */
  readonly name: string;
  readonly format: string;
  /** Whether the tensors stand in the order in which the network's code names them. */
  readonly ordered: boolean;
  readonly tensors: readonly StoredTensor[];
}

/** Elements from the first to the last that a tensor takes of its storage: [from, to). */
function extentOf({ shape, offset, strides }: StoredTensor): readonly [from: number, to: number] {
  if (sizeOf(shape) === 0) return [offset, offset];
  return [offset, shape.reduce((last, extent, axis) => last + (extent - 1) * strides[axis]!, offset) + 1];
}

/** Whether a tensor lies within its storage. */
export function liesInside(tensor: StoredTensor): boolean {
  const { shape, offset, strides, storage } = tensor;
  const counts = [offset, ...shape, ...strides];
  return (
    strides.length === shape.length &&
    counts.every(count => Number.isSafeInteger(count) && count >= 0) &&
    extentOf(tensor)[1] * ELEMENTS[tensor.element].bytes <= storage.bytes
  );
}

/**
 * The values, in float32. Every storage is read once, from the first byte that is wanted to the last.
 *
 * @throws Failure `model/weights` for a tensor that is larger than what the file holds of it
 */
export async function readTensors(wanted: readonly StoredTensor[], place: string): Promise<Map<string, Tensor>> {
  const sharing = new Map<Storage, StoredTensor[]>();
  for (const tensor of wanted) sharing.set(tensor.storage, [...(sharing.get(tensor.storage) ?? []), tensor]);
  const values = new Map<string, Tensor>();
  for (const [storage, tensors] of sharing) {
    const ranges = tensors.map(tensor => extentOf(tensor).map(at => at * ELEMENTS[tensor.element].bytes));
    const from = Math.min(...ranges.map(([first]) => first!));
    const bytes = await storage.read(from, Math.max(...ranges.map(([, last]) => last!)));
    for (const tensor of tensors)
      values.set(tensor.name, { type: 'float32', shape: tensor.shape, data: valuesOf(tensor, bytes, from, place) });
  }
  return values;
}

function valuesOf(tensor: StoredTensor, bytes: Buffer, first: number, place: string): Float32Array {
  const { shape, offset, strides, element, storage } = tensor;
  const { bytes: width, at } = ELEMENTS[element];
  const count = sizeOf(shape);
  // An expanded tensor repeats the elements that it has.
  if (count * width > bytes.length)
    throw new Failure(
      'model/weights',
      `the tensor ${tensor.name} repeats its elements: it is [${shape.join(', ')}] of ${bytes.length} bytes`,
      {
        place,
        remedy: 'Store it whole: tensor.contiguous().',
      },
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float32Array(count);
  const [inner, step] = [shape.at(-1) ?? 1, (strides.at(-1) ?? 1) * width];
  const outer = shape.slice(0, -1);
  const index = new Array<number>(outer.length).fill(0);
  let from = offset * width - first;
  for (let to = 0; to < count;) {
    for (let k = 0, place = from; k < inner; k++, place += step) values[to++] = at(view, place, storage.little);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      from += strides[axis]! * width;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * width * shape[axis]!;
      index[axis] = 0;
    }
  }
  return values;
}
