/** HDF5 files that are damaged: a failure, not numbers, and no word of the library on the error stream of the process. */
import fs from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import h5wasm from 'h5wasm/node';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withHierarchy } from '../../../server/src/engine/data/hierarchy.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hdf5-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

it.each([
  ['superblock', (bytes: Buffer) => bytes.fill(0xa5, 10), 'data/damaged-hdf5'],
  // The data begin as streams of zlib do.
  [
    'chunks',
    (bytes: Buffer) => bytes.fill(0xa5, bytes.lastIndexOf('x\x9c', undefined, 'latin1')),
    'data/damaged-array',
  ],
])('are not talked about: %s', async (_, damage, code) => {
  await h5wasm.ready;
  const path = join(folder, 'x.h5');
  const file = new h5wasm.File(path, 'w');
  const data = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
  file.create_dataset({ name: 'x', data, shape: [1000], chunks: [1000], compression: 6 });
  file.close();
  await writeFile(path, damage(await readFile(path)));
  const written = vi.spyOn(fs, 'writeSync');
  await expect(withHierarchy(path, tree => tree.array('x'))).rejects.toMatchObject({ problem: { code } });
  expect(written.mock.calls.filter(([to]) => to === 2)).toEqual([]);
});
