/** The tree of a Zarr store, versions 2 and 3, in a folder or an archive. https://zarr-specs.readthedocs.io; read by zarrita. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import * as zarr from 'zarrita';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import { halfPrecision } from '../graph/onnx.js';
import type { Hierarchy, TreeNode } from './hierarchy.js';
import {
  damaged,
  extentsOf,
  fromHalves,
  noArray,
  wholeRanges,
  type Plain,
  type PlainArray,
  type Range,
} from './plain-array.js';
import { unreadable } from './source.js';
import { boundCodecs } from './zarr-codecs.js';
import type { ZipFile } from './zip-file.js';

boundCodecs();

/** Bytes of a chunk, or of a shard of many. */
const LARGEST_CHUNK = 2 ** 30;
/** Bytes of a member that an archive holds in less. */
const LARGEST_INFLATED = 2 ** 28;
const LARGEST_METADATA = 2 ** 26;
const METADATA = /(^|\/)(\.zarray|\.zattrs|\.zgroup|\.zmetadata|zarr\.json)$/;

const mostOf = (key: string, isPacked: boolean): number =>
  METADATA.test(key) ? LARGEST_METADATA : isPacked ? LARGEST_INFLATED : LARGEST_CHUNK;

/** Where the members of a store lie. */
interface Members {
  /** Undefined where there is none of that name. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Names of the folders in one. */
  inside(folder: string): Promise<readonly string[]>;
}

export class StoreArchive implements Members {
  /** Archives of a folder have its name in front of every member. */
  private readonly top: string;

  constructor(private readonly zip: ZipFile) {
    this.top = isStore(zip.members) ? '' : topFolder(zip);
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    const member = this.zip.members.get(this.top + key);
    return member && this.zip.readAll(member, mostOf(key, member.size > member.compressed));
  }

  async inside(folder: string): Promise<readonly string[]> {
    const top = this.top + (folder === '' ? '' : `${folder}/`);
    const below = [...this.zip.members.keys()].filter(name => name.startsWith(top)).map(name => name.slice(top.length));
    return [...new Set(below.flatMap(name => (name.includes('/') ? [name.slice(0, name.indexOf('/'))] : [])))];
  }
}

const isStore = (members: ZipFile['members']): boolean =>
  ['zarr.json', '.zgroup', '.zarray'].some(name => members.has(name));

function topFolder(zip: ZipFile): string {
  const [first = ''] = zip.members.keys();
  return first.includes('/') ? first.slice(0, first.indexOf('/') + 1) : '';
}

export class StoreFolder implements Members {
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
    const most = mostOf(key, false);
    if (size > most) throw damaged(path, `the file has ${size} bytes, at most ${most} are expected`);
    try {
      return await readFile(path);
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  async inside(folder: string): Promise<readonly string[]> {
    try {
      const entries = await readdir(join(this.folder, folder), { withFileTypes: true });
      return entries.flatMap(entry => (entry.isDirectory() ? [entry.name] : [])).sort();
    } catch {
      return []; // there is no such folder
    }
  }
}

export class ZarrTree implements Hierarchy {
  private readonly root;
  /** Metadata of arrays of half precision, which the library only knows where the platform does. */
  private readonly halves = new Set<string>();

  constructor(
    private readonly path: string,
    private readonly members: Members,
  ) {
    // Shards are read piece by piece: the last member stays at hand.
    let last: { key: string; bytes: Uint8Array } | undefined;
    const get = async (key: string): Promise<Uint8Array | undefined> => {
      if (last?.key === key) return last.bytes;
      const found = await members.read(key.slice(1));
      if (found === undefined) return undefined;
      // Bytes with a buffer of their own: some codecs of the library read from its beginning.
      const bytes = found.length === found.buffer.byteLength ? found : Uint8Array.from(found);
      if (/(^|\/)(\.zarray|zarr\.json)$/.test(key)) return this.halvesAsBits(key, bytes);
      last = { key, bytes };
      return bytes;
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
    return found instanceof zarr.Array ? { attributes, shape: found.shape, chunks: found.chunks } : { attributes };
  }

  async children(path: string): Promise<readonly string[]> {
    // Groups without metadata are groups as well.
    return this.members.inside(path.replace(/^\/+/, ''));
  }

  async array(path: string, ranges: readonly Range[] = []): Promise<PlainArray> {
    const place = `${this.path}, ${path}`;
    const found = await this.open(path);
    if (!(found instanceof zarr.Array)) throw noArray(place);
    const whole = wholeRanges(found, ranges, place);
    const shape = extentsOf(whole);
    try {
      const read = await zarr.get(
        found,
        whole.map(range => zarr.slice(...range)),
      );
      const values = isChunk(read) ? inCOrder(read) : [read as Plain];
      return { shape, values: this.halves.has(found.path) ? fromHalves(values) : values };
    } catch (error) {
      throw error instanceof Failure ? error : damaged(place, error);
    }
  }

  private async open(path: string): Promise<zarr.Group<zarr.Readable> | zarr.Array<zarr.DataType> | undefined> {
    const location = this.root.resolve(path);
    const inVersion2 = ['.zarray', '.zgroup'].map(name =>
      this.members.read(`${location.path}/${name}`.replace(/^\/+/, '')),
    );
    try {
      const isVersion2 = (await Promise.all(inVersion2)).some(member => member !== undefined);
      const found = await (isVersion2 ? zarr.open.v2 : zarr.open.v3)(location);
      // The library takes what stands in the metadata for what it should be.
      if (found instanceof zarr.Array && !(isShape(found.shape) && isShape(found.chunks)))
        throw damaged(`${this.path}, ${path}`, 'its metadata have no shape or no chunks');
      return found;
    } catch (error) {
      if (zarr.isZarritaError(error, 'NotFoundError')) return undefined;
      throw error instanceof Failure ? error : damaged(`${this.path}, ${path}`, error);
    }
  }

  /** Metadata of an array, with integers of two bytes in the place of half precision. */
  private halvesAsBits(key: string, bytes: Uint8Array): Uint8Array {
    // Whatever else the metadata are is for the library to tell.
    const about = JSON.parse(Buffer.from(bytes).toString()) as { readonly [name: string]: unknown } | null;
    const [, order] = /^([<>])f2$/.exec(String(about?.['dtype'])) ?? [];
    if (about === null || (order === undefined && about['data_type'] !== 'float16')) return bytes;
    this.halves.add(key.slice(0, key.lastIndexOf('/')) || '/');
    const type = order === undefined ? { data_type: 'uint16' } : { dtype: `${order}u2` };
    return Buffer.from(JSON.stringify({ ...about, ...type, fill_value: bitsOf(about['fill_value']) }));
  }
}

/** The bits of a number of half precision, as metadata write it: a number, `"NaN"`, `"-Infinity"`, or the bits; null where there is none. */
function bitsOf(fill: unknown): number | null {
  if (typeof fill !== 'number' && typeof fill !== 'string') return null;
  const value = Number(fill);
  if (typeof fill === 'string' && fill.startsWith('0x')) return value;
  for (let bits = 0; bits < 0x10000; bits++) if (Object.is(halfPrecision(bits), value)) return bits;
  return 0;
}

const isChunk = (read: unknown): read is zarr.Chunk<zarr.DataType> =>
  typeof read === 'object' && read !== null && 'stride' in read;

/** The elements of a chunk, whose axes may lie in another order. */
function inCOrder({ data, shape, stride }: zarr.Chunk<zarr.DataType>): ArrayLike<Plain> {
  const sizes = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const list = ArrayBuffer.isView(data) ? data : Array.from(data as Iterable<Plain>);
  // A view of numbers is a list of them; the library's type leaves open which.
  const values = list as unknown as Plain[];
  if (sizes.every((size, axis) => size === stride[axis])) return values;
  return values.map((_, at) => {
    const place = sizes.reduce((sum, size, axis) => sum + (Math.floor(at / size) % shape[axis]!) * stride[axis]!, 0);
    return values[place]!;
  });
}

function isShape(value: unknown): boolean {
  return Array.isArray(value) && value.every(extent => Number.isSafeInteger(extent) && extent >= 0);
}
