/**
 * Genotypes of two bits, as PLINK 1 files hold them: counted, summed, tested and written as numbers of alleles. The numbers are those of
 * PLINK 1.9. Exact test: Wigginton, Cutler & Abecasis 2005, Am. J. Hum. Genet. 76:887.
 */
import type { Person, PlinkFile } from './plink.js';

/** Counted alleles by the two bits of a genotype; NaN where it is missing. */
const DOSAGES = Float32Array.of(2, NaN, 1, 0);
const MISSING = 1;
const HETEROZYGOUS = 2;

/** Bytes of one variant. */
export const strideOf = (people: number): number => Math.ceil(people / 4);

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
export function sharedFrequency(two: AlleleSum, one: AlleleSum = { alleles: 0, people: 0 }): number {
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
