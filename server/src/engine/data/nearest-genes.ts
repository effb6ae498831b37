/**
 * Genes of variants by an annotation: those that share a base with the variant, else the nearest on its chromosome. The rule of the
 * "mapped gene" of association studies with a stated reach. Sollis et al. 2023, Nucleic Acids Research 51:D977 (GWAS Catalog).
 */
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { isMitochondrion } from './asked-region.js';
import { attributeOf, featuresOf, type Feature } from './gff.js';

/** A place on the genome, from 0, its end left out. */
export interface Place {
  readonly chromosome: string;
  readonly start: number;
  readonly end: number;
}

interface Gene extends Place {
  readonly name: string;
}

/** How far (bp) a gene may lie from a variant where nothing is said. */
const REACH = 100_000;

/** Attributes with the name of a gene, as GENCODE and Ensembl, Ensembl's GFF3, NCBI, and GTF files without names have it. */
const NAMES = ['gene_name', 'Name', 'gene', 'gene_id', 'ID'];

/**
 * @param path of a GFF3 or GTF file; of its features those of the type `gene` are read
 * @param reach bp between a variant and the nearest gene at most; the next base is 1 bp away
 * @returns for each place `A`, or `A, B` where several genes lie over it, by their start; `near A` where none does; an empty text
 * where none is within reach; and a note that counts them
 * @throws Failure `data/gff`, `data/no-feature` without genes, `data/chromosome` where no place is on a chromosome that has any
 */
export async function genesOf(
  path: string,
  places: readonly Place[],
  reach = REACH,
): Promise<{ readonly genes: readonly string[]; readonly note: Note }> {
  const genes = await genesIn(path, places, nameOf);
  const finders = new Map([...genes].map(([chromosome, own]) => [chromosome, finder(own, reach)]));
  const found = places.map(place => finders.get(bare(place.chromosome))?.(place) ?? '');
  return { genes: found, note: noteOf(found, reach) };
}

/**
 * The genes of an annotation on the chromosomes of some places, by chromosome without `chr`.
 *
 * @throws Failure `data/gff`, `data/no-feature`, `data/chromosome`
 */
async function genesIn(
  path: string,
  places: readonly Place[],
  named: (feature: Feature) => string | undefined,
): Promise<ReadonlyMap<string, readonly Gene[]>> {
  const wanted = new Set(places.map(({ chromosome }) => bare(chromosome)));
  const genes = new Map<string, Gene[]>();
  const types = new Set<string>();
  const chromosomes = new Set<string>();
  let unnamed: Feature | undefined;
  for await (const feature of featuresOf(path)) {
    if (types.size < 20) types.add(feature.type);
    if (feature.type !== 'gene') continue;
    if (chromosomes.size < 5) chromosomes.add(feature.chromosome);
    const chromosome = bare(feature.chromosome);
    if (!wanted.has(chromosome)) continue;
    const name = named(feature);
    if (name === undefined) {
      unnamed ??= feature;
      continue;
    }
    const own = genes.get(chromosome) ?? [];
    genes.set(chromosome, own);
    own.push({ name, chromosome, start: feature.start, end: feature.end });
  }
  if (genes.size === 0 && unnamed !== undefined)
    throw new Failure('data/no-feature', 'no gene on the chromosomes of the variants has the attribute that names it', {
      place: `${path}, line ${unnamed.line}`,
      remedy: `The attributes of this gene are: ${unnamed.attributes.slice(0, 200)}`,
    });
  requireGenes(path, genes, types, chromosomes, places);
  return genes;
}

/**
 * Which genes have which variants in their reach.
 *
 * @param places where variants begin; undefined where that is not known
 * @param within bp around a gene that count as its own
 * @param attribute of the annotation that names a gene (`gene_id`); the first of the usual ones where none is given
 * @returns for each gene, in the order of the genome, the indices of the places in it or around it; genes without any are left
 * out, those of one name are one
 * @throws Failure `data/gff`, `data/no-feature`, `data/chromosome`
 */
export async function variantsByGene(
  path: string,
  places: readonly (Place | undefined)[],
  within: number,
  attribute: string | undefined,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const known = places.flatMap((place, index) => (place ? [{ ...place, index }] : []));
  const named = (feature: Feature): string | undefined =>
    attribute === undefined ? nameOf(feature) : withoutVersion(attributeOf(feature, attribute));
  const genes = await genesIn(path, known, named);
  const found = new Map<string, Set<number>>();
  for (const [chromosome, own] of genes) {
    const here = known.filter(place => bare(place.chromosome) === chromosome).sort((a, b) => a.start - b.start);
    for (const { name, start, end } of [...own].sort((a, b) => a.start - b.start || a.end - b.end)) {
      const members = found.get(name) ?? new Set();
      for (let at = firstFrom(here, start - within); at < here.length && here[at]!.start < end + within; at++)
        members.add(here[at]!.index);
      if (members.size > 0) found.set(name, members);
    }
  }
  return new Map([...found].map(([name, members]) => [name, [...members]]));
}

/** Identifiers of Ensembl as sets of genes have them: `ENSG00000141510` of `ENSG00000141510.17`. */
const withoutVersion = (name: string | undefined): string | undefined =>
  name?.replace(/^(ENS[A-Z]*G\d{11})\.\d+$/, '$1');

/** One name for all spellings of a chromosome: GENCODE says `chrM`, PLINK and Ensembl `MT`. */
const bare = (chromosome: string): string => (isMitochondrion(chromosome) ? 'MT' : chromosome.replace(/^chr/i, ''));

function nameOf(feature: Feature): string | undefined {
  for (const attribute of NAMES) {
    const name = attributeOf(feature, attribute);
    if (name) return name;
  }
  return undefined;
}

/** Finds the genes of places on one chromosome, in logarithmic time where genes are short beside it. */
function finder(unordered: readonly Gene[], reach: number): (place: Place) => string {
  const genes = [...unordered].sort((a, b) => a.start - b.start || a.end - b.end);
  // The furthest end of a gene and all before it: behind it, nothing further to the left can matter.
  let furthest = 0;
  const ends = genes.map(({ end }) => (furthest = Math.max(furthest, end)));
  return ({ start, end }) => {
    const next = firstFrom(genes, end);
    const over: string[] = [];
    let nearest: Gene | undefined;
    let gap = reach;
    for (let i = next - 1; i >= 0 && ends[i]! > start - gap; i--) {
      const gene = genes[i]!;
      if (gene.end > start) over.unshift(gene.name);
      // Of genes at one distance the first of the list is taken.
      else if (start - gene.end < gap) [nearest, gap] = [gene, start - gene.end + 1];
    }
    if (over.length > 0) return [...new Set(over)].join(', ');
    const after = genes[next];
    const ahead = after ? after.start - end + 1 : Infinity;
    if (nearest ? ahead < gap : ahead <= reach) nearest = after;
    return nearest ? `near ${nearest.name}` : '';
  };
}

/** Index of the first, in the order of their starts, that starts at or behind a base. */
function firstFrom(genes: readonly Place[], base: number): number {
  let [low, high] = [0, genes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (genes[middle]!.start < base) low = middle + 1;
    else high = middle;
  }
  return low;
}

function requireGenes(
  path: string,
  genes: ReadonlyMap<string, unknown>,
  types: ReadonlySet<string>,
  chromosomes: ReadonlySet<string>,
  places: readonly Place[],
): void {
  if (genes.size > 0) return;
  if (chromosomes.size === 0)
    throw new Failure('data/no-feature', 'the annotation has no feature of the type "gene"', {
      place: path,
      remedy: `Its types are ${[...types].join(', ') || 'none'}; take an annotation that lists genes, as GENCODE, Ensembl and NCBI give them.`,
    });
  throw new Failure('data/chromosome', `no gene with a name lies on chromosome ${places[0]?.chromosome ?? ''}`, {
    place: path,
    remedy: `Its genes are on ${[...chromosomes].join(', ')} …; give an annotation with the chromosome names of the variants, with or without \`chr\`.`,
  });
}

function noteOf(found: readonly string[], reach: number): Note {
  const near = found.filter(text => text.startsWith('near ')).length;
  const none = found.filter(text => text === '').length;
  return {
    level: 'information',
    code: 'data/genes',
    message: `${found.length - near - none} of ${found.length} variants lie in a gene, ${near} within ${reach} bp of one, ${none} in none and near none.`,
  };
}
