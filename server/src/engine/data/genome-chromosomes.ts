/** Chromosomes of a genome by the names that other files give them: UCSC, Ensembl and NCBI spell them differently. */
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { isMitochondrion, spellings } from './asked-region.js';
import type { Genome } from './genome.js';

/** Bases of `chrM` in UCSC's hg19 (NC_001807), which is not the `MT` of GRCh37 (NC_012920, 16,569 bases). */
const OTHER_MITOCHONDRION = 16_571;

export interface Chromosome {
  /** As the genome spells it. */
  readonly name: string;
  readonly size: number;
}

/** A few names, the first ones, as a note tells them. */
export function fewOf(names: ReadonlySet<string>): string {
  return `${[...names].slice(0, 3).join(', ')}${names.size > 3 ? ' …' : ''}`;
}

/** The chromosomes of a genome, and which of them a file calls otherwise. */
export class Chromosomes {
  private readonly known: ReadonlySet<string>;
  private readonly found = new Map<string, Chromosome | undefined>();

  constructor(private readonly genome: Pick<Genome, 'chromosomes' | 'size'>) {
    this.known = new Set(genome.chromosomes);
  }

  /** @returns undefined where the genome does not have it */
  async find(name: string): Promise<Chromosome | undefined> {
    if (!this.found.has(name)) this.found.set(name, await this.look(name));
    return this.found.get(name);
  }

  private async look(name: string): Promise<Chromosome | undefined> {
    const spelt = spellings(name).find(other => this.known.has(other));
    const size = spelt === undefined ? undefined : await this.genome.size(spelt);
    if (spelt === undefined || size === undefined) return undefined;
    const isOther = isMitochondrion(name) && /MT$/i.test(spelt) !== /MT$/i.test(name) && size === OTHER_MITOCHONDRION;
    return isOther ? undefined : { name: spelt, size };
  }

  /** @param what come from the genome: `intervals` */
  missing(name: string, what: string, place: string): Failure {
    const other = isMitochondrion(name) && this.known.has('chrM');
    return new Failure('data/chromosome', `the genome has no chromosome "${name.slice(0, 60)}"`, {
      place,
      remedy: `It has ${this.genome.chromosomes.slice(0, 5).join(', ')} …${other ? ' (its chrM is NC_001807, another sequence)' : ''}; give the assembly that the ${what} come from, or leave them out by \`unplaced: drop\`.`,
    });
  }

  /** Which names of the file the genome spells otherwise. */
  get notes(): Note[] {
    const renamed = [...this.found].filter(([name, found]) => found && found.name !== name);
    if (renamed.length === 0) return [];
    const told = renamed.slice(0, 3).map(([name, found]) => `${name} (there ${found!.name})`);
    const more = renamed.length > 3 ? ` and ${renamed.length - 3} more` : '';
    return [
      {
        level: 'information',
        code: 'data/chromosome-names',
        message: `Spelt otherwise in the genome: ${told.join(', ')}${more}.`,
      },
    ];
  }
}
