/**
 * Arrays as numpy writes them: `.npy` files and the members of `.npz` archives, any numeric type, either byte order, C or
 * Fortran order, read as a stream. Objects are pickled Python and are refused.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LONGEST_HEADER, parseHeader, type AnyNpyHeader } from '../../store/npy.js';
import { Failure } from '../failure.js';
import { halfPrecision } from '../graph/onnx.js';
import { sizeOf } from '../graph/graph.js';
import { unreadable } from './source.js';
import type { ZipFile, ZipMember } from './zip-file.js';

export interface NumpyArray {
  /** File and name, for messages. */
  readonly place: string;
  readonly shape: readonly number[];
  /** Whether its elements are text. */
  readonly isText: boolean;
  readonly header: AnyNpyHeader;
  /** The bytes of the file, header included. */
  readonly bytes: () => AsyncIterable<Buffer>;
}

type Read = (view: DataView, at: number, little: boolean) => number;

/** Elements by kind and size in bytes, as the description of a type names them. */
const NUMBERS: Readonly<Record<string, Read>> = {
  b1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  u1: (view, at) => view.getUint8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  u2: (view, at, little) => view.getUint16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  f2: (view, at, little) => halfPrecision(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

/** Characters of a text element; numpy pads all to the longest. */
const LONGEST_TEXT = 1 << 16;

/** @throws Failure `data/unreadable`, `data/not-npy`, `data/damaged-npy`, `data/npy-type` */
export async function openNpy(path: string): Promise<NumpyArray> {
  let size;
  try {
    ({ size } = await stat(path));
  } catch (error) {
    throw unreadable(path, error);
  }
  return openArray(path, size, () => createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>);
}

/** An array of an `.npz` archive. @throws Failure */
export function openMember(zip: ZipFile, member: ZipMember, path: string): Promise<NumpyArray> {
  const name = member.name.replace(/\.npy$/, '');
  return openArray(`${path}, array ${name}`, member.size, () => zip.read(member));
}

async function openArray(place: string, size: number, bytes: () => AsyncIterable<Buffer>): Promise<NumpyArray> {
  const header = parseHeader(await firstBytes(bytes(), place));
  if (header === undefined)
    throw new Failure('data/not-npy', 'the array does not begin with the header of a .npy file', {
      place,
      remedy: 'Write it with numpy.save or numpy.savez.',
    });
  const { description, shape, offset } = header;
  const element = elementOf(description, place);
  const expected = offset + sizeOf(shape) * element.bytes;
  if (!(expected <= size))
    throw new Failure('data/damaged-npy', `the array has ${size} bytes, and its shape takes ${expected}`, {
      place,
      remedy: 'The file is cut off: copy or write it again.',
    });
  return { place, shape, isText: element.text !== undefined, header, bytes };
}

async function firstBytes(stream: AsyncIterable<Buffer>, place: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of stream) {
      parts.push(part);
      if ((length += part.length) >= LONGEST_HEADER) break;
    }
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(place, error);
  }
  return Buffer.concat(parts).subarray(0, LONGEST_HEADER);
}

interface Element {
  readonly bytes: number;
  readonly little: boolean;
  readonly number?: Read;
  readonly text?: (bytes: Buffer) => string;
}

/** @throws Failure `data/npy-type` for what holds neither real numbers nor text */
function elementOf(description: string, place: string): Element {
  const [, order = '', kind = '', digits] = /^([<>|=]?)([a-zA-Z])(\d*)$/.exec(description) ?? [];
  const size = Number(digits);
  const little = order !== '>';
  const number = NUMBERS[`${kind}${size}`];
  if (number) return { bytes: size, little, number };
  if (kind === 'S' && size <= LONGEST_TEXT)
    return { bytes: size, little, text: bytes => trimmed(bytes.toString('utf8')) };
  if (kind === 'U' && size <= LONGEST_TEXT) return { bytes: 4 * size, little, text: bytes => utf32(bytes, little) };
  const isObject = kind === 'O' || description.includes("'|O'");
  throw new Failure(
    'data/npy-type',
    isObject
      ? 'the array holds Python objects, which are executable when they are read'
      : `the elements are of the type ${description.slice(0, 60)}, expected real numbers or text`,
    {
      place,
      remedy: isObject
        ? 'Write it as numbers or text: `array.astype(float)` or `array.astype(str)`.'
        : 'Convert it with `astype`.',
    },
  );
}

const trimmed = (text: string): string => text.replace(/\0+$/, '');

function utf32(bytes: Buffer, little: boolean): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const code = little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }
  return trimmed(text);
}

/**
 * Every number of an array, in the order of the file.
 *
 * @param use is given each value with its index in C order
 * @throws Failure `data/npy-type` for text, `data/damaged-npy`
 */
export async function eachNumber(array: NumpyArray, use: (value: number, at: number) => void): Promise<void> {
  const { header, place, shape } = array;
  const { bytes: size, number, little } = elementOf(header.description, place);
  if (!number)
    throw new Failure('data/npy-type', 'the array holds text, expected numbers', {
      place,
      remedy: 'Name an array of numbers.',
    });
  const nextPlace = header.fortranOrder ? fortranPlaces(shape) : undefined;
  let index = 0;
  for await (const chunk of elementsIn(array, size)) {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    if (nextPlace) for (let at = 0; at < chunk.length; at += size) use(number(view, at, little), nextPlace());
    else for (let at = 0; at < chunk.length; at += size) use(number(view, at, little), index++);
  }
}

/** Every element of an array of text, in C order. @throws Failure `data/damaged-npy` */
export async function textsOf(array: NumpyArray): Promise<string[]> {
  const { bytes: size, text = String } = elementOf(array.header.description, array.place);
  const texts = new Array<string>(sizeOf(array.shape)).fill('');
  if (size === 0) return texts;
  const nextPlace = array.header.fortranOrder ? fortranPlaces(array.shape) : undefined;
  let index = 0;
  for await (const chunk of elementsIn(array, size))
    for (let at = 0; at < chunk.length; at += size)
      texts[nextPlace ? nextPlace() : index++] = text(chunk.subarray(at, at + size));
  return texts;
}

/** The data in pieces of whole elements. */
async function* elementsIn({ header, shape, bytes, place }: NumpyArray, size: number): AsyncGenerator<Buffer> {
  let skip = header.offset;
  let left = sizeOf(shape) * size;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const part of bytes()) {
      if (left === 0) break;
      const kept = part.subarray(Math.min(skip, part.length));
      skip -= part.length - kept.length;
      const joined = rest.length > 0 ? Buffer.concat([rest, kept]) : kept;
      const whole = Math.min(left, joined.length - (joined.length % size));
      rest = joined.subarray(whole);
      left -= whole;
      if (whole > 0) yield joined.subarray(0, whole);
    }
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(place, error);
  }
  if (left > 0)
    throw new Failure('data/damaged-npy', `the array ends ${left} bytes too soon`, {
      place,
      remedy: 'The file was changed while it was read: run again.',
    });
}

/** Counts through an array whose first axis is fastest. @returns a function that gives the next element's index in C order */
function fortranPlaces(shape: readonly number[]): () => number {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const place = shape.map(() => 0);
  let at = 0;
  return () => {
    const found = at;
    for (let axis = 0; axis < shape.length; axis++) {
      at += strides[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      at -= place[axis]! * strides[axis]!;
      place[axis] = 0;
    }
    return found;
  };
}
