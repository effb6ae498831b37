/** Files as streams of bytes: plain, gzipped, also in blocks as bgzip writes (RFC 1952), or Zstandard, told apart by the first bytes. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Failure } from '../failure.js';
import { firstBytes, unreadable } from './source.js';
import { unpacked, ZSTD_MAGIC } from './zstd.js';

/**
 * The bytes of a file, decompressed if it begins like gzip or Zstandard data.
 *
 * @throws Failure when the file cannot be read or its compressed data are damaged
 */
export async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  const head = await firstBytes(path);
  const raw = createReadStream(path, { highWaterMark: 1 << 18 });
  const zipped = head[0] === 0x1f && head[1] === 0x8b;
  const source = head.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC)
    ? unpacked(raw as AsyncIterable<Buffer>, path)
    : undefined;
  // The iteration below rethrows errors; `pipeline` only sees to it that both streams are closed.
  const stream = zipped ? pipeline(raw, createGunzip({ chunkSize: 1 << 18 }), () => undefined) : raw;
  let length = 0;
  try {
    for await (const chunk of source ?? stream) {
      yield chunk as Buffer;
      length += (chunk as Buffer).length;
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('Z_')) throw unreadable(path, error);
    throw new Failure(
      'data/damaged-gzip',
      code === 'Z_BUF_ERROR'
        ? 'the gzip data end too soon: the file is cut off'
        : `the gzip data are damaged behind the first ${length.toLocaleString('en')} bytes that they unpack to`,
      { place: path, remedy: 'Download or compress the file again; `gzip -t` shows whether it is whole.' },
    );
  }
}
