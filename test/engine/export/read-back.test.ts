/** Files that do not hold what was to be written are found out before they get their names. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeHdf5 } from '../../../server/src/engine/export/hdf5-writer.js';
import { OutputFile } from '../../../server/src/engine/export/output.js';
import { requireLines, requireNpz, requireSame, requireTrack } from '../../../server/src/engine/export/read-back.js';
import { numbers, words, type Tree } from '../../../server/src/engine/export/tree.js';
import { float32Text } from '../../../server/src/engine/export/number-text.js';
import { writeZarr } from '../../../server/src/engine/export/zarr-writer.js';
import { ZipWriter } from '../../../server/src/engine/export/zip.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { encodeHeader } from '../../../server/src/store/npy.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-back-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function* parts<Part>(...given: readonly Part[]): AsyncGenerator<Part> {
  yield* given;
}

/** Code and message of the failure, or `the same`. */
async function verdict(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'the same',
    (error: unknown) =>
      error instanceof Failure ? `${error.problem.code}: ${error.message}` : `defect: ${String(error)}`,
  );
}

/** Finishes a file in which the bytes `needle`, where they first stand, were changed to `by`. */
async function damagedBy(write: (file: OutputFile) => Promise<void>, needle: Buffer, by: Buffer): Promise<string> {
  const file = await OutputFile.create(join(folder, 'file'));
  let seen = Buffer.alloc(0);
  const original = file.write.bind(file);
  file.write = async part => {
    seen = Buffer.concat([seen, Buffer.from(part as Uint8Array)]);
    await original(part);
  };
  await write(file);
  const at = seen.indexOf(needle);
  expect(at).toBeGreaterThan(0);
  await file.overwrite(at, by);
  const found = await verdict(file.finish());
  await file.discard();
  return found;
}

const bytes = (...values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

describe('trees', () => {
  const values = Float32Array.from({ length: 12 }, (_, at) => at + 0.5);
  const tree: Tree = {
    groups: {},
    arrays: [
      {
        path: 'g/a',
        type: 'float32',
        shape: [4, 3],
        parts: () => parts(new Uint8Array(values.buffer, 0, 20), new Uint8Array(values.buffer, 20)),
      },
      numbers('empty', new Float64Array(0)),
      words('names', ['first', 'żółć', '']),
    ],
  };

  it.each([
    ['HDF5', writeHdf5],
    ['Zarr', writeZarr],
  ])('%s: one changed bit of a number, one letter of a name', async (format, write) => {
    const whole = await OutputFile.create(join(folder, 'whole'));
    await write(whole, tree);
    expect((await whole.finish()).bytes).toBeGreaterThan(0);
    await whole.discard();
    const number = await damagedBy(file => write(file, tree), bytes(7.5), bytes(7.5000005));
    // The archive's own checksum says it first.
    expect(number).toMatch(
      format === 'HDF5'
        ? /^export\/read-back: .*: byte 0 of g\/a\[2, 1\] is 1, expected 0$/
        : /^export\/read-back: .*checksum/,
    );
    const name = await damagedBy(file => write(file, tree), Buffer.from('first'), Buffer.from('worst'));
    expect(name).toMatch(format === 'HDF5' ? /names\[0\] is worst, expected first/ : /checksum/);
  });

  it('other arrays of the same size, with sound checksums', async () => {
    let asked = 0;
    const changing: Tree = {
      groups: {},
      arrays: [{ path: 'a', type: 'float32', shape: [2], parts: () => parts(bytes(1, asked++ === 0 ? 2 : -2)) }],
    };
    const file = await OutputFile.create(join(folder, 'changing'));
    await writeZarr(file, changing, 3);
    expect(await verdict(file.finish())).toMatch(/byte 3 of a\[1\] is 64, expected 192/);
    await file.discard();
  });
});

describe('npz', () => {
  it.each([
    [[2, 3], bytes(1, 2, 3, 4, 5, 6), 'the same'],
    [[3, 2], bytes(1, 2, 3, 4, 5, 6), 'export/different: arr_0 has the shape [3, 2], expected [2, 3]'],
    [[2, 3], bytes(1, 2, 3, 4, 5, -6), 'export/different: byte 3 of arr_0[1, 2] is 192, expected 64'],
  ])('%j', async (shape, data, expected) => {
    const file = await OutputFile.create(join(folder, 'm.npz'));
    const zip = new ZipWriter(file);
    await zip.add('arr_0.npy', parts(encodeHeader('float32', shape), data));
    await zip.finish();
    file.readBack(path => requireNpz(path, [2, 3], parts(Float32Array.of(1, 2), Float32Array.of(3, 4, 5, 6))));
    const found = await verdict(file.finish());
    expect(found.replace('read-back: the file does not hold what was to be written', 'different')).toBe(expected);
    await file.discard();
  });
});

describe('lines', () => {
  const compare = async (text: string): Promise<string> => {
    const file = await OutputFile.create(join(folder, 'lines'));
    await file.write(text);
    file.readBack(path => requireLines(path, parts(['chr1', 7, 0.1], ['chr2', NaN, -0]), 1));
    const found = await verdict(file.finish());
    await file.discard();
    return found.replace(/^.*?written: /, '');
  };

  it.each([
    ['head\nchr1\t7\t0.1\nchr2\tNaN\t0\n', 'the same'],
    ['head\nchr1\t7\t0.1\n', 'it ends before line 3'],
    ['head\nchr1\t7\t0.10001\nchr2\tNaN\t0\n', 'line 2, column 3 is 0.10001, expected 0.1'],
    ['head\nchr1\t7\nchr2\tNaN\t0\n', 'line 2, column 3 is missing, expected 0.1'],
    ['head\nchr1\t7\t0.1\nchr2\t\t0\n', 'line 3, column 2 is , expected NaN'],
    ['head\nchr1\t7\t0.1\nchr2\tNaN\t0\t1\n', 'line 3 has 4 columns'],
    ['head\nchr1\t7\t0.1\nchr2\tNaN\t0\nmore\n', 'it goes on at line 4'],
  ])('%j', async (text, expected) => expect(await compare(text)).toBe(expected));

  it('hold every float32 (but the sign of zero)', () => {
    const float = fc.float().filter(value => !Object.is(value, -0));
    fc.assert(
      fc.property(float, value => Object.is(Math.fround(Number(float32Text(value))), value)),
      { seed: 7, numRuns: 2000 },
    );
  });
});

describe('elements', () => {
  it('are compared however both sides are cut', async () => {
    const cut = (values: readonly number[], places: readonly number[]): AsyncIterable<number[]> => {
      const ends = [...new Set(places.map(place => place % (values.length + 1)))].sort((a, b) => a - b);
      return parts(...[...ends, values.length].map((end, i) => values.slice(i === 0 ? 0 : ends[i - 1], end)));
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ max: 3, min: 0 }), { maxLength: 8 }),
        fc.array(fc.integer({ max: 3, min: 0 }), { maxLength: 8 }),
        fc.array(fc.nat(8)),
        fc.array(fc.nat(8)),
        async (found, expected, a, b) => {
          const same = found.join() === expected.join();
          const first = expected.findIndex((value, at) => value !== found[at]);
          const said = await verdict(requireSame(cut(found, a), cut(expected, b), at => `#${at};`));
          if (same) expect(said).toBe('the same');
          else expect(said).toContain(`#${first < 0 ? expected.length : first};`);
        },
      ),
      { seed: 3, numRuns: 500 },
    );
  });

  it('of a track are chromosome, place and score', async () => {
    const stretch = (start: number, ...values: number[]) => ({
      chromosome: 'c',
      start,
      values: Float32Array.from(values),
    });
    const truth = (): AsyncGenerator<ReturnType<typeof stretch>> => parts(stretch(5, 1, 2), stretch(9, 3));
    expect(await verdict(requireTrack(parts(stretch(5, 1), stretch(6, 2), stretch(9, 3)), truth()))).toBe('the same');
    expect(await verdict(requireTrack(parts(stretch(5, 1, 2, 3)), truth()))).toContain(
      'the place of base 3 is 7, expected 9',
    );
  });
});
