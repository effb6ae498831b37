/** Small files that unpack to much, and archives whose sizes are lies: refused by name before the memory is taken. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import h5wasm from 'h5wasm/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chromosomeSizes } from '../../../server/src/engine/data/chromosome-sizes.js';
import { fastaRecords } from '../../../server/src/engine/data/fasta-records.js';
import { withHierarchy } from '../../../server/src/engine/data/hierarchy.js';
import { linesOf } from '../../../server/src/engine/data/lines.js';
import { readMotifs } from '../../../server/src/engine/data/motifs.js';
import { openMember } from '../../../server/src/engine/data/npy.js';
import { readSource } from '../../../server/src/engine/data/sources.js';
import { ZipFile } from '../../../server/src/engine/data/zip-file.js';
import { importKeras } from '../../../server/src/engine/models/keras.js';
import { importPyTorch } from '../../../server/src/engine/models/pytorch.js';
import { damaged } from './damage.js';
import { deflated, gzipBomb, zipOf, zlibBomb, zstdBomb, type Member } from './fuzz/bombs.js';
import { hdf5, kept, npy, source, text } from './fuzz/files.js';
import { forgetPeak, peak } from './survive.js';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bombs-'));
  await h5wasm.ready;
});
afterAll(() => rmSync(folder, { recursive: true }));

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;
/** What no file of some megabytes may take. */
const MOST = 700 * MEBIBYTE;

const drained = async (stream: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of stream);
};

/** An archive with one member that is no lie, or several. */
const archive = (...members: Member[]): Buffer => zipOf(members);
const bomb = deflated(1024);
const zeros = (name: string, size = GIBIBYTE): Member => ({ name, data: bomb, isDeflated: true, size });
/** As long as the directory can make it. */
const promised = (name: string, data: Buffer): Member => ({ name, data, isDeflated: true, size: 1000 * data.length });
const stored = (name: string, content: string): Member => ({ name, data: text(content) });

/** A chunk of noise, which takes its place in the file, replaced by what unpacks to 1 GiB. */
function hdf5Bomb(): Buffer {
  const noise = Float32Array.from({ length: 400_000 }, (_, i) => Math.sin(i * i));
  const bytes = hdf5(file => {
    const shape = [noise.length];
    file.create_dataset({ name: 'x', data: noise, shape, dtype: '<f', chunks: shape, compression: 6 });
  });
  const chunk = zlibBomb(1024);
  chunk.copy(bytes, bytes.indexOf(Buffer.from([0x78, 0x9c])));
  return bytes;
}

async function arrayOf(path: string): Promise<void> {
  const zip = await ZipFile.open(path);
  try {
    const array = await openMember(zip, [...zip.members.values()][0]!, path);
    await drained(array.bytes());
  } finally {
    await zip.close();
  }
}

const table = (path: string): Promise<unknown> => readSource(source('table', { path: 'table' }), { table: path });
const measured = (path: string): Promise<unknown> =>
  readSource(source('table', { path: 'table', names: 'name', skip: ['class'], label: 'u8', missing: 'mean' }), {
    table: path,
  });
const keras = (path: string): Promise<unknown> => importKeras(path, { customLayers: {} });
const pytorch = (path: string): Promise<unknown> => importPyTorch(path, {});
const group = stored('.zgroup', '{"zarr_format":2}');
const inTree = (path: string): Promise<unknown> => withHierarchy(path, tree => tree.array('x'));
/** An array of ten numbers. */
function chunked(codec: string): Member {
  const [shape, compressor] = [[10], { id: codec }];
  const about = {
    zarr_format: 2,
    shape,
    chunks: shape,
    dtype: '<f4',
    fill_value: 0,
    order: 'C',
    compressor,
    filters: null,
  };
  return stored('x/.zarray', JSON.stringify(about));
}

it.each<[string, () => Buffer, (path: string) => Promise<unknown>, string]>([
  ['lines, gzip', () => gzipBomb(1024, 'a,b\n', '1'), path => drained(linesOf(path)), 'data/long-line'],
  ['lines, Zstandard', () => zstdBomb(1024, 'a,b\n'), path => drained(linesOf(path)), 'data/long-line'],
  ['table, a header', () => gzipBomb(1024, 'a,b', '1'), table, 'data/long-line'],
  ['table, a quote', () => gzipBomb(1024, 'a,b\n1,"', '1'), table, 'data/long-line'],
  ['FASTA, a name', () => gzipBomb(1024, '>', 'A'), path => drained(fastaRecords(path)), 'data/long-line'],
  ['FASTA, a sequence', () => gzipBomb(1024, '>a\n', 'A'), path => drained(fastaRecords(path)), 'data/too-long'],
  ['motifs', () => gzipBomb(1024, '>a\n', '1'), readMotifs, 'data/too-large'],
  ['lengths of chromosomes', () => gzipBomb(1024, 'a\t', '1'), chromosomeSizes, 'data/too-large'],
  ['npz, a small claim', () => archive(zeros('x.npy', 4096)), arrayOf, 'data/damaged-zip'],
  ['npz, a large claim', () => archive(promised('x.npy', npy([1], [1]))), arrayOf, 'data/damaged-zip'],
  ['npz, zeros', () => archive(zeros('x.npy')), arrayOf, 'data/not-npy'],
  [
    'npz, longer than the file',
    () => archive({ ...zeros('x.npy', 4 * GIBIBYTE - 2), compressed: GIBIBYTE }),
    arrayOf,
    'data/damaged-zip',
  ],
  ['Keras, configuration', () => archive(zeros('config.json')), keras, 'model/damaged-archive'],
  ['Keras, a small claim', () => archive(zeros('config.json', 4096)), keras, 'model/damaged-archive'],
  ['Keras, weights', () => archive(stored('config.json', '{}'), zeros('model.weights.h5')), keras, 'model/not-keras'],
  ['PyTorch, pickle', () => archive(zeros('a/data.pkl')), pytorch, 'data/damaged-zip'],
  ['PyTorch, a small claim', () => archive(zeros('a/data.pkl', 4096)), pytorch, 'data/damaged-zip'],
  ['Zarr, metadata', () => archive(group, zeros('x/.zarray')), inTree, 'data/damaged-zip'],
  ['Zarr, a member', () => archive(group, chunked('gzip'), zeros('x/0')), inTree, 'data/damaged-zip'],
  ...(
    [
      ['gzip', () => gzipBomb(1024, '', '0')],
      ['zlib', () => zlibBomb(1024)],
      ['zstd', () => zstdBomb(1024, '')],
      ['lz4', () => Buffer.alloc(64, 0x3f)],
      ['blosc', () => Buffer.alloc(64, 0x02)],
    ] as const
  ).map(([codec, chunk]): [string, () => Buffer, typeof inTree, string] => [
    `Zarr, a chunk of ${codec}`,
    () => archive(group, chunked(codec), { name: 'x/0', data: chunk() }),
    inTree,
    'data/damaged-array',
  ]),
  [
    'Parquet, a run of levels',
    () =>
      damaged(kept('parquet', 'zstd.parquet')['zstd.parquet']!, {
        kind: 'bytes',
        file: 0,
        at: 0.28576,
        length: 18,
        value: 220,
      }),
    measured,
    'data/damaged-parquet',
  ],
  ['HDF5, a chunk', hdf5Bomb, inTree, 'data/damaged-array'],
])('%s', async (name, make, read, code) => {
  const path = join(folder, name.replace(/\W+/g, '_'));
  const bytes = make();
  expect(bytes.length).toBeLessThan(4 * MEBIBYTE);
  writeFileSync(path, bytes);
  const before = process.memoryUsage();
  forgetPeak();
  await expect(read(path)).rejects.toMatchObject({ name: 'Failure', problem: { code } });
  expect(peak() - before.rss).toBeLessThan(MOST);
  expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(MOST);
});
