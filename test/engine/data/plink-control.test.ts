/**
 * Chromosomes of which some people have one copy: which variants quality control keeps, frequencies, and the numbers that are read, are those of
 * PLINK. And tables of people: what is missing, named twice, in another order or of nobody.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromosomeOf } from '../../../server/src/engine/data/chromosomes.js';
import type { Rows } from '../../../server/src/engine/data/examples.js';
import { control } from '../../../server/src/engine/data/plink-control.js';
import { plink } from '../../../server/src/engine/data/plink-cohort.js';
import { openPlink } from '../../../server/src/engine/data/plink.js';
import { applyStage, select } from '../../../server/src/engine/data/stages.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const PEOPLE = 210;
const CODES = [1, 23, 24, 25, 26].flatMap(code => new Array<number>(code === 23 ? 40 : 8).fill(code));

let folder = '';
let path = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'control-'));
  path = join(folder, 'sexes.bed');
  writeCohort();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Men, women and some of neither sex, with wrong calls on chromosomes of one copy and missing ones everywhere. */
function writeCohort(): void {
  const stream = new Stream(6, 'sexes');
  const stride = Math.ceil(PEOPLE / 4);
  const bytes = Buffer.alloc(3 + CODES.length * stride);
  bytes.set([0x6c, 0x1b, 1]);
  const sexOf = (person: number): number => (person % 25 === 24 ? 0 : 1 + (person % 2));
  CODES.forEach((code, variant) => {
    const [frequency, lost] = [0.5 * stream.uniform(), 0.1 * stream.uniform()];
    for (let person = 0; person < PEOPLE; person++) {
      const first = Number(stream.uniform() < frequency);
      const hasOne = code === 24 || code === 26 || (code === 23 && sexOf(person) === 1);
      const isDouble = (hasOne && stream.uniform() > 0.02) || (variant % 5 === 0 && stream.uniform() < 0.2);
      const second = isDouble ? first : Number(stream.uniform() < frequency);
      const call = stream.uniform() < lost ? 1 : [3, 2, 0][first + second]!;
      bytes[3 + variant * stride + (person >> 2)]! |= call << (2 * (person & 3));
    }
  });
  writeFileSync(path, bytes);
  const parents = (person: number): string => (person % 7 === 3 ? 'dad mum' : '0 0');
  const people = Array.from({ length: PEOPLE }, (_, i) => `f${i >> 1} p${i} ${parents(i)} ${sexOf(i)} -9\n`);
  writeFileSync(path.replace('.bed', '.fam'), people.join(''));
  writeFileSync(
    path.replace('.bed', '.bim'),
    CODES.map((code, i) => `${code} v${i} 0 ${code === 25 ? 100 + i : 5_000_000 + i} A G\n`).join(''),
  );
}

const standard = {
  path: 'f'.repeat(64),
  missing: 'zeros',
  minimum_frequency: 0,
  hardy_weinberg: 0,
  variant_call_rate: 0,
  person_call_rate: 0,
} as const;
const read = (given: object = {}, files: Record<string, string> = {}): Promise<Rows> =>
  plink.read({ ...standard, ...given }, { [standard.path]: path, ...files });

const KINDS = [
  ['X', '23'],
  ['XY', '25'],
  ['MT', '26'],
] as const;

describe.skipIf(spawnSync('plink1.9', ['--version']).status !== 0)('beside plink1.9', () => {
  const run = (...options: string[]): string => {
    const out = join(folder, 'out');
    execFileSync('plink1.9', ['--bfile', path.slice(0, -4), '--keep-allele-order', ...options, '--out', out], {
      stdio: 'ignore',
    });
    return out;
  };
  const tableOf = (file: string): Record<string, string>[] => {
    const [header = [], ...rows] = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map(line => line.trim().split(/\s+/));
    return rows.map(cells => Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ''])));
  };

  it.each(KINDS)('%s: frequencies and genotypes', async (kind, code) => {
    const out = run('--chr', code, '--freq', '--nonfounders', '--set-hh-missing', '--recode', 'A');
    const { frequencies } = await control(await openPlink(path), { ...standard, chromosomes: [kind] });
    const judged = tableOf(`${out}.frq`).map(row => Number(row['MAF']));
    expect(judged).toHaveLength(frequencies.length);
    judged.forEach((frequency, i) => expect(Math.abs(frequencies[i]! - frequency)).toBeLessThan(5.1e-4 * frequency));
    const raw = tableOf(`${out}.raw`);
    const columns = Object.keys(raw[0]!).slice(6);
    const { values, notes } = await read({ chromosomes: [kind] });
    expect([...values]).toEqual(raw.flatMap(row => columns.map(name => (row[name] === 'NA' ? 0 : Number(row[name])))));
    expect(/of males who are heterozygous/.test(notes.at(-1)!.message)).toBe(kind === 'X');
  });

  it.each(KINDS)('%s: what its filters keep', async (kind, code) => {
    const thresholds = [
      ...[0.9, 0.5, 0.1, 0.01].map(p => [{ hardy_weinberg: p }, ['--hwe', String(p)]] as const),
      ...[0.1, 0.25, 0.4].map(maf => [{ minimum_frequency: maf }, ['--maf', String(maf)]] as const),
      ...[0.97, 0.95, 0.92].map(rate => [{ variant_call_rate: rate }, ['--geno', (1 - rate).toFixed(2)]] as const),
      [{ person_call_rate: 0.95 }, ['--mind', '0.05']] as const,
    ];
    for (const [given, options] of thresholds) {
      const out = run('--chr', code, ...options, '--make-just-bim', '--make-just-fam', '--allow-no-sex');
      const column = (ending: string): string[] =>
        readFileSync(`${out}.${ending}`, 'utf8')
          .trim()
          .split('\n')
          .map(line => line.split(/\s+/)[1]!);
      const { names, features } = await read({ chromosomes: [kind], ...given });
      expect([options, features, names]).toEqual([options, column('bim'), column('fam')]);
    }
  });
});

describe('chromosomes', () => {
  it('have the names of PLINK, genomes and annotations', () => {
    expect(
      ['1', 'chr22', '01', '0', '23', 'chrX', '25', 'PAR2', 'chrM', '26', '24', 'GL1', 'chrUn'].map(chromosomeOf),
    ).toEqual(
      [
        ['autosome', '1'],
        ['autosome', '22'],
        ['autosome', '1'],
        [],
        ['X', 'X'],
        ['X', 'X'],
        ['XY', 'X'],
        ['XY', 'X'],
        ['MT', 'MT'],
        ['MT', 'MT'],
        ['Y', 'Y'],
        [],
        [],
      ].map(([kind, name]) => kind && { kind, name }),
    );
  });

  it('meet the names of regions and annotations', async () => {
    expect((await read()).length).toBe(8);
    expect((await read({ chromosomes: [1, 'XY'] })).length).toBe(16);
    // Pseudo-autosomal variants lie on X.
    const onX = await read({ region: 'chrX:100-5000009' });
    expect(onX.places).toEqual(['X:5000008', 'X:5000009', ...Array.from({ length: 8 }, (_, i) => `X:${156 + i}`)]);
    expect((await read({ region: 'MT' })).places![0]).toBe('MT:5000064');
    const annotation = join(folder, 'genes.gtf');
    const gene = (chromosome: string, from: number, name: string): string =>
      `${chromosome}\ttest\tgene\t${from}\t${from}\t.\t+\t.\tgene_name "${name}";\n`;
    writeFileSync(annotation, gene('chrX', 5_000_008, 'LATE') + gene('chrX', 156, 'EARLY'));
    const given = { region: 'X:100-5000009', genes: 'a'.repeat(64), gene_distance: 1 };
    const { genes } = await read(given, { ['a'.repeat(64)]: annotation });
    expect(genes).toEqual(['LATE', 'near LATE', 'EARLY', 'near EARLY', ...new Array<string>(6).fill('')]);
    await expect(read({ region: 'Y' })).rejects.toThrow('variants of Y are not read');
    await expect(read({ region: 'chr7' })).rejects.toThrow('no variants on "chr7"');
  });
});

describe('tables of people', () => {
  const HASH = 'e'.repeat(64);
  const withTable = (text: string, given: object): Promise<Rows> => {
    writeFileSync(join(folder, 'table.txt'), text);
    return read(given, { [HASH]: join(folder, 'table.txt') });
  };
  const phenotypes = (text: string): Promise<Rows> => withTable(text, { phenotypes: HASH });
  const covariates = (text: string, names?: readonly string[]): Promise<Rows> =>
    withTable(text, { covariates: HASH, ...(names && { covariate_names: names }) });

  it('say once what is known of a person', async () => {
    await expect(phenotypes('FID IID x\nf0 p0 1\nf0 p0 2\n')).rejects.toThrow('"f0 p0" has two rows');
    await expect(phenotypes('FID IID x\nf1 p0 1\n')).rejects.toMatchObject({ problem: { code: 'data/no-person' } });
    const people = readFileSync(path.replace('.bed', '.fam'), 'utf8');
    writeFileSync(path.replace('.bed', '.fam'), people.replace('f1 p2', 'f1 p0'));
    await expect(phenotypes('IID x\np0 1\n')).rejects.toThrow('"p0" is a person of the families f0 and f1');
    expect((await phenotypes('FID IID x\nf1 p0 1.5\n')).names).toEqual(['p0']);
    writeFileSync(path.replace('.bed', '.fam'), people.replace('f1 p2', 'f0 p0'));
    await expect(read()).rejects.toThrow('two people are "f0 p0"');
    writeFileSync(path.replace('.bed', '.fam'), people);
  });

  it('code control, case and what is missing as PLINK does', async () => {
    const labels = async (...written: string[]) =>
      (await phenotypes(`IID x\n${written.map((value, i) => `p${i} ${value}\n`).join('')}`)).labels;
    expect(await labels('1', '2', '0', '-9', 'NA')).toEqual([0, 1]);
    expect(await labels('1.0', '2.0', '-9.0')).toEqual([0, 1]);
    expect(await labels('0', '1', 'nan', '0')).toEqual([0, 1, 0]);
    expect(await labels('0', '1', '2.5')).toEqual([0, 1, 2.5]);
    // Zeros alone are no phenotype: everybody stays, without a label.
    expect((await labels('0', '0')).every(label => label === undefined)).toBe(true);
  });

  it('give covariates: numbers, categories, and nobody who lacks one', async () => {
    const text = 'IID age centre\np3 30 a\np1 31 b\nx 1 a\np2 NA b\np4 32 a\np5 33 c\n';
    const rows = await covariates(text);
    expect(rows.names).toEqual(['p1', 'p3', 'p4', 'p5']);
    expect(rows.covariates).toEqual({
      names: ['age', 'centre=b', 'centre=c'],
      values: Float64Array.of(31, 1, 0, 30, 0, 0, 32, 0, 0, 33, 0, 1),
    });
    expect(rows.notes.map(({ message }) => message)).toContain('206 people lack a covariate and were left out.');
    const centres = await covariates(text, ['centre']);
    expect(centres.names).toHaveLength(5);
    // They go with the people; data sets with others have none together.
    const concat = (data: Rows) =>
      applyStage({ call: 'concat', category: 'stage', parameters: { data: ['other'] } }, select(rows, [3, 1]), {
        data: () => Promise.resolve(data),
        outputs: () => Promise.reject(new Error('no model')),
        classes: () => Promise.reject(new Error('no model')),
      });
    expect(await concat(select(rows, [2]))).toMatchObject({
      names: ['p5', 'p3', 'p4'],
      covariates: { values: Float64Array.of(33, 0, 1, 30, 0, 0, 32, 0, 0) },
    });
    const mixed = await concat(centres);
    expect(mixed).not.toHaveProperty('covariates');
    expect(mixed.notes.at(-1)!.code).toBe('data/covariates');
    await expect(covariates(text, ['sex'])).rejects.toThrow('no column "sex"');
    await expect(covariates('IID age\np1 30\np2 old\n')).rejects.toThrow('found the covariate age "old"');
  });
});
