/**
 * PLINK 2 files in which every form of record occurs (`pgen/write.py`): dosages, frequencies, Hardy–Weinberg tests and call rates are those
 * of plink2, on the files beside the test and, where plink2 is installed, on cohorts of other sizes and on HapMap 3.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf } from '../../../server/src/engine/data/bytes.js';
import type { Rows } from '../../../server/src/engine/data/examples.js';
import {
  callRate,
  choose,
  countGenotypes,
  hardyWeinberg,
  missingByPerson,
  sharedFrequency,
  sumCalls,
  sumDosages,
} from '../../../server/src/engine/data/genotype-calls.js';
import { openPlink } from '../../../server/src/engine/data/plink.js';
import { plink } from '../../../server/src/engine/data/plink-cohort.js';
import { Failure } from '../../../server/src/engine/failure.js';

const FIXTURES = join(import.meta.dirname, 'pgen');
const HAPMAP = '../shared/data/genotypes/hapmap3.bed';
const hasPlink2 = spawnSync('plink2', ['--version']).status === 0;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgen-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const beside = (path: string, ending: string): string => path.replace(/pgen$/, ending);

const HASH = 'f'.repeat(64);
const standard = {
  path: HASH,
  missing: 'zeros',
  minimum_frequency: 0,
  hardy_weinberg: 0,
  variant_call_rate: 0,
  person_call_rate: 0,
} as const;
const read = (path: string, given: object = {}): Promise<Rows> =>
  plink.read({ ...standard, ...given }, { [HASH]: path });

/** Rows of a table of plink2, by the names of their columns. */
function tableOf(path: string): Record<string, string>[] {
  const [header = '', ...rows] = readFileSync(path, 'utf8').trim().split('\n');
  const names = header.replace('#', '').split('\t');
  return rows.map(row => Object.fromEntries(row.split('\t').map((cell, i) => [names[i]!, cell])));
}

/** Alternative alleles of each person as plink2 exports them: it counts the reference, and writes few digits. */
function exported(path: string): ReadonlyMap<string, readonly (number | undefined)[]> {
  const [, ...rows] = readFileSync(path, 'utf8').trim().split('\n');
  const cells = rows.map(row => row.split('\t'));
  const counted = (cell: string): number | undefined => (cell === 'NA' ? undefined : 2 - Number(cell));
  return new Map(cells.map(([, id = '', , , , , ...values]) => [id, values.map(counted)]));
}

async function compareDosages(name: string, path: string): Promise<void> {
  const { values, features, names } = await read(path);
  const expected = exported(beside(path, 'raw'));
  // People without a phenotype are left out.
  expect(names).toEqual([...expected.keys()].filter(id => Number(id.slice(1)) % 9 !== 0));
  names.forEach((id, row) => {
    const own = expected.get(id)!;
    expect(own).toHaveLength(features.length);
    own.forEach((value, i) =>
      expect(Math.abs(values[row * features.length + i]! - (value ?? 0)), `${name}, ${id}, ${i}`).toBeLessThan(5e-4),
    );
  });
}

async function compareControl(path: string): Promise<void> {
  const file = await openPlink(path);
  const chosen = file.variants.map(({ chromosome, several }) => /^\d+$/.test(chromosome) && several !== true);
  const [everyone, founders] = [choose(file.people, () => true), choose(file.people, ({ founder }) => founder)];
  const [frequencies, tests, calls] = ['afreq', 'hardy', 'vmiss'].map(ending => tableOf(beside(path, ending))) as [
    Record<string, string>[],
    Record<string, string>[],
    Record<string, string>[],
  ];
  let at = 0;
  const near = (found: number, text = ''): void => {
    if (text === 'nan') expect(found).toBeNaN();
    else expect(Math.abs(found - Number(text)), `${path}, variant ${at}`).toBeLessThan(1e-5 * Number(text) + 1e-12);
  };
  for await (const { from, variants, stride, bytes, dosages } of file.blocks())
    for (let variant = 0; variant < variants; variant++) {
      if (!chosen[from + variant]) continue;
      const genotypes = bytes.subarray(variant * stride, (variant + 1) * stride);
      const counts = countGenotypes(genotypes, founders);
      const own = dosages?.get(variant);
      near(
        sharedFrequency(own ? sumDosages(genotypes, own, founders) : sumCalls(counts, false)),
        frequencies[at]!['ALT_FREQS'],
      );
      const { HOM_A1_CT, HET_A1_CT, TWO_AX_CT, P } = tests[at]!;
      expect([counts[3], counts[2], counts[0]].map(String)).toEqual([HOM_A1_CT, HET_A1_CT, TWO_AX_CT]);
      near(hardyWeinberg(counts), P);
      near(1 - callRate(countGenotypes(genotypes, everyone)), calls[at]!['F_MISS']);
      at++;
    }
  expect(at).toBe(frequencies.length);
  const missing = await missingByPerson(file, Uint8Array.from(chosen, Number));
  expect([...missing].map(String)).toEqual(tableOf(beside(path, 'smiss')).map(row => row['MISSING_CT']));
}

describe('PLINK 2 files', () => {
  it.each(['calls', 'dosages', 'fixed'])('%s: dosages of plink2', name =>
    compareDosages(name, join(FIXTURES, `${name}.pgen`)),
  );

  it.each(['calls', 'dosages'])('%s: frequencies, tests and calls of plink2', name =>
    compareControl(join(FIXTURES, `${name}.pgen`)),
  );

  it('names variants and people, reads phenotypes by name, and says what it left out', async () => {
    const path = join(FIXTURES, 'calls.pgen');
    const { labels, names, features, notes } = await read(path);
    // The first phenotype is no number, so that the second is taken; every ninth person has none and is left out.
    expect(names.slice(0, 3)).toEqual(['p1', 'p2', 'p3']);
    expect(labels.slice(0, 3)).toEqual([0.125, 0.25, 0.375]);
    expect(features).toContain('1:1005');
    expect(notes[0]!.message).toContain('4 have several alternative alleles');
    await expect(read(path, { phenotype: 'weight' })).rejects.toThrow('the table has no column "weight"');
    await expect(read(path, { phenotype: 'region' })).rejects.toThrow('found the phenotype "south", expected a number');
  });

  // No program at hand writes these modes: calls and dosages as the format describes them.
  it.each([3, 4])('dosages in records of one length (mode %i)', async mode => {
    const path = join(folder, `mode${mode}.pgen`);
    const head = Buffer.from([0x6c, 0x1b, mode, 2, 0, 0, 0, 5, 0, 0, 0, 0x40]);
    const records = [[0, 8192, 16384, 32768, 0xffff], [1, 2, 3, 4, 5].map(value => value * 6000)].map(dosages => {
      const values = Buffer.from(Uint16Array.from(mode === 4 ? [...dosages, 0, 0, 0, 0, 0] : dosages).buffer);
      return Buffer.concat([Buffer.from([0b10010000 | (3 << 2), 3]), values]);
    });
    writeFileSync(path, Buffer.concat([head, ...records]));
    writeFileSync(beside(path, 'pvar'), '#CHROM\tPOS\tID\tREF\tALT\n1\t5\ta\tA\tC\n1\t6\tb\tA\tC\n');
    writeFileSync(beside(path, 'psam'), `#IID\n${'vwxyz'.split('').join('\n')}\n`);
    const { values, names, labels } = await read(path, { missing: 'mean' });
    expect(names).toEqual([...'vwxyz']);
    expect(labels.every(label => label === undefined)).toBe(true);
    const first = [0, 0.5, 1, 2, 3.5 / 4];
    expect([...values]).toEqual(first.flatMap((value, i) => [value, Math.fround(((i + 1) * 6000) / 16384)]));
  });

  it.skipIf(!hasPlink2)('a region behind blocks of the format that are not read', async () => {
    const path = join(folder, 'blocks.pgen');
    execFileSync('plink2', ['--dummy', '6', '140000', '0.1', '--silent', '--seed', '1', '--out', path.slice(0, -5)]);
    const whole = await read(path);
    // 140,000 variants are three blocks of 65,536.
    const { variants } = await openPlink(path);
    for (const [from, to] of [
      [65_530, 65_541],
      [139_995, 140_000],
    ] as const) {
      const part = await read(path, { region: `1:${variants[from]!.position}-${variants[to - 1]!.position}` });
      expect(part.length).toBe(to - from);
      part.values.forEach((value, at) => {
        const [person, variant] = [Math.floor(at / part.length), at % part.length];
        expect(value).toBe(whole.values[person * whole.length + from + variant]);
      });
    }
  });

  it('refuses what does not belong together, and other modes, by place', async () => {
    const path = join(folder, 'other.pgen');
    for (const ending of ['pgen', 'psam', 'pvar.zst'])
      copyFileSync(join(FIXTURES, `calls.${ending}`), beside(path, ending));
    const whole = readFileSync(path);
    const problem = async (change: (bytes: Buffer) => void): Promise<Failure['problem']> => {
      const bytes = Buffer.from(whole);
      change(bytes);
      writeFileSync(path, bytes);
      const error: unknown = await read(path).catch((reason: unknown) => reason);
      if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
      return error.problem;
    };
    expect((await problem(bytes => (bytes[2] = 0x11))).message).toContain('stored in mode 17, expected');
    expect((await problem(bytes => (bytes[7] = 71))).message).toContain('36 variants of 71 people');
    expect((await problem(bytes => (bytes[11] = 0x49))).message).toContain('in form 9');
    // The first record refers to one before it.
    const broken = await problem(bytes => (bytes[20] = 2));
    expect(broken).toMatchObject({ code: 'data/damaged-plink', place: path });
    expect(broken.message).toContain('variant 0');
  });

  it('Zstandard data in several frames, and none that want more memory than they may', async () => {
    const packed = readFileSync(join(FIXTURES, 'calls.pvar.zst'));
    const path = join(folder, 'frames.zst');
    const text = async (bytes: Buffer): Promise<string> => {
      writeFileSync(path, bytes);
      const parts: Buffer[] = [];
      for await (const part of bytesOf(path)) parts.push(part);
      return Buffer.concat(parts).toString('utf8');
    };
    const once = await text(packed);
    expect(once.split('\n')).toHaveLength(42);
    const passedOver = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
    expect(await text(Buffer.concat([packed, passedOver, packed]))).toBe(once + once);
    const greedy = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 0, 0, 0]);
    await expect(text(Buffer.concat([packed, greedy]))).rejects.toMatchObject({
      problem: { code: 'data/damaged-zstd' },
    });
    await expect(text(packed.subarray(0, -6))).rejects.toMatchObject({ problem: { code: 'data/damaged-zstd' } });
  });
});

describe.skipIf(!hasPlink2)('beside plink2', () => {
  // Identifiers of people take one byte up to 256 of them, and two from then on.
  it.each([5, 255, 256, 257, 1000])('%i people', async people => {
    const place = mkdtempSync(join(folder, 'made-'));
    execFileSync('python3', [join(FIXTURES, 'write.py'), String(people), String(people), place]);
    for (const name of ['calls', 'dosages', 'fixed']) await compareDosages(name, join(place, `${name}.pgen`));
    for (const name of ['calls', 'dosages']) await compareControl(join(place, `${name}.pgen`));
  });

  it.skipIf(!existsSync(HAPMAP))('HapMap 3 is the same in both formats', async () => {
    for (const ending of ['bed', 'bim', 'fam'])
      cpSync(HAPMAP.replace(/bed$/, ending), join(folder, `hapmap3.${ending}`));
    const path = join(folder, 'hapmap3.bed');
    execFileSync('plink2', ['--bfile', path.slice(0, -4), '--make-pgen', '--silent', '--out', path.slice(0, -4)]);
    const thresholds = {
      minimum_frequency: 0.05,
      hardy_weinberg: 1e-6,
      variant_call_rate: 0.99,
      person_call_rate: 0.9,
    };
    const [first, second] = await Promise.all([path, path.replace('.bed', '.pgen')].map(one => read(one, thresholds)));
    expect(second!.features).toEqual(first!.features);
    expect(second!.names).toEqual(first!.names);
    expect(Buffer.compare(Buffer.from(second!.values.buffer), Buffer.from(first!.values.buffer))).toBe(0);
  });
});
