/**
 * Zarr stores in a ZIP archive, of version 2 without compression: what zarr-python 2 and 3, zarrita, xarray and AnnData all read.
 * https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html; text as the codec `vlen-utf8` of numcodecs.
 */
import type { OutputFile } from './output.js';
import { requireTree } from './read-back.js';
import { groupsOf, once, type Attributes, type Tree, type TreeArray } from './tree.js';
import { ZipWriter } from './zip.js';

/** Bytes of a chunk, unless one row has more. */
const CHUNK = 1 << 22;

const TYPES = { float32: ['<f4', 4], float64: ['<f8', 8], int32: ['<i4', 4], int8: ['|i1', 1] } as const;

/** Writes a store, which is read back when the file is finished. */
export async function writeZarr(file: OutputFile, tree: Tree): Promise<void> {
  const zip = new ZipWriter(file);
  const metadata: Record<string, unknown> = {};
  const describe = async (path: string, name: string, value: object): Promise<void> => {
    const key = path === '' ? name : `${path}/${name}`;
    metadata[key] = value;
    await zip.add(key, once(Buffer.from(JSON.stringify(value))));
  };
  const attribute = async (path: string, attributes: Attributes): Promise<void> => {
    if (Object.keys(attributes).length > 0) await describe(path, '.zattrs', attributes);
  };
  for (const [path, attributes] of groupsOf(tree)) {
    await describe(path, '.zgroup', { zarr_format: 2 });
    await attribute(path, attributes);
  }
  for (const array of tree.arrays) {
    const rows = rowsOfChunk(array);
    await describe(array.path, '.zarray', headerOf(array, rows));
    await attribute(array.path, array.attributes ?? {});
    let chunk = 0;
    for await (const bytes of array.type === 'text' ? once(encodeTexts(array.texts)) : cut(array, rows)) {
      const place = array.shape.map((_, axis) => (axis === 0 ? chunk : 0));
      await zip.add(`${array.path}/${place.join('.') || '0'}`, once(bytes));
      chunk++;
    }
  }
  await zip.add('.zmetadata', once(Buffer.from(JSON.stringify({ metadata, zarr_consolidated_format: 1 }))));
  await zip.finish();
  file.readBack(path => requireTree(path, tree));
}

function headerOf({ type, shape }: TreeArray, rows: number): object {
  return {
    zarr_format: 2,
    shape,
    chunks: shape.map((extent, axis) => Math.max(1, axis === 0 ? rows : extent)),
    dtype: type === 'text' ? '|O' : TYPES[type][0],
    fill_value: type === 'text' ? '' : 0,
    order: 'C',
    compressor: null,
    filters: type === 'text' ? [{ id: 'vlen-utf8' }] : null,
  };
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
