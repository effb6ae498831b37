import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import h5wasm from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LETTERS, NO_BASE } from '../../../server/src/engine/data/examples.js';
import { oneHotHdf5 } from '../../../server/src/engine/data/one-hot-hdf5.js';
import { oneHot } from '../../../server/src/engine/data/one-hot.js';

const HASH = 'fedcba9876543210'.repeat(4);
const PEAKS = join(import.meta.dirname, '../../../../shared/data/peaks/irf1_400.h5');
const SEQUENCES = ['ACGTAC', 'TTT.GA', 'GGGCCC'];
let folder: string;
let path: string;

/** One-hot values of the sequences; `.` is all zero. */
function encode(order: string, channelsFirst: boolean): number[] {
  return SEQUENCES.flatMap(sequence => {
    const rows = [...sequence].map(letter => [...order].map(base => (base === letter ? 1 : 0)));
    return channelsFirst ? [...order].flatMap((_, channel) => rows.map(row => row[channel]!)) : rows.flat();
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hdf5-'));
  path = join(folder, 'test.h5');
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'w');
  const add = (name: string, data: unknown, shape: number[], dtype: string) =>
    file.create_dataset({ name, data: data as Float32Array, shape, dtype });
  add('first', Float32Array.from(encode('ACGT', true)), [3, 4, 6], '<f');
  add('last', Int8Array.from(encode('TGCA', false)), [3, 6, 4], '<b');
  add('wide', BigInt64Array.from(encode('ACGT', false), BigInt), [3, 6, 4], '<q');
  add(
    'centred',
    Float32Array.from(encode('ACGT', false), value => value - 0.25),
    [3, 6, 4],
    '<f',
  );
  add('twice', Float32Array.from(encode('ACGT', false)).fill(1, 24, 26), [3, 6, 4], '<f');
  add('empty', Float32Array.from(encode('ACGT', false)).fill(0, 48), [3, 6, 4], '<f');
  add('square', new Float32Array(48), [3, 4, 4], '<f');
  add('flat', new Float32Array(12), [3, 4], '<f');
  add('y', Int32Array.from([1, 0, 1]), [3], '<i');
  add('column', Float64Array.from([0, 1, 1]), [3, 1], '<d');
  add('classes', Float64Array.from([0, 1, 1, 0, 0, 1]), [3, 2], '<d');
  file.create_group('inside');
  (file.get('inside') as InstanceType<typeof h5wasm.Group>).create_dataset({
    name: 'x',
    data: Float32Array.from(encode('ACGT', true)),
    shape: [3, 4, 6],
    dtype: '<f',
  });
  file.close();
});
afterAll(() => rm(folder, { recursive: true }));

function read(inputs: string, rest: { labels?: string; order?: string } = {}) {
  return oneHotHdf5.read({ path: HASH, inputs, order: 'ACGT', ...rest }, { [HASH]: path });
}

describe('one_hot_hdf5', () => {
  it.each([
    ['first', 'ACGT'],
    ['last', 'TGCA'],
    ['wide', 'ACGT'],
    ['inside/x', 'ACGT'],
  ])('reads the dataset %s with the order %s', async (inputs, order) => {
    const examples = await read(inputs, { order });
    const text = [...examples.letters].map(code => (code === NO_BASE ? '.' : LETTERS[code])).join('');
    expect(text).toBe(SEQUENCES.join(''));
    expect(examples).toMatchObject({ length: 6, labels: [undefined, undefined, undefined] });
    expect(examples.names[2]).toBe(`${inputs}[2]`);
    expect(examples.notes).toMatchObject([
      { code: 'data/unknown-bases', message: expect.stringContaining('1 positions in 1 of 3') },
    ]);
    expect([...oneHot(examples, 0, 3)]).toEqual(encode('ACGT', false));
  });

  it.each([
    ['y', [1, 0, 1]],
    ['column', [0, 1, 1]],
  ])('reads labels from %s', async (labels, values) => {
    expect((await read('first', { labels })).labels).toEqual(values);
  });

  it.each([
    ['x', {}, 'data/no-dataset', 'it has: '],
    ['inside', {}, 'data/no-dataset', 'no dataset "inside"'],
    ['flat', {}, 'data/shape', 'the shape is [3, 4]'],
    ['square', {}, 'data/shape', 'does not tell'],
    ['first', { labels: 'classes' }, 'data/shape', 'labels have the shape [3, 2], expected [3]'],
    ['first', { order: 'ACGU' }, 'data/order', '"ACGU"'],
    ['centred', {}, 'data/not-one-hot', 'the value is 0.75'],
    ['twice', {}, 'data/not-one-hot', 'several bases are 1'],
    ['empty', {}, 'data/empty-example', 'all zero'],
  ])('refuses %s with %j', async (inputs, rest, code, message) => {
    await expect(read(inputs, rest)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      problem: { code, remedy: expect.any(String) },
    });
  });

  it('refuses files that are not HDF5 or cut off', async () => {
    const parameters = { path: HASH, inputs: 'first', order: 'ACGT' };
    const other = join(folder, 'other.h5');
    await writeFile(other, 'text');
    await expect(oneHotHdf5.read(parameters, { [HASH]: other })).rejects.toMatchObject({
      problem: { code: 'data/not-hdf5' },
    });
    await writeFile(other, (await readFile(path)).subarray(0, 1000));
    await expect(oneHotHdf5.describe(parameters, { [HASH]: other })).rejects.toMatchObject({
      problem: { code: 'data/damaged-hdf5' },
    });
  });

  describe.skipIf(!existsSync(PEAKS))('shared/data/peaks/irf1_400.h5', () => {
    it('holds 779 test sequences of 400 bp with labels', async () => {
      const parameters = { path: HASH, inputs: 'X_test', labels: 'Y_test', order: 'ACGT' };
      const examples = await oneHotHdf5.read(parameters, { [HASH]: PEAKS });
      expect(examples).toMatchObject({ length: 400 });
      expect(examples.names).toHaveLength(779);
      expect(new Set(examples.labels)).toEqual(new Set([0, 1]));
      expect(await oneHotHdf5.describe(parameters, { [HASH]: PEAKS })).toMatchObject({
        examples: 779,
        complete: true,
        length: [400, 400],
      });
    });
  });
});
