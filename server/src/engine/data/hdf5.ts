/** Opens HDF5 files, told by their signature rather than by their ending. */
import h5wasm from 'h5wasm/node';
import { Failure } from '../failure.js';
import { firstBytes } from './source.js';

export type Hdf5File = InstanceType<typeof h5wasm.File>;
export type Hdf5Group = InstanceType<typeof h5wasm.Group>;
export type Hdf5Dataset = InstanceType<typeof h5wasm.Dataset>;

const LONGEST_COMPLAINT = 1 << 16;
/** The first bytes of every HDF5 file. */
export const SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);

/** What the library has said of errors since it was last asked: lines, the most general first. */
let complaints = '';

/**
 * The library, once its words are caught. It writes its stack of errors to the error stream of the process, and gives what
 * happens to lie in memory for a chunk that it cannot unpack: only its words tell. (It can throw errors instead, but then does
 * not recover from them.)
 */
const library = h5wasm.ready.then(({ FS }) => {
  // The compiled code writes to a stream 2 of its own; the library's types do not know it.
  const streams = FS as unknown as { getStream(number: number): object };
  const write = (_: unknown, memory: Uint8Array, from: number, length: number): number => {
    if (complaints.length < LONGEST_COMPLAINT)
      complaints += Buffer.from(memory.subarray(from, from + length)).toString('latin1');
    return length;
  };
  Object.assign(streams.getStream(2), { node: { mode: 0 }, stream_ops: { write } });
});

/** What the library last found wrong, in its own words; undefined where it has not complained since it was asked before. */
export function complaint(): string | undefined {
  const stack = [...complaints.matchAll(/ in \w+\(\): (.*)$/gm)].map(([, words]) => words!);
  const said = complaints === '' ? undefined : (stack.at(-1) ?? complaints.slice(0, 200));
  complaints = '';
  return said;
}

/**
 * Opens a file for the time of `use`. Whatever the library cannot read in it is a failure.
 *
 * @param area first part of the codes of failures
 * @param notHdf5 the failure for a file that begins otherwise, given its first 8 bytes
 * @throws Failure `<area>/unreadable`, `<area>/damaged-hdf5`, or what `notHdf5` gives
 */
export async function withHdf5<Result>(
  path: string,
  area: 'data' | 'model',
  notHdf5: (head: Buffer) => Failure,
  use: (file: Hdf5File) => Result | Promise<Result>,
): Promise<Result> {
  const head = await firstBytes(path, area);
  if (!head.equals(SIGNATURE)) throw notHdf5(head);
  await library;
  complaint(); // of an earlier file, which had its failure
  const file = new h5wasm.File(path, 'r');
  // A failed open is reported by a negative id, not by an error.
  if (file.file_id < 0n) throw damaged(path, area, complaint() ?? 'it is damaged or cut off');
  try {
    const result = await use(file);
    const fault = complaint();
    if (fault !== undefined) throw damaged(path, area, fault);
    return result;
  } catch (error) {
    // An error that went through the library's compiled code: what it read made no sense to it.
    if (error instanceof Failure || !(error instanceof Error) || !error.stack?.includes('wasm')) throw error;
    throw damaged(path, area, error.message.slice(0, 200));
  } finally {
    close(file);
  }
}

/** Filters that are part of the library: deflate, shuffle, Fletcher32, n-bit and scale-offset. */
const FILTERS = new Set([1, 2, 3, 5, 6]);

/**
 * The library stops the process at a filter that it does not have.
 *
 * @throws Failure `data/compression`, naming the filter
 */
export function requireFilters(dataset: Hdf5Dataset, place: string): void {
  const other = dataset.filters.find(({ id }) => !FILTERS.has(id));
  if (other === undefined) return;
  throw new Failure('data/compression', `the array is compressed by ${other.name || `filter ${other.id}`}`, {
    place,
    remedy: 'Write it again with gzip or without compression; `h5repack -f GZIP=4` does so.',
  });
}

/** A file that is damaged may not even be closed. */
function close(file: Hdf5File): void {
  try {
    file.close();
  } catch {
    // The failure that led here says more.
  }
}

function damaged(path: string, area: 'data' | 'model', reason: string): Failure {
  return new Failure(`${area}/damaged-hdf5`, `the HDF5 library cannot read the file: ${reason}`, {
    place: path,
    remedy: 'Copy or write the file again.',
  });
}
