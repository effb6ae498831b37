/**
 * ZIP archives read by range: the directory at the end when the file is opened, then one member at a time, inflated as it
 * is read. Stored and deflated members, 64-bit sizes. PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3.
 */
import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { Failure } from '../failure.js';
import { readRange } from './range.js';
import { openFile } from './source.js';

const SIGNATURE = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50, wideEnd: 0x06064b50, locator: 0x07064b50 };
const STORED = 0;
const DEFLATED = 8;
/** The record at the end with the longest comment, and the 64-bit locator before it. */
const TAIL = 22 + 0xffff + 20;
const LARGEST_DIRECTORY = 1 << 28;
const CHUNK = 1 << 18;
/** Deflate makes at most so many bytes of one. */
export const MOST_INFLATED = 1032;
const LARGE = 0xffffffff;

export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  /** Bytes in the archive, and inflated. */
  readonly compressed: number;
  readonly size: number;
  /** Where the local header lies. */
  readonly offset: number;
}

export class ZipFile {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    readonly members: ReadonlyMap<string, ZipMember>,
  ) {}

  /** @throws Failure `data/unreadable`, `data/not-zip`, `data/damaged-zip` */
  static async open(path: string): Promise<ZipFile> {
    const file = await openFile(path);
    try {
      return new ZipFile(path, file, await readDirectory(file, path));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /**
   * The bytes of a member.
   *
   * @throws Failure `data/damaged-zip` when there are more or fewer than the directory says, or others
   */
  async *read(member: ZipMember): AsyncGenerator<Buffer> {
    const { name, method, size, crc } = member;
    const place = `${this.path}, member ${name}`;
    if (method !== STORED && method !== DEFLATED)
      throw new Failure('data/zip-method', `the member is compressed by method ${method}, expected deflate`, {
        place,
        remedy: 'Write the archive again without compression, or with deflate.',
      });
    const raw = Readable.from(this.compressed(member), { objectMode: false, highWaterMark: CHUNK });
    // The iteration below rethrows errors; `pipeline` only sees to it that both streams are closed.
    const stream = method === STORED ? raw : pipeline(raw, createInflateRaw({ chunkSize: CHUNK }), () => undefined);
    let seen = 0;
    let sum = 0;
    try {
      for await (const part of stream) {
        const bytes = part as Buffer;
        seen += bytes.length;
        sum = crc32(bytes, sum);
        if (seen > size) throw damaged(place, `it has more than the ${size} bytes that the directory promises`);
        yield bytes;
      }
    } catch (error) {
      if (error instanceof Failure || !(error instanceof Error && 'code' in error)) throw error;
      throw damaged(place, error.message);
    }
    if (seen !== size) throw damaged(place, `it has ${seen} bytes, and the directory promises ${size}`);
    if (sum !== crc) throw damaged(place, 'its checksum is another one');
  }

  /** A small member as a whole. @throws Failure `data/damaged-zip`, also where it is larger than `most` bytes */
  async readAll(member: ZipMember, most: number): Promise<Buffer> {
    const place = `${this.path}, member ${member.name}`;
    if (member.size > most) throw damaged(place, `it has ${member.size} bytes, at most ${most} are expected`);
    // Grown as it is read: the directory may promise what never comes.
    let bytes = Buffer.alloc(Math.min(member.size, CHUNK));
    let length = 0;
    for await (const part of this.read(member)) {
      if (length + part.length > bytes.length) {
        const longer = Buffer.alloc(Math.min(member.size, 2 * (length + part.length)));
        bytes.copy(longer, 0, 0, length);
        bytes = longer;
      }
      part.copy(bytes, length);
      length += part.length;
    }
    return bytes;
  }

  private async *compressed({ name, offset, compressed }: ZipMember): AsyncGenerator<Buffer> {
    const header = await readAt(this.file, this.path, offset, 30);
    if (header.readUInt32LE(0) !== SIGNATURE.local) throw damaged(this.path, `${name} is not where it should be`);
    let at = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    for (const end = at + compressed; at < end; at += CHUNK)
      yield await readAt(this.file, this.path, at, Math.min(CHUNK, end - at));
  }
}

async function readDirectory(file: FileHandle, path: string): Promise<Map<string, ZipMember>> {
  const { size } = await file.stat();
  const from = Math.max(0, size - TAIL);
  const tail = await readAt(file, path, from, size - from);
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > tail.length)
    throw new Failure('data/not-zip', 'the file does not end as a ZIP archive does', {
      place: path,
      remedy: 'Give a ZIP archive (an .npz file is one); if it is one, it is cut off: copy it again.',
    });
  let [length, start] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  const locator = end - 20;
  if (start === LARGE && locator >= 0 && tail.readUInt32LE(locator) === SIGNATURE.locator) {
    const wide = await readAt(file, path, Number(tail.readBigUInt64LE(locator + 8)), 56);
    if (wide.readUInt32LE(0) !== SIGNATURE.wideEnd)
      throw damaged(path, 'its 64-bit directory is not where it should be');
    [length, start] = [Number(wide.readBigUInt64LE(40)), Number(wide.readBigUInt64LE(48))];
  }
  if (length > LARGEST_DIRECTORY) throw damaged(path, `its directory would have ${length} bytes`);
  return entriesIn(await readAt(file, path, start, length), path, size);
}

/** @param fileSize bytes of the archive */
function entriesIn(directory: Buffer, path: string, fileSize: number): Map<string, ZipMember> {
  const members = new Map<string, ZipMember>();
  for (let at = 0; at < directory.length;) {
    const left = directory.length - at;
    if (left < 46 || directory.readUInt32LE(at) !== SIGNATURE.entry)
      throw damaged(path, 'its directory is not readable');
    const [title, extra, comment] = [28, 30, 32].map(field => directory.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    if (left < 46 + title + extra + comment) throw damaged(path, 'its directory is not readable');
    const name = directory.toString('utf8', at + 46, at + 46 + title);
    const wide = wideSizes(directory.subarray(at + 46 + title, at + 46 + title + extra));
    // A field of all ones stands in the extra field, in this order.
    const sized = (field: number): number => {
      const value = directory.readUInt32LE(at + field);
      return value === LARGE ? (wide.shift() ?? value) : value;
    };
    const [size, compressed, offset] = [sized(24), sized(20), sized(42)];
    const method = directory.readUInt16LE(at + 10);
    if (offset + compressed > fileSize || size > MOST_INFLATED * (compressed + 64))
      throw damaged(path, `${name} cannot have ${size} bytes`);
    members.set(name, { name, method, crc: directory.readUInt32LE(at + 16), compressed, size, offset });
    at += 46 + title + extra + comment;
  }
  return members;
}

/** The 64-bit numbers of an extra field. */
function wideSizes(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length;) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1 && at + 4 + length <= extra.length)
      return Array.from({ length: Math.floor(length / 8) }, (_, i) => Number(extra.readBigUInt64LE(at + 4 + 8 * i)));
    at += 4 + length;
  }
  return [];
}

function readAt(file: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  return readRange(file, position, length, what => damaged(path, what));
}

function damaged(place: string, what: string): Failure {
  return new Failure('data/damaged-zip', `the archive is damaged or cut off: ${what}`, {
    place,
    remedy: 'Copy or write the file again.',
  });
}
