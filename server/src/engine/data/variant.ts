/**
 * Variants as one alternative allele each, trimmed and moved to the left as far as the genome allows, so that one change has
 * one name. Tan, Abecasis & Kang 2015, Bioinformatics 31:2202.
 */
import { LETTERS } from './examples.js';
import type { Genome } from './genome.js';

export interface Variant {
  readonly chromosome: string;
  /** Of the first reference base, from 0. */
  readonly start: number;
  /** Bases in upper case, at least one each. */
  readonly reference: string;
  readonly alternative: string;
}

/** `chr17:41197811:G>T`, counted from 1. */
export function variantName({ chromosome, start, reference, alternative }: Variant): string {
  return `${chromosome}:${start + 1}:${reference}>${alternative}`;
}

const NAME = /^(\S+):(\d+):([A-Z]+)>([A-Z]+)$/;

/** The variant that a name says; undefined where it says none. */
export function variantOf(name: string): Variant | undefined {
  const [, chromosome, position, reference, alternative] = NAME.exec(name) ?? [];
  if (chromosome === undefined) return undefined;
  return { chromosome, start: Number(position) - 1, reference: reference!, alternative: alternative! };
}

/** Bases of the genome that are read at a time on the way to the left. */
const STEP = 256;

/** Trims what both alleles share, and moves insertions and deletions to the left. */
export async function normalise(variant: Variant, genome: Pick<Genome, 'read'>): Promise<Variant> {
  const { chromosome } = variant;
  let { start, reference, alternative } = variant;
  if (reference === alternative) return variant;
  let shared = 0;
  const shorter = Math.min(reference.length, alternative.length);
  while (shared < shorter && reference.at(-1 - shared) === alternative.at(-1 - shared)) shared++;
  reference = reference.slice(0, reference.length - shared);
  alternative = alternative.slice(0, alternative.length - shared);
  if (reference === '' || alternative === '') {
    const changed = reference + alternative;
    const moved = await stepsToTheLeft(changed, chromosome, start, genome);
    start -= moved;
    const turn = changed.length - (moved % changed.length);
    const turned = changed.slice(turn) + changed.slice(0, turn);
    // One base beside the change, as VCF writes it: the one before, or at the very beginning the one behind.
    const before = start > 0;
    const behind = start + reference.length;
    const anchor = textOf(
      await (before ? genome.read(chromosome, start - 1, start) : genome.read(chromosome, behind, behind + 1)),
    );
    const anchored = (allele: string): string => (before ? anchor + allele : allele + anchor);
    return {
      chromosome,
      start: before ? start - 1 : start,
      reference: anchored(reference === '' ? '' : turned),
      alternative: anchored(alternative === '' ? '' : turned),
    };
  }
  let common = 0;
  while (common < Math.min(reference.length, alternative.length) - 1 && reference[common] === alternative[common])
    common++;
  return {
    chromosome,
    start: start + common,
    reference: reference.slice(common),
    alternative: alternative.slice(common),
  };
}

/** How often the base before an inserted or deleted piece equals its last one, which then goes round to the front. */
async function stepsToTheLeft(
  piece: string,
  chromosome: string,
  start: number,
  genome: Pick<Genome, 'read'>,
): Promise<number> {
  let moved = 0;
  for (let end = start; end > 0; end -= STEP) {
    const from = Math.max(0, end - STEP);
    const bases = textOf(await genome.read(chromosome, from, end));
    for (let at = bases.length - 1; at >= 0; at--) {
      if (bases[at] !== piece[piece.length - 1 - (moved % piece.length)]) return moved;
      moved++;
    }
  }
  return moved;
}

export function textOf(letters: Uint8Array): string {
  return Array.from(letters, code => LETTERS[code]).join('');
}
