import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { StoredExamples } from '../../../server/src/engine/data/stored-examples.js';
import { referenceOf } from '../../../server/src/engine/methods/references/references.js';
import { encodeHeader } from '../../../server/src/store/npy.js';
import { network } from '../methods/networks.js';
import { call, encode, path, Workbench } from '../methods/workbench.js';

let bench: Workbench;
/** Three sequences of six bases. */
let data: string;
beforeAll(async () => {
  bench = await Workbench.create(referenceExecutor);
  data = await bench.sequences('AAAAAA', 'CCCCCC', 'GGGGGG');
});
afterAll(() => bench.remove());

let files = 0;
async function written(ending: string, content: Uint8Array | string): Promise<string> {
  const place = join(bench.folder, `given${++files}${ending}`);
  await writeFile(place, content);
  return bench.file(place);
}

const npy = (shape: readonly number[], values: ArrayLike<number>): Uint8Array =>
  Buffer.concat([encodeHeader('float32', shape), new Uint8Array(Float32Array.from(values).buffer)]);

/** The references of rows of the data set, or of some of its rows. */
async function filled(hash: string, given: { array?: string } = {}, rows?: readonly number[]): Promise<Float32Array[]> {
  const whole = await StoredExamples.open(bench.store, data);
  const examples = rows ? whole.select(rows) : whole;
  const open = (key: string) => StoredExamples.open(bench.store, key);
  const made = await referenceOf(call('reference', 'from_file', { path: hash, ...given }), {
    examples,
    open,
    files: bench.paths,
  });
  return examples.origins.map((origin, row) => {
    const out = new Float32Array(made.copies * examples.size);
    expect(made.fill({ letters: new Uint8Array(0), origin, row }, out)).toBe(made.copies);
    return out;
  });
}

const one = encode('ACGTAC');
const each = ['TTTTTT', 'ACACAC', 'GTGTGT'].map(sequence => encode(sequence));
const joined = (parts: readonly Float32Array[]): number[] => parts.flatMap(part => [...part]);

describe('from_file', () => {
  it.each([
    ['[position, base]', [6, 4]],
    ['[1, position, base]', [1, 6, 4]],
  ])('takes one reference for all, %s', async (_, shape) => {
    expect(await filled(await written('.npy', npy(shape, one)))).toEqual([one, one, one]);
  });

  it('takes one for each example, also where only some of the data set are explained', async () => {
    const hash = await written('.npy', npy([3, 6, 4], joined(each)));
    expect(await filled(hash)).toEqual(each);
    expect(await filled(hash, {}, [2, 0])).toEqual([each[2], each[0]]);
  });

  it('takes several for each example, as a stored result holds them', async () => {
    const target = await bench.target(network({ length: 6 }), 6);
    const shuffles = path(call('reference', 'shuffle', { copies: 3, seed: 1 }), { steps: 4 });
    const first = await bench.explain(shuffles, target, data);
    const hash = await written('.npy', npy([3, 3, 6, 4], first.arrays['references']!));
    const second = await bench.explain(
      path(call('reference', 'from_file', { path: hash }), { steps: 4 }),
      target,
      data,
    );
    expect(second.arrays['array']).toEqual(first.arrays['array']);
  });

  it('finds an array of an archive by its name', async () => {
    const archive = zipSync({ 'one.npy': npy([6, 4], one), 'each.npy': npy([3, 6, 4], joined(each)) });
    const hash = await written('.npz', archive);
    expect(await filled(hash, { array: 'each' })).toEqual(each);
    await expect(filled(hash)).rejects.toMatchObject({
      problem: { code: 'reference/array', message: 'the archive has 2 arrays; it has: one, each' },
    });
  });

  it('reads sequences: one for all, or each by its name', async () => {
    expect(await filled(await written('.fa', '>any\nACGTAC\n'))).toEqual([one, one, one]);
    const named = await written('.fa', '>s2\nGTGTGT\n>s0\nTTTTTT\n>other\nAAAAAA\n>s1\nACACAC\n');
    expect(await filled(named)).toEqual(each);
    expect(await filled(named, {}, [1])).toEqual([each[1]]);
  });

  it.each([
    ['bases in front', '.npy', () => npy([3, 4, 6], joined(each)), 'reference/shape', /swapaxes/],
    ['another number of examples', '.npy', () => npy([2, 6, 4], joined(each.slice(1))), 'reference/shape', /for all/],
    ['another length', '.fa', () => '>a\nACG\n', 'reference/shape', /same form/],
    ['what is no number', '.npy', () => npy([6, 4], new Array(24).fill(NaN)), 'reference/number', /Write a number/],
    ['a name that is missing', '.fa', () => '>s0\nACGTAC\n>s2\nACGTAC\n', 'reference/name', /under its name/],
  ])('refuses %s', async (_, ending, content, code, remedy) => {
    const hash = await written(ending, content());
    await expect(filled(hash)).rejects.toMatchObject({ problem: { code, remedy: expect.stringMatching(remedy) } });
  });
});
