/** Places on a genome as names give them: `chr1:12345`, `chrX:1,000-2,000(+)`. Pure. */

export interface Locus {
  readonly chromosome: string;
  /** One-based, both ends included. */
  readonly start: number;
  readonly end: number;
}

/** A place written in a name; undefined where there is none. Digits may be grouped; `chr` may be left out. */
export function locusOf(text: string): Locus | undefined {
  const [, chromosome, from = '', to] =
    /(?:^|[^\w.])(?:chr)?(\d{1,2}|[XYM]|MT):([\d,\u202f]+)(?:(?:-|–|\.\.)([\d,\u202f]+))?/i.exec(text) ?? [];
  if (chromosome === undefined) return undefined;
  const number = (digits: string): number => Number(digits.replace(/\D/g, ''));
  const start = number(from);
  return { chromosome: chromosome.toUpperCase(), start, end: to === undefined ? start : number(to) };
}

/** Whether two places share a base. */
export const overlap = (a: Locus, b: Locus): boolean =>
  a.chromosome === b.chromosome && a.start <= b.end && b.start <= a.end;

/** Chromosomes in their usual order: numbers, then letters. */
export function byChromosome(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  return Number.isNaN(x) ? a.localeCompare(b) : x - y;
}

/** A chromosome on the axis: where it begins and ends. */
export interface Stretch {
  readonly chromosome: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Where named things stand on one axis: chromosomes behind each other where all names are places, else in their order.
 *
 * @returns one number per name; no stretches where the order is the axis
 */
export function layOut(names: readonly string[]): { at: readonly number[]; stretches: readonly Stretch[] } {
  const loci = names.map(locusOf);
  if (!loci.every(locus => locus !== undefined)) return { at: names.map((_, i) => i + 1), stretches: [] };
  const stretches: Stretch[] = [];
  const begins = new Map<string, number>();
  let from = 0;
  for (const chromosome of [...new Set(loci.map(locus => locus.chromosome))].sort(byChromosome)) {
    const places = loci.filter(locus => locus.chromosome === chromosome).map(({ start }) => start);
    const first = places.reduce((a, b) => Math.min(a, b));
    const length = places.reduce((a, b) => Math.max(a, b)) - first + 1;
    begins.set(chromosome, from - first);
    stretches.push({ chromosome, from, to: from + length });
    from += length;
  }
  return { at: loci.map(({ chromosome, start }) => start + (begins.get(chromosome) ?? 0)), stretches };
}
