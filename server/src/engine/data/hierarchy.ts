/**
 * Files that are trees of named arrays with attributes, read alike whether they are HDF5 or Zarr (versions 2 and 3, folders or zipped).
 * Zarr: https://zarr-specs.readthedocs.io; read by zarrita, HDF5 by h5wasm.
 */
import { readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import h5wasm from 'h5wasm/node';
import * as zarr from 'zarrita';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import { complaint, requireFilters, withHdf5, type Hdf5File } from './hdf5.js';
import { firstBytes, unreadable } from './source.js';
import { ZipFile } from './zip-file.js';

export type Plain = number | bigint | string | boolean;

/** Numbers or texts, in C order. */
export interface PlainArray {
  readonly shape: readonly number[];
  readonly values: ArrayLike<Plain>;
}

export interface TreeNode {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Absent for groups. */
  readonly shape?: readonly number[];
}

export type RowRange = readonly [from: number, to: number];

export interface Hierarchy {
  /** The group or array of that path; undefined where there is none. */
  node(path: string): Promise<TreeNode | undefined>;
  /**
   * A whole array, or the places `from` … `to − 1` of its first axis.
   *
   * @throws Failure `data/no-array`, `data/too-large`, `data/damaged-array`
   */
  array(path: string, rows?: RowRange): Promise<PlainArray>;
}

/** Elements of an array that is read at once. */
const MOST_ELEMENTS = 2 ** 29;
/** Bytes of a chunk of Zarr. */
const LARGEST_CHUNK = 2 ** 30;
/** Elements of a chunk: the library asks for the memory before it knows whether the file has so many. */
const MOST_IN_CHUNK = 2 ** 27;

/**
 * Opens a file for the time of `use`; containers are told by their first bytes.
 *
 * @throws Failure `data/unreadable`, `data/not-hierarchy`, `data/damaged-…`
 */
export async function withHierarchy<Result>(path: string, use: (tree: Hierarchy) => Promise<Result>): Promise<Result> {
  if (await isFolder(path)) return use(new ZarrTree(path, new StoreFolder(path)));
  const head = await firstBytes(path, 'data');
  if (head.toString('latin1', 0, 2) !== 'PK')
    return withHdf5(
      path,
      'data',
      () => notKnown(path),
      file => use(new Hdf5Tree(path, file)),
    );
  const zip = await ZipFile.open(path);
  try {
    return await use(new ZarrTree(path, new StoreArchive(zip)));
  } finally {
    await zip.close();
  }
}

function notKnown(path: string): Failure {
  return new Failure('data/not-hierarchy', 'the file begins like neither HDF5 nor a ZIP archive', {
    place: path,
    remedy: 'Give an HDF5 file (.h5, .h5ad), or a Zarr store: its folder, or a ZIP archive of it.',
  });
}

function shapeOf(shape: readonly number[], rows: RowRange | undefined): readonly number[] {
  return rows ? [rows[1] - rows[0], ...shape.slice(1)] : shape;
}

function requireSize(shape: readonly number[], place: string): void {
  if (sizeOf(shape) <= MOST_ELEMENTS) return;
  throw new Failure('data/too-large', `the array of shape [${shape.join(', ')}] has too many elements`, {
    place,
    remedy: `At most ${MOST_ELEMENTS.toLocaleString('en')} are read: write fewer rows or columns.`,
  });
}

function noArray(place: string): Failure {
  return new Failure('data/no-array', 'there is no array of that name', {
    place,
    remedy: 'Check that the file was written completely.',
  });
}

function damaged(place: string, error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure('data/damaged-array', `the array cannot be read: ${reason.slice(0, 200)}`, {
    place,
    remedy: 'Copy or write the file again; of compression, blosc, gzip, lz4, zlib and zstd are known.',
  });
}

class Hdf5Tree implements Hierarchy {
  constructor(
    private readonly path: string,
    private readonly file: Hdf5File,
  ) {}

  node(path: string): Promise<TreeNode | undefined> {
    const found = this.file.get(path);
    if (!(found instanceof h5wasm.Group || found instanceof h5wasm.Dataset)) return Promise.resolve(undefined);
    const attributes = Object.fromEntries(
      Object.entries(found.attrs).map(([name, attribute]) => [name, attribute.value]),
    );
    return Promise.resolve(found instanceof h5wasm.Dataset ? { attributes, shape: found.shape ?? [] } : { attributes });
  }

  array(path: string, rows?: RowRange): Promise<PlainArray> {
    const place = `${this.path}, ${path}`;
    const found = this.file.get(path);
    if (!(found instanceof h5wasm.Dataset)) throw noArray(place);
    const shape = shapeOf(found.shape ?? [], rows);
    requireSize(shape, place);
    requireFilters(found, place);
    let values;
    try {
      values = rows ? found.slice([[...rows]]) : found.value;
    } catch (error) {
      throw damaged(place, error);
    }
    const fault = complaint();
    if (fault !== undefined) throw damaged(place, fault);
    const isFlat =
      ArrayBuffer.isView(values) || (Array.isArray(values) && typeof (values as unknown[])[0] !== 'object');
    if (!isFlat) throw damaged(place, 'it holds neither numbers nor text');
    // Flat, as was just seen; the library's type does not say of what.
    return Promise.resolve({ shape, values: values as unknown as PlainArray['values'] });
  }
}

/** Where the members of a Zarr store lie. */
interface Members {
  /** Undefined where there is none of that name. */
  read(key: string): Promise<Uint8Array | undefined>;
}

class StoreArchive implements Members {
  /** Archives of a folder have its name in front of every member. */
  private readonly top: string;

  constructor(private readonly zip: ZipFile) {
    this.top = zip.members.has('zarr.json') || zip.members.has('.zgroup') ? '' : topFolder(zip);
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    const member = this.zip.members.get(this.top + key);
    return member && this.zip.readAll(member, LARGEST_CHUNK);
  }
}

class StoreFolder implements Members {
  constructor(private readonly folder: string) {}

  async read(key: string): Promise<Uint8Array | undefined> {
    const path = join(this.folder, key);
    // Names of arrays come from the experiment and from the store itself.
    if (relative(this.folder, path).startsWith('..')) return undefined;
    const size = await stat(path).then(
      found => (found.isFile() ? found.size : undefined),
      () => undefined,
    );
    if (size === undefined) return undefined;
    if (size > LARGEST_CHUNK) throw damaged(path, `the file has ${size} bytes, at most ${LARGEST_CHUNK} are expected`);
    try {
      return await readFile(path);
    } catch (error) {
      throw unreadable(path, error);
    }
  }
}

class ZarrTree implements Hierarchy {
  private readonly root;

  constructor(
    private readonly path: string,
    members: Members,
  ) {
    // Shards are read piece by piece: the last member stays at hand.
    let last: { key: string; bytes: Uint8Array } | undefined;
    const get = async (key: string): Promise<Uint8Array | undefined> => {
      if (last?.key === key) return last.bytes;
      const found = await members.read(key.slice(1));
      if (found === undefined) return undefined;
      // Bytes with a buffer of their own: some codecs of the library read from its beginning.
      last = { key, bytes: Uint8Array.from(found) };
      return last.bytes;
    };
    this.root = zarr.root({
      get,
      getRange: async (key: string, range: zarr.RangeQuery): Promise<Uint8Array | undefined> => {
        const bytes = await get(key);
        if ('suffixLength' in range) return bytes?.slice(Math.max(0, bytes.length - range.suffixLength));
        return bytes?.slice(range.offset, range.offset + range.length);
      },
    });
  }

  async node(path: string): Promise<TreeNode | undefined> {
    const found = await this.open(path);
    if (found === undefined) return undefined;
    const attributes = found.attrs;
    return found instanceof zarr.Array ? { attributes, shape: found.shape } : { attributes };
  }

  async array(path: string, rows?: RowRange): Promise<PlainArray> {
    const place = `${this.path}, ${path}`;
    const found = await this.open(path);
    if (!(found instanceof zarr.Array)) throw noArray(place);
    requireSize(shapeOf(found.shape, rows), place);
    if (sizeOf(found.chunks) > MOST_IN_CHUNK)
      throw damaged(place, `its chunks have the shape [${found.chunks.join(', ')}]`);
    try {
      const { data, shape } = await zarr.get(
        found,
        rows && [zarr.slice(...rows), ...found.shape.slice(1).map(() => null)],
      );
      const values = ArrayBuffer.isView(data) ? data : Array.from(data as Iterable<Plain>);
      // A view of numbers is a list of them; the library's type leaves open which.
      return { shape, values: values as ArrayLike<Plain> };
    } catch (error) {
      throw error instanceof Failure ? error : damaged(place, error);
    }
  }

  private async open(path: string): Promise<zarr.Group<zarr.Readable> | zarr.Array<zarr.DataType> | undefined> {
    try {
      const found = await zarr.open(this.root.resolve(path));
      // The library takes what stands in the metadata for what it should be.
      if (found instanceof zarr.Array && !(isShape(found.shape) && isShape(found.chunks)))
        throw damaged(`${this.path}, ${path}`, 'its metadata have no shape or no chunks');
      return found;
    } catch (error) {
      if (zarr.isZarritaError(error, 'NotFoundError')) return undefined;
      throw error instanceof Failure ? error : damaged(`${this.path}, ${path}`, error);
    }
  }
}

function isShape(value: unknown): boolean {
  return Array.isArray(value) && value.every(extent => Number.isSafeInteger(extent) && extent >= 0);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  );
}

function topFolder(zip: ZipFile): string {
  const [first = ''] = zip.members.keys();
  return first.includes('/') ? first.slice(0, first.indexOf('/') + 1) : '';
}
