/**
 * HDF5 files of plain arrays in groups, written from front to back and with the same bytes for the same arrays (the HDF5 library
 * puts the time of day into each). Superblock 2, object headers 2, contiguous storage.
 * https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
import type { OutputFile } from './output.js';

export interface Hdf5Array {
  /** `group/name`; every array lies in one group. */
  readonly path: string;
  readonly type: 'float32' | 'int8';
  readonly shape: readonly number[];
  /** The elements in C order, little-endian. */
  readonly parts: () => AsyncIterable<Uint8Array>;
}

const UNDEFINED = 0xffffffffffffffffn;
const SUPERBLOCK = 48;
/** Data begin at multiples of so many bytes. */
const ALIGNED = 8;
const MESSAGES = { dataspace: 1, linkInfo: 2, datatype: 3, fillValue: 5, link: 6, layout: 8, groupInfo: 10 };

/** Types as messages: class and version, flags, size, and where the bits lie. */
const TYPES = {
  float32: { bytes: 4, message: [0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0] },
  int8: { bytes: 1, message: [0x10, 8, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0] },
};

export async function writeHdf5(file: OutputFile, arrays: readonly Hdf5Array[]): Promise<void> {
  const groups = new Map<string, Hdf5Array[]>();
  for (const array of arrays) {
    const [group = ''] = array.path.split('/');
    groups.set(group, [...(groups.get(group) ?? []), array]);
  }
  const nameOf = ({ path }: Hdf5Array): string => path.slice(path.indexOf('/') + 1);
  // A header is as long whatever addresses stand in it: first their places, then their bytes.
  let at = SUPERBLOCK;
  const take = (bytes: number): number => {
    const from = at;
    at = Math.ceil((at + bytes) / ALIGNED) * ALIGNED;
    return from;
  };
  const root = take(groupHeader([...groups.keys()].map(name => [name, 0])).length);
  const groupAt = new Map(
    [...groups].map(([name, members]) => [name, take(groupHeader(members.map(one => [nameOf(one), 0])).length)]),
  );
  const headerAt = new Map(arrays.map(array => [array, take(arrayHeader(array, 0).length)]));
  const dataAt = new Map(arrays.map(array => [array, take(sizeInBytes(array))]));

  const put = async (place: number, bytes: Uint8Array): Promise<void> => {
    await file.write(Buffer.alloc(place - file.position));
    await file.write(bytes);
  };
  await put(0, superblock(at, root));
  await put(root, groupHeader([...groupAt]));
  for (const [name, members] of groups)
    await put(groupAt.get(name)!, groupHeader(members.map(one => [nameOf(one), headerAt.get(one)!])));
  for (const array of arrays) await put(headerAt.get(array)!, arrayHeader(array, dataAt.get(array)!));
  for (const array of arrays) {
    await put(dataAt.get(array)!, Buffer.alloc(0));
    for await (const part of array.parts()) await file.write(part);
  }
  await put(at, Buffer.alloc(0));
}

function sizeInBytes({ type, shape }: Hdf5Array): number {
  return shape.reduce((product, extent) => product * extent, TYPES[type].bytes);
}

function superblock(end: number, root: number): Buffer {
  const signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
  return checked([signature, Buffer.from([2, 8, 8, 0]), u64(0), u64(UNDEFINED), u64(end), u64(root)]);
}

function groupHeader(links: readonly (readonly [name: string, address: number])[]): Buffer {
  return objectHeader([
    [MESSAGES.linkInfo, Buffer.concat([Buffer.from([0, 0]), u64(UNDEFINED), u64(UNDEFINED)])],
    [MESSAGES.groupInfo, Buffer.from([0, 0])],
    ...links.map(([name, address]): Message => {
      const text = Buffer.from(name);
      return [MESSAGES.link, Buffer.concat([Buffer.from([1, 0, text.length]), text, u64(address)])];
    }),
  ]);
}

function arrayHeader(array: Hdf5Array, data: number): Buffer {
  const { type, shape } = array;
  return objectHeader([
    [MESSAGES.dataspace, Buffer.concat([Buffer.from([2, shape.length, 0, 1]), ...shape.map(u64)])],
    [MESSAGES.datatype, Buffer.from(TYPES[type].message)],
    // Space is taken early, and nothing is written into it but the data.
    [MESSAGES.fillValue, Buffer.from([3, 0x05])],
    [MESSAGES.layout, Buffer.concat([Buffer.from([3, 1]), u64(data), u64(sizeInBytes(array))])],
  ]);
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
