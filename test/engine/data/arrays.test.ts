/** Arrays of HDF5 and Zarr (those of numpy in `npy.test.ts`): written by the formats' own libraries, read back as they were. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import h5wasm from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as zarr from 'zarrita';
import { arrays } from '../../../server/src/engine/data/arrays.js';
import { LETTERS, NO_BASE, type Rows, type Sequences } from '../../../server/src/engine/data/examples.js';
import { oneHot } from '../../../server/src/engine/data/one-hot.js';

const HASH = 'fedcba9876543210'.repeat(4);
const PEAKS = join(import.meta.dirname, '../../../../shared/data/peaks/irf1_400.h5');
const SEQUENCES = ['ACGTAC', 'TTT.GA', 'GGGCCC'];
let folder: string;
let path: string;

type Given = Partial<Parameters<typeof arrays.read>[0]>;
type Group = InstanceType<typeof h5wasm.Group>;

const readIn = (path: string, given: Given = {}) =>
  arrays.read({ path: HASH, as: 'dna', order: 'ACGT', missing: 'error', ...given }, { [HASH]: path });
const read = (inputs: string, given: Given = {}) => readIn(path, { inputs, ...given });
const lettersOf = (examples: Awaited<ReturnType<typeof read>>): string =>
  Array.from((examples as Sequences).letters, code => (code === NO_BASE ? '.' : LETTERS[code])).join('');
const valuesOf = (examples: Awaited<ReturnType<typeof read>>): number[] => [...(examples as Rows).values];

/** One-hot values of the sequences; `.` is all zero. */
function encode(order: string, channelsFirst: boolean): number[] {
  return SEQUENCES.flatMap(sequence => {
    const rows = [...sequence].map(letter => [...order].map(base => (base === letter ? 1 : 0)));
    return channelsFirst ? [...order].flatMap((_, channel) => rows.map(row => row[channel]!)) : rows.flat();
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'arrays-'));
  path = join(folder, 'test.h5');
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'w');
  const add = (name: string, data: Float32Array | number[], shape: number[], dtype = '<f', into: Group = file) =>
    into.create_dataset({ name, data: Float32Array.from(data), shape, dtype });
  add('first', encode('ACGT', true), [3, 4, 6]);
  add('last', encode('TGCA', false), [3, 6, 4], '<b');
  file.create_dataset({
    name: 'wide',
    data: BigInt64Array.from(encode('ACGT', false), BigInt),
    shape: [3, 6, 4],
    dtype: '<q',
  });
  add(
    'centred',
    encode('ACGT', false).map(value => value - 0.25),
    [3, 6, 4],
  );
  add('twice', encode('ACGT', false).fill(1, 24, 26), [3, 6, 4]);
  add('empty', encode('ACGT', false).fill(0, 48), [3, 6, 4]);
  add('square', new Float32Array(48), [3, 4, 4]);
  add('flat', new Float32Array(12), [3, 4]);
  add('y', [1, 0, 1], [3], '<i');
  add('column', [0, 1, 1], [3, 1], '<d');
  add('hot', [0, 1, 0, 1, 0, 0, 0, 0, 1], [3, 3], '<d');
  add('tasks', [0.5, 1, 1, 0, NaN, 1], [3, 2], '<d');
  file.create_dataset({ name: 'ids', data: ['a', 'b', 'c'], shape: [3] });
  file.create_dataset({ name: 'genes', data: ['g1', 'g2', 'é', 'g4'], shape: [4] });
  add('x', encode('ACGT', true), [3, 4, 6], '<f', file.create_group('inside'));
  file.close();
});
afterAll(() => rm(folder, { recursive: true }));

describe('arrays', () => {
  it.each([
    ['first', 'ACGT'],
    ['last', 'TGCA'],
    ['wide', 'ACGT'],
    ['inside/x', 'ACGT'],
  ])('reads one-hot DNA from %s with the order %s', async (inputs, order) => {
    const examples = await read(inputs, { order });
    expect(lettersOf(examples)).toBe(SEQUENCES.join(''));
    expect(examples).toMatchObject({ length: 6, labels: [undefined, undefined, undefined] });
    expect(examples.names[2]).toBe(`${inputs}[2]`);
    expect(examples.notes).toMatchObject([
      { code: 'data/unknown-bases', message: expect.stringContaining('1 positions in 1 of 3') },
    ]);
    expect([...oneHot(examples as Sequences, 0, 3)]).toEqual(encode('ACGT', false));
  });

  it.each<[Given, (number | undefined)[]]>([
    [{ labels: 'y' }, [1, 0, 1]],
    [{ labels: 'column' }, [0, 1, 1]],
    [{ labels: 'hot' }, [1, 0, 2]],
    [{ labels: 'hot', label_column: 0 }, [0, 1, 0]],
    [{ labels: 'tasks', label_column: 0 }, [0.5, 1, undefined]],
    [{ labels: 'ids', classes: ['c', 'b', 'a'] }, [2, 1, 0]],
  ])('takes labels by %j', async (given, labels) => {
    const examples = await read('first', given);
    expect(examples.labels).toEqual(labels);
    expect(examples.notes.map(note => note.code)).toEqual([
      ...(given.labels === 'hot' && given.label_column === undefined ? ['data/one-hot-classes'] : []),
      'data/unknown-bases',
      ...(labels.includes(undefined) ? ['data/no-label'] : []),
    ]);
  });

  it('reads rows of numbers with the names of examples and features, and tells their size before', async () => {
    const given: Given = { as: 'genotypes', inputs: 'flat', names: 'ids', features: 'genes', labels: 'y' };
    expect(await readIn(path, given)).toMatchObject({
      alphabet: 'genotypes',
      names: ['a', 'b', 'c'],
      features: ['g1', 'g2', 'é', 'g4'],
      labels: [1, 0, 1],
      values: new Float32Array(12),
    });
    const parameters = { path: HASH, order: 'ACGT', missing: 'error', as: 'genotypes', ...given } as const;
    expect(await arrays.describe(parameters, { [HASH]: path })).toMatchObject({
      alphabet: 'genotypes',
      examples: 3,
      length: [4, 4],
    });
  });

  it.each<[string, Given, string, string]>([
    ['X', {}, 'data/no-array', 'no array "X"; the arrays of the file: centred [3, 6, 4]; column [3, 1]; empty'],
    ['inside', {}, 'data/no-array', 'inside/x [3, 4, 6]'],
    ['flat', {}, 'data/shape', 'the shape is [3, 4]'],
    ['square', {}, 'data/shape', 'does not tell'],
    ['first', { labels: 'tasks' }, 'data/labels', 'the labels have 2 columns, and row 0 is no one-hot class'],
    ['first', { labels: 'tasks', label_column: 2 }, 'data/no-column', '2 columns'],
    ['first', { labels: 'genes' }, 'data/shape', 'labels have the shape [4], expected [3]'],
    ['first', { labels: 'ids' }, 'data/label', 'found the label "a" in "ids"'],
    ['first', { names: 'hot' }, 'data/shape', 'names have the shape [3, 3], expected [3]'],
    ['first', { order: 'ACGU' }, 'data/order', '"ACGU"'],
    ['centred', {}, 'data/not-one-hot', 'the value is 0.75'],
    ['twice', {}, 'data/not-one-hot', 'several bases are 1'],
    ['empty', {}, 'data/empty-example', 'all zero'],
    ['ids', { as: 'expression' }, 'data/shape', 'the shape is [3], expected [example, feature]'],
    ['tasks', { as: 'expression' }, 'data/missing', '"gene 1" is missing'],
  ])('refuses %s with %j', async (inputs, rest, code, message) => {
    await expect(read(inputs, rest)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      problem: { code, remedy: expect.any(String) },
    });
  });

  it('takes the only array of a shape that fits, and says when there are several', async () => {
    await expect(readIn(path)).rejects.toMatchObject({ message: expect.stringContaining('several arrays have') });
    const other = join(folder, 'one.h5');
    const file = new h5wasm.File(other, 'w');
    file.create_dataset({ name: 'y', data: Int8Array.from([1, 0, 1]), shape: [3], dtype: '<b' });
    const group = file.create_group('deep');
    group.create_dataset({ name: 'x', data: Int8Array.from(encode('ACGT', true)), shape: [3, 4, 6], dtype: '<b' });
    file.close();
    expect((await readIn(other, { labels: 'y' })).names[0]).toBe('deep/x[0]');
    await expect(readIn(other, { as: 'expression' })).rejects.toMatchObject({
      message: expect.stringContaining(
        'no array has a shape that fits; the arrays of the file: deep/x [3, 4, 6]; y [3]',
      ),
    });
  });

  it('refuses files that hold no arrays, or are cut off', async () => {
    const other = join(folder, 'other.h5');
    await writeFile(other, 'text');
    await expect(readIn(other)).rejects.toMatchObject({ problem: { code: 'data/not-arrays' } });
    await writeFile(other, (await readFile(path)).subarray(0, 1000));
    await expect(readIn(other, { inputs: 'first' })).rejects.toMatchObject({ problem: { code: 'data/damaged-hdf5' } });
  });

  it.skipIf(!existsSync(PEAKS))('shared/data/peaks/irf1_400.h5: 779 test sequences of 400 bp with labels', async () => {
    const parameters = {
      path: HASH,
      as: 'dna',
      inputs: 'X_test',
      labels: 'Y_test',
      order: 'ACGT',
      missing: 'error',
    } as const;
    const examples = await arrays.read(parameters, { [HASH]: PEAKS });
    expect(examples).toMatchObject({ length: 400 });
    expect(examples.names).toHaveLength(779);
    expect(new Set(examples.labels)).toEqual(new Set([0, 1]));
    expect(await arrays.describe(parameters, { [HASH]: PEAKS })).toMatchObject({
      examples: 779,
      complete: true,
      length: [400, 400],
    });
  });
});

describe('arrays in pieces', () => {
  it.each<[number[], number[] | undefined]>([
    // More elements than are read at once: rows of chunks, rows of one long row, and a part of each row at a time.
    [
      [1100, 4000],
      [100, 900],
    ],
    [[1100, 4000], undefined],
    [
      [3, 2_000_000],
      [2, 30_000],
    ],
  ])('of HDF5: %j in chunks of %j', async (shape, chunks) => {
    const size = shape[0]! * shape[1]!;
    const data = Float32Array.from({ length: size }, (_, at) => at % 65_521);
    const other = join(folder, 'pieces.h5');
    const file = new h5wasm.File(other, 'w');
    file.create_dataset({ name: 'x', data, shape, dtype: '<f', ...(chunks && { chunks, compression: 1 }) });
    file.close();
    const { values } = (await readIn(other, { as: 'expression' })) as Rows;
    expect(Buffer.from(values.buffer).equals(Buffer.from(data.buffer))).toBe(true);
  });

  it('of half precision by their type alone, and filled up as Zarr 3 writes it', async () => {
    const write = async (name: string, type: string, fill: unknown, chunk?: Uint8Array): Promise<string> => {
      const store = join(folder, name);
      const metadata = {
        zarr_format: 3,
        node_type: 'array',
        attributes: { dtype: '<f2', data_type: 'float16', fill_value: 7 },
        shape: [2, 2],
        data_type: type,
        chunk_grid: { name: 'regular', configuration: { chunk_shape: [2, 2] } },
        chunk_key_encoding: { name: 'default' },
        fill_value: fill,
        codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
      };
      await mkdir(join(store, 'c', '0'), { recursive: true });
      await writeFile(join(store, 'zarr.json'), JSON.stringify(metadata));
      if (chunk) await writeFile(join(store, 'c', '0', '0'), chunk);
      return store;
    };
    const single = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
    const half = new Uint8Array(Uint16Array.of(0x3c00, 0x4000, 0xbe00, 0).buffer);
    const found = [
      await write('single.zarr', 'float32', 0, single),
      await write('half.zarr', 'float16', 0, half),
      await write('number.zarr', 'float16', -1.5),
      await write('bits.zarr', 'float16', '0x3e00'),
    ].map(async store => valuesOf(await readIn(store, { as: 'expression' })));
    expect(await Promise.all(found)).toEqual([
      [1, 2, 3, 4],
      [1, 2, -1.5, 0],
      [-1.5, -1.5, -1.5, -1.5],
      [1.5, 1.5, 1.5, 1.5],
    ]);
  });

  it('of Zarr 3: in chunks, turned, packed by zstd and blosc, as a folder and an archive', async () => {
    const store = new Map<`/${string}`, Uint8Array>();
    await zarr.create(store, { attributes: {} });
    const values = Float64Array.from({ length: 60 }, (_, at) => Math.fround(Math.sin(at)));
    const bytes = { name: 'bytes', configuration: { endian: 'little' } };
    const codecs = {
      plain: [bytes],
      turned: [{ name: 'transpose', configuration: { order: [1, 0] } }, bytes],
      zstd: [bytes, { name: 'zstd', configuration: { level: 3, checksum: false } }],
      blosc: [
        bytes,
        { name: 'blosc', configuration: { cname: 'lz4', clevel: 5, shuffle: 'shuffle', typesize: 8, blocksize: 0 } },
      ],
    };
    for (const [name, each] of Object.entries(codecs)) {
      const made = await zarr.create(zarr.root(store).resolve(`group/${name}`), {
        shape: [10, 6],
        chunkShape: [4, 5],
        dtype: 'float64' as const,
        codecs: each,
      });
      await zarr.set(made, null, { data: values, shape: [10, 6], stride: [6, 1] });
    }
    const archive = join(folder, 'three.zarr.zip');
    await writeFile(archive, zipSync(Object.fromEntries([...store].map(([key, bytes]) => [key.slice(1), bytes]))));
    for (const [key, bytes] of store) {
      const member = join(folder, 'three.zarr', key);
      await mkdir(dirname(member), { recursive: true });
      await writeFile(member, bytes);
    }
    for (const place of [archive, join(folder, 'three.zarr')])
      for (const name of Object.keys(codecs))
        expect(valuesOf(await readIn(place, { as: 'expression', inputs: `group/${name}` }))).toEqual([...values]);
    await expect(readIn(archive, { inputs: 'x' })).rejects.toMatchObject({
      message: expect.stringContaining('group/blosc [10, 6]; group/plain [10, 6]'),
    });
  });
});

const python = ['/usr/bin/python3', 'python3'].find(one => spawnSync(one, ['-c', 'import h5py, zarr']).status === 0);

describe.skipIf(python === undefined)('arrays of h5py and zarr of Python', () => {
  const SCRIPT = `
import sys, json, warnings, numpy as np, h5py, zarr, numcodecs
warnings.simplefilter('ignore')
folder = sys.argv[1]
rng = np.random.default_rng(1)
types = ['?', 'i1', 'u1'] + [o + t for t in ['i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f2', 'f4', 'f8'] for o in '<>']
expected = {}
file = h5py.File(folder + '/types.h5', 'w')
store = zarr.group(zarr.DirectoryStore(folder + '/types.zarr'))
packers = [None, numcodecs.Zlib(), numcodecs.GZip(), numcodecs.Zstd(), numcodecs.LZ4(), numcodecs.Blosc('zstd'), numcodecs.Blosc('lz4', 5, 2)]
for i, t in enumerate(types):
    kind = np.dtype(t).kind
    a = rng.integers(0, 2 if t == '?' else 100, (7, 6))
    a = (a / 7 if kind == 'f' else a - 50 if kind == 'i' else a).astype(t)
    name = f'a{i}'
    file.create_dataset('g/' + name, data=a, **([{}, {'chunks': (3, 4)}, {'chunks': (2, 6), 'compression': 'gzip', 'shuffle': True, 'fletcher32': True}][i % 3]))
    store.create_dataset('g/' + name, data=a, chunks=(3, 4), order='CF'[i % 2], compressor=packers[i % len(packers)])
    expected['g/' + name] = a.astype('f8').ravel().tolist()
store.create_dataset('fill', shape=(2, 3), dtype='<f2', fill_value=-1.5, chunks=(1, 2))[0, 0] = 3
file.create_dataset('fill', shape=(2, 3), dtype='f4', fillvalue=-1.5, chunks=(1, 2))[0, 0] = 3
expected['fill'] = [3] + [-1.5] * 5
zarr.save(folder + '/root.zarr', np.arange(6.0).reshape(2, 3))
for name, a in {'u': np.array(['T', 'é']), 's': np.array([b'T', b'B'])}.items():
    store.create_dataset(name, data=a)
store.create_dataset('o', data=np.array(['T', 'é'], dtype=object), object_codec=numcodecs.VLenUTF8())
store.create_dataset('pickled', data=np.array([{}, []], dtype=object), object_codec=numcodecs.Pickle())
file.create_dataset('o', data=['T', 'é'], dtype=h5py.string_dtype())
file.create_dataset('s', data=np.array([b'T', b'B']))
for target in [file, store]:
    target.create_dataset('complex', data=np.ones(2, 'c16'))
    target.create_dataset('records', data=np.zeros(2, [('a', 'i4'), ('b', 'f4')]))
ragged = file.create_dataset('ragged', (2,), dtype=h5py.vlen_dtype('i4')); ragged[0] = [1, 2]; ragged[1] = [3]
bfloat = h5py.h5t.IEEE_F16LE.copy(); bfloat.set_fields(15, 7, 8, 0, 7); bfloat.set_ebias(127)
h5py.h5d.create(file.id, b'bfloat16', bfloat, h5py.h5s.create_simple((2,))).write(h5py.h5s.ALL, h5py.h5s.ALL, np.ones(2, 'f4'))
# What stands beside an array does it no harm, and does not make it what it is not.
for name in ['bfloat16', 'fill']: file[name].attrs.update({'half': np.float16(1), 'long': np.longdouble(1)})
file.create_dataset('lzf', data=np.zeros(2), compression='lzf')
# Numbers of other files, which are there.
file['link'] = h5py.ExternalLink('other.h5', '/two')
h5py.File(folder + '/other.h5', 'w')['two'] = np.ones(2)
layout = h5py.VirtualLayout((2,), 'f8'); layout[:] = h5py.VirtualSource(folder + '/other.h5', 'two', (2,))
file.create_virtual_dataset('virtual', layout)
np.ones(2).tofile(folder + '/raw.bin')
file.create_dataset('raw', (2,), 'f8', external=[(folder + '/raw.bin', 0, 16)])
file.close()
print(json.dumps({'types': types, 'expected': expected}))
`;
  let expected: Record<string, number[]>;
  beforeAll(() => {
    const { stdout, stderr } = spawnSync(python!, ['-c', SCRIPT, folder], { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    ({ expected } = JSON.parse(stdout) as { expected: typeof expected });
  });

  it.each(['types.h5', 'types.zarr'])('reads every type, byte order, axis order and compression: %s', async file => {
    for (const [inputs, values] of Object.entries(expected))
      expect([inputs, ...valuesOf(await readIn(join(folder, file), { inputs, as: 'expression' }))]).toEqual([
        inputs,
        ...values.map(Math.fround),
      ]);
  });

  it('reads a store that is one array, and text of every kind', async () => {
    expect(valuesOf(await readIn(join(folder, 'root.zarr'), { as: 'expression' }))).toEqual([0, 1, 2, 3, 4, 5]);
    for (const [file, names, second] of [
      ['types.h5', 'o', 'é'],
      ['types.h5', 's', 'B'],
      ['types.zarr', 'o', 'é'],
      ['types.zarr', 'u', 'é'],
      ['types.zarr', 's', 'B'],
    ] as const)
      expect((await readIn(join(folder, file), { inputs: 'fill', names, as: 'expression' })).names).toEqual([
        'T',
        second,
      ]);
  });

  it.each([
    ['types.h5', 'complex', 'data/type'],
    ['types.h5', 'records', 'data/type'],
    ['types.h5', 'ragged', 'data/type'],
    ['types.h5', 'bfloat16', 'data/type'],
    ['types.h5', 'lzf', 'data/compression'],
    ['types.h5', 'link', 'data/no-array'],
    ['types.h5', 'virtual', 'data/other-file'],
    ['types.h5', 'raw', 'data/damaged-array'],
    ['types.zarr', 'complex', 'data/damaged-array'],
    ['types.zarr', 'records', 'data/damaged-array'],
    ['types.zarr', 'pickled', 'data/damaged-array'],
  ])('refuses %s of %s', async (file, array, code) => {
    const asRows = readIn(join(folder, file), { inputs: 'fill', as: 'expression', names: array });
    await expect(asRows).rejects.toMatchObject({ problem: { code } });
  });
});
