/**
 * Zarr stores without compression, in a folder or a ZIP archive: version 2, which zarr-python 2 and 3, zarrita, xarray and AnnData all
 * read, or version 3. https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html and …/v3/core/index.html; text as the codec `vlen-utf8`
 * of numcodecs; names of axes as xarray has them (`_ARRAY_DIMENSIONS`), or as version 3 has.
 */
import type { ExportContext } from './export.js';
import { OutputFile } from './output.js';
import type { OutputFolder } from './output-folder.js';
import { requireTree } from './read-back.js';
import { groupsOf, once, type Attributes, type Tree, type TreeArray } from './tree.js';
import { ZipWriter } from './zip.js';

/** Bytes of a chunk, unless one row has more. */
const CHUNK = 1 << 22;

const TYPES = { float32: ['<f4', 4], float64: ['<f8', 8], int32: ['<i4', 4], int8: ['|i1', 1] } as const;

/** Documents by their names. */
type Documents = Readonly<Record<string, object>>;

/** How a version describes groups and arrays, and what it calls their chunks. */
interface Version {
  group(attributes: Attributes): Documents;
  array(array: TreeArray, chunks: readonly number[]): Documents;
  chunk(place: readonly number[]): string;
}

const VERSIONS: Readonly<Record<number, Version>> = {
  2: {
    group: attributes => ({ '.zgroup': { zarr_format: 2 }, ...attributesOf(attributes) }),
    array: ({ type, shape, attributes, dimensions }, chunks) => ({
      '.zarray': {
        zarr_format: 2,
        shape,
        chunks,
        dtype: type === 'text' ? '|O' : TYPES[type][0],
        fill_value: type === 'text' ? '' : 0,
        order: 'C',
        compressor: null,
        filters: type === 'text' ? [{ id: 'vlen-utf8' }] : null,
      },
      ...attributesOf({ ...(dimensions && { _ARRAY_DIMENSIONS: dimensions }), ...attributes }),
    }),
    chunk: place => place.join('.') || '0',
  },
  3: {
    group: attributes => ({ 'zarr.json': { zarr_format: 3, node_type: 'group', attributes } }),
    array: ({ type, shape, attributes = {}, dimensions }, chunks) => ({
      'zarr.json': {
        zarr_format: 3,
        node_type: 'array',
        shape,
        data_type: type === 'text' ? 'string' : type,
        chunk_grid: { name: 'regular', configuration: { chunk_shape: chunks } },
        chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
        fill_value: type === 'text' ? '' : 0,
        codecs: [type === 'text' ? { name: 'vlen-utf8' } : { name: 'bytes', configuration: { endian: 'little' } }],
        attributes,
        ...(dimensions && { dimension_names: dimensions }),
      },
    }),
    chunk: place => ['c', ...place].join('/'),
  },
};

const attributesOf = (attributes: Attributes): Documents =>
  Object.keys(attributes).length > 0 ? { '.zattrs': attributes } : {};

/** Begins a store as its path says: an archive, or a folder. */
export function beginZarr({ path, create, createFolder }: ExportContext): Promise<OutputFile | OutputFolder> {
  return /\.zip$/i.test(path) ? create(path) : createFolder(path);
}

/** Writes a store, which is read back when the output is finished. */
export async function writeZarr(output: OutputFile | OutputFolder, tree: Tree, version = 2): Promise<void> {
  if (output instanceof OutputFile) {
    const zip = new ZipWriter(output);
    await writeMembers(zip, tree, version);
    await zip.finish();
  } else await writeMembers(output, tree, version);
  output.readBack(path => requireTree(path, tree));
}

async function writeMembers(to: Pick<ZipWriter, 'add'>, tree: Tree, number: number): Promise<void> {
  const version = VERSIONS[number]!;
  const metadata: Record<string, object> = {};
  const describe = async (path: string, documents: Documents): Promise<void> => {
    for (const [name, value] of Object.entries(documents)) {
      const key = path === '' ? name : `${path}/${name}`;
      metadata[key] = value;
      await to.add(key, once(Buffer.from(JSON.stringify(value))));
    }
  };
  for (const [path, attributes] of groupsOf(tree)) await describe(path, version.group(attributes));
  for (const array of tree.arrays) {
    const rows = rowsOfChunk(array);
    const chunks = array.shape.map((extent, axis) => Math.max(1, axis === 0 ? rows : extent));
    await describe(array.path, version.array(array, chunks));
    let chunk = 0;
    for await (const bytes of array.type === 'text' ? once(encodeTexts(array.texts)) : cut(array, rows)) {
      const place = array.shape.map((_, axis) => (axis === 0 ? chunk : 0));
      await to.add(`${array.path}/${version.chunk(place)}`, once(bytes));
      chunk++;
    }
  }
  // Version 3 has no such member of its own.
  if (number === 2) await describe('', { '.zmetadata': { metadata: { ...metadata }, zarr_consolidated_format: 1 } });
}

function rowsOfChunk({ type, shape }: TreeArray): number {
  const [rows = 1, ...rest] = shape;
  if (type === 'text') return rows;
  const width = rest.reduce((product, extent) => product * extent, TYPES[type][1]);
  return Math.min(rows, Math.max(1, Math.floor(CHUNK / width)));
}

/** The elements in chunks of so many rows; the last one is filled up. */
async function* cut(array: Exclude<TreeArray, { type: 'text' }>, rows: number): AsyncGenerator<Uint8Array> {
  const size = array.shape.slice(1).reduce((product, extent) => product * extent, rows * TYPES[array.type][1]);
  let chunk = Buffer.alloc(size);
  let filled = 0;
  for await (const part of array.parts())
    for (let from = 0; from < part.length;) {
      const taken = Math.min(part.length - from, size - filled);
      chunk.set(part.subarray(from, from + taken), filled);
      from += taken;
      filled += taken;
      if (filled < size) continue;
      yield chunk;
      chunk = Buffer.alloc(size);
      filled = 0;
    }
  if (filled > 0) yield chunk;
}

function encodeTexts(texts: readonly string[]): Buffer {
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  return Buffer.concat([
    word(texts.length),
    ...texts.flatMap(text => [word(Buffer.byteLength(text)), Buffer.from(text)]),
  ]);
}
