/** Tables in Parquet files that DuckDB has written (`parquet/write.mjs`): every compression, dictionary and form of page gives the same rows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Rows } from '../../../server/src/engine/data/examples.js';
import { plink } from '../../../server/src/engine/data/plink-cohort.js';
import { table } from '../../../server/src/engine/data/table.js';

const FOLDER = join(import.meta.dirname, 'parquet');
const HASH = 'ab'.repeat(32);
const standard = { path: HASH, as: 'expression', examples: 'rows', skip: [], missing: 'mean' } as const;
const open = (name: string): Record<string, string> => ({ [HASH]: join(FOLDER, `${name}.parquet`) });
const read = (name: string, given: object): Promise<Rows> => table.read({ ...standard, ...given }, open(name));

/** The columns of row i, as the query makes them; a tenth of `d` is missing. */
const FEATURES: Readonly<Record<string, (i: number) => number>> = {
  d: i => (i % 10 === 7 ? NaN : (i % 8) / 4),
  f: i => (i % 5) - 2,
  i32: i => i,
  i64: i => 1000 * i,
  u8: i => i % 200,
  b: i => i % 2,
  dec: i => (i % 50) / 8,
  constant: () => 1.5,
};
const mean = (rows: number): number => {
  const present = Array.from({ length: rows }, (_, i) => FEATURES['d']!(i)).filter(value => !Number.isNaN(value));
  return present.reduce((sum, value) => sum + value, 0) / present.length;
};

describe('Parquet', () => {
  it.each(['snappy', 'zstd', 'gzip', 'brotli', 'lz4', 'plain'])('%s', async name => {
    const { features, values, names, labels, notes, length } = await read(name, {
      names: 'name',
      label: 'class',
      classes: ['control', 'case'],
    });
    expect(features).toEqual(Object.keys(FEATURES));
    expect(length).toBe(features.length);
    expect(names).toEqual(Array.from({ length: 300 }, (_, i) => `s${i}`));
    expect(labels).toEqual(Array.from({ length: 300 }, (_, i) => Number(i % 3 === 0)));
    expect(notes[0]!.message).toContain('30 values are missing in 30 of 300 examples');
    const expected = names.flatMap((_, i) => features.map(feature => FEATURES[feature]!(i)));
    expected.forEach((value, at) => expect(values[at]).toBeCloseTo(Number.isNaN(value) ? mean(300) : value, 5));
  });

  it('keeps identifiers that no number holds', async () => {
    const { names, values } = await read('large', { names: 'id' });
    expect(names).toEqual(['9007199254740993', '9007199254740994', '9007199254740995']);
    expect([...values]).toEqual([0, 1, 2].flatMap(x => [x, 2 ** 60]));
  });

  it('groups of rows one after another; rows with a gap left out', async () => {
    const { values, names, origins, labels } = await read('groups', { skip: ['class'], missing: 'drop', label: 'u8' });
    const kept = Array.from({ length: 5000 }, (_, i) => i).filter(i => i % 10 !== 7);
    expect(names).toEqual(kept.map(i => `row ${i + 1}`));
    expect(origins.map(({ index }) => index)).toEqual(kept);
    expect(labels).toEqual(kept.map(i => FEATURES['u8']!(i)));
    expect([...values]).toEqual(kept.flatMap(i => [FEATURES['d']!(i), 1.5]));
    await expect(read('groups', { skip: ['class'], missing: 'error' })).rejects.toMatchObject({
      problem: { code: 'data/missing', place: expect.stringContaining('row 8') as string },
    });
  });

  it('takes the examples that have a value', async () => {
    const given = { names: 'name', where: { class: 'case', b: '1' } };
    const expected = Array.from({ length: 300 }, (_, i) => i).filter(i => i % 3 === 0 && i % 2 === 1);
    const { names, values, features } = await read('zstd', given);
    expect(names).toEqual(expected.map(i => `s${i}`));
    expect(features).not.toContain('b');
    const found = await table.describe({ ...standard, ...given }, open('zstd'));
    expect(found).toMatchObject({ examples: expected.length, length: [features.length, features.length] });
    const column = features.indexOf('i32');
    expect(expected.map((_, row) => values[row * features.length + column])).toEqual(expected);
  });

  it('has its examples in rows', async () => {
    await expect(read('groups', { examples: 'columns' })).rejects.toMatchObject({
      problem: { code: 'data/orientation' },
    });
  });

  it('is described from its footer', async () => {
    expect(await table.describe({ ...standard, skip: ['class'] }, open('groups'))).toMatchObject({
      examples: 5000,
      complete: true,
      length: [3, 3],
    });
  });

  it.each([
    ['nested columns (x, y)', ['pair', 'day', 'raw'], 'point'],
    ['nested columns (list)', ['point', 'day', 'raw'], 'pair'],
    ['times', ['pair', 'point', 'raw'], 'day'],
    ['bytes', ['pair', 'point', 'day'], 'raw'],
  ])('refuses %s by name', async (kind, skip, column) => {
    await expect(read('mixed', { names: 'IID', skip })).rejects.toMatchObject({
      problem: { code: 'data/parquet-type', message: `the column "${column}" holds ${kind}, expected numbers or text` },
    });
  });

  it('refuses a column that is not there, and text that is no number', async () => {
    await expect(read('zstd', { label: 'age' })).rejects.toThrow(
      'the table has no column "age", which `label` names; it has: name, class',
    );
    await expect(read('zstd', {})).rejects.toThrow('found "s0" in the column "name", expected a number');
    expect(readFileSync(join(FOLDER, 'zstd.parquet')).toString('latin1', 0, 4)).toBe('PAR1');
  });

  it('phenotypes of a cohort', async () => {
    const people = 'cd'.repeat(32);
    const quality = { minimum_frequency: 0, hardy_weinberg: 0, variant_call_rate: 0, person_call_rate: 0 };
    const call = { path: people, missing: 'mean', phenotypes: HASH, ...quality } as const;
    const files = { [people]: join(import.meta.dirname, 'pgen/fixed.pgen'), ...open('phenotypes') };
    const { names, labels } = await plink.read({ ...call, phenotype: 'height' }, files);
    const even = Array.from({ length: 35 }, (_, i) => 2 * i);
    expect(names).toEqual(even.map(i => `p${i}`));
    expect(labels).toEqual(even.map(i => i * i));
    await expect(plink.read({ ...call, phenotype: 'weight' }, files)).rejects.toThrow(
      'no column "weight"; it has: FID, IID, height',
    );
  });
});
