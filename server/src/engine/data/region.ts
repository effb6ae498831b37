/**
 * Places in the genome, as the names of examples say them: `chr1:999-1099`, with a strand in parentheses, or behind `name::`
 * (bedtools getfasta), counted from 0; or `chr1:1000-1099` (samtools faidx), counted from 1 with the last base included. The
 * length of the sequence tells the two apart. A variant, `chr1:1050:G>T`, says where its window lies.
 */
import { variantOf } from './variant.js';

/** Half-open, counted from 0. */
export interface Region {
  readonly chromosome: string;
  readonly start: number;
  readonly end: number;
  readonly strand: '+' | '-' | '.';
}

const NAME = /^(?:.*::)?(\S+?):(\d+)-(\d+)(?:\(([+-])\))?(?:\s.*)?$/;

/** Stands in front of the names of sequences that do not lie where the rest of the name says. */
export const SHUFFLED = 'shuffled ';

/** The place that a name says; undefined where it says none of this length. */
export function regionOf(name: string, length: number): Region | undefined {
  if (name.startsWith(SHUFFLED)) return undefined;
  const [, chromosome, first, last, strand] = NAME.exec(name) ?? [];
  if (chromosome === undefined) return undefined;
  const end = Number(last);
  const start = end - length;
  if (start < 0 || (Number(first) !== start && Number(first) !== start + 1)) return undefined;
  return { chromosome, start, end, strand: strand === '+' || strand === '-' ? strand : '.' };
}

/** The place that a name says, or that of the window around the variant that it names; undefined where it says none of this length. */
export function placeOf(name: string, length: number): Region | undefined {
  const region = regionOf(name, length);
  const variant = region ? undefined : variantOf(name);
  if (!variant) return region;
  const start = variant.start - Math.floor(length / 2);
  if (start < 0) return undefined;
  return { chromosome: variant.chromosome, start, end: start + length, strand: '.' };
}

/** The name of a place, from which {@link regionOf} reads it back. */
export function regionName({ chromosome, start, end, strand }: Region): string {
  return `${chromosome}:${start}-${end}${strand === '.' ? '' : `(${strand})`}`;
}
