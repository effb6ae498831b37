import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { principalComponents } from '../../../server/src/engine/data/principal-components.js';
import { plink } from '../../../server/src/engine/data/plink-cohort.js';
import type { Rows } from '../../../server/src/engine/data/examples.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { adjustTrait } from '../../../server/src/engine/simulate/adjusted-trait.js';
import { correlation } from '../../../server/src/engine/simulate/moments.js';

const PEOPLE = 120;
const VARIANTS = 600;

/** Three populations that drifted apart. */
function populations(): Rows {
  const stream = new Stream(8, 'populations');
  const values = new Float32Array(PEOPLE * VARIANTS);
  for (let variant = 0; variant < VARIANTS; variant++) {
    const ancestral = 0.2 + 0.6 * stream.uniform();
    const frequencies = [0, 1, 2].map(() => Math.min(0.95, Math.max(0.05, ancestral + 0.12 * stream.normal())));
    for (let person = 0; person < PEOPLE; person++)
      for (let haplotype = 0; haplotype < 2; haplotype++)
        values[person * VARIANTS + variant]! += Number(stream.uniform() < frequencies[person % 3]!);
  }
  const people = Array.from({ length: PEOPLE }, (_, index) => index);
  return {
    alphabet: 'genotypes',
    length: VARIANTS,
    features: Array.from({ length: VARIANTS }, (_, i) => `rs${i}`),
    values,
    names: people.map(person => `p${person}`),
    labels: people.map(person => (person % 3) + 0.3 * stream.normal()),
    origins: people.map(index => ({ source: 'abcd', index })),
    notes: [],
  };
}
const rows = populations();

it('finds components at right angles that tell populations apart', () => {
  const components = principalComponents(rows, 3);
  components.forEach((a, i) => components.forEach((b, j) => expect(correlation(a, b)).toBeCloseTo(Number(i === j), 9)));
  // Two components span three populations: what they leave of the membership is little.
  for (const population of [0, 1, 2]) {
    const member = rows.names.map((_, person) => Number(person % 3 === population));
    const [first = new Float64Array(0), second = new Float64Array(0)] = components;
    expect(correlation(member, first) ** 2 + correlation(member, second) ** 2).toBeGreaterThan(0.9);
  }
});

it('takes the differences between populations out of a trait', () => {
  const adjusted = adjustTrait(rows, { components: 2 });
  const trait = adjusted.labels as number[];
  for (const component of principalComponents(rows, 2))
    expect(Math.abs(correlation(trait, component))).toBeLessThan(1e-9);
  expect(adjusted.notes[0]!.message).toMatch(/^2 principal components explained (8|9)\d\.\d %/);
  expect(principalComponents({ ...rows, values: new Float32Array(rows.values.length) }, 2)).toEqual([]);
});

it('takes covariates out of a trait', () => {
  const stream = new Stream(3, 'covariates');
  const values = Float64Array.from({ length: 2 * PEOPLE }, () => stream.normal());
  const known = { ...rows, covariates: { names: ['age', 'dose'], values } };
  const { labels, notes } = adjustTrait(known, { components: 0 });
  for (const at of [0, 1])
    expect(
      Math.abs(
        correlation(
          labels as number[],
          values.filter((_, i) => i % 2 === at),
        ),
      ),
    ).toBeLessThan(1e-12);
  expect(notes[0]!.message).toContain('0 principal components, age, dose explained');
  // What rounding leaves is no trait.
  const dose = values.filter((_, i) => i % 2 === 1);
  expect(() => adjustTrait({ ...known, labels: [...dose.map(value => 3 * value + 7)] }, { components: 0 })).toThrow(
    'age, dose explain all of the trait of 120 people',
  );
});

it.skipIf(spawnSync('plink1.9', ['--version']).status !== 0)('finds those of plink1.9', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pca-'));
  try {
    const cells = (person: number) =>
      Array.from({ length: VARIANTS }, (_, v) => ['G G', 'A G', 'A A'][rows.values[person * VARIANTS + v]!]);
    writeFileSync(
      join(folder, 'c.ped'),
      rows.names.map((name, i) => `${name} ${name} 0 0 1 1 ${cells(i).join(' ')}\n`).join(''),
    );
    writeFileSync(join(folder, 'c.map'), rows.features.map((id, i) => `1 ${id} 0 ${i + 1}\n`).join(''));
    execFileSync('plink1.9', ['--file', join(folder, 'c'), '--pca', '4', '--silent', '--out', join(folder, 'c')]);
    const judged = readFileSync(join(folder, 'c.eigenvec'), 'utf8')
      .trim()
      .split('\n')
      .map(line => line.split(' ').slice(2).map(Number));
    principalComponents(rows, 2).forEach((component, i) =>
      expect(
        Math.abs(
          correlation(
            component,
            judged.map(row => row[i]!),
          ),
        ),
      ).toBeGreaterThan(0.9999),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const HAPMAP = '../shared/data/genotypes/hapmap3';
const hasPlink2 = spawnSync('plink2', ['--version']).status === 0;

it.skipIf(!hasPlink2 || !existsSync(`${HAPMAP}.bed`))(
  'finds those of plink2 on people with missing genotypes',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pca-'));
    const out = join(folder, 'c');
    try {
      const plink2 = (...options: string[]) =>
        execFileSync('plink2', [...options, '--silent', '--seed', '1', '--threads', '1', '--out', out], {
          stdio: 'ignore',
        });
      plink2('--bfile', HAPMAP, '--thin-count', '3000', '--make-bed');
      const cohort = await plink.read(
        {
          path: 'c',
          missing: 'mean',
          minimum_frequency: 0,
          hardy_weinberg: 0,
          variant_call_rate: 0,
          person_call_rate: 0,
        },
        { c: `${out}.bed` },
      );
      const components = principalComponents(cohort, 4);
      const near = (least: number): void => {
        const judged = readFileSync(`${out}.eigenvec`, 'utf8').trim().split('\n').slice(1);
        const column = (i: number) => judged.map(line => Number(line.split('\t')[2 + i]));
        components.forEach((component, i) =>
          expect(Math.abs(correlation(component, column(i)))).toBeGreaterThan(least),
        );
      };
      // With `approx` missing genotypes are means, as ours are; without it they leave the products of two people.
      plink2('--bfile', out, '--pca', '4', 'approx');
      near(1 - 1e-5);
      plink2('--bfile', out, '--pca', '4');
      near(1 - 1e-4);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
