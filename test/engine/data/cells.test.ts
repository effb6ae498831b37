/** Cells of AnnData and Cell Ranger files: written in every encoding and read back, and the same matrix in two formats. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import h5wasm from 'h5wasm/node';
import * as zarr from 'zarrita';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anndata } from '../../../server/src/engine/data/anndata.js';
import { cellRanger } from '../../../server/src/engine/data/cell-ranger.js';
import { withHierarchy } from '../../../server/src/engine/data/hierarchy.js';
import { Failure } from '../../../server/src/engine/failure.js';

const BLOOD = '../shared/data/expression/pbmc68k_reduced.zarr.zip';
const MATRIX = '../shared/data/expression/filtered_feature_bc_matrix.h5';
const HASH = '1234abcd'.repeat(8);
const CLUSTERS = 'dcba4321'.repeat(8);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cells-'));
  await h5wasm.ready;
});
afterAll(() => rm(folder, { recursive: true }));

type Given = Partial<Parameters<typeof anndata.read>[0]>;
const read = (path: string, given: Given = {}) => anndata.read({ path: HASH, ...given }, { [HASH]: path });
const readCounts = (path: string, given: Partial<Parameters<typeof cellRanger.read>[0]> = {}, clusters = '') =>
  cellRanger.read(
    { path: HASH, names: 'symbols', feature_type: 'Gene Expression', ...given },
    { [HASH]: path, [CLUSTERS]: clusters },
  );
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'read',
    (error: unknown) => (error instanceof Failure ? error.problem.code : `defect: ${String(error)}`),
  );

/** 3 cells × 4 genes. */
const DENSE = [0, 1, 0, 2.5, 3, 0, 0, 0, 0, 0, 4, 5];
const CSR = { data: [1, 2.5, 3, 4, 5], indices: [1, 3, 0, 2, 3], indptr: [0, 2, 3, 5] };
const CSC = { data: [3, 1, 4, 2.5, 5], indices: [1, 0, 2, 0, 2], indptr: [0, 1, 2, 3, 5] };

type Group = InstanceType<typeof h5wasm.Group>;

function writeH5ad(path: string): void {
  const file = new h5wasm.File(path, 'w');
  const group = (name: string, encoding: string): Group => {
    const made = file.create_group(name);
    made.create_attribute('encoding-type', encoding);
    return made;
  };
  const texts = (into: Group, name: string, data: string[]) =>
    into.create_dataset({ name, data, shape: [data.length] });
  const numbers = (into: Group, name: string, data: number[], shape = [data.length]) =>
    into.create_dataset({ name, data: Float64Array.from(data), shape, dtype: '<d' });
  const integers = (into: Group, name: string, data: number[]) =>
    into.create_dataset({ name, data: Int32Array.from(data), shape: [data.length], dtype: '<i' });
  const sparse = (name: string, encoding: string, matrix: typeof CSR): void => {
    const into = group(name, encoding);
    into.create_attribute('shape', Int32Array.from([3, 4]));
    numbers(into, 'data', matrix.data);
    integers(into, 'indices', matrix.indices);
    integers(into, 'indptr', matrix.indptr);
  };
  const obs = group('obs', 'dataframe');
  obs.create_attribute('_index', 'barcode');
  texts(obs, 'barcode', ['c0', 'c1', 'c2']);
  numbers(obs, 'age', [30, 41, 52]);
  const type = group('obs/type', 'categorical');
  texts(type, 'categories', ['B', 'T']);
  integers(type, 'codes', [1, -1, 0]);
  const weight = group('obs/weight', 'nullable-integer');
  integers(weight, 'values', [7, 8, 9]);
  integers(weight, 'mask', [0, 1, 0]);
  group('obs/__categories', 'none');
  texts(file.get('obs/__categories') as Group, 'old', ['x', 'y']);
  integers(obs, 'old', [1, 1, 0]);
  const genes = group('var', 'dataframe');
  genes.create_attribute('_index', '_index');
  texts(genes, '_index', ['g0', 'g1', 'g2', 'g3']);
  texts(genes, 'symbol', ['A', 'B', 'C', 'D']);
  integers(genes, 'variable', [0, 1, 0, 1]);
  numbers(file, 'X', DENSE, [3, 4]);
  group('layers', 'dict');
  sparse('layers/rows', 'csr_matrix', CSR);
  sparse('layers/columns', 'csc_matrix', CSC);
  sparse('layers/broken', 'csr_matrix', { ...CSR, indices: [1, 3, 0, 2, 4] });
  sparse('layers/odd', 'awkward-array', CSR);
  file.close();
}

describe('anndata', () => {
  let path: string;
  beforeAll(() => {
    path = join(folder, 'small.h5ad');
    writeH5ad(path);
  });

  it.each([undefined, 'rows', 'columns'])('reads the layer %s', async layer => {
    const found = await read(path, layer === undefined ? {} : { layer });
    expect([...found.values]).toEqual(DENSE);
    expect(found).toMatchObject({
      names: ['c0', 'c1', 'c2'],
      features: ['g0', 'g1', 'g2', 'g3'],
      alphabet: 'expression',
    });
    const some = await read(path, { ...(layer !== undefined && { layer }), only: 'variable', names: 'symbol' });
    expect(some.features).toEqual(['B', 'D']);
    expect([...some.values]).toEqual([1, 2.5, 0, 0, 0, 5]);
  });

  it.each<[string, Given, (number | undefined)[]]>([
    ['categories in their order', { label: 'type' }, [1, undefined, 0]],
    ['categories in another order', { label: 'type', classes: ['T', 'B'] }, [0, undefined, 1]],
    ['numbers', { label: 'age' }, [30, 41, 52]],
    ['nullable numbers', { label: 'weight' }, [7, undefined, 9]],
    ['categories of old files', { label: 'old' }, [1, 1, 0]],
  ])('takes labels: %s', async (_, given, labels) => {
    expect((await read(path, given)).labels).toEqual(labels);
  });

  it.each<[Given, string]>([
    [{ layer: 'nowhere' }, 'data/no-layer'],
    [{ layer: 'broken' }, 'data/damaged-sparse'],
    [{ layer: 'odd' }, 'data/encoding'],
    [{ label: 'nothing' }, 'data/no-column'],
    [{ label: 'type', classes: ['T'] }, 'data/label'],
    [{ only: 'symbol' }, 'data/empty'],
  ])('answers %j with %s', async (given, code) => {
    expect(await codeOf(read(path, given))).toBe(code);
  });

  it('takes the cells that have a value in a column of any kind', async () => {
    const found = await read(path, { where: { old: 'y', age: '41' }, label: 'type' });
    expect(found).toMatchObject({ names: ['c1'], labels: [undefined], values: Float32Array.of(3, 0, 0, 0) });
    expect(found.origins).toMatchObject([{ index: 1 }]);
    expect((await read(path, { where: { type: 'B' }, layer: 'rows' })).values).toEqual(Float32Array.of(0, 0, 4, 5));
    const part = { path: HASH, where: { type: 'B' } };
    expect(await anndata.describe(part, { [HASH]: path })).toMatchObject({ examples: 1, length: [4, 4] });
    expect(await codeOf(read(path, { where: { type: 'NK' } }))).toBe('data/empty');
  });

  it('says what of a file it could not use, and what there is instead', async () => {
    const found = await read(path, { label: 'type' });
    expect(found.notes.map(({ message }) => message)).toEqual([
      'The classes are 0 B, 1 T.',
      '1 of 3 examples have no label; they stay in.',
    ]);
    await expect(read(path, { layer: 'counts' })).rejects.toMatchObject({
      problem: { remedy: expect.stringMatching(/^Its layers are (?=.*rows)(?=.*columns)/) as string },
    });
  });

  it('says what is no such file', async () => {
    const other = join(folder, 'other.h5ad');
    await writeFile(other, 'text');
    expect(await codeOf(read(other))).toBe('data/not-hierarchy');
    await writeFile(other, zipSync({ 'a.txt': new Uint8Array(3) }));
    expect(await codeOf(read(other))).toBe('data/not-anndata');
  });
});

describe('zipped Zarr', () => {
  it('of version 2, in a folder, uncompressed', async () => {
    const json = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));
    const array = {
      zarr_format: 2,
      chunks: [2, 2],
      compressor: null,
      fill_value: 9,
      filters: null,
      order: 'C',
      shape: [3, 2],
    };
    const path = join(folder, 'two.zarr.zip');
    await writeFile(
      path,
      zipSync({
        'two.zarr/.zgroup': json({ zarr_format: 2 }),
        'two.zarr/.zattrs': json({ made: 'here' }),
        'two.zarr/x/.zarray': json({ ...array, dtype: '<i2' }),
        'two.zarr/x/0.0': new Uint8Array(Int16Array.from([1, 2, 3, 4]).buffer),
      }),
    );
    await withHierarchy(path, async tree => {
      expect(await tree.node('/')).toEqual({ attributes: { made: 'here' } });
      // A chunk that is not there holds the fill value.
      expect(await tree.array('x')).toEqual({ shape: [3, 2], values: Int16Array.from([1, 2, 3, 4, 9, 9]) });
      expect(await tree.node('y')).toBeUndefined();
    });
  });

  it('of version 3, plain and compressed', async () => {
    const store = new Map<`/${string}`, Uint8Array>();
    await zarr.create(store, { attributes: {} });
    const values = Float64Array.from({ length: 60 }, (_, at) => Math.sin(at));
    const bytes = { name: 'bytes', configuration: { endian: 'little' } };
    for (const [name, codecs] of Object.entries({
      plain: [],
      zstd: [{ name: 'zstd', configuration: { level: 3, checksum: false } }],
      blosc: [
        { name: 'blosc', configuration: { cname: 'lz4', clevel: 5, shuffle: 'shuffle', typesize: 8, blocksize: 0 } },
      ],
    })) {
      const options = { shape: [10, 6], chunkShape: [4, 5], dtype: 'float64' as const, codecs: [bytes, ...codecs] };
      const made = await zarr.create(zarr.root(store).resolve(name), options);
      await zarr.set(made, null, { data: values, shape: [10, 6], stride: [6, 1] });
    }
    const path = join(folder, 'three.zarr.zip');
    await writeFile(path, zipSync(Object.fromEntries([...store].map(([key, bytes]) => [key.slice(1), bytes]))));
    await withHierarchy(path, async tree => {
      for (const name of ['plain', 'zstd', 'blosc']) expect((await tree.array(name)).values).toEqual(values);
    });
  });
});

describe('cell_ranger', () => {
  it.skipIf(!existsSync(MATRIX))('reads the same from HDF5 and from Matrix Market', async () => {
    const found = await readCounts(MATRIX);
    expect(found).toMatchObject({ length: 507, alphabet: 'expression' });
    expect(found.names).toHaveLength(1107);
    // Written gene by gene from the file's own arrays.
    const file = new h5wasm.File(MATRIX, 'r');
    const part = (name: string): string[] =>
      Array.from(
        (file.get(`matrix/${name}`) as InstanceType<typeof h5wasm.Dataset>).value as ArrayLike<string>,
        String,
      );
    const pointers = part('indptr').map(Number);
    const [values, indices] = [part('data'), part('indices').map(Number)];
    const elements = found.names.flatMap((_, cell) =>
      values
        .slice(pointers[cell], pointers[cell + 1])
        .map((value, at) => `${indices[pointers[cell]! + at]! + 1} ${cell + 1} ${value}`),
    );
    const symbols = part('features/name');
    const features = part('features/id').map((id, at) => `${id}\t${symbols[at]}\tGene Expression\n`);
    file.close();
    const path = join(folder, 'matrix.mtx.gz');
    const header = `%%MatrixMarket matrix coordinate integer general\n%\n507 1107 ${elements.length}\n`;
    await writeFile(path, gzipSync(`${header}${elements.join('\n')}\n`));
    await writeFile(join(folder, 'barcodes.tsv.gz'), gzipSync(found.names.map(name => `${name}\n`).join('')));
    await writeFile(join(folder, 'features.tsv'), features.join(''));
    const again = await readCounts(path);
    expect(again.features).toEqual(found.features);
    expect(Buffer.from(again.values.buffer).equals(Buffer.from(found.values.buffer))).toBe(true);
    expect(elements.length).toBe(23_866);
    const clusters = join(folder, 'clusters.csv');
    await writeFile(clusters, `Barcode,Cluster\n${found.names[1]},4\n${found.names[0]},2\n`);
    const labelled = await readCounts(path, { names: 'ids', clusters: CLUSTERS }, clusters);
    expect(labelled.labels.slice(0, 3)).toEqual([2, 4, undefined]);
    expect(labelled.features[0]).toMatch(/^ENSG/);
    expect(await codeOf(readCounts(path, { feature_type: 'Peaks' }))).toBe('data/empty');
    await writeFile(path, `${header}${elements.slice(1).join('\n')}\n`);
    expect(await codeOf(readCounts(path))).toBe('data/damaged-mtx');
  });

  /** The matrix above, 4 genes × 3 cells; `scipy.io.mmwrite` writes the same elements under each of these headers. */
  const market = async (sample: string, header: string, elements: readonly string[], size = '4 3'): Promise<string> => {
    const path = join(folder, `${sample}matrix.mtx`);
    await writeFile(
      path,
      `%%MatrixMarket matrix coordinate ${header}\n%\n${size} ${elements.length}\n${elements.join('\n')}\n`,
    );
    await writeFile(join(folder, `${sample}genes.tsv`), 'E0\tA\nE1\tB\nE2\tC\nE3\tD\n');
    await writeFile(join(folder, `${sample}barcodes.tsv`), 'c0\nc1\nc2\n');
    return path;
  };
  const elements = ['2 1 1', '4 1 2.5', '1 2 3', '3 3 4', '4 3 5'];

  it.each<[string, readonly string[], readonly number[]]>([
    ['real general', elements, DENSE],
    ['unsigned-integer general', elements, DENSE],
    ['pattern general', elements.map(one => one.split(' ', 2).join(' ')), DENSE.map(value => Number(value !== 0))],
  ])('reads Matrix Market, %s, under the name of a sample', async (header, lines, expected) => {
    const found = await readCounts(await market('GSM1_', header, lines));
    expect([...found.values]).toEqual(expected);
    expect(found).toMatchObject({ names: ['c0', 'c1', 'c2'], features: ['A', 'B', 'C', 'D'] });
    // Its tables do not say of which genome a feature is: all would be taken for one.
    expect(await codeOf(readCounts(join(folder, 'GSM1_matrix.mtx'), { genome: 'GRCh38' }))).toBe('data/genome');
  });

  it.each([
    ['symmetric matrices', 'real symmetric', '4 3', 'data/not-mtx', /without symmetry/],
    ['cells in rows', 'integer general', '3 4', 'data/shape', /transpose/],
    ['tables of another run', 'integer general', '5 3', 'data/shape', /one run/],
  ])('refuses %s', async (_, header, size, code, remedy) => {
    const path = await market('bad_', header, elements, size);
    await expect(readCounts(path)).rejects.toMatchObject({
      problem: { code, remedy: expect.stringMatching(remedy) as string },
    });
  });

  it('takes labels from a table as Seurat writes it, and says which cells it lacks', async () => {
    const path = await market('labels_', 'real general', elements);
    const table = join(folder, 'labels.csv');
    await writeFile(table, '"","seurat_clusters"\n"c2","NK, bright"\n"c0","B"\n');
    const found = await readCounts(path, { clusters: CLUSTERS, classes: ['B', 'NK, bright'] }, table);
    expect(found.labels).toEqual([0, undefined, 1]);
    expect(found.notes).toMatchObject([{ message: '1 of 3 examples have no label; they stay in.' }]);
    await writeFile(table, 'barcode,cluster\nc0-1,0\nc1-1,1\n');
    expect(await codeOf(readCounts(path, { clusters: CLUSTERS }, table))).toBe('data/unmatched');
    await writeFile(table, 'barcode,cluster\nc0,0\nc0,1\n');
    expect(await codeOf(readCounts(path, { clusters: CLUSTERS }, table))).toBe('data/duplicate-names');
  });

  it('reads HDF5 of Cell Ranger 2: a group for each genome', async () => {
    const write = (path: string, ...genomes: string[]): void => {
      const file = new h5wasm.File(path, 'w');
      for (const [at, genome] of genomes.entries()) {
        const into = file.create_group(genome);
        const texts = (name: string, data: string[]) => into.create_dataset({ name, data, shape: [data.length] });
        texts('barcodes', ['c0', 'c1', 'c2']);
        texts('genes', ['E0', 'E1', 'E2', 'E3']);
        texts('gene_names', ['A', 'B', 'C', 'D']);
        const integers = (name: string, data: number[]) =>
          into.create_dataset({ name, data: Int32Array.from(data), shape: [data.length], dtype: '<i' });
        integers(
          'data',
          CSR.data.map(value => 2 * value + at),
        );
        integers('indices', CSR.indices);
        integers('indptr', CSR.indptr);
        integers('shape', [4, 3]);
      }
      file.close();
    };
    const [one, two] = [join(folder, 'one.h5'), join(folder, 'two.h5')];
    write(one, 'GRCh38');
    write(two, 'GRCh38', 'mm10');
    expect([...(await readCounts(one)).values]).toEqual(DENSE.map(value => 2 * value));
    expect((await readCounts(two, { genome: 'mm10', names: 'ids' })).values[4]).toBe(7);
    await expect(readCounts(two)).rejects.toMatchObject({
      problem: { code: 'data/genome', remedy: 'Name one: `genome: "GRCh38"`; it has GRCh38, mm10.' },
    });
    expect(await codeOf(readCounts(one, { genome: 'hg19' }))).toBe('data/genome');
  });

  it.skipIf(!existsSync(BLOOD))('is not what an AnnData file is', async () => {
    expect(await codeOf(readCounts(BLOOD))).toBe('data/not-cell-ranger');
  });
});
