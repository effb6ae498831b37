/** Genotypes of PLINK 1 and 2. */
import { spawnSync } from 'node:child_process';
import { countGenotypes, writeDosages } from '../../server/src/engine/data/genotype-calls.js';
import { make, place, program, repeat, source, type Reader } from './workshop.js';

const PEOPLE = 20_000;
const VARIANTS = 2_000;
const STRIDE = PEOPLE / 4;
const BILLIONS = (PEOPLE * VARIANTS) / 1e9;

export function cohorts(): Reader[] {
  // Many of each genotype, few of them missing.
  const bytes = [0b00101110, 0b11111110, 0b11101011, 0b11111111, 0b11111011, 0b10111111];
  const genotypes = Uint8Array.from({ length: VARIANTS * STRIDE }, (_, at) => bytes[(at * 31 + (at >> 7)) % 6]!);
  const everyone = new Uint8Array(STRIDE).fill(255);
  const dosages = new Float32Array(PEOPLE * VARIANTS).fill(1);
  const rowOf = Int32Array.from({ length: PEOPLE }, (_, person) => person);
  make('set.bed', Buffer.concat([Buffer.from([0x6c, 0x1b, 1]), genotypes]));
  make('set.fam', repeat(PEOPLE, i => `f p${i} 0 0 1 ${1 + (i % 2)}\n`).join(''));
  make('set.bim', repeat(VARIANTS, i => `1 rs${i} 0 ${i + 1} A G\n`).join(''));
  const given = { minimum_frequency: 0, hardy_weinberg: 0, variant_call_rate: 0.5, person_call_rate: 0 };
  const whole = (file: string): (() => unknown) => source('plink', { path: file, missing: 'mean', ...given }, file);
  const statistics = ['--bfile', place('set'), '--freq', '--hardy', '--missing', '--out', place('out')];
  const readers: Reader[] = [
    {
      what: 'PLINK: genotypes counted in memory',
      amount: BILLIONS,
      unit: 'G genotypes',
      read: () => {
        for (let at = 0; at < genotypes.length; at += STRIDE)
          countGenotypes(genotypes.subarray(at, at + STRIDE), everyone);
      },
    },
    {
      what: 'PLINK: dosages in memory, float32',
      amount: 4 * BILLIONS,
      unit: 'GB',
      read: () => {
        for (let variant = 0; variant < VARIANTS; variant += 50) {
          const starts = repeat(50, at => (variant + at) * STRIDE);
          writeDosages(genotypes, starts, rowOf, dosages, VARIANTS, variant);
        }
      },
    },
    {
      what: 'PLINK: data set to dosages, with quality control',
      amount: BILLIONS,
      unit: 'G genotypes',
      read: whole('set.bed'),
      beside: program('plink1.9 --freq --hardy --missing, no dosages', 'plink1.9', ...statistics),
    },
  ];
  if (spawnSync('plink2', ['--bfile', place('set'), '--make-pgen', '--silent', '--out', place('set')]).status === 0)
    readers.push({
      what: 'PLINK 2: data set to dosages, with quality control',
      amount: BILLIONS,
      unit: 'G genotypes',
      read: whole('set.pgen'),
      beside: program(
        'plink2 --freq --hardy --missing, no dosages',
        'plink2',
        ...['--pfile', place('set'), '--freq', '--hardy', '--missing', '--out', place('out')],
      ),
    });
  return readers;
}
