/**
 * The decompressors of Zarr's chunks. Those of zarrita unpack whatever there is; here a chunk unpacks to no more than it can hold by
 * the array's metadata. Sizes in front of the data: blosc (README_CHUNK_FORMAT.rst), lz4 of numcodecs, Zstandard (RFC 8878 §3.1.1.1).
 */
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { registry } from 'zarrita';
import { contentSize, unpacked } from './zstd.js';

type Entry = Awaited<ReturnType<Parameters<typeof registry.set>[1]>>;
type Codec = ReturnType<Entry['fromConfig']>;
type Chunk = Parameters<Entry['fromConfig']>[1];
type Decode = (bytes: Uint8Array, most: number, library: Codec) => Uint8Array | Promise<Uint8Array>;

/** Bytes of a number at most, and of checksums beside them. */
const WIDEST = 8;
const BESIDE = 2 ** 20;
/** Bytes of a chunk of texts, of which the metadata say nothing. */
const MOST_TEXT = 2 ** 28;

function mostBytes({ shape, dataType }: Chunk): number {
  const isText = dataType === 'string' || dataType.startsWith('v2:');
  return isText ? MOST_TEXT : BESIDE + shape.reduce((product, extent) => product * extent, WIDEST);
}

function requireRoom(size: number, most: number): void {
  if (size > most) throw new Error(`a chunk unpacks to ${size} bytes, and holds at most ${most}`);
}

const inflated =
  (unpack: typeof gunzip.__promisify__): Decode =>
  async (bytes, most) => {
    try {
      // A buffer of its own: what comes next reads from the beginning of it.
      return Uint8Array.from(await unpack(bytes, { maxOutputLength: most }));
    } catch (error) {
      if (error instanceof RangeError) requireRoom(Infinity, most);
      throw error;
    }
  };

/** Data that begin with the size to which they unpack, as 32 bits at a byte. */
const sizedAt =
  (at: number): Decode =>
  (bytes, most, library) => {
    requireRoom(new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true), most);
    return library.decode(bytes);
  };

const zstd: Decode = async (bytes, most, library) => {
  const size = contentSize(bytes);
  if (size !== undefined) {
    requireRoom(size, most);
    return library.decode(bytes);
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of unpacked(once(Buffer.from(bytes)), 'a chunk')) {
    requireRoom((length += part.length), most);
    parts.push(part);
  }
  return Uint8Array.from(Buffer.concat(parts));
};

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: inflated(promisify(gunzip)),
  zlib: inflated(promisify(inflate)),
  blosc: sizedAt(4),
  lz4: sizedAt(0),
  zstd,
};

/** Puts the bounds around the library's decompressors. */
export function boundCodecs(): void {
  for (const [name, decode] of Object.entries(DECODERS))
    for (const known of [name, `numcodecs.${name}`]) {
      const load = registry.get(known)!;
      registry.set(known, async () => {
        const { fromConfig } = await load();
        return {
          fromConfig: (configuration, chunk) => {
            const library = fromConfig(configuration, chunk);
            const most = mostBytes(chunk);
            return {
              kind: 'bytes_to_bytes',
              encode: bytes => library.encode(bytes),
              decode: async bytes => decode(bytes, most, library),
            };
          },
        };
      });
    }
}
