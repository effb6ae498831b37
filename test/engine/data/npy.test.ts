import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LETTERS, NO_BASE, type Rows, type Sequences } from '../../../server/src/engine/data/examples.js';
import { arrays } from '../../../server/src/engine/data/arrays.js';
import { Failure } from '../../../server/src/engine/failure.js';

const HASH = '0a1b2c3d'.repeat(8);
const LABELS = 'feedbeef'.repeat(8);
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'numpy-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Given = Parameters<typeof arrays.read>[0];
const plain: Given = { path: HASH, as: 'dna', order: 'ACGT', missing: 'error' };

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const read = (path: string, given: Partial<Given> = {}, labels = '') =>
  arrays.read({ ...plain, ...given }, { [HASH]: path, [LABELS]: labels });

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'read',
    (error: unknown) => (error instanceof Failure ? error.problem.code : `defect: ${String(error)}`),
  );

/** A `.npy` file of version 1. */
function npy(descr: string, shape: readonly number[], data: Uint8Array, fortran = false): Buffer {
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const text = `{'descr': ${descr}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }\n`;
  const header = Buffer.from(`\x93NUMPY\x01\x00..${text}`, 'latin1');
  header.writeUInt16LE(text.length, 8);
  return Buffer.concat([header, data]);
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

/** [2, 3, 4]: ACG, T-A. */
const ONE_HOT = ['1000 0100 0010', '0001 0000 1000'].flatMap(row => [...row.replaceAll(' ', '')].map(Number));
const lettersOf = ({ letters }: Sequences): string =>
  Array.from(letters, code => (code === NO_BASE ? '-' : LETTERS[code])).join('');

describe('arrays of numpy', () => {
  it('reads one-hot DNA, its labels and names by their arrays', async () => {
    const path = write(
      'set.npz',
      zipSync({
        'x.npy': npy("'|b1'", [2, 3, 4], Uint8Array.from(ONE_HOT)),
        'y.npy': npy("'>i2'", [2, 1], Uint8Array.from([0, 7, 1, 0])),
        'id.npy': npy("'<U2'", [2], Buffer.from('a\0\0\0\0\0\0\0b\0\0\0\x42\x03\x01\0', 'latin1')),
      }),
    );
    const found = (await read(path, { inputs: 'x', labels: 'y', names: 'id', order: 'TGCA' })) as Sequences;
    expect(lettersOf(found)).toBe('TGCA-T');
    expect(found).toMatchObject({ length: 3, labels: [7, 256], names: ['a', 'b\u{10342}'] });
    expect(found.notes).toMatchObject([{ code: 'data/unknown-bases' }]);
    expect(await arrays.describe({ ...plain, inputs: 'x' }, { [HASH]: path })).toMatchObject({
      examples: 2,
      length: [3, 3],
    });
  });

  it('leaves alone what it is not asked for: objects beside numbers', async () => {
    const data = Uint8Array.from(ONE_HOT);
    const members = { 'x.npy': npy("'|b1'", [2, 3, 4], data), 'o.npy': npy("'|O'", [2, 3, 4], data) };
    const path = write('objects.npz', zipSync(members));
    expect((await read(path)).names).toEqual(['x[0]', 'x[1]']);
    expect(await codeOf(read(path, { inputs: 'o' }))).toBe('data/npy-type');
  });

  it('takes either axis for the bases, also in Fortran order', async () => {
    const last = write('last.npy', npy("'<f4'", [2, 3, 4], floats(...ONE_HOT)));
    // [example, base, position], the first axis fastest.
    const values = [0, 1, 2].flatMap(position =>
      [0, 1, 2, 3].flatMap(base => [0, 1].map(example => ONE_HOT[example * 12 + position * 4 + base]!)),
    );
    const fortran = write('fortran.npy', npy("'<f4'", [2, 4, 3], floats(...values), true));
    expect(lettersOf((await read(last)) as Sequences)).toBe('ACGT-A');
    expect(lettersOf((await read(fortran)) as Sequences)).toBe('ACGT-A');
  });

  it('takes one column of texts in Fortran order, as they come from a data frame', async () => {
    const path = write('pair.npy', npy("'<f4'", [2, 2], floats(1, 2, 3, 4)));
    // One column after the other: [[1, 3], [2, 4]].
    const labels = write('texts.npy', npy("'|S1'", [2, 2], Buffer.from('1234'), true));
    const given = { as: 'expression', labels_file: LABELS, label_column: 1 } as const;
    expect((await read(path, given, labels)).labels).toEqual([3, 4]);
  });

  it('fills, drops or refuses missing values, and says so', async () => {
    const path = write('rows.npy', npy("'<f4'", [3, 2], floats(1, NaN, 2, 4, 3, 8)));
    const labels = write('labels.npy', npy("'|S1'", [3], Buffer.from('aba')));
    const given = { as: 'expression', labels_file: LABELS, classes: ['b', 'a'] } as const;
    expect(await codeOf(read(path, given, labels))).toBe('data/missing');
    const mean = (await read(path, { ...given, missing: 'mean' }, labels)) as Rows;
    expect([...mean.values]).toEqual([1, 6, 2, 4, 3, 8]);
    expect(mean).toMatchObject({
      features: ['gene 1', 'gene 2'],
      labels: [1, 0, 1],
      names: ['example[0]', 'example[1]', 'example[2]'],
    });
    const kept = (await read(path, { ...given, missing: 'drop' }, labels)) as Rows;
    expect(kept).toMatchObject({ labels: [0, 1], origins: [{ index: 1 }, { index: 2 }] });
    expect([...kept.values]).toEqual([2, 4, 3, 8]);
  });

  it.each([
    ['objects', "'|O'", 'data/npy-type'],
    ['records with objects', "[('a', '|O')]", 'data/npy-type'],
    ['complex numbers', "'<c8'", 'data/npy-type'],
    ['dates', "'<M8[ns]'", 'data/npy-type'],
  ])('refuses %s', async (_, descr, code) => {
    expect(await codeOf(read(write('refused.npy', npy(descr, [2, 3], new Uint8Array(99))), { as: 'expression' }))).toBe(
      code,
    );
  });

  it('names the fault of a damaged file before it asks for memory', async () => {
    const data = floats(...ONE_HOT);
    const faults: [string, Uint8Array, string][] = [
      ['cut.npy', npy("'<f4'", [2, 3, 4], data.subarray(1)), 'data/damaged-npy'],
      ['huge.npy', npy("'<f4'", [2 ** 40, 3, 4], data), 'data/damaged-npy'],
      ['empty.npy', Buffer.alloc(0), 'data/not-arrays'],
      ['text.npy', Buffer.from('1,2,3'), 'data/not-arrays'],
      ['noarchive.npz', Buffer.from('PK\x03\x04 and no more'), 'data/not-zip'],
      [
        'two.npz',
        zipSync({ 'a.npy': npy("'<f4'", [1], floats(0)), 'b.npy': npy("'<f4'", [1], floats(0)) }),
        'data/no-array',
      ],
    ];
    for (const [name, bytes, code] of faults)
      expect([name, await codeOf(read(write(name, bytes)))]).toEqual([name, code]);
    const archive = zipSync({ 'x.npy': npy("'<f4'", [2, 3, 4], data) }, { level: 0 });
    const at = Buffer.from(archive).indexOf('NUMPY');
    archive[at + 100] = 0xff;
    expect(await codeOf(read(write('flipped.npz', archive)))).toMatch(/damaged-zip|not-one-hot/);
  });

  it('inflates no more of an archive than its array takes', async () => {
    const array = npy("'<f4'", [2, 3, 4], floats(...ONE_HOT));
    // 256 MiB that take 255 KiB.
    const bomb = Buffer.from(zipSync({ 'x.npy': Buffer.concat([array], 2 ** 28) }));
    const entry = bomb.indexOf('PK\x01\x02');
    const claiming = (bytes: number): Buffer => {
      const changed = Buffer.from(bomb);
      changed.writeUInt32LE(bytes, entry + 24);
      return changed;
    };
    const before = process.memoryUsage().rss;
    // What lies behind the array is not read, as numpy does not read it either.
    expect(await codeOf(read(write('behind.npz', bomb)))).toBe('read');
    expect(await codeOf(read(write('small.npz', claiming(array.length))))).toBe('data/damaged-zip');
    expect(await codeOf(read(write('large.npz', claiming(2 ** 31))))).toBe('data/damaged-zip');
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 26);
  });
});

const python = ['/usr/bin/python3', 'python3'].find(program => spawnSync(program, ['-c', 'import numpy']).status === 0);

describe.skipIf(python === undefined)('arrays of numpy (beside numpy itself)', () => {
  const TYPES = ['?', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f2', 'f4', 'f8'];
  const COUNT = 24;

  it('reads every type, byte order, axis order and compression', () => {
    const cases = TYPES.flatMap(type => ['<', '>'].map(order => (type === '?' ? type : order + type)));
    const code = `
import sys, json, numpy
rng = numpy.random.default_rng(1)
arrays, expected = {}, {}
for i, t in enumerate(json.loads(sys.argv[2])):
  a = rng.integers(0, 2 if t == '?' else 100, (4, 6)).astype(t)
  if numpy.dtype(t).kind == 'f': a = (a / 7).astype(t)
  if numpy.dtype(t).kind == 'i': a = (a - 50).astype(t)
  arrays[f'a{i}'] = numpy.asfortranarray(a) if i % 2 else a
  expected[f'a{i}'] = a.astype('f8').ravel().tolist()
numpy.savez(sys.argv[1] + '/plain.npz', **arrays)
numpy.savez_compressed(sys.argv[1] + '/packed.npz', **arrays)
print(json.dumps(expected))`;
    const { stdout, stderr } = spawnSync(python!, ['-c', code, folder, JSON.stringify(cases)], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const expected = JSON.parse(stdout) as Record<string, number[]>;
    return fc.assert(
      fc.asyncProperty(fc.constantFrom('plain', 'packed'), fc.constantFrom(...cases.keys()), async (file, at) => {
        const found = (await read(join(folder, `${file}.npz`), { inputs: `a${at}`, as: 'genotypes' })) as Rows;
        expect([cases[at], ...found.values]).toEqual([cases[at], ...expected[`a${at}`]!.map(Math.fround)]);
        expect(found.values).toHaveLength(COUNT);
      }),
      { seed: 1, numRuns: 150 },
    );
  });
});
