/**
 * Zstandard data as a stream (RFC 8878). `fzstd` unpacks; the frames are walked here, block by block, so that no more memory is asked
 * for than a window that decoders must support: a header may claim any.
 */
import { Decompress } from 'fzstd';
import { Failure } from '../failure.js';

export const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** Frames to be passed over: 16 magic numbers that differ in four bits. */
const SKIPPED = 0x184d2a50;
/** The window that `zstd` itself unpacks unless it is told to take more. */
const LARGEST_WINDOW = 2 ** 27;
const LARGEST_BLOCK = 2 ** 17;

/** @throws Failure `data/damaged-zstd` */
export async function* unpacked(packed: AsyncIterable<Buffer>, place: string): AsyncGenerator<Buffer> {
  const damaged = (found: string): Failure =>
    new Failure('data/damaged-zstd', `the Zstandard data are damaged or cut off: ${found}`, {
      place,
      remedy: 'Copy or compress the file again; `zstd -t` shows whether it is whole.',
    });
  const taken = new Taker(packed, () => damaged('they end too soon'));
  try {
    while (await taken.isMore()) {
      const magic = await taken.take(4);
      const number = magic.readUInt32LE();
      if ((number & ~0xf) >>> 0 === SKIPPED) {
        for (let left = (await taken.take(4)).readUInt32LE(); left > 0; left -= Math.min(left, LARGEST_BLOCK))
          await taken.take(Math.min(left, LARGEST_BLOCK));
        continue;
      }
      if (!magic.equals(ZSTD_MAGIC)) throw damaged('a frame begins otherwise');
      yield* frame(taken, damaged);
    }
  } finally {
    await taken.close();
  }
}

/** One frame behind its magic number. */
async function* frame(taken: Taker, damaged: (found: string) => Failure): AsyncGenerator<Buffer> {
  const descriptor = await taken.take(1);
  const about = Buffer.concat([ZSTD_MAGIC, descriptor, await taken.take(headerLength(descriptor[0]!) - 5)]);
  checkHeader(about, damaged);
  let out: Buffer[] = [];
  const stream = new Decompress(part => out.push(Buffer.from(part)));
  const push = (part: Buffer, isLast = false): void => {
    try {
      stream.push(part, isLast);
    } catch (error) {
      throw damaged(error instanceof Error ? error.message : String(error));
    }
  };
  push(about);
  for (let isLast = false; !isLast;) {
    const head = await taken.take(3);
    const [kind, length] = [(head[0]! >> 1) & 3, head.readUIntLE(0, 3) >> 3];
    if (length > LARGEST_BLOCK) throw damaged(`a block of ${length} bytes`);
    isLast = (head[0]! & 1) === 1;
    // One byte, repeated.
    push(Buffer.concat([head, await taken.take(kind === 1 ? 1 : length)]));
    yield* out;
    out = [];
  }
  // A checksum, which the library passes over; of a small frame it waits for more until it is told that there is none.
  push(await taken.take((descriptor[0]! & 4) === 0 ? 0 : 4));
  push(Buffer.alloc(0), true);
  yield* out;
}

/** Bytes in front of the first block, by the byte behind the magic number: window, dictionary and size of the content. */
function headerLength(flags: number): number {
  const isSingle = (flags & 0x20) !== 0;
  return 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][flags & 3]! + [isSingle ? 1 : 0, 2, 4, 8][flags >> 6]!;
}

/** Bytes to which a frame says that it unpacks; undefined where it does not. @param frame with its magic number */
export function contentSize(frame: Uint8Array): number | undefined {
  const flags = frame[4]!;
  const kind = flags >> 6;
  if (kind === 0 && (flags & 0x20) === 0) return undefined;
  const end = headerLength(flags);
  return littleEndian(frame.subarray(end - [1, 2, 4, 8][kind]!, end)) + (kind === 1 ? 256 : 0);
}

/** @param frame with its magic number; what is behind the header does not matter */
function checkHeader(frame: Uint8Array, damaged: (found: string) => Error): void {
  const flags = frame[4]!;
  const dictionary = [0, 1, 2, 4][flags & 3]!;
  const [window, from] = [frame[5]!, (flags & 0x20) !== 0 ? 5 : 6];
  const bytes = from === 5 ? contentSize(frame)! : 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8);
  if (bytes > LARGEST_WINDOW) throw damaged(`a frame wants a window of ${bytes} bytes, at most ${LARGEST_WINDOW}`);
  if (frame.subarray(from, from + dictionary).some(byte => byte !== 0)) throw damaged('a frame wants a dictionary');
}

/** Checks a frame that is held as a whole, and that there is no other behind it. @throws Error */
export function checkFrame(bytes: Uint8Array): void {
  const damaged = (found: string): Error => new Error(found);
  if (!ZSTD_MAGIC.equals(bytes.subarray(0, 4))) throw damaged('no Zstandard data');
  checkHeader(bytes, damaged);
  let at = headerLength(bytes[4]!);
  for (let isLast = false; !isLast;) {
    const head = littleEndian(bytes.subarray(at, at + 3));
    isLast = (head & 1) === 1;
    at += 3 + (((head >> 1) & 3) === 1 ? 1 : head >> 3);
    if (at > bytes.length) throw damaged('Zstandard data that end too soon');
  }
  if (at + ((bytes[4]! & 4) === 0 ? 0 : 4) !== bytes.length) throw damaged('something behind Zstandard data');
}

const littleEndian = (bytes: Uint8Array): number => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);

/** Bytes of a stream in the pieces that are asked for. */
class Taker {
  private readonly stream: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    packed: AsyncIterable<Buffer>,
    private readonly cutOff: () => Failure,
  ) {
    this.stream = packed[Symbol.asyncIterator]();
  }

  async isMore(): Promise<boolean> {
    while (this.rest.length === 0) {
      const next = await this.stream.next();
      if (next.done === true) return false;
      this.rest = next.value;
    }
    return true;
  }

  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = length; left > 0;) {
      if (!(await this.isMore())) throw this.cutOff();
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      parts.push(part);
      left -= part.length;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  async close(): Promise<void> {
    await this.stream.return?.();
  }
}
