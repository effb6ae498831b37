/** Windows of a genome with either allele of a variant, or the reason why a variant has none. */
import type { ParametersOf } from '../../catalog/specification.js';
import type { variants as specification } from '../../catalog/variants.js';
import { Failure } from '../failure.js';
import { Chromosomes, type Chromosome } from './genome-chromosomes.js';
import type { Genome } from './genome.js';
import { admitsAmbiguous, CODE_OF_BYTE, countAmbiguous } from './one-hot.js';
import { normalise, textOf, variantName, type Variant } from './variant.js';
import type { VcfRecord } from './vcf.js';

type Parameters = ParametersOf<typeof specification>;

/** Why alleles are left out, in the words of the note. */
export const REASONS = {
  filtered: 'with a failed filter',
  symbolic: 'symbolic (`<DEL>`, `*`, breakends)',
  unknown: 'with ambiguous bases in an allele',
  same: 'that are their own reference',
  unplaced: 'on chromosomes that the genome does not have',
  mismatch: 'whose REF is not what the genome has',
  long: 'too long for the second half of the window',
  edge: 'too close to the end of a chromosome',
  ambiguous: 'with ambiguous bases around them',
} as const;
export type Reason = keyof typeof REASONS;

/** A variant with its windows. */
export interface Cut {
  /** On the chromosome as the file names it. */
  readonly variant: Variant;
  readonly reference: Uint8Array;
  readonly alternative: Uint8Array;
  /** It was trimmed or moved to the left. */
  readonly isMoved: boolean;
  /** Ambiguous bases that either window may hold. */
  readonly ambiguous: number;
}

export class VariantCutter {
  readonly chromosomes: Chromosomes;
  /** Chromosomes of variants that the genome does not have. */
  readonly unknown = new Set<string>();
  /** The first record whose REF is not what the genome has. */
  mismatch: { readonly place: string; readonly message: string } | undefined;
  /** Bases before the variant. */
  private readonly half: number;

  constructor(
    private readonly genome: Genome,
    private readonly parameters: Parameters,
  ) {
    this.chromosomes = new Chromosomes(genome);
    this.half = Math.floor(parameters.length / 2);
  }

  /** @returns why the allele is left out, where it is; `mismatch` whatever the parameters say @throws Failure */
  async cut(record: VcfRecord, alternative: string): Promise<Cut | Reason> {
    const { genome, parameters, half } = this;
    const { length } = parameters;
    const { reference } = record;
    if (parameters.only_passed && record.filter !== 'PASS' && record.filter !== '.') return 'filtered';
    if (!/^[A-Z]+$/.test(alternative)) return 'symbolic';
    if (!/^[ACGT]+$/.test(alternative) || !/^[ACGT]+$/.test(reference)) return 'unknown';
    if (alternative === reference) return 'same';
    const chromosome = await this.placed(record);
    if (typeof chromosome === 'string') return chromosome;
    const written = { chromosome: chromosome.name, start: record.position - 1, reference, alternative };
    const variant = await normalise(written, genome);
    if (Math.max(variant.reference.length, variant.alternative.length) > length - half) return 'long';
    const from = variant.start - half;
    // The alternative window reads on behind a deletion.
    const to = from + length + Math.max(0, variant.reference.length - variant.alternative.length);
    if (from < 0 || to > chromosome.size) return this.edge(record, chromosome);
    const bases = await genome.read(chromosome.name, from, to);
    const ambiguous = countAmbiguous(bases);
    if (ambiguous > 0 && !admitsAmbiguous(bases, parameters.ambiguous, 'window', record.place)) return 'ambiguous';
    return {
      variant: { ...variant, chromosome: record.chromosome },
      reference: bases.subarray(0, length),
      alternative: this.changed(bases, variant),
      isMoved: variantName(variant) !== variantName(written),
      ambiguous,
    };
  }

  /** The chromosome of a record whose REF is there. */
  private async placed({ chromosome, position, reference, place }: VcfRecord): Promise<Chromosome | Reason> {
    const { genome, chromosomes, parameters } = this;
    const found = await chromosomes.find(chromosome);
    if (!found) {
      this.unknown.add(chromosome);
      if (parameters.unplaced === 'drop') return 'unplaced';
      throw chromosomes.missing(chromosome, 'variants', place);
    }
    const { name, size } = found;
    const [start, end] = [position - 1, position - 1 + reference.length];
    // Position 0 is the telomere; and without a base beside it a deletion cannot be written.
    if (start < 0 || reference.length === size) return this.edge({ place, position }, found);
    const bases = start < size ? textOf(await genome.read(name, start, Math.min(end, size))) : '';
    if (bases === reference) return found;
    this.mismatch ??= {
      place,
      message:
        end > size
          ? `the record ends at base ${end}, and ${name} of the genome at ${size}`
          : `REF is ${short(reference)}, and the genome has ${short(bases)}`,
    };
    return 'mismatch';
  }

  /** The window with the alternative allele. */
  private changed(bases: Uint8Array, { reference, alternative }: Variant): Uint8Array {
    const { half } = this;
    const window = new Uint8Array(this.parameters.length);
    const behind = half + alternative.length;
    const rest = half + reference.length;
    window.set(bases.subarray(0, half));
    window.set(
      Uint8Array.from(alternative, (_, at) => CODE_OF_BYTE[alternative.charCodeAt(at)]!),
      half,
    );
    window.set(bases.subarray(rest, rest + window.length - behind), behind);
    return window;
  }

  private edge({ place, position }: Pick<VcfRecord, 'place' | 'position'>, { size }: Chromosome): Reason {
    if (this.parameters.edges === 'drop') return 'edge';
    throw new Failure(
      'data/edge',
      `the window around base ${position} reaches over the ends of the chromosome, 1-${size}`,
      { place, remedy: 'Use `edges: drop`, or a smaller `length`.' },
    );
  }
}

const short = (allele: string): string => (allele.length > 20 ? `${allele.slice(0, 20)}…` : allele);
