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

/** The name of a chromosome among those known: as it is, with `chr` or without. */
export function nameAmong(known: readonly string[], chromosome: string): string | undefined {
  const other = chromosome.startsWith('chr') ? chromosome.slice(3) : `chr${chromosome}`;
  return [chromosome, other].find(name => known.includes(name));
}
