/** Bytes of a file by their place, checked against its size before memory is asked for. */
import type { FileHandle } from 'node:fs/promises';
import type { Failure } from '../failure.js';

/**
 * Bytes `position` … `position + length − 1`.
 *
 * @param cutOff the failure of a file that ends too soon, given where
 * @param known the size of the file (bytes), where it is known
 * @throws Failure
 */
export async function readRange(
  file: FileHandle,
  position: number,
  length: number,
  cutOff: (what: string) => Failure,
  known?: number,
): Promise<Buffer> {
  const size = known ?? (await file.stat()).size;
  // Place and length come from the file, so they may be anything.
  if (!(position >= 0 && length >= 0 && position + length <= size))
    throw cutOff(`it ends before byte ${position + length}`);
  const bytes = Buffer.alloc(length);
  for (let read = 0; read < length;) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) throw cutOff(`it ends before byte ${position + length}`);
    read += bytesRead;
  }
  return bytes;
}
