import fc from 'fast-check';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  callRate,
  choose,
  countGenotypes,
  hardyWeinberg,
  missingByPerson,
  sharedFrequency,
  sumCalls,
  type Counts,
} from '../../../server/src/engine/data/genotype-calls.js';
import { openPlink } from '../../../server/src/engine/data/plink.js';
import { plink } from '../../../server/src/engine/data/plink-cohort.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const HAPMAP = '../shared/data/genotypes/hapmap3.bed';
const hasPlink = spawnSync('plink1.9', ['--version']).status === 0;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plink-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const PEOPLE = 203;
const VARIANTS = 150;

/** A cohort with missing genotypes, parents, a sex chromosome and repeated identifiers; people with an odd number left over in the last byte. */
function writeCohort(name: string, phenotype: (person: number) => string): string {
  const path = join(folder, `${name}.bed`);
  const stride = Math.ceil(PEOPLE / 4);
  const bytes = Buffer.alloc(3 + VARIANTS * stride);
  bytes.set([0x6c, 0x1b, 1]);
  const stream = new Stream(5, 'cohort');
  for (let variant = 0; variant < VARIANTS; variant++) {
    const frequency = 0.5 * stream.uniform();
    const inbred = variant % 10 === 0;
    for (let person = 0; person < PEOPLE; person++) {
      const first = Number(stream.uniform() < frequency);
      const second = inbred ? first : Number(stream.uniform() < frequency);
      const isMissing = stream.uniform() < (person % 20 === 0 ? 0.3 : 0.02);
      const code = isMissing ? 1 : [3, 2, 0][first + second]!;
      bytes[3 + variant * stride + (person >> 2)]! |= code << (2 * (person & 3));
    }
  }
  writeFileSync(path, bytes);
  const people = Array.from({ length: PEOPLE }, (_, i) =>
    [`f${i >> 1}`, `p${i}`, ...(i % 7 === 3 ? ['dad', 'mum'] : ['0', '0']), '1', phenotype(i)].join(' '),
  );
  writeFileSync(join(folder, `${name}.fam`), `${people.join('\n')}\n`);
  const variants = Array.from({ length: VARIANTS }, (_, i) =>
    [i < 130 ? 1 + Math.floor(i / 6) : 23, i === 3 ? '.' : `rs${i}`, 0, 1000 + i, 'A', 'G'].join('\t'),
  );
  writeFileSync(join(folder, `${name}.bim`), `${variants.join('\n')}\n`);
  return path;
}

const standard = {
  path: 'f'.repeat(64),
  missing: 'mean',
  minimum_frequency: 0,
  hardy_weinberg: 0,
  variant_call_rate: 0,
  person_call_rate: 0,
} as const;
const read = (path: string, given: object = {}, files: Record<string, string> = {}) =>
  plink.read({ ...standard, ...given }, { [standard.path]: path, ...files });

/** A table as PLINK writes it, header first. */
function tableOf(path: string): Record<string, string>[] {
  const [header = [], ...rows] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/));
  return rows.map(cells => Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ''])));
}

async function countsOf(path: string, isChosen: (founder: boolean) => boolean): Promise<Counts[]> {
  const file = await openPlink(path);
  const mask = choose(file.people, ({ founder }) => isChosen(founder));
  const counts: Counts[] = [];
  for await (const { variants, stride, bytes } of file.blocks())
    for (let at = 0; at < variants; at++)
      counts.push(countGenotypes(bytes.subarray(at * stride, (at + 1) * stride), mask));
  return counts;
}

describe('a region', () => {
  it('is read as it is in the whole file', async () => {
    const path = writeCohort('region', () => '-9');
    const [whole, part] = [await read(path), await read(path, { region: 'chr5:1026-2000' })];
    expect(part.features).toEqual(['rs26', 'rs27', 'rs28', 'rs29']);
    const columns = part.features.map(name => whole.features.indexOf(name));
    part.values.forEach((value, at) =>
      expect(value).toBe(whole.values[Math.floor(at / 4) * whole.length + columns[at % 4]!]),
    );
    await expect(read(path, { region: '77' })).rejects.toMatchObject({ problem: { code: 'data/chromosome' } });
    await expect(read(path, { region: '5:10-1' })).rejects.toMatchObject({ problem: { code: 'data/region' } });
  });

  it('of a cohort that fits into no memory is read alone, and the whole is refused before it is read', async () => {
    // 20,000 variants of 100,000 people: half a gigabyte of holes, and a few genotypes at the end.
    const [people, variants, stride] = [100_000, 20_000, 25_000];
    const path = join(folder, 'large.bed');
    writeFileSync(path, Buffer.from([0x6c, 0x1b, 1]));
    truncateSync(path, 3 + variants * stride);
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.from([0b11101101]), 0, 1, 3 + (variants - 1) * stride);
    closeSync(file);
    writeFileSync(
      path.replace('.bed', '.fam'),
      Array.from({ length: people }, (_, i) => `f p${i} 0 0 1 -9\n`).join(''),
    );
    const rows = Array.from({ length: variants }, (_, i) => `1 rs${i} 0 ${i + 1} A G\n`);
    writeFileSync(path.replace('.bed', '.bim'), rows.join(''));
    await expect(read(path)).rejects.toMatchObject({
      problem: { code: 'data/too-large', remedy: expect.stringContaining('Name a `region`') },
    });
    const { values, features } = await read(path, { region: `1:${variants - 1}-${variants}`, missing: 'zeros' });
    expect(features).toEqual([`rs${variants - 2}`, `rs${variants - 1}`]);
    expect([...values.subarray(0, 8)]).toEqual([2, 0, 2, 0, 2, 1, 2, 0]);
  });
});

describe.skipIf(!hasPlink)('beside plink1.9', () => {
  const run = (path: string, ...options: string[]): string => {
    const out = join(folder, 'out');
    execFileSync('plink1.9', ['--bfile', path.slice(0, -4), '--silent', '--out', out, ...options]);
    return out;
  };

  async function compare(path: string): Promise<void> {
    const out = run(path, '--freq', '--hardy', '--missing', '--nonfounders', '--keep-allele-order', '--autosome');
    const { variants, people } = await openPlink(path);
    const autosomal = [...variants.keys()].filter(i => Number(variants[i]!.chromosome) <= 22);
    const counts = await countsOf(path, () => true);
    tableOf(`${out}.frq`).forEach((row, i) =>
      expect(Math.abs(sharedFrequency(sumCalls(counts[autosomal[i]!]!, false)) - Number(row['MAF']))).toBeLessThan(
        5e-4 * Number(row['MAF']) + 1e-9,
      ),
    );
    const tests = tableOf(`${out}.hwe`).filter(row => /^ALL/.test(row['TEST']!));
    expect(tests).toHaveLength(autosomal.length);
    tests.forEach((row, i) => {
      const [two, , one, none] = counts[autosomal[i]!]!;
      expect(row['GENO']).toBe(`${two}/${one}/${none}`);
      const p = hardyWeinberg(counts[autosomal[i]!]!);
      expect(Math.abs(p - Number(row['P']))).toBeLessThan(5.1e-4 * Number(row['P']));
    });
    tableOf(`${out}.lmiss`).forEach((row, i) =>
      expect(Math.abs(1 - callRate(counts[autosomal[i]!]!) - Number(row['F_MISS']))).toBeLessThan(
        5.1e-4 * Number(row['F_MISS']) + 1e-12,
      ),
    );
    const chosen = Uint8Array.from(variants, (_, variant) => Number(autosomal.includes(variant)));
    const missing = await missingByPerson(await openPlink(path), chosen);
    expect(tableOf(`${out}.imiss`).map(row => Number(row['N_MISS']))).toEqual([...missing]);
    expect(people).toHaveLength(missing.length);
  }

  it('counts alleles, heterozygotes and missing genotypes alike', async () => {
    await compare(writeCohort('counts', () => '-9'));
  });

  it.skipIf(!existsSync(HAPMAP))('does so on HapMap 3', async () => {
    for (const ending of ['bed', 'bim', 'fam'])
      copyFileSync(HAPMAP.replace(/bed$/, ending), join(folder, `hapmap3.${ending}`));
    await compare(join(folder, 'hapmap3.bed'));
  });

  it('keeps the people and variants that its filters keep, and decodes the same numbers', async () => {
    const path = writeCohort('filters', person => String(person % 3 === 0 ? 'NA' : person / 7));
    const thresholds = {
      person_call_rate: 0.85,
      variant_call_rate: 0.97,
      hardy_weinberg: 0.001,
      minimum_frequency: 0.05,
    };
    const filters = ['--mind', '0.15', '--geno', '0.03', '--hwe', '0.001', '--maf', '0.05'];
    const out = run(path, ...filters, '--autosome', '--keep-allele-order', '--recode', 'A');
    const raw = tableOf(`${out}.raw`);
    const rows = await read(path, { ...thresholds, missing: 'zeros' });
    const kept = raw.filter(row => Number(row['IID']!.slice(1)) % 3 !== 0);
    expect(raw.length).toBeLessThan(PEOPLE - 5);
    expect(rows.names).toEqual(kept.map(row => row['IID']));
    const columns = Object.keys(raw[0]!).slice(6);
    expect(columns.length).toBeLessThan(115);
    expect(rows.features.map(name => (name === '1:1003' ? '.' : name))).toEqual(
      columns.map(name => name.replace(/_A$/, '')),
    );
    expect([...rows.values]).toEqual(
      kept.flatMap(row => columns.map(column => (row[column] === 'NA' ? 0 : Number(row[column])))),
    );
    expect(rows.labels[0]).toBeCloseTo(1 / 7, 12);
    expect(rows.notes.map(({ code }) => code)).toEqual(['data/quality-control', 'data/no-phenotype', 'data/missing']);
    expect(await plink.describe({ ...standard, ...thresholds }, { [standard.path]: path })).toMatchObject({
      examples: raw.length,
      length: [columns.length, columns.length],
    });
  });
});

describe('the exact Hardy–Weinberg test', () => {
  it('is the share of arrangements of the alleles that are no likelier, counted one by one', () => {
    // All ways to pair 2n alleles into n people: C(n; h) · 2^h / C(2n, a) for h heterozygotes.
    const logFactorial = (n: number): number =>
      Array.from({ length: n }, (_, i) => Math.log(i + 1)).reduce((a, b) => a + b, 0);
    const byHand = ([two, , one, none]: Counts): number => {
      const n = two + one + none;
      const rare = 2 * two + one;
      const log = (h: number): number =>
        logFactorial(n) -
        logFactorial((rare - h) / 2) -
        logFactorial(h) -
        logFactorial(n - (rare + h) / 2) +
        h * Math.LN2;
      const probabilities = new Map<number, number>();
      for (let h = rare % 2; h <= Math.min(rare, 2 * n - rare); h += 2) probabilities.set(h, Math.exp(log(h)));
      const all = [...probabilities.values()].reduce((a, b) => a + b);
      const observed = probabilities.get(one)! * (1 + 1e-9);
      return [...probabilities.values()].filter(p => p <= observed).reduce((a, b) => a + b, 0) / all;
    };
    fc.assert(
      fc.property(fc.nat(15), fc.nat(15), fc.nat(15), (two, one, none) => {
        if (two + one + none === 0) return;
        expect(hardyWeinberg([two, 3, one, none])).toBeCloseTo(byHand([two, 3, one, none]), 9);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('ends for numbers far from equilibrium', () => {
    expect(hardyWeinberg([0, 0, 0, 0])).toBe(1);
    expect(hardyWeinberg([0, 0, 300_000, 0])).toBeLessThan(1e-300);
    expect(hardyWeinberg([150_000, 0, 0, 150_000])).toBeLessThan(1e-300);
    expect(hardyWeinberg([75_000, 0, 150_000, 75_000])).toBeCloseTo(1, 6);
  });
});

describe('plink', () => {
  it('gives missing genotypes the mean of their variant, or stops at them', async () => {
    const path = writeCohort('missing', () => '-9');
    const bytes = readFileSync(path);
    bytes.fill(0x55, 3 + 5 * 51, 3 + 6 * 51);
    writeFileSync(path, bytes);
    const means = await read(path);
    const zeros = await read(path, { missing: 'zeros' });
    expect(means.length).toBe(130);
    expect(await plink.describe(standard, { [standard.path]: path })).toMatchObject({
      examples: 203,
      length: [130, 130],
    });
    for (let person = 0; person < PEOPLE; person++) expect(means.values[person * 130 + 5]).toBe(0);
    expect(means.labels.every(label => label === undefined)).toBe(true);
    const column = (rows: typeof means) => Array.from({ length: PEOPLE }, (_, i) => rows.values[i * 130 + 8]!);
    const known = column(zeros).filter((_, i) => [0, 1, 2].includes(column(means)[i]!));
    const mean = known.reduce((a, b) => a + b) / known.length;
    for (const value of column(means)) if (![0, 1, 2].includes(value)) expect(value).toBeCloseTo(mean, 6);
    await expect(read(path, { missing: 'error' })).rejects.toThrow('the genotype is missing');
    expect((await read(path, { chromosomes: [2] })).features).toEqual(['rs6', 'rs7', 'rs8', 'rs9', 'rs10', 'rs11']);
  });

  it('takes phenotypes from a table, and 1 and 2 as control and case', async () => {
    const path = writeCohort('phenotypes', person => String(1 + (person % 2)));
    expect((await read(path)).labels.slice(0, 3)).toEqual([0, 1, 0]);
    const table = join(folder, 'height.txt');
    const files = { ['e'.repeat(64)]: table };
    const given = { phenotypes: 'e'.repeat(64) };
    writeFileSync(table, '#FID IID weight height\nf1 p3 70 1.5\nf0 p1 60 -9\nf1 p2 80 2.5\n');
    const rows = await read(path, { ...given, phenotype: 'height' }, files);
    expect([rows.names, rows.labels]).toEqual([
      ['p2', 'p3'],
      [2.5, 1.5],
    ]);
    expect((await read(path, given, files)).labels).toEqual([60, 80, 70]);
    writeFileSync(table, 'IID,x\np5,0.25\n');
    expect((await read(path, given, files)).labels).toEqual([0.25]);
    writeFileSync(table, 'f2 p5 7\n');
    expect((await read(path, given, files)).labels).toEqual([7]);
    await expect(read(path, { ...given, phenotype: 'height' }, files)).rejects.toThrow('no column "height"');
    writeFileSync(table, 'IID x\np5 tall\n');
    await expect(read(path, given, files)).rejects.toThrow('found the phenotype "tall"');
  });

  it('answers files that do not belong together, of another kind or order', async () => {
    const path = writeCohort('bad', () => '1');
    const bytes = readFileSync(path);
    const refused = (content: Uint8Array | string, message: string) => {
      writeFileSync(path, content);
      return expect(read(path)).rejects.toThrow(message);
    };
    await refused(bytes.subarray(0, bytes.length - 1), '150 variants of 203 people take 7653');
    await refused('chr1\t100\t200\n', 'the file begins with 63 68 72');
    await refused(Buffer.concat([Buffer.of(0x6c, 0x1b, 0), bytes.subarray(3)]), 'stored in mode 0, expected 1');
    writeFileSync(path, bytes);
    await expect(read(path, { minimum_frequency: 0.5 })).rejects.toThrow(
      'leaves 203 of 203 people and 0 of 130 variants',
    );
    rmSync(path.replace('.bed', '.fam'));
    await expect(read(path)).rejects.toThrow('cannot read the file');
  });

  it('answers damaged files with a failure and nothing else', async () => {
    const path = writeCohort('fuzz', () => '1');
    const intact = ['bed', 'bim', 'fam'].map(ending => readFileSync(path.replace('bed', ending)));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2),
        fc.boolean(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (which, cut, at, by) => {
          const target = join(folder, `fuzz.${['bed', 'bim', 'fam'][which]!}`);
          const bytes = Buffer.from(intact[which]!);
          bytes[at % bytes.length]! ^= by;
          writeFileSync(target, cut ? bytes.subarray(0, at % bytes.length) : bytes);
          try {
            const rows = await read(join(folder, 'fuzz.bed'));
            expect(rows.values).toHaveLength(rows.length * rows.names.length);
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
          writeFileSync(target, intact[which]!);
        },
      ),
      { seed: 2, numRuns: 150 },
    );
  });
});
