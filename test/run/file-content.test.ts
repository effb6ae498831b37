import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { externalLocations, hashContent, manifestLocations } from '../../server/src/run/file-content.js';
import { ResultStore } from '../../server/src/store/store.js';
import { field, message } from '../engine/graph/model-bytes.js';

let folder = '';
let store: ResultStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'content-'));
  store = await ResultStore.open(join(folder, '.xome'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A model whose tensors lie at these locations. */
const model = (...locations: string[]): Uint8Array =>
  field(
    7,
    message(
      ...locations.map(location =>
        field(
          5,
          message(
            field(13, message(field(1, 'location'), field(2, location))),
            field(13, message(field(1, 'offset'), field(2, '0'))),
          ),
        ),
      ),
    ),
  );

it('finds each data file of a model once, also under long names, and none outside its folder', () => {
  const long = `${'weights/'.repeat(40)}w.bin`;
  const bytes = Buffer.from(model('b.data', long, 'b.data', '../secret', 'a.data'));
  expect(externalLocations(bytes)).toEqual(['a.data', 'b.data', long]);
});

it('finds the weight files of a TensorFlow.js model, and none in other JSON', () => {
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const weightsManifest = [{ paths: ['b.bin', '../secret'], weights: [] }, { paths: ['a.bin'] }];
  expect(manifestLocations(json({ modelTopology: {}, weightsManifest }))).toEqual(['b.bin', 'a.bin']);
  expect(manifestLocations(json({ class_name: 'Sequential' }))).toEqual([]);
  expect(manifestLocations(Buffer.from('no JSON'))).toEqual([]);
});

it('changes with the model and with its data, and knows a model whose data are missing', async () => {
  const path = join(folder, 'model.onnx');
  const data = join(folder, 'model.onnx.data');
  const hashes: string[] = [];
  await writeFile(path, model('model.onnx.data'));
  hashes.push(await hashContent(path, store));
  for (const content of ['one', 'three']) {
    await writeFile(data, content);
    hashes.push(await hashContent(path, store));
  }
  await writeFile(path, model('model.onnx.data', 'more.data'));
  hashes.push(await hashContent(path, store));
  expect(new Set(hashes).size).toBe(4);
});

it('is that of the file alone for anything else', async () => {
  for (const name of ['whole.onnx', 'peaks.fa']) {
    const path = join(folder, name);
    await writeFile(path, name === 'peaks.fa' ? model('x') : model());
    expect(await hashContent(path, store)).toBe(await store.hashFile(path));
  }
});

it('changes with the variants and the people of a PLINK data set', async () => {
  const path = join(folder, 'cohort.bed');
  const hashes: string[] = [];
  for (const [name, content] of [
    ['cohort.bed', 'genotypes'],
    ['cohort.bim', 'variants'],
    ['cohort.fam', 'people'],
    ['cohort.fam', 'others'],
  ] as const) {
    await writeFile(join(folder, name), content);
    hashes.push(await hashContent(path, store));
  }
  expect(new Set(hashes).size).toBe(4);
});

it('of a folder changes with the content and the name of any file in it, at any depth', async () => {
  const path = join(folder, 'cells.zarr');
  await mkdir(join(path, 'X/c'), { recursive: true });
  const hashes: string[] = [];
  for (const [name, content] of [
    ['zarr.json', '{}'],
    ['X/c/0', 'chunk'],
    ['X/c/0', 'other'],
    ['X/c/1', 'other'],
  ] as const) {
    await writeFile(join(path, name), content);
    hashes.push(await hashContent(path, store));
  }
  expect(new Set(hashes).size).toBe(4);
  await rm(join(path, 'X/c/1'));
  expect(await hashContent(path, store)).toBe(hashes[2]);
});

it('takes the barcodes and features beside a matrix of cells into its hash', async () => {
  const matrix = join(folder, 'GSM1_matrix.mtx');
  await writeFile(matrix, '%%MatrixMarket matrix coordinate integer general\n1 1 0\n');
  await writeFile(join(folder, 'GSM1_features.tsv'), 'ENSG1\tA\n');
  const before = await hashContent(matrix, store);
  await writeFile(join(folder, 'GSM1_features.tsv'), 'ENSG2\tB\n');
  expect(await hashContent(matrix, store)).not.toBe(before);
});
