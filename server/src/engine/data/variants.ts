/** The source `variants`: windows of a genome around the variants of a VCF file, with either allele. */
import type { ParametersOf } from '../../catalog/specification.js';
import type { variants as specification } from '../../catalog/variants.js';
import type { DataDescription, Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { nameAmong } from './asked-region.js';
import { NO_BASE, type Origin, type Sequences } from './examples.js';
import { POLICIES } from './fasta.js';
import { openGenome, type Genome } from './genome.js';
import { genesOf } from './nearest-genes.js';
import { CODE_OF_BYTE } from './one-hot.js';
import { pathOf, type Files, type Source } from './source.js';
import { normalise, textOf, variantName, type Variant } from './variant.js';
import { recordsOf, type VcfRecord } from './vcf.js';

type Parameters = ParametersOf<typeof specification>;

/** Why variants are left out, in the words of the note. */
const REASONS = {
  filtered: 'failed a filter',
  symbolic: 'are symbolic or hold ambiguous bases',
  long: 'do not fit into the second half of the window',
  mismatch: 'have a REF that is not what the genome has',
  edge: 'lie too close to the end of a chromosome',
  ambiguous: 'have ambiguous bases around them',
} as const;
type Reason = keyof typeof REASONS;

/** A variant with its windows. */
interface Cut {
  readonly variant: Variant;
  readonly reference: Uint8Array;
  readonly alternative: Uint8Array;
  readonly isMoved: boolean;
  readonly isAmbiguous: boolean;
}

class Cutter {
  private readonly names: readonly string[];
  /** Bases before the variant. */
  private readonly half: number;

  constructor(
    private readonly genome: Genome,
    private readonly parameters: Parameters,
  ) {
    this.names = genome.chromosomes;
    this.half = Math.floor(parameters.length / 2);
  }

  /** @returns why the allele is left out, where it is. @throws Failure */
  async cut(record: VcfRecord, alternative: string): Promise<Cut | Reason> {
    const { genome, parameters, half } = this;
    const { length } = parameters;
    if (parameters.only_passed && record.filter !== 'PASS' && record.filter !== '.') return 'filtered';
    if (!/^[ACGT]+$/.test(alternative) || !/^[ACGT]+$/.test(record.reference)) return 'symbolic';
    const placed = await this.placed(record, alternative);
    if (typeof placed === 'string') return placed;
    const { written, size } = placed;
    const variant = await normalise(written, genome);
    if (Math.max(variant.reference.length, variant.alternative.length) > length - half) return 'long';
    const from = variant.start - half;
    // The alternative window reads on behind a deletion.
    const to = from + length + Math.max(0, variant.reference.length - variant.alternative.length);
    if (from < 0 || to > size) return this.edge(record, size);
    const bases = await genome.read(variant.chromosome, from, to);
    const isAmbiguous = bases.some(code => code > 3);
    if (isAmbiguous) {
      if (parameters.ambiguous === 'drop') return 'ambiguous';
      if (parameters.ambiguous === 'error')
        throw new Failure('data/ambiguous', 'the window has ambiguous bases, which `ambiguous: error` forbids', {
          place: record.place,
          remedy: 'Use `ambiguous: drop` or `ambiguous: uniform`.',
        });
      if (parameters.ambiguous === 'zeros')
        bases.forEach((code, at) => {
          if (code > 3) bases[at] = NO_BASE;
        });
    }
    const isMoved = variantName(variant) !== variantName(written);
    return {
      variant,
      reference: bases.subarray(0, length),
      alternative: this.changed(bases, variant),
      isMoved,
      isAmbiguous,
    };
  }

  /** The variant where the genome has it, and the size of its chromosome. */
  private async placed(
    { chromosome: name, position, reference, place }: VcfRecord,
    alternative: string,
  ): Promise<{ written: Variant; size: number } | Reason> {
    const { genome, names } = this;
    const chromosome = nameAmong(names, name);
    const size = chromosome === undefined ? undefined : await genome.size(chromosome);
    if (chromosome === undefined || size === undefined)
      throw new Failure('data/chromosome', `the genome has no chromosome "${name}"`, {
        place,
        remedy: `It has ${names.slice(0, 5).join(', ')} …; give the assembly that the variants were called against.`,
      });
    const start = position - 1;
    const end = start + reference.length;
    // Without a base beside it a deletion cannot be written.
    if (start < 0 || end > size || reference.length === size) return this.edge({ place, position }, size);
    const found = textOf(await genome.read(chromosome, start, end));
    if (found === reference) return { written: { chromosome, start, reference, alternative }, size };
    if (this.parameters.mismatches === 'drop') return 'mismatch';
    throw new Failure('data/reference-mismatch', `REF is ${short(reference)}, and the genome has ${short(found)}`, {
      place,
      remedy: 'Give the assembly that the variants were called against, or use `mismatches: drop`.',
    });
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

  private edge({ place, position }: Pick<VcfRecord, 'place' | 'position'>, size: number): Reason {
    if (this.parameters.edges === 'drop') return 'edge';
    throw new Failure(
      'data/edge',
      `the window around base ${position} reaches over the ends of the chromosome, 1-${size}`,
      {
        place,
        remedy: 'Use `edges: drop`, a smaller `length`, or the assembly that the variants were called against.',
      },
    );
  }
}

const short = (allele: string): string => (allele.length > 20 ? `${allele.slice(0, 20)}…` : allele);

async function read(parameters: Parameters, files: Files): Promise<Sequences> {
  const genome = await openGenome(parameters.genome, files);
  try {
    return await cutAll(parameters, files, genome);
  } finally {
    await genome.close();
  }
}

async function cutAll(parameters: Parameters, files: Files, genome: Genome): Promise<Sequences> {
  const { length, region, label, genes, gene_distance } = parameters;
  const path = pathOf(parameters.path, files);
  const cutter = new Cutter(genome, parameters);
  const cuts: Cut[] = [];
  const origins: Origin[] = [];
  const source = parameters.path.slice(0, 8);
  const left = new Map<Reason, number>();
  let index = 0;
  for await (const record of recordsOf(path, region))
    for (const alternative of record.alternatives) {
      const cut = await cutter.cut(record, alternative);
      if (typeof cut === 'string') left.set(cut, (left.get(cut) ?? 0) + 1);
      else {
        cuts.push(cut);
        origins.push({ source, index });
      }
      index++;
    }
  if (cuts.length === 0)
    throw new Failure('data/empty', index === 0 ? 'there are no variants' : 'no variant is left', {
      place: path,
      remedy: reasonsOf(left).join('; ') || 'Give a VCF file with alternative alleles.',
    });
  const windows = (of: 'reference' | 'alternative'): Uint8Array => {
    const letters = new Uint8Array(cuts.length * length);
    cuts.forEach((cut, row) => letters.set(cut[of], row * length));
    return letters;
  };
  const names = cuts.map(({ variant }) => variantName(variant));
  const stretches = cuts.map(({ variant: { chromosome, start, reference } }) => ({
    chromosome,
    start,
    end: start + reference.length,
  }));
  const annotated = genes === undefined ? undefined : await genesOf(pathOf(genes, files), stretches, gene_distance);
  return {
    alphabet: 'dna',
    length,
    letters: windows('reference'),
    alternatives: windows('alternative'),
    ...(annotated && { genes: annotated.genes }),
    names,
    labels: names.map(() => label),
    origins,
    notes: [...notesOf(index, cuts, names, left, parameters), ...(annotated ? [annotated.note] : [])],
  };
}

function reasonsOf(left: ReadonlyMap<Reason, number>): string[] {
  return [...left].map(([reason, count]) => `${count} ${REASONS[reason]}`);
}

function notesOf(
  alleles: number,
  cuts: readonly Cut[],
  names: readonly string[],
  left: ReadonlyMap<Reason, number>,
  { ambiguous }: Parameters,
): Note[] {
  const unknown = cuts.filter(({ isAmbiguous }) => isAmbiguous).length;
  const moved = cuts.filter(({ isMoved }) => isMoved).length;
  const repeated = names.length - new Set(names).size;
  const note = (level: Note['level'], code: string, message: string): Note => ({ level, code, message });
  return [
    ...(left.size > 0
      ? [
          note(
            'warning',
            'data/variants-left-out',
            `${alleles - cuts.length} of ${alleles} alternative alleles were left out: ${reasonsOf(left).join('; ')}.`,
          ),
        ]
      : []),
    ...(moved > 0
      ? [
          note(
            'information',
            'data/normalised',
            `${moved} of ${cuts.length} alleles were trimmed or moved to the left.`,
          ),
        ]
      : []),
    ...(unknown > 0
      ? [
          note(
            'information',
            'data/ambiguous',
            `${unknown} of ${cuts.length} windows have ambiguous bases; ${POLICIES[ambiguous]}.`,
          ),
        ]
      : []),
    ...(repeated > 0 ? [note('warning', 'data/duplicate-names', `${repeated} variants occur more than once.`)] : []),
  ];
}

/**
 * Counts the alternative alleles, without the genome: those that are left out are among them.
 *
 * @param seconds after this time the answer is given for the records read so far
 */
async function describe({ length, region, path }: Parameters, files: Files, seconds = 8): Promise<DataDescription> {
  const deadline = performance.now() + seconds * 1000;
  let [records, examples, complete] = [0, 0, true];
  for await (const { alternatives } of recordsOf(pathOf(path, files), region)) {
    examples += alternatives.length;
    if (++records % 10_000 === 0 && performance.now() > deadline) {
      complete = false;
      break;
    }
  }
  return { is: 'data', examples, complete, alphabet: 'dna', length: [length, length], notes: [] };
}

export const variants: Source<Parameters, Sequences> = {
  read,
  describe: (parameters, files) => describe(parameters, files),
};
