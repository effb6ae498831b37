/**
 * Opens HDF5 files, told by their signature rather than by their ending. The library believes what a file says of its sizes, so they
 * are compared with the file before it is asked to read, and its memory grows only as far as what it reads can need.
 */
import { stat } from 'node:fs/promises';
import h5wasm from 'h5wasm/node';
import { Failure } from '../failure.js';
import { firstBytes } from './source.js';
import { MOST_INFLATED } from './zip-file.js';

export type Hdf5File = InstanceType<typeof h5wasm.File>;
export type Hdf5Group = InstanceType<typeof h5wasm.Group>;
export type Hdf5Dataset = InstanceType<typeof h5wasm.Dataset>;

/** Bytes by which the memory of compiled code grows. */
const PAGE = 2 ** 16;
const LONGEST_COMPLAINT = 1 << 16;
/** The first bytes of every HDF5 file. */
export const SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);

/** What the library has said of errors since it was last asked: lines, the most general first. */
let complaints = '';

/** Bytes that the library may take beside an array: chunks as they are unpacked, and its caches. */
const WORKING = 2 ** 29;
/** Bytes to which its memory may grow: that, and the array that it reads. */
let allowed = WORKING;
/** Sizes of the open files by their identifiers. */
const fileSizes = new Map<bigint, number>();
/** Whether a file is being opened that was asked for, and none that it names. */
let isOpening = false;
/** Bytes of an array of one value throughout, which takes no place in a file. */
const MOST_UNWRITTEN = 2 ** 26;

/**
 * The library, once its words are caught. It writes its stack of errors to the error stream of the process, and gives what
 * happens to lie in memory for a chunk that it cannot unpack: only its words tell. (It can throw errors instead, but then does
 * not recover from them.)
 */
const library = h5wasm.ready.then(module => {
  // The compiled code writes to a stream 2 of its own; the library's types do not know it.
  const streams = module.FS as unknown as { getStream(number: number): object };
  const write = (_: unknown, memory: Uint8Array, from: number, length: number): number => {
    if (complaints.length < LONGEST_COMPLAINT)
      complaints += Buffer.from(memory.subarray(from, from + length)).toString('latin1');
    return length;
  };
  Object.assign(streams.getStream(2), { node: { mode: 0 }, stream_ops: { write } });
  Object.assign(module, {
    onAbort: () => {
      // In its place, before it writes a line of its own.
      throw new WebAssembly.RuntimeError('what stands in it makes no sense to the library');
    },
  });
  limitMemory(module);
  keepToOneFile(module);
});

/**
 * Keeps the library from files that a file names: its links, the parts of its virtual arrays, and raw data beside it. They stand in no key,
 * and may be any file of the system.
 */
function keepToOneFile({ FS }: Awaited<typeof h5wasm.ready>): void {
  // The library's types know it otherwise than the compiled code calls it.
  const files = FS as unknown as { open: (...given: unknown[]) => unknown };
  const { open } = files;
  files.open = (...given) => {
    if (fileSizes.size === 0 || isOpening) return open.apply(files, given);
    // As the system says that there is no such file.
    throw Object.assign(new Error('another file'), { name: 'ErrnoError', errno: 44 });
  };
}

/**
 * Keeps the library's memory below `allowed`. It would take 2 GiB where a chunk unpacks to that, and has no setting for it, nor does it
 * show its memory: that is seen when it grows for the first time, which is asked for here.
 */
function limitMemory(module: Awaited<typeof h5wasm.ready>): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with `this`
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages) {
    this.grow = more => {
      if (this.buffer.byteLength + more * PAGE > allowed) throw new RangeError(`more than ${allowed} bytes`);
      return grow.call(this, more);
    };
    return grow.call(this, pages);
  };
  try {
    module._free(module._malloc(module.HEAPU8.length));
  } finally {
    WebAssembly.Memory.prototype.grow = grow;
  }
}

/** What the library last found wrong, in its own words; undefined where it has not complained since it was asked before. */
export function complaint(): string | undefined {
  const stack = [...complaints.matchAll(/ in \w+\(\): (.*)$/gm)].map(([, words]) => words!);
  const said = complaints === '' ? undefined : inOurWords(stack.at(-1) ?? complaints.slice(0, 200));
  complaints = '';
  return said;
}

/** Of the most frequent damage; what else the library says names its own parts. */
function inOurWords(said: string): string {
  const [, has, needs] = /^truncated file: eof = (\d+), .*stored_eof = (\d+)/.exec(said) ?? [];
  return has === undefined ? said : `it is cut off, with ${has} of ${needs} bytes`;
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
  const file = opened(path);
  // A failed open is reported by a negative id, not by an error.
  if (file.file_id < 0n) throw damaged(path, area, complaint() ?? 'it is damaged or cut off');
  fileSizes.set(file.file_id, (await stat(path)).size);
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
    fileSizes.delete(file.file_id);
    close(file);
  }
}

function opened(path: string): Hdf5File {
  isOpening = true;
  try {
    return new h5wasm.File(path, 'r');
  } finally {
    isOpening = false;
  }
}

/** Filters that are part of the library: deflate, shuffle, Fletcher32, n-bit and scale-offset. */
const FILTERS = new Set([1, 2, 3, 5, 6]);

/**
 * To be asked before a dataset is read. The library stops the process at a filter that it does not have, and takes the memory for an
 * array of any shape that a file claims.
 *
 * @throws Failure `data/compression`, naming the filter; `data/other-file` for a virtual array; `data/too-large` for what the file is too
 *   small to hold
 */
export function requireReadable(dataset: Hdf5Dataset, place: string): void {
  const other = dataset.filters.find(({ id }) => !FILTERS.has(id));
  if (other !== undefined)
    throw new Failure('data/compression', `the array is compressed by ${other.name || `filter ${other.id}`}`, {
      place,
      remedy: 'Write it again with gzip or without compression; `h5repack -f GZIP=4` does so.',
    });
  const { size, shape, virtual_sources: parts = [] } = dataset.metadata;
  // Where one is not there, the library gives zeros.
  if (parts.length > 0)
    throw new Failure('data/other-file', `the array is virtual: its numbers lie in ${parts[0]!.file_name}`, {
      place,
      remedy: 'Write them into this file: `file["name"] = file["virtual"][:]` in h5py.',
    });
  const bytes = (shape ?? []).reduce((product, extent) => product * extent, size);
  const held = fileSizes.get(dataset.file_id) ?? 0;
  if (bytes > Math.max(MOST_UNWRITTEN, held * MOST_INFLATED))
    throw new Failure(
      'data/too-large',
      `the array of shape [${(shape ?? []).join(', ')}] has ${bytes.toLocaleString('en')} bytes, which a file of ${held.toLocaleString('en')} cannot hold`,
      { place, remedy: 'The file is damaged, or the array was never written: write it again.' },
    );
  allowed = WORKING + bytes;
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
