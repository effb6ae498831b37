/**
 * The `.npy` format, version 1.0, little-endian float32 and float64 in C order: what `numpy.load` opens.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * All platforms that Node's prebuilt binaries and VS Code support are little-endian, so arrays are written as they
 * lie in memory.
 */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { StoreError, systemCode } from './error.js';

export type ElementType = 'float32' | 'float64';
export type NumberArray = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

const DESCRIPTORS = { float32: '<f4', float64: '<f8' } as const;
const BYTES = { float32: 4, float64: 8 } as const;
const MAGIC = '\x93NUMPY\x01\x00';

export interface NpyHeader {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Where the data begin, in bytes. */
  readonly offset: number;
}

/** Elements of one row: the product of all axes but the first. */
export function rowSize(shape: readonly number[]): number {
  return shape.slice(1).reduce((product, size) => product * size, 1);
}

/** Size in bytes of a whole file with this header. */
export function fileSize(header: NpyHeader): number {
  return header.offset + (header.shape[0] ?? 1) * rowSize(header.shape) * BYTES[header.type];
}

/** The header as bytes; data begin at a multiple of 64 bytes. */
export function encodeHeader(type: ElementType, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${DESCRIPTORS[type]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((MAGIC.length + 2 + dictionary.length + 1) / 64) * 64;
  const header = Buffer.alloc(length, ' ', 'latin1');
  header.write(MAGIC, 0, 'latin1');
  header.writeUInt16LE(length - MAGIC.length - 2, MAGIC.length);
  header.write(dictionary, MAGIC.length + 2, 'latin1');
  header.write('\n', length - 1, 'latin1');
  return header;
}

/** The longest header of version 1.0, with what stands before it: more is read of no file. */
export const LONGEST_HEADER = 10 + 0xffff;

/** A header that anybody may have written. */
export interface AnyNpyHeader {
  /** Type of the elements as numpy writes it: `<f4`, `|b1`; of records the list of their fields. */
  readonly description: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the data begin, in bytes. */
  readonly offset: number;
}

/**
 * Reads the header of any `.npy` file, versions 1 to 3.
 *
 * @param bytes the file's first, as many as it has or {@link LONGEST_HEADER}
 * @returns undefined when they are no such header
 */
export function parseHeader(bytes: Uint8Array): AnyNpyHeader | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = buffer[6];
  if (buffer.length < 12 || buffer.toString('latin1', 0, 6) !== '\x93NUMPY' || !version || version > 3)
    return undefined;
  const start = version === 1 ? 10 : 12;
  const offset = start + (version === 1 ? buffer.readUInt16LE(8) : buffer.readUInt32LE(8));
  if (offset > buffer.length) return undefined;
  const dictionary = buffer.toString('latin1', start, offset);
  const [, records, description = records] = /'descr'\s*:\s*(?:(\[.*\])|'([^']*)')/s.exec(dictionary) ?? [];
  const [, order] = /'fortran_order'\s*:\s*(True|False)/.exec(dictionary) ?? [];
  const [, extents] = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(dictionary) ?? [];
  if (description === undefined || order === undefined || extents === undefined) return undefined;
  // Python 2 wrote long integers with an L.
  const shape = extents.split(',').flatMap(size => (size.trim() === '' ? [] : [Number(size.replace('L', ''))]));
  if (!shape.every(Number.isSafeInteger)) return undefined;
  return { description, fortranOrder: order === 'True', shape, offset };
}

/**
 * Reads the header of a `.npy` file that this store wrote.
 *
 * @throws StoreError when the bytes are not such a header
 */
export function decodeHeader(bytes: Uint8Array, place: string): NpyHeader {
  const header = parseHeader(bytes);
  const type = (['float32', 'float64'] as const).find(known => DESCRIPTORS[known] === header?.description);
  if (header === undefined || type === undefined || header.fortranOrder) {
    throw new StoreError(
      'store/damaged',
      `${place} does not begin with the header of a little-endian float32 or float64 .npy file in C order.`,
      place,
      'Delete the folder that holds it; the next run computes it again.',
    );
  }
  return { type, shape: header.shape, offset: header.offset };
}

/** Writes all bytes at an offset; the system may take them in several pieces. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

/** Fills `bytes` from an offset. Returns how many bytes there were. */
async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await file.read(bytes, read, bytes.length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return read;
}

/** Rows of one stored array. Holds no open file between reads. */
export class ArrayReader {
  private constructor(
    private readonly path: string,
    private readonly header: NpyHeader,
  ) {}

  /** @throws StoreError when the file is missing or not one of the store's */
  static async open(path: string): Promise<ArrayReader> {
    const file = await openForReading(path);
    try {
      const bytes = Buffer.alloc(1024);
      const length = await readFully(file, bytes, 0);
      return new ArrayReader(path, decodeHeader(bytes.subarray(0, length), path));
    } finally {
      await file.close();
    }
  }

  get type(): ElementType {
    return this.header.type;
  }

  get shape(): readonly number[] {
    return this.header.shape;
  }

  /**
   * Rows `from` … `to − 1`, one after the other in C order; without arguments all of them.
   *
   * @throws StoreError when the rows do not exist or the file is cut short
   */
  async read(from = 0, to = this.shape[0] ?? 0): Promise<NumberArray> {
    const rows = this.shape[0] ?? 0;
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= rows)) {
      throw new StoreError('store/rows', `Rows ${from} to ${to} were asked for, ${this.path} has ${rows}.`, this.path);
    }
    const size = rowSize(this.shape);
    const width = BYTES[this.type];
    const position = this.header.offset + from * size * width;
    const file = await openForReading(this.path);
    try {
      // What the header claims is compared with the file before memory is asked for.
      const missing = position + (to - from) * size * width - (await file.stat()).size;
      if (missing > 0) throw this.cutShort(missing, to);
      const values =
        this.type === 'float32' ? new Float32Array((to - from) * size) : new Float64Array((to - from) * size);
      const bytes = new Uint8Array(values.buffer);
      const length = await readFully(file, bytes, position);
      if (length < bytes.length) throw this.cutShort(bytes.length - length, to);
      return values;
    } finally {
      await file.close();
    }
  }

  private cutShort(missing: number, to: number): StoreError {
    return new StoreError(
      'store/damaged',
      `${this.path} ends ${missing} bytes before row ${to}.`,
      this.path,
      'Delete the folder that holds it; the next run computes it again.',
    );
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new StoreError('store/missing', `There is no array at ${path}.`, path, 'Run the experiment to compute it.');
  }
}
