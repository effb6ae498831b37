/** Small files that unpack to much, and archives whose sizes are lies. */
import { crc32, deflateRawSync, deflateSync, constants } from 'node:zlib';

const PIECE = 2 ** 20;
/** A mebibyte of one byte, deflated so that copies of it can follow one another. */
const piece = (fill: number): Buffer =>
  deflateRawSync(Buffer.alloc(PIECE, fill), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
const END = Buffer.from([3, 0]);

/** Deflate data of so many mebibytes of one byte, a thousandth of that. */
export function deflated(mebibytes: number, fill = 0): Buffer {
  return Buffer.concat([...Array<Buffer>(mebibytes).fill(piece(fill)), END]);
}

/** The same as a stream of zlib; its checksum is none, as nobody comes to read it. */
export const zlibBomb = (mebibytes: number): Buffer =>
  Buffer.concat([deflateSync(Buffer.alloc(0)).subarray(0, 2), deflated(mebibytes), Buffer.alloc(4)]);

export function gzipBomb(mebibytes: number, begin: string, fill: string): Buffer {
  const head = Buffer.from('1f8b08000000000000ff', 'hex');
  const first = deflateRawSync(Buffer.from(begin), { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([head, first, deflated(mebibytes, fill.charCodeAt(0)), Buffer.alloc(8)]);
}

/** Zstandard data of so many mebibytes of zeros behind a text: blocks of one byte, repeated 128 KiB times (RFC 8878 §3.1.1). */
export function zstdBomb(mebibytes: number, begin: string): Buffer {
  const block = (kind: number, size: number, content: Uint8Array): Buffer => {
    const head = Buffer.alloc(3);
    head.writeUIntLE((size << 3) | (kind << 1), 0, 3);
    return Buffer.concat([head, content]);
  };
  const zeros = block(1, 2 ** 17, Buffer.alloc(1));
  // No size of the content, a window of 128 KiB.
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3]);
  return Buffer.concat([
    frame,
    block(0, begin.length, Buffer.from(begin)),
    ...Array<Buffer>(8 * mebibytes).fill(zeros),
  ]);
}

export interface Member {
  readonly name: string;
  readonly data: Buffer;
  readonly isDeflated?: boolean;
  /** What the archive says of it; the truth where absent. */
  readonly size?: number;
  readonly compressed?: number;
}

/** An archive as it is asked for (PKWARE APPNOTE 6.3.10, sections 4.3.7 and 4.3.12). */
export function zipOf(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, isDeflated = false, size = data.length, compressed = data.length } of members) {
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(isDeflated ? 8 : 0, 4);
    about.writeUInt32LE(isDeflated ? 0 : crc32(data), 10);
    about.writeUInt32LE(compressed, 14);
    about.writeUInt32LE(size, 18);
    about.writeUInt16LE(name.length, 22);
    const begin = Buffer.alloc(14);
    begin.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), about, Buffer.from(name), data]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), about, begin, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, entries, end]);
}
