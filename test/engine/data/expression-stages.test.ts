import { describe, expect, it } from 'vitest';
import type { Rows } from '../../../server/src/engine/data/examples.js';
import type { StageInputs } from '../../../server/src/engine/data/stage.js';
import { applyStage } from '../../../server/src/engine/data/stages.js';
import type { Json } from '../../../server/src/protocol.js';
import { call } from '../methods/workbench.js';

const rows = (values: readonly (readonly number[])[], names = ['a', 'b', 'c']): Rows => ({
  alphabet: 'expression',
  length: values[0]!.length,
  features: names.slice(0, values[0]!.length),
  values: Float32Array.from(values.flat()),
  names: values.map((_, row) => `sample ${row}`),
  labels: values.map(() => 0),
  origins: values.map((_, index) => ({ source: 'test', index })),
  notes: [],
  truth: {
    columns: ['class 0', 'groups'],
    values: Float64Array.from([1, 2, 0, 0, 0, 3].slice(0, 2 * values[0]!.length)),
  },
});

const apply = async (name: string, given: Record<string, Json>, examples: Rows, by?: Rows): Promise<Rows> => {
  const inputs: StageInputs = {
    data: () => Promise.resolve(by!),
    outputs: () => Promise.reject(new Error('not asked')),
    classes: () => Promise.reject(new Error('not asked')),
  };
  return (await applyStage(call('stage', name, given), examples, inputs)) as Rows; // no stage changes the alphabet
};

describe('standardise', () => {
  const train = rows([
    [1, 5, 10],
    [3, 5, 30],
  ]);

  it('takes mean and deviation from another data set, and leaves out what does not vary there', async () => {
    const test = await apply('standardise', { by: 'key' }, rows([[2, 7, 40]]), train);
    expect(test.features).toEqual(['a', 'c']);
    expect([...test.values]).toEqual([0, 2]);
    expect(test.truth).toEqual({ columns: ['class 0', 'groups'], values: Float64Array.of(1, 2, 0, 3) });
    expect(test.notes).toMatchObject([{ message: '1 of 3 features are the same in all examples and were left out.' }]);
  });

  it('of itself has mean 0 and deviation 1, and without `scale` mean 0 only', async () => {
    expect([...(await apply('standardise', {}, train)).values]).toEqual([-1, -1, 1, 1]);
    expect([...(await apply('standardise', { scale: false }, train)).values]).toEqual([-1, -10, 1, 10]);
  });

  it('leaves every variant where it is on the genome, and in its genes', async () => {
    const variants: Rows = { ...train, alphabet: 'genotypes', places: ['1:10', '1:20'], genes: ['A', 'B'] };
    expect(await apply('standardise', {}, variants)).toMatchObject({ places: ['1:10', ''], genes: ['A', ''] });
    const all = { ...variants, places: ['1:10', '1:20', '1:30'], genes: ['A', 'B', 'C'] };
    expect(await apply('standardise', {}, all)).toMatchObject({ places: ['1:10', '1:30'], genes: ['A', 'C'] });
  });

  it('refuses a data set of other features, and one example alone', async () => {
    const other = rows([[1, 2, 3]], ['a', 'x', 'c']);
    await expect(apply('standardise', { by: 'key' }, train, other)).rejects.toMatchObject({
      problem: { code: 'data/features' },
    });
    await expect(apply('standardise', {}, rows([[1, 2]]))).rejects.toMatchObject({
      problem: { code: 'data/constant' },
    });
  });
});

describe('scale_to and log1p', () => {
  it('make counts per million, and log2(x + 1)', async () => {
    const scaled = await apply('scale_to', {}, rows([[1, 2, 5]]));
    expect([...scaled.values]).toEqual([125_000, 250_000, 625_000]);
    expect([...(await apply('log1p', { base: 2 }, rows([[0, 1, 7]]))).values]).toEqual([0, 1, 3]);
    expect((await apply('log1p', {}, rows([[Math.E - 1]]))).values[0]).toBeCloseTo(1, 6);
  });

  it('refuse samples without expression, and values that have no logarithm', async () => {
    await expect(apply('scale_to', {}, rows([[1], [0]]))).rejects.toMatchObject({
      problem: { code: 'data/sum', place: 'example "sample 1"' },
    });
    await expect(apply('log1p', {}, rows([[0, -1]]))).rejects.toMatchObject({
      problem: { code: 'data/negative', place: 'example "sample 0", b' },
    });
  });
});
