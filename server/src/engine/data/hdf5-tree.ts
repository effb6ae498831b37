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
import { readRange } from './range.js';
import { openFile } from './source.js';

/**
 * A floating-point type of 16 bits as it stands in a file (format specification IV.A.2.d): its size, offset and precision; and how half
 * precision shares the bits out: place and width of the exponent and of the fraction, and the bias.
 */
const SIXTEEN_BITS = Buffer.from([2, 0, 0, 0, 0, 0, 16, 0]);
const HALF = Buffer.from([10, 5, 0, 10, 15, 0, 0, 0]);
/** Bytes of the header of a dataset; its type stands behind its shape, in front of attributes. */
const HEADER = 4096;

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
      Object.entries(found.attrs).flatMap(([name, attribute]) => {
        const { type, size } = attribute.metadata;
        // The library has no numbers of 2 and 16 bytes, which nobody asks for beside an array.
        return type === READ.float && size !== 4 && size !== 8 ? [] : [[name, attribute.value]];
      }),
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
    const { shape, chunks, type, size } = found.metadata;
    if (type === READ.float && size === 2) await requireHalf(found, this.path, place);
    const whole = wholeRanges({ shape: shape ?? [], chunks: chunks ?? undefined }, ranges, place);
    return { shape: extentsOf(whole), values: valuesOf(found, whole, place) };
  }
}

/** The library tells of a floating-point type how large it is, and not which: bfloat16 would be read as other numbers. @throws Failure `data/type` */
async function requireHalf(dataset: Hdf5Dataset, path: string, place: string): Promise<void> {
  // A reference to an object is the address of its header.
  const address = Number(Buffer.from(dataset.create_reference().ref_data).readBigUInt64LE());
  const file = await openFile(path);
  try {
    const length = Math.min(HEADER, (await file.stat()).size - address);
    const header = await readRange(file, address, length, what => damaged(place, what));
    const at = header.indexOf(SIXTEEN_BITS) + SIXTEEN_BITS.length;
    if (at < SIXTEEN_BITS.length || !header.subarray(at, at + HALF.length).equals(HALF))
      throw otherType(place, 'floating-point numbers of 16 bits that are not half precision, such as bfloat16');
  } finally {
    await file.close();
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
