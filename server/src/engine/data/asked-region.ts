/** Regions of a genome as an experiment asks for them: `17`, `chr17:41,196,312-41,277,500`. */
import { Failure } from '../failure.js';

/** From 1, both ends included. */
export interface AskedRegion {
  readonly chromosome: string;
  readonly from: number;
  readonly to: number;
}

/** @throws Failure `data/region` */
export function askedRegion(text: string): AskedRegion {
  const [, chromosome, from, to] = /^([^\s:]+)(?::([\d,]+)(?:-([\d,]+))?)?$/.exec(text) ?? [];
  const number = (digits: string): number => Number(digits.replaceAll(',', ''));
  const region = {
    chromosome: chromosome ?? '',
    from: from === undefined ? 1 : number(from),
    to: to === undefined ? (from === undefined ? 2 ** 31 : number(from)) : number(to),
  };
  if (region.chromosome === '' || region.from < 1 || region.to < region.from)
    throw new Failure('data/region', `"${text.slice(0, 60)}" is no region`, {
      remedy: 'Write `17`, `chr17:41196312-41277500` or `chr17:41196312`, counted from 1 with the last base included.',
    });
  return region;
}

const bare = (name: string): string => name.replace(/^chr/i, '');

/** Whether a name is one of the mitochondrion. */
export const isMitochondrion = (name: string): boolean => /^(chr)?MT?$/i.test(name);

/** How a chromosome may be spelt, as it is first: with `chr` (TAIR: `Chr`) or without, the mitochondrion as `M` or `MT`, which differ in hg19. */
export function spellings(name: string): string[] {
  const names = isMitochondrion(name) ? (/T$/i.test(name) ? ['MT', 'M'] : ['M', 'MT']) : [bare(name)];
  return [name, ...names.flatMap(other => [`chr${other}`, `Chr${other}`, other])];
}

/** The name of a chromosome among those known. */
export function nameAmong(known: readonly string[], chromosome: string): string | undefined {
  return spellings(chromosome).find(name => known.includes(name));
}
