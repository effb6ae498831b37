/**
 * A ZIP archive of uncompressed members, with 64-bit sizes and the format's first date as time stamp, so that equal arrays
 * give equal bytes. PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3.
 */
import { crc32 } from 'node:zlib';
import type { OutputFile } from './output.js';

const LARGE = 0xffffffff;
/** 1 January 1980. */
const DATE = 0x21;

interface Member {
  readonly name: string;
  readonly offset: number;
  size: number;
  crc: number;
}

export class ZipWriter {
  private readonly members: Member[] = [];

  constructor(private readonly file: OutputFile) {}

  /** Writes a member; `parts` come in turn and are not held. */
  async add(name: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const member: Member = { name, offset: this.file.position, size: 0, crc: 0 };
    const header = (): Buffer => localHeader(member);
    await this.file.write(header());
    for await (const part of parts) {
      member.size += part.length;
      member.crc = crc32(part, member.crc);
      await this.file.write(part);
    }
    await this.file.overwrite(member.offset, header());
    this.members.push(member);
  }

  /** Writes the directory. */
  async finish(): Promise<void> {
    const start = this.file.position;
    for (const member of this.members) await this.file.write(directoryEntry(member));
    const size = this.file.position - start;
    const end = Buffer.alloc(56 + 20 + 22);
    end.writeUInt32LE(0x06064b50, 0);
    writeU64(end, 44, 4);
    end.writeUInt16LE(45, 12);
    end.writeUInt16LE(45, 14);
    writeU64(end, this.members.length, 24);
    writeU64(end, this.members.length, 32);
    writeU64(end, size, 40);
    writeU64(end, start, 48);
    end.writeUInt32LE(0x07064b50, 56);
    writeU64(end, start + size, 64);
    end.writeUInt32LE(1, 72);
    end.writeUInt32LE(0x06054b50, 76);
    end.writeUInt16LE(this.members.length, 84);
    end.writeUInt16LE(this.members.length, 86);
    end.writeUInt32LE(LARGE, 88);
    end.writeUInt32LE(LARGE, 92);
    await this.file.write(end);
  }
}

function localHeader({ name, size, crc }: Member): Buffer {
  const title = Buffer.from(name);
  const header = Buffer.alloc(30 + title.length + 20);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(45, 4);
  header.writeUInt16LE(DATE, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(LARGE, 18);
  header.writeUInt32LE(LARGE, 22);
  header.writeUInt16LE(title.length, 26);
  header.writeUInt16LE(20, 28);
  title.copy(header, 30);
  header.writeUInt16LE(1, 30 + title.length);
  header.writeUInt16LE(16, 32 + title.length);
  writeU64(header, size, 34 + title.length);
  writeU64(header, size, 42 + title.length);
  return header;
}

function directoryEntry({ name, size, crc, offset }: Member): Buffer {
  const title = Buffer.from(name);
  const entry = Buffer.alloc(46 + title.length + 28);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(45, 4);
  entry.writeUInt16LE(45, 6);
  entry.writeUInt16LE(DATE, 14);
  entry.writeUInt32LE(crc, 16);
  entry.writeUInt32LE(LARGE, 20);
  entry.writeUInt32LE(LARGE, 24);
  entry.writeUInt16LE(title.length, 28);
  entry.writeUInt16LE(28, 30);
  entry.writeUInt32LE(LARGE, 42);
  title.copy(entry, 46);
  entry.writeUInt16LE(1, 46 + title.length);
  entry.writeUInt16LE(24, 48 + title.length);
  writeU64(entry, size, 50 + title.length);
  writeU64(entry, size, 58 + title.length);
  writeU64(entry, offset, 66 + title.length);
  return entry;
}

function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeBigUInt64LE(BigInt(value), at);
}
