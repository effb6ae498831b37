/**
 * Association scans beside covariates: those of plink2, with people, phenotypes and covariates in tables that are neither in the order of the
 * genotypes nor complete.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { call, Workbench, type Result } from '../workbench.js';
import { dataOf, linear, targetOf } from './rows.js';

const PEOPLE = 400;
const FREQUENCIES = [0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.15, 0.25];

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(1));
});
afterAll(() => bench.remove());

/** Genotypes, phenotypes and covariates of people; every eleventh has no phenotype, every thirteenth no age. */
async function writeCohort(prefix: string): Promise<void> {
  const stream = new Stream(4, 'association');
  const stride = PEOPLE / 4;
  const bytes = Buffer.alloc(3 + FREQUENCIES.length * stride);
  bytes.set([0x6c, 0x1b, 1]);
  const phenotypes: string[] = [];
  const covariates: string[] = [];
  for (let person = 0; person < PEOPLE; person++) {
    const counts = FREQUENCIES.map(p => Number(stream.uniform() < p) + Number(stream.uniform() < p));
    counts.forEach((count, v) => (bytes[3 + v * stride + (person >> 2)]! |= [3, 2, 0][count]! << (2 * (person & 3))));
    const centre = person % 5 === 0 ? 'north' : person % 3 === 0 ? 'south' : 'west';
    const age = 40 + 10 * stream.normal() + 3 * counts[2]!;
    const trait = 0.4 * counts[2]! + 0.2 * counts[3]! + 0.05 * age + (centre === 'north' ? 1 : 0) + stream.normal();
    const status = stream.uniform() < 1 / (1 + Math.exp(2.5 - trait / 2)) ? 2 : 1;
    phenotypes.push(`f${person} p${person} ${person % 11 === 0 ? '-9 -9' : `${trait} ${status}`}`);
    covariates.push(`f${person} p${person} ${person % 13 === 0 ? 'NA' : age} ${centre} ${2 * age - 1}`);
  }
  await writeFile(`${prefix}.bed`, bytes);
  await writeFile(`${prefix}.fam`, phenotypes.map((_, i) => `f${i} p${i} 0 0 ${1 + (i % 2)} -9\n`).join(''));
  await writeFile(`${prefix}.bim`, FREQUENCIES.map((_, v) => `1 v${v} 0 ${v + 1} A G\n`).join(''));
  const table = (header: string, rows: readonly string[]): string =>
    [
      `#FID IID ${header}`,
      'nobody nobody 1 1 1'
        .split(' ')
        .slice(0, 2 + header.split(' ').length)
        .join(' '),
      ...rows.toReversed(),
      '',
    ].join('\n');
  await writeFile(`${prefix}.pheno`, table('height status', phenotypes));
  await writeFile(`${prefix}.cov`, table('age centre twice', covariates).replace('nobody 1 1', 'nobody 1 west'));
}

/** Rows of a table of plink2 by the names of their columns. */
async function tableOf(path: string): Promise<Record<string, string>[]> {
  const [header = '', ...rows] = (await readFile(path, 'utf8')).trim().split('\n');
  const names = header.split('\t');
  return rows.map(row => Object.fromEntries(row.split('\t').map((cell, i) => [names[i]!, cell])));
}

async function scan(method: string, data: string, features: number): Promise<Result> {
  const target = await targetOf(bench, linear(new Array<number>(features).fill(1)), features, 'genotypes');
  return bench.explain(call('method', method), target, data);
}

describe.skipIf(spawnSync('plink2', ['--version']).status !== 0)('beside plink2 --glm', () => {
  it.each([
    ['linear_association', 'height', 'glm.linear', 'T_STAT'],
    ['logistic_association', 'status', 'glm.logistic', 'Z_STAT'],
  ])('%s beside numbers and categories', async (method, phenotype, ending, statistic) => {
    const prefix = join(bench.folder, `cohort-${phenotype}`);
    await writeCohort(prefix);
    const files = [
      '--bfile',
      prefix,
      '--pheno',
      `${prefix}.pheno`,
      '--pheno-name',
      phenotype,
      '--covar',
      `${prefix}.cov`,
    ];
    const glm = ['--covar-name', 'age', 'centre', '--glm', 'hide-covar', 'no-firth', 'cols=+a1freq,+beta'];
    execFileSync('plink2', [...files, ...glm, '--covar-variance-standardize', 'age', '--out', prefix], {
      stdio: 'ignore',
    });
    const judged = await tableOf(`${prefix}.${phenotype}.${ending}`);

    const [path, phenotypes, covariates] = await Promise.all(
      ['bed', 'pheno', 'cov'].map(end => bench.file(`${prefix}.${end}`)),
    );
    const all = { path: path!, phenotypes: phenotypes!, phenotype, covariates: covariates! };
    const source = call('source', 'plink', { ...all, covariate_names: ['age', 'centre'] });
    const data = await bench.data(source, [call('stage', 'split', { part: 'train', validation: 0, test: 0, seed: 1 })]);
    const { arrays, meta } = await scan(method, data.key, FREQUENCIES.length);
    expect(judged).toHaveLength(FREQUENCIES.length);
    judged.forEach((row, variant) => {
      const sign = row['A1'] === 'A' ? 1 : -1;
      const [slope, error] = [arrays['slopes']![variant]!, arrays['standard_errors']![variant]!];
      expect((sign * slope) / Number(row['BETA'])).toBeCloseTo(1, 4);
      expect((sign * (slope / error)) / Number(row[statistic])).toBeCloseTo(1, 4);
      expect(arrays['p_values']![variant]! / Number(row['P'])).toBeCloseTo(1, 4);
      expect(data.arrays['covariates']).toHaveLength(3 * Number(row['OBS_CT']));
    });
    expect(meta.notes.map(({ message }) => message)).toContain('Adjusted for age, centre=south, centre=north.');
    // A covariate that repeats another is none.
    const repeated = await scan(method, (await bench.data(call('source', 'plink', all))).key, FREQUENCIES.length);
    repeated.arrays['p_values']!.forEach((p, variant) => expect(p / arrays['p_values']![variant]!).toBeCloseTo(1, 6));
  });
});

it('gives no estimate to what covariates explain and to what separates cases from controls', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => [Number(i % 2 === 0), i % 3, 1]);
  const data = await dataOf(bench, rows, { labels: rows.map(([first]) => first!), as: 'genotypes' });
  const { arrays, meta } = await scan('logistic_association', data, 3);
  expect([...arrays['array']!].map(value => value === 0)).toEqual([true, false, true]);
  expect(arrays['standard_errors']![0]).toBeNaN();
  expect(meta.notes[0]!.message).toContain('2 features have no estimate');
  const others = await dataOf(bench, rows, { labels: rows.map((_, i) => i / 7), as: 'genotypes' });
  await expect(scan('logistic_association', others, 3)).rejects.toThrow('an example has the label');
});

it('finds strong associations of rare classes, whose log-odds and errors follow from the table', async () => {
  // 10 of 1000 without the allele are cases, 30 of 100 with it; of another, which 2 have, nobody is a case.
  const rows = Array.from({ length: 1100 }, (_, i) => [Number(i < 100), Number(i % 367 === 366)]);
  const labels = rows.map((_, i) => Number(i < 30 || (i >= 100 && i < 110)));
  const { arrays } = await scan('logistic_association', await dataOf(bench, rows, { labels, as: 'genotypes' }), 2);
  expect(arrays['slopes']![0]).toBeCloseTo(Math.log(30 / 70) - Math.log(10 / 990), 9);
  expect(arrays['standard_errors']![0]).toBeCloseTo(Math.sqrt(1 / 30 + 1 / 70 + 1 / 10 + 1 / 990), 7);
  expect(arrays['standard_errors']![1]).toBeNaN();
});
