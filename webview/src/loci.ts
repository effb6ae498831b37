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

/** Where things without a place stand, behind the chromosomes: planted variants. */
const ELSEWHERE = 'no place';

/** Chromosomes in their usual order: numbers, then letters. */
export function byChromosome(a: string, b: string): number {
  if (a === ELSEWHERE || b === ELSEWHERE) return Number(a === ELSEWHERE) - Number(b === ELSEWHERE);
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
 * Where named things stand on one axis: chromosomes behind each other where names are places, else in their order. A decoy stands
 * where its original is; a minority without a place stands behind the last chromosome.
 *
 * @param places where they are, as far as it is not their names that say so
 * @returns one number per name; no stretches where the order is the axis
 */
export function layOut(
  names: readonly string[],
  places: readonly string[] = [],
): { at: readonly number[]; stretches: readonly Stretch[] } {
  const known = new Map(names.map((name, i) => [name, places[i] || name]));
  const found = names.map(name => locusOf(known.get(name.replace(/^decoy:/, '')) ?? name));
  const unknown = found.filter(locus => locus === undefined).length;
  if (unknown > names.length / 2 || (unknown > 0 && places.length === 0))
    return { at: names.map((_, i) => i + 1), stretches: [] };
  const width = found.reduce((most, locus) => Math.max(most, locus?.end ?? 0), 0) / (20 * Math.max(1, unknown));
  let added = 0;
  const loci = found.map(locus => {
    if (locus) return locus;
    const start = Math.round(width * added++);
    return { chromosome: ELSEWHERE, start, end: start };
  });
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
