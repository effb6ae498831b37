/**
 * HDF5 files of arrays in groups with attributes, written from front to back and with the same bytes for the same arrays (the HDF5
 * library puts the time of day into each). Superblock 2, object headers 2, contiguous storage; text has a fixed length in arrays, and
 * lies in one global heap where it is an attribute.
 * https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
import type { OutputFile } from './output.js';
import { requireTree } from './read-back.js';
import { groupsOf, type Attributes, type Tree, type TreeArray } from './tree.js';

const UNDEFINED = 0xffffffffffffffffn;
const SUPERBLOCK = 48;
/** Everything begins at multiples of so many bytes. */
const ALIGNED = 8;
const MESSAGES = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  fillValue: 5,
  link: 6,
  layout: 8,
  groupInfo: 10,
  attribute: 12,
};
/** The library reads no smaller heap. */
const SMALLEST_HEAP = 4096;
/** Texts that are written at a time. */
const TEXTS_AT_ONCE = 4096;

/** Types as messages: class and version, flags, size, and where the bits lie. */
const TYPES = {
  float32: { bytes: 4, message: [0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0] },
  float64: { bytes: 8, message: [0x11, 0x20, 63, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 255, 3, 0, 0] },
  int32: { bytes: 4, message: [0x10, 8, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0] },
  int8: { bytes: 1, message: [0x10, 8, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0] },
};
/** Text of any length in UTF-8: its length, and where it lies in a heap. */
const HEAP_TEXT = [0x19, 1, 1, 0, 16, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0];

/** A truth value as h5py has it: an enumeration of signed bytes, FALSE and TRUE. */
const TRUTH = [0x38, 2, 0, 0, 1, 0, 0, 0, ...TYPES.int8.message, ...Buffer.from('FALSE\0TRUE\0'), 0, 1];

/** Where everything lies, once it is known how long it is. */
interface Places {
  readonly heap: Heap;
  readonly of: ReadonlyMap<string, number>;
  readonly data: ReadonlyMap<TreeArray, number>;
}

/** Writes a file, which is read back when it is finished. */
export async function writeHdf5(file: OutputFile, tree: Tree): Promise<void> {
  const groups = [...groupsOf(tree)];
  const heap = new Heap();
  const headers = (places: Places): (readonly [string, Buffer])[] => [
    ...groups.map(
      ([path, attributes]) => [path, groupHeader(linksOf(path, tree, places), attributes, places)] as const,
    ),
    ...tree.arrays.map(array => [array.path, arrayHeader(array, places)] as const),
  ];
  // A header is as long whatever addresses stand in it: first their places, then their bytes. Measuring fills the heap.
  let at = SUPERBLOCK;
  const take = (bytes: number): number => {
    const from = at;
    at = Math.ceil((at + bytes) / ALIGNED) * ALIGNED;
    return from;
  };
  const of = new Map<string, number>();
  for (const [path, bytes] of headers({ heap, of, data: new Map() })) of.set(path, take(bytes.length));
  heap.at = take(heap.bytes.length);
  const data = new Map(tree.arrays.map(array => [array, take(sizeInBytes(array))]));

  const put = async (place: number, bytes: Uint8Array): Promise<void> => {
    await file.write(Buffer.alloc(place - file.position));
    await file.write(bytes);
  };
  await put(0, superblock(at, of.get('')!));
  for (const [path, bytes] of headers({ heap, of, data })) await put(of.get(path)!, bytes);
  await put(heap.at, heap.bytes);
  for (const array of tree.arrays) {
    await put(data.get(array)!, Buffer.alloc(0));
    for await (const part of partsOf(array)) await file.write(part);
  }
  await put(at, Buffer.alloc(0));
  file.readBack(path => requireTree(path, tree));
}

/** Members of a group by name, and where they lie. */
function linksOf(path: string, tree: Tree, { of }: Places): (readonly [string, number])[] {
  const inside = [...groupsOf(tree).keys(), ...tree.arrays.map(array => array.path)].filter(
    member => member !== '' && parentOf(member) === path,
  );
  return inside.map(member => [member.slice(member.lastIndexOf('/') + 1), of.get(member) ?? 0]);
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Bytes of one element. */
function widthOf(array: TreeArray): number {
  if (array.type !== 'text') return TYPES[array.type].bytes;
  return array.texts.reduce((most, text) => Math.max(most, Buffer.byteLength(text)), 1);
}

function sizeInBytes(array: TreeArray): number {
  return array.shape.reduce((product, extent) => product * extent, widthOf(array));
}

async function* partsOf(array: TreeArray): AsyncIterable<Uint8Array> {
  if (array.type !== 'text') {
    yield* array.parts();
    return;
  }
  const width = widthOf(array);
  for (let from = 0; from < array.texts.length; from += TEXTS_AT_ONCE) {
    const texts = array.texts.slice(from, from + TEXTS_AT_ONCE);
    yield Buffer.concat(texts.map(text => Buffer.concat([Buffer.from(text), Buffer.alloc(width)], width)));
  }
}

/** One collection of the global heap: the texts of all attributes, each once. */
class Heap {
  at = 0;
  private readonly texts = new Map<string, number>();

  /** Length, collection and number of a text, as an attribute holds it. */
  reference(text: string): Buffer {
    if (!this.texts.has(text)) this.texts.set(text, this.texts.size + 1);
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(Buffer.byteLength(text), 0);
    bytes.writeBigUInt64LE(BigInt(this.at), 4);
    bytes.writeUInt32LE(this.texts.get(text)!, 12);
    return bytes;
  }

  get bytes(): Buffer {
    const objects = [...this.texts].map(([text, number]) => heapObject(number, Buffer.from(text)));
    const used = objects.reduce((sum, one) => sum + one.length, 16);
    // What is left over is an object of number 0, whose size counts its header.
    const size = Math.max(SMALLEST_HEAP, used + 16);
    const rest = heapObject(0, Buffer.alloc(0));
    rest.writeBigUInt64LE(BigInt(size - used), 8);
    const head = Buffer.concat([Buffer.from('GCOL'), Buffer.from([1, 0, 0, 0]), u64(size)]);
    return Buffer.concat([head, ...objects, rest], size);
  }
}

function heapObject(number: number, data: Buffer): Buffer {
  const bytes = Buffer.alloc(16 + Math.ceil(data.length / ALIGNED) * ALIGNED);
  bytes.writeUInt16LE(number, 0);
  bytes.writeUInt16LE(number === 0 ? 0 : 1, 2);
  bytes.writeBigUInt64LE(BigInt(data.length), 8);
  data.copy(bytes, 16);
  return bytes;
}

function superblock(end: number, root: number): Buffer {
  const signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
  return checked([signature, Buffer.from([2, 8, 8, 0]), u64(0), u64(UNDEFINED), u64(end), u64(root)]);
}

function groupHeader(links: readonly (readonly [string, number])[], attributes: Attributes, places: Places): Buffer {
  return objectHeader([
    [MESSAGES.linkInfo, Buffer.concat([Buffer.from([0, 0]), u64(UNDEFINED), u64(UNDEFINED)])],
    [MESSAGES.groupInfo, Buffer.from([0, 0])],
    ...links.map(([name, address]): Message => {
      const text = Buffer.from(name);
      return [MESSAGES.link, Buffer.concat([Buffer.from([1, 0x10, 1, text.length]), text, u64(address)])];
    }),
    ...attributeMessages(attributes, places),
  ]);
}

function arrayHeader(array: TreeArray, places: Places): Buffer {
  const size = sizeInBytes(array);
  // What takes no space lies nowhere.
  const place = size === 0 ? UNDEFINED : (places.data.get(array) ?? 0);
  return objectHeader([
    [MESSAGES.dataspace, dataspace(array.shape)],
    [MESSAGES.datatype, datatype(array)],
    // Space is taken early, and nothing is written into it but the data.
    [MESSAGES.fillValue, Buffer.from([3, 0x05])],
    [MESSAGES.layout, Buffer.concat([Buffer.from([3, 1]), u64(place), u64(size)])],
    ...attributeMessages(array.attributes ?? {}, places),
  ]);
}

function dataspace(shape: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from([2, shape.length, 0, Number(shape.length > 0)]), ...shape.map(u64)]);
}

function datatype(array: TreeArray): Buffer {
  if (array.type !== 'text') return Buffer.from(TYPES[array.type].message);
  const message = Buffer.from([0x13, 0x11, 0, 0, 0, 0, 0, 0]);
  message.writeUInt32LE(widthOf(array), 4);
  return message;
}

function attributeMessages(attributes: Attributes, { heap }: Places): Message[] {
  return Object.entries(attributes).map(([name, value]) => {
    const title = Buffer.from(`${name}\0`);
    const isTruth = typeof value === 'boolean';
    const type = isTruth ? TRUTH : HEAP_TEXT;
    const space = dataspace(typeof value === 'object' ? [value.length] : []);
    const head = Buffer.from([3, 0, title.length, 0, type.length, 0, space.length, 0, 1]);
    const data = isTruth ? [Buffer.from([Number(value)])] : [value].flat().map(text => heap.reference(text));
    return [MESSAGES.attribute, Buffer.concat([head, title, Buffer.from(type), space, ...data])];
  });
}

type Message = readonly [type: number, data: Buffer];

function objectHeader(messages: readonly Message[]): Buffer {
  const parts = messages.map(([type, data]) => {
    const head = Buffer.from([type, 0, 0, 0]);
    head.writeUInt16LE(data.length, 1);
    return Buffer.concat([head, data]);
  });
  const body = Buffer.concat(parts);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  // Flag 2: the size of the messages takes four bytes.
  return checked([Buffer.from('OHDR'), Buffer.from([2, 2]), size, body]);
}

function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function checked(parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(parts);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(lookup3(bytes));
  return Buffer.concat([bytes, sum]);
}

/** Bob Jenkins's lookup3, `hashlittle` from 0. http://burtleburtle.net/bob/c/lookup3.c */
export function lookup3(bytes: Uint8Array): number {
  const turn = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
  let a = (0xdeadbeef + bytes.length) | 0;
  let [b, c] = [a, a];
  const word = (at: number): number =>
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    a = (a - c) ^ turn(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ turn(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ turn(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ turn(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ turn(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ turn(b, 4);
    b = (b + a) | 0;
  }
  if (at === bytes.length) return c >>> 0;
  a = (a + word(at)) | 0;
  b = (b + word(at + 4)) | 0;
  c = (c + word(at + 8)) | 0;
  c = (c ^ b) - turn(b, 14);
  a = (a ^ c) - turn(c, 11);
  b = (b ^ a) - turn(a, 25);
  c = (c ^ b) - turn(b, 16);
  a = (a ^ c) - turn(c, 4);
  b = (b ^ a) - turn(a, 14);
  c = (c ^ b) - turn(b, 24);
  return c >>> 0;
}
