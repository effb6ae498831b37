/**
 * Files in blocks of bgzip and their indexes, for the reader of tabix: it trusts the sizes that are written in them, so they are
 * checked on the way. A block says how long it is and what it unpacks to, an index how many of each thing follow. SAM specification
 * §4.1 (BGZF), tabix.pdf and CSIv1.pdf, https://samtools.github.io/hts-specs/.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Failure } from '../failure.js';
import { openFile } from './source.js';

/** What a block may unpack to. */
const LARGEST_BLOCK = 2 ** 16;
/** What is unpacked of a file at once: the variants of a region. */
const LARGEST_REGION = 2 ** 30;
const LARGEST_INDEX = 2 ** 28;
/** Levels of bins; more do not fit into the numbers of an index. */
const DEEPEST = 10;

/** A file as the reader of tabix asks for it. */
export class BlockFile {
  /** @param isIndex its content is checked too */
  constructor(
    private readonly path: string,
    private readonly isIndex = false,
  ) {}

  async read(length: number, position: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = await openFile(this.path);
    try {
      const { size } = await file.stat();
      if (!(position >= 0 && position <= size)) throw damaged(this.path, `a place at byte ${position} of ${size}`);
      const bytes = new Uint8Array(Math.min(length, size - position));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, position);
      const found = bytes.subarray(0, bytesRead);
      checkBlocks(found, this.path);
      return found;
    } finally {
      await file.close();
    }
  }

  readFile(options?: object): Promise<Uint8Array<ArrayBuffer>>;
  readFile(options: string | { encoding: string }): Promise<string>;
  async readFile(): Promise<Uint8Array<ArrayBuffer> | string> {
    const bytes = await this.read(LARGEST_INDEX, 0);
    if (this.isIndex) {
      const content = await promisify(gunzip)(bytes, { maxOutputLength: LARGEST_INDEX });
      checkIndex(content, this.path);
    }
    return bytes;
  }

  async stat(): Promise<{ size: number }> {
    const file = await openFile(this.path);
    try {
      return { size: (await file.stat()).size };
    } finally {
      await file.close();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function damaged(path: string, found: string): Failure {
  return new Failure('data/index', `the file or its index is damaged: it has ${found}`, {
    place: path,
    remedy: 'Compress it with bgzip and run `tabix -p vcf` again.',
  });
}

/** Checks what blocks say of their sizes; the last may be cut off. */
function checkBlocks(bytes: Uint8Array, path: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let total = 0;
  for (let at = 0; at + 18 <= bytes.length;) {
    // Gzip with one extra field, BC, which holds the length of the block less one.
    const isBlock = view.getUint32(at, true) === 0x04088b1f && view.getUint32(at + 12, true) === 0x00024342;
    if (!isBlock) throw damaged(path, 'no block of bgzip where one is expected');
    const end = at + view.getUint16(at + 16, true) + 1;
    if (end > bytes.length) return;
    const unpacked = end - at < 26 ? Infinity : view.getUint32(end - 4, true);
    if (unpacked > LARGEST_BLOCK) throw damaged(path, `a block that claims to hold ${unpacked} bytes`);
    total += unpacked;
    if (total > LARGEST_REGION)
      throw new Failure('data/too-large', 'what the index names for the region unpacks to more than 1 GiB', {
        place: path,
        remedy: 'Ask for a smaller region.',
      });
    at = end;
  }
}

/** Walks over the counts of an index, TBI or CSI. */
function checkIndex(bytes: Buffer, path: string): void {
  let at = 0;
  const number = (what: string): number => {
    if (at + 4 > bytes.length) throw damaged(path, `no ${what} at byte ${at} of the index`);
    at += 4;
    return bytes.readInt32LE(at - 4);
  };
  /** A count of things of so many bytes, which must fit into what follows. */
  const count = (what: string, size: number): number => {
    const found = number(`number of ${what}`);
    if (found < 0 || found * size > bytes.length - at) throw damaged(path, `${found} ${what} in its index`);
    return found;
  };
  const skip = (what: string, size: number): void => {
    const found = count(what, size);
    at += found * size;
  };
  const kind = bytes.toString('latin1', 0, 4);
  if (kind !== 'TBI\u0001' && kind !== 'CSI\u0001') throw damaged(path, 'no index of tabix');
  const isTbi = kind.startsWith('TBI');
  at = 4;
  let sequences = isTbi ? count('sequences', 8) : 0;
  if (isTbi) {
    at += 24;
    skip('bytes of names', 1);
  } else {
    const [shift, depth] = [number('smallest bin'), number('depth')];
    if (shift < 0 || shift > 32 || depth < 0 || depth > DEEPEST) throw damaged(path, `bins of depth ${depth}`);
    skip('bytes beside', 1);
    sequences = count('sequences', 4);
  }
  for (let sequence = 0; sequence < sequences; sequence++) {
    const bins = count('bins', isTbi ? 8 : 16);
    for (let bin = 0; bin < bins; bin++) {
      at += isTbi ? 4 : 12;
      skip('chunks', 16);
    }
    if (isTbi) skip('intervals', 8);
  }
}
