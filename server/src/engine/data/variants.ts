/** The source `variants`: windows of a genome around the variants of a VCF file, with either allele. */
import type { ParametersOf } from '../../catalog/specification.js';
import type { variants as specification } from '../../catalog/variants.js';
import type { DataDescription, Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import type { Origin, Sequences } from './examples.js';
import { POLICIES } from './fasta.js';
import { openGenome, type Genome } from './genome.js';
import { fewOf } from './genome-chromosomes.js';
import { LetterRows } from './letter-rows.js';
import { genesOf, type Place } from './nearest-genes.js';
import { pathOf, type Files, type Source } from './source.js';
import { variantName } from './variant.js';
import { REASONS, VariantCutter, type Cut, type Reason } from './variant-windows.js';
import { contigsOf, recordsOf } from './vcf.js';

type Parameters = ParametersOf<typeof specification>;

/** Bases of either kind of window in memory at most. */
const MOST_BASES = 2 ** 31;
/** Alleles that are still compared with the genome behind the first whose REF it does not have. */
const SURVEYED = 1000;
/** Share of alleles with another REF from which a note doubts the assembly: a wrong one has three in four. */
const DOUBTFUL = 0.2;

async function read(parameters: Parameters, files: Files): Promise<Sequences> {
  const genome = await openGenome(parameters.genome, files);
  try {
    return await new VariantReader(parameters, files, genome).read();
  } finally {
    await genome.close();
  }
}

class VariantReader {
  private readonly path: string;
  private readonly cutter: VariantCutter;
  private readonly rows = { reference: new LetterRows(), alternative: new LetterRows() };
  private readonly names: string[] = [];
  private readonly places: Place[] = [];
  private readonly origins: Origin[] = [];
  private readonly left = new Map<Reason, number>();
  private readonly counts = { alleles: 0, bare: 0, moved: 0, ambiguous: 0, mostAmbiguous: 0 };
  /** Alleles in front of the first whose REF the genome does not have. */
  private beforeMismatch: number | undefined;
  /** Which lengths of chromosomes in the header are not those of the genome, in words. */
  private assembly = '';

  constructor(
    private readonly parameters: Parameters,
    private readonly files: Files,
    genome: Genome,
  ) {
    this.path = pathOf(parameters.path, files);
    this.cutter = new VariantCutter(genome, parameters);
  }

  async read(): Promise<Sequences> {
    const { path, parameters, counts, names, rows, origins } = this;
    this.assembly = await this.otherLengths();
    for await (const record of recordsOf(path, parameters.region)) {
      if (record.alternatives.length === 0) counts.bare++;
      for (const alternative of record.alternatives) {
        const cut = await this.cutter.cut(record, alternative).catch((error: unknown) => {
          // What another assembly brings with it.
          this.requireReferences();
          throw error;
        });
        if (typeof cut === 'string') this.left.set(cut, (this.left.get(cut) ?? 0) + 1);
        else this.add(cut);
        if (cut === 'mismatch') this.beforeMismatch ??= counts.alleles;
        counts.alleles++;
        if (counts.alleles - (this.beforeMismatch ?? Infinity) > SURVEYED) this.requireReferences();
      }
    }
    this.requireReferences();
    const { length, genes, gene_distance, label, region } = parameters;
    const where = region === undefined ? '' : ` in ${region}`;
    if (names.length === 0)
      throw new Failure(
        'data/empty',
        `${counts.alleles === 0 ? 'there are no variants' : 'no variant is left'}${where}`,
        {
          place: path,
          remedy: this.reasons() || 'Give a VCF file with alternative alleles, or another region of it.',
        },
      );
    const annotated =
      genes === undefined ? undefined : await genesOf(pathOf(genes, this.files), this.places, gene_distance);
    return {
      alphabet: 'dna',
      length,
      letters: rows.reference.letters,
      alternatives: rows.alternative.letters,
      ...(annotated && { genes: annotated.genes }),
      names,
      labels: names.map(() => label),
      origins,
      notes: [...this.notes(), ...(annotated ? [annotated.note] : [])],
    };
  }

  private add({ variant, reference, alternative, isMoved, ambiguous }: Cut): void {
    const { counts, names, rows, parameters } = this;
    if ((names.length + 1) * parameters.length > MOST_BASES)
      throw new Failure('data/too-large', `the windows hold more than ${MOST_BASES.toLocaleString('en')} bases`, {
        place: this.path,
        remedy: 'Ask for a `region`, or choose variants with `bcftools view`.',
      });
    rows.reference.push(reference);
    rows.alternative.push(alternative);
    names.push(variantName(variant));
    const { chromosome, start } = variant;
    if (parameters.genes !== undefined) this.places.push({ chromosome, start, end: start + variant.reference.length });
    this.origins.push({ source: parameters.path.slice(0, 8), index: counts.alleles });
    if (isMoved) counts.moved++;
    if (ambiguous > 0) counts.ambiguous++;
    counts.mostAmbiguous = Math.max(counts.mostAmbiguous, ambiguous);
  }

  /** @throws Failure `data/reference-mismatch` where that is an error */
  private requireReferences(): void {
    const { mismatch } = this.cutter;
    if (!mismatch || this.parameters.mismatches === 'drop') return;
    const next = this.counts.alleles - this.beforeMismatch! - 1;
    const again = this.left.get('mismatch')! - 1;
    // Whether a single record is wrong, or the assembly.
    const others = next > 0 ? `; so it is with ${again} of the next ${next} alleles` : '';
    throw new Failure('data/reference-mismatch', mismatch.message + others, {
      place: mismatch.place,
      remedy:
        `${this.assembly} Give the assembly that the variants were called against, or use \`mismatches: drop\`.`.trim(),
    });
  }

  private async otherLengths(): Promise<string> {
    const others: string[] = [];
    for (const [name, length] of await contigsOf(this.path)) {
      const found = await this.cutter.chromosomes.find(name);
      if (found && found.size !== length)
        others.push(`${name} has ${length} bases by the header of the file, and ${found.size} in the genome`);
    }
    if (others.length === 0) return '';
    return `The assemblies differ: ${others[0]!}${others.length > 1 ? `, as ${others.length - 1} other chromosomes` : ''}.`;
  }

  private reasons(): string {
    const names = ` (${fewOf(this.cutter.unknown)})`;
    return [...this.left]
      .map(([reason, count]) => `${count} ${REASONS[reason]}${reason === 'unplaced' ? names : ''}`)
      .join('; ');
  }

  private notes(): Note[] {
    const { counts, names, left, assembly, parameters } = this;
    const { alleles, bare, moved, ambiguous, mostAmbiguous } = counts;
    const kept = names.length;
    const notes: Note[] = [];
    const tell = (level: Note['level'], code: string, count: number, message: string): void => {
      if (count > 0) notes.push({ level, code, message });
    };
    const doubt =
      (left.get('mismatch') ?? 0) > DOUBTFUL * alleles
        ? ' Is the genome the assembly that they were called against?'
        : '';
    const gone = alleles - kept;
    tell(
      'warning',
      'data/variants-left-out',
      gone,
      `${gone} of ${alleles} alternative alleles were left out: ${this.reasons()}.${doubt}`,
    );
    tell('warning', 'data/assembly', assembly.length, assembly);
    tell('information', 'data/no-alternative', bare, `${bare} records have no alternative allele.`);
    tell('information', 'data/normalised', moved, `${moved} of ${kept} alleles were trimmed or moved to the left.`);
    tell(
      'information',
      'data/ambiguous',
      ambiguous,
      `${ambiguous} of ${kept} windows have ambiguous bases, up to ${mostAmbiguous} of ${parameters.length}; ${POLICIES[parameters.ambiguous]}.`,
    );
    const repeated = kept - new Set(names).size;
    tell('warning', 'data/duplicate-names', repeated, `${repeated} of ${kept} variants repeat another one.`);
    return [...notes, ...this.cutter.chromosomes.notes];
  }
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
