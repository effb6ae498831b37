/** The tree of an HDF5 file. Read by h5wasm. */
import h5wasm from 'h5wasm/node';
import { complaint, requireReadable, type Hdf5Dataset, type Hdf5File } from './hdf5.js';
import type { Hierarchy, TreeNode } from './hierarchy.js';
import {
  damaged,
  extentsOf,
  fromHalves,
  noArray,
  otherType,
  wholeRanges,
  type PlainArray,
  type Range,
} from './plain-array.js';

/** Classes of types that are read: integers, floating-point numbers, text, enumerations (truth values are one). */
const READ = { integer: 0, float: 1, text: 3, enumeration: 8 };

export class Hdf5Tree implements Hierarchy {
  constructor(
    private readonly path: string,
    private readonly file: Hdf5File,
  ) {}

  async node(path: string): Promise<TreeNode | undefined> {
    const found = this.file.get(path);
    if (!(found instanceof h5wasm.Group || found instanceof h5wasm.Dataset)) return undefined;
    const attributes = Object.fromEntries(
      Object.entries(found.attrs).map(([name, attribute]) => [name, attribute.value]),
    );
    if (found instanceof h5wasm.Group) return { attributes };
    const { shape, chunks } = found.metadata;
    return { attributes, shape: shape ?? [], ...(chunks && { chunks }) };
  }

  async children(path: string): Promise<readonly string[]> {
    const group = this.file.get(path || '/');
    return group instanceof h5wasm.Group ? group.keys() : [];
  }

  async array(path: string, ranges: readonly Range[] = []): Promise<PlainArray> {
    const place = `${this.path}, ${path}`;
    const found = this.file.get(path);
    if (!(found instanceof h5wasm.Dataset)) throw noArray(place);
    requireReadable(found, place);
    const { shape, chunks } = found.metadata;
    const whole = wholeRanges({ shape: shape ?? [], chunks: chunks ?? undefined }, ranges, place);
    return { shape: extentsOf(whole), values: valuesOf(found, whole, place) };
  }
}

function valuesOf(dataset: Hdf5Dataset, ranges: readonly Range[], place: string): PlainArray['values'] {
  const { metadata } = dataset;
  const isHalf = metadata.type === READ.float && metadata.size === 2;
  if (metadata.shape === null || !Object.values(READ).includes(metadata.type))
    throw otherType(place, 'records, lists, references or nothing');
  // The library does not know numbers of two bytes; it gives their bits where it takes them for integers.
  if (isHalf) Object.assign(metadata, { type: READ.integer, signed: false });
  let values;
  try {
    values = dataset.slice(ranges.map(range => [...range]));
  } catch (error) {
    throw damaged(place, error);
  }
  const fault = complaint();
  if (fault !== undefined) throw damaged(place, fault);
  const isList = ArrayBuffer.isView(values) || Array.isArray(values);
  // Numbers or texts, as was just seen of the type; the library's own does not say of what the list is.
  const list = (isList ? values : [values]) as unknown as PlainArray['values'];
  return isHalf ? fromHalves(list) : list;
}
