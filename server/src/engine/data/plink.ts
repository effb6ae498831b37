/**
 * Genotypes in PLINK 1 binary files, and what is done with those of PLINK 2 (`pgen.ts`) alike: `.bed` (two bits for each genotype), `.bim` (variants) and `.fam` (people) beside it.
 * Genotypes are read in blocks of variants, so memory is bounded by what is kept. The numbers of the quality control are
 * those of PLINK 1.9: frequencies and Hardy–Weinberg tests over founders, call rates over all people.
 *
 * Format: https://www.cog-genomics.org/plink/1.9/formats#bed. Chang et al. 2015, GigaScience 4:7. Exact test: Wigginton,
 * Cutler & Abecasis 2005, Am. J. Hum. Genet. 76:887.
 */
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../failure.js';
import { linesOf, type Line } from './lines.js';
import { openPgen } from './pgen.js';
import { openFile } from './source.js';

export interface Variant {
  readonly chromosome: string;
  readonly id: string;
  readonly position: number;
  /** The allele that is counted, usually the rarer one, and the other. */
  readonly alleles: readonly [string, string];
  /** It has more alternative alleles than one, which its genotypes do not tell apart. */
  readonly several?: boolean;
}

export interface Person {
  readonly family: string;
  readonly id: string;
  /** Neither parent is named: counts for frequencies and Hardy–Weinberg tests. */
  readonly founder: boolean;
  /** Has one X chromosome; whoever's sex is not known counts as not male, as in PLINK. */
  readonly male: boolean;
  /** As it is written. */
  readonly phenotype: string;
}

/** A data set of which people and variants are known, and the genotypes can be read. */
export interface PlinkFile {
  readonly path: string;
  readonly people: readonly Person[];
  readonly variants: readonly Variant[];
  /**
   * Genotypes in blocks of variants, in file order.
   *
   * @param isWanted 1 for each variant that is asked for: not all others are read. All where absent
   * @throws Failure where the file is damaged
   */
  readonly blocks: (isWanted?: Uint8Array) => AsyncGenerator<VariantBlock>;
}

/** Genotypes of some variants that follow each other. */
export interface VariantBlock {
  /** Index of the first variant. */
  readonly from: number;
  readonly variants: number;
  /** Bytes of each variant: four people in each, the first in the lowest bits. */
  readonly stride: number;
  readonly bytes: Uint8Array;
  /** Counted alleles that are no whole numbers, [person] by variant of the block; NaN where the genotype says it. */
  readonly dosages?: ReadonlyMap<number, Float32Array>;
}

const MAGIC = [0x6c, 0x1b];
const HEADER = 3;
/** PLINK 1, and of PLINK 2 records of one length without and with dosages, and of any length. */
const MODES = new Set([1, 2, 3, 4, 16]);
const BLOCK_BYTES = 2 ** 24;

/** Counted alleles by the two bits of a genotype; NaN where it is missing. */
const DOSAGES = Float32Array.of(2, NaN, 1, 0);
const MISSING = 1;
const HETEROZYGOUS = 2;

/**
 * Opens the three files of PLINK 1 or 2, told by the first bytes of the genotypes, and checks that they belong together; genotypes
 * are not read.
 *
 * @param path of the `.bed` or `.pgen` file
 * @param phenotype the column of a `.psam` file
 * @throws Failure `data/unreadable`, `data/not-plink`, `data/damaged-plink`
 */
export async function openPlink(path: string, phenotype?: string): Promise<PlinkFile> {
  const { size, mode } = await checkHeader(path);
  if (mode > 1) return openPgen(path, phenotype);
  const people: Person[] = [];
  for await (const { cells, number } of rowsOf(beside(path, '.fam'), 6)) {
    const [family = '', id = '', father, mother, sex, phenotype = ''] = cells;
    requireText(id, beside(path, '.fam'), number);
    people.push({ family, id, founder: father === '0' && mother === '0', male: sex === '1', phenotype });
  }
  const variants: Variant[] = [];
  for await (const { cells, number } of rowsOf(beside(path, '.bim'), 6)) {
    const [chromosome = '', id = '', , position, first = '', second = ''] = cells;
    if (!Number.isInteger(Number(position)))
      throw new Failure('data/damaged-plink', `the position is "${position}", expected a whole number`, {
        place: `${beside(path, '.bim')}, line ${number}`,
        remedy: 'Write the files again with `plink --make-bed`.',
      });
    variants.push({ chromosome, id, position: Number(position), alleles: [first, second] });
  }
  const expected = HEADER + variants.length * strideOf(people.length);
  if (size !== expected)
    throw new Failure(
      'data/damaged-plink',
      `the file has ${size} bytes, and ${variants.length} variants of ${people.length} people take ${expected}`,
      { place: path, remedy: 'The files do not belong together, or one is cut off: copy all three again.' },
    );
  if (people.length === 0 || variants.length === 0)
    throw new Failure('data/empty', 'the files name no people or no variants', {
      place: path,
      remedy: 'Give a data set with genotypes.',
    });
  return { path, people, variants, blocks: isWanted => fixedBlocks(path, people.length, variants.length, isWanted) };
}

const beside = (path: string, ending: string): string => path.replace(/\.bed$/i, ending);
const strideOf = (people: number): number => Math.ceil(people / 4);

function requireText(id: string, path: string, line: number): void {
  if (id === '')
    throw new Failure('data/damaged-plink', 'the row names nobody', {
      place: `${path}, line ${line}`,
      remedy: 'Write the files again with `plink --make-bed`.',
    });
}

/** Checks the first three bytes: 1 is variant after variant as in PLINK 1, all greater ones are of PLINK 2. */
async function checkHeader(path: string): Promise<{ size: number; mode: number }> {
  const head = Buffer.alloc(HEADER);
  const size = await withFile(path, async file => {
    await file.read(head, 0, HEADER, 0);
    return (await file.stat()).size;
  });
  const found = [...head].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
  if (head[0] !== MAGIC[0] || head[1] !== MAGIC[1])
    throw new Failure('data/not-plink', `the file begins with ${found}, expected 6c 1b`, {
      place: path,
      remedy: 'Give a binary PLINK data set; intervals in a BED text file are something else.',
    });
  const mode = head[2]!;
  if (!MODES.has(mode))
    throw new Failure(
      'data/not-plink',
      `the genotypes are stored in mode ${mode}, expected 1 (PLINK 1, variant after variant) or 2, 3, 4 or 16 (PLINK 2)`,
      { place: path, remedy: 'Write the file again with `plink --make-bed` or `plink2 --make-pgen`.' },
    );
  return { size, mode };
}

async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  const file = await openFile(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Rows of a table without header, separated by blanks. @throws Failure for a row of another width */
async function* rowsOf(path: string, width: number): AsyncGenerator<{ cells: string[]; number: number }> {
  for await (const { text, number } of filledLinesOf(path)) {
    const cells = text.split(/\s+/);
    if (cells.length !== width)
      throw new Failure('data/damaged-plink', `the row has ${cells.length} columns, expected ${width}`, {
        place: `${path}, line ${number}`,
        remedy: 'Write the files again with `plink --make-bed`.',
      });
    yield { cells, number };
  }
}

/** Lines with something on them, without blanks at their ends. */
export async function* filledLinesOf(path: string): AsyncGenerator<Line> {
  for await (const { text, number } of linesOf(path)) {
    const trimmed = text.trim();
    if (trimmed !== '') yield { text: trimmed, number };
  }
}

/** @throws Failure when the file ends too soon */
async function* fixedBlocks(
  path: string,
  people: number,
  variants: number,
  isWanted: Uint8Array = new Uint8Array(variants).fill(1),
): AsyncGenerator<VariantBlock> {
  const stride = strideOf(people);
  const most = Math.max(1, Math.floor(BLOCK_BYTES / stride));
  const buffer = new Uint8Array(Math.min(most, variants) * stride);
  const file = await openFile(path);
  try {
    const end = isWanted.lastIndexOf(1) + 1;
    for (let from = isWanted.indexOf(1); from >= 0;) {
      const count = Math.min(most, end - from);
      const bytes = buffer.subarray(0, count * stride);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, HEADER + from * stride);
      if (bytesRead !== bytes.length)
        throw new Failure('data/damaged-plink', `the file ends within the variants ${from} to ${from + count - 1}`, {
          place: path,
          remedy: 'The file was changed while it was read: run again.',
        });
      yield { from, variants: count, stride, bytes };
      from = isWanted.indexOf(1, from + count);
    }
  } finally {
    await file.close();
  }
}

/** People by the two bits of their genotype: two counted alleles, missing, one, none. */
export type Counts = readonly [number, number, number, number];

/**
 * Counts the genotypes of one variant.
 *
 * @param bytes of the variant
 * @param chosen for each byte the four people of it that count, two set bits each; see {@link choose}
 */
export function countGenotypes(bytes: Uint8Array, chosen: Uint8Array): Counts {
  let first = 0;
  let missing = 0;
  let one = 0;
  let none = 0;
  for (let i = 0; i < bytes.length; i++) {
    const genotypes = bytes[i]!;
    const mask = chosen[i]! & 0x55;
    const low = genotypes & mask;
    const high = (genotypes >> 1) & mask;
    first += BITS[mask & ~(low | high)]!;
    missing += BITS[low & ~high]!;
    one += BITS[high & ~low]!;
    none += BITS[low & high]!;
  }
  return [first, missing, one, none];
}

/** Set bits of every byte. */
const BITS = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/** A mask of the people for whom a condition holds. */
export function choose(people: readonly Person[], holds: (person: Person, index: number) => boolean): Uint8Array {
  const mask = new Uint8Array(strideOf(people.length));
  people.forEach((person, index) => {
    if (holds(person, index)) mask[index >> 2]! |= 3 << (2 * (index & 3));
  });
  return mask;
}

/** Frequency of the counted allele; NaN where nobody has a genotype. */
export function alleleFrequency([two, , one, none]: Counts): number {
  return (2 * two + one) / (2 * (two + one + none));
}

export const genotypeAt = (genotypes: Uint8Array, person: number): number =>
  (genotypes[person >> 2]! >> (2 * (person & 3))) & 3;

export const isMissing = (genotypes: Uint8Array, person: number): boolean => genotypeAt(genotypes, person) === MISSING;

/** One allele of each kind: no genotype of who has one copy of the chromosome. */
export const isHeterozygous = (genotypes: Uint8Array, person: number): boolean =>
  genotypeAt(genotypes, person) === HETEROZYGOUS;

/** The sum of counted alleles, two in each person at most, and how many people have a number. */
export interface AlleleSum {
  readonly alleles: number;
  readonly people: number;
}

/**
 * Counted alleles of a variant with dosages.
 *
 * @param genotypes of the variant, for those without a dosage of their own
 * @param chosen the people who count, as in {@link countGenotypes}
 */
export function sumDosages(genotypes: Uint8Array, dosages: Float32Array, chosen: Uint8Array): AlleleSum {
  let [alleles, people] = [0, 0];
  for (let person = 0; person < dosages.length; person++) {
    if (genotypeAt(chosen, person) === 0) continue;
    const own = dosages[person]!;
    const value = Number.isNaN(own) ? DOSAGES[genotypeAt(genotypes, person)]! : own;
    if (Number.isNaN(value)) continue;
    alleles += value;
    people++;
  }
  return { alleles, people };
}

/** Counted alleles of people by their hard calls; `isHaploid`: of people with one copy, of whom heterozygotes have no genotype. */
export function sumCalls([two, , one, none]: Counts, isHaploid: boolean): AlleleSum {
  return isHaploid ? { alleles: 2 * two, people: two + none } : { alleles: 2 * two + one, people: two + one + none };
}

/** Frequency of the counted allele where some have two copies of the chromosome and others one; NaN where nobody has a genotype. */
export function sharedFrequency(two: AlleleSum, one: AlleleSum): number {
  return (two.alleles + one.alleles / 2) / (2 * two.people + one.people);
}

/** Share of people with a genotype. */
export function callRate([two, missing, one, none]: Counts): number {
  return (two + one + none) / (two + missing + one + none);
}

/** Two probabilities closer than this count as equal, as in PLINK 1.9. */
const SAME = 1 + 2 ** -44;

/**
 * p-value of the exact test of Hardy–Weinberg proportions: the probability of numbers of heterozygotes that are no likelier
 * than the one found, given the alleles. 1 where nobody has a genotype.
 */
export function hardyWeinberg([two, , one, none]: Counts): number {
  const rare = Math.min(two, none);
  const common = Math.max(two, none);
  // Probabilities relative to that of the number found. They rise towards the mode and fall behind it.
  let all = 1;
  let tail = 1;
  const walk = (ratio: (step: number) => number): void => {
    let probability = 1;
    for (let step = 0; ; step++) {
      const next = probability * ratio(step);
      // Beyond the largest number the one found is impossible, and the sum stays infinite.
      if (!(next > 0) || all === Infinity || (next < probability && next < all * 1e-18)) return;
      probability = next;
      all += probability;
      if (probability <= SAME) tail += probability;
    }
  };
  walk(step => ((one - 2 * step) * (one - 2 * step - 1)) / (4 * (rare + step + 1) * (common + step + 1)));
  walk(step => (4 * (rare - step) * (common - step)) / ((one + 2 * step + 1) * (one + 2 * step + 2)));
  return Number.isFinite(all) ? tail / all : 0;
}

/**
 * Writes counted alleles of some variants, person after person.
 *
 * @param starts where each variant's bytes begin in `bytes`
 * @param rowOf row of each person in `values`; −1 for those who are left out
 * @param values [row, width]; columns `column` … are written
 */
export function writeDosages(
  bytes: Uint8Array,
  starts: readonly number[],
  rowOf: Int32Array,
  values: Float32Array,
  width: number,
  column: number,
): void {
  for (let person = 0; person < rowOf.length; person++) {
    if (rowOf[person]! < 0) continue;
    const to = rowOf[person]! * width + column;
    const [byte, shift] = [person >> 2, 2 * (person & 3)];
    for (let at = 0; at < starts.length; at++) values[to + at] = DOSAGES[(bytes[starts[at]! + byte]! >> shift) & 3]!;
  }
}

/** Missing genotypes of every person over the chosen variants, [variant] 1 or 0. */
export async function missingByPerson(file: PlinkFile, isChosen: Uint8Array): Promise<Uint32Array> {
  const missing = new Uint32Array(file.people.length);
  for await (const { from, variants, stride, bytes } of file.blocks(isChosen))
    for (let variant = 0; variant < variants; variant++) {
      if (isChosen[from + variant] === 0) continue;
      for (let byte = 0; byte < stride; byte++) {
        const genotypes = bytes[variant * stride + byte]!;
        // Few bytes hold a missing genotype: low bits set, high bits not.
        if ((genotypes & 0x55 & ~(genotypes >> 1)) === 0) continue;
        for (let person = 4 * byte; person < Math.min(4 * byte + 4, missing.length); person++)
          if (((genotypes >> (2 * (person & 3))) & 3) === MISSING) missing[person]!++;
      }
    }
  return missing;
}
