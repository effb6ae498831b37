/** Windows cut from a genome: what becomes of edges, strands, ambiguous bases and chromosomes that it does not have, counted. */
import type { ParametersOf } from '../../catalog/specification.js';
import type { intervals as specification } from '../../catalog/sources.js';
import type { DataDescription, Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { Chromosomes, fewOf } from './genome-chromosomes.js';
import { LETTERS, NO_BASE, type Origin, type Sequences } from './examples.js';
import { POLICIES } from './fasta.js';
import { openGenome, type Genome } from './genome.js';
import { LetterRows } from './letter-rows.js';
import { admitsAmbiguous, BASES_OF, countAmbiguous } from './one-hot.js';
import { regionName, type Region } from './region.js';
import { pathOf, type Files } from './source.js';

type CutParameters = Pick<
  ParametersOf<typeof specification>,
  'path' | 'genome' | 'strand' | 'edges' | 'unplaced' | 'label' | 'ambiguous'
>;

/** A window to cut out. */
export interface Window extends Region {
  readonly line: number;
  /** Where the file says that the interval ends around which it lies. */
  readonly written: number;
  /** Stands in front of the place in the name of the example. */
  readonly title?: string;
}

/** Bases in memory at most. */
const MOST_BASES = 2 ** 31;

/**
 * The sequences of windows.
 *
 * @throws Failure where a window may not be left out, is longer than others, or none is left
 */
export async function cutWindows(
  parameters: CutParameters,
  files: Files,
  windows: (path: string) => AsyncIterable<Window>,
): Promise<Sequences> {
  const path = pathOf(parameters.path, files);
  const genome = await openGenome(parameters.genome, files);
  try {
    const cutter = new WindowCutter(parameters, path, genome);
    for await (const window of windows(path)) await cutter.add(window);
    return cutter.sequences();
  } finally {
    await genome.close();
  }
}

class WindowCutter {
  private readonly chromosomes: Chromosomes;
  private readonly rows = new LetterRows();
  private readonly names: string[] = [];
  private readonly origins: Origin[] = [];
  private readonly counts = {
    intervals: 0,
    over: 0,
    behind: 0,
    unplaced: 0,
    ambiguous: 0,
    mostAmbiguous: 0,
    reversed: 0,
  };
  /** Chromosomes that the genome does not have. */
  private readonly unknown = new Set<string>();
  private first: Window | undefined;

  constructor(
    private readonly parameters: CutParameters,
    private readonly path: string,
    private readonly genome: Genome,
  ) {
    this.chromosomes = new Chromosomes(genome);
  }

  async add(window: Window): Promise<void> {
    const { parameters, counts } = this;
    const index = counts.intervals++;
    const place = `${this.path}, line ${window.line}`;
    const chromosome = await this.chromosomeOf(window, place);
    if (chromosome === undefined) return;
    this.requireLength(window, place);
    const { start, end, title } = window;
    const letters = await this.genome.read(chromosome, start, end);
    if (!this.admits(letters, place)) return;
    const isReversed = parameters.strand === 'stated' && window.strand === '-';
    if (isReversed) counts.reversed++;
    this.rows.push(isReversed ? reverseComplement(letters) : letters);
    const strand = parameters.strand === 'stated' ? window.strand : '.';
    const region = regionName({ ...window, chromosome, strand });
    this.names.push(title === undefined ? region : `${title}::${region}`);
    this.origins.push({ source: parameters.path.slice(0, 8), index });
  }

  /** The name of the window's chromosome in the genome; undefined where the window is left out. */
  private async chromosomeOf({ chromosome, start, end, written }: Window, place: string): Promise<string | undefined> {
    const { chromosomes, counts, parameters } = this;
    const found = await chromosomes.find(chromosome);
    if (!found) {
      if (parameters.unplaced === 'error') throw chromosomes.missing(chromosome, 'intervals', place);
      this.unknown.add(chromosome);
      counts.unplaced++;
      return undefined;
    }
    const { name, size } = found;
    if (start >= 0 && end <= size) return name;
    if (parameters.edges === 'error')
      throw new Failure('data/edge', `${name}:${start}-${end} reaches over the ends of ${name}, 0-${size}`, {
        place,
        remedy:
          written > size
            ? 'The interval itself ends behind the chromosome: give the assembly that the intervals come from, or use `edges: drop`.'
            : 'Use `edges: drop`, or a smaller window.',
      });
    counts.over++;
    if (written > size) counts.behind++;
    return undefined;
  }

  private requireLength(window: Window, place: string): void {
    const { start, end } = window;
    this.first ??= window;
    const length = this.first.end - this.first.start;
    if (end - start !== length)
      throw new Failure('data/unequal-lengths', `the interval has ${end - start} bases, and the first one ${length}`, {
        place,
        remedy: 'Say `length`: the number of bases that the model reads.',
      });
    if ((this.names.length + 1) * length > MOST_BASES)
      throw new Failure('data/too-large', `the intervals hold more than ${MOST_BASES.toLocaleString('en')} bases`, {
        place,
        remedy: 'Give a file with fewer intervals, for example by `shuf -n 100000`.',
      });
  }

  /** Follows the rule for ambiguous bases. @returns whether the window stays */
  private admits(letters: Uint8Array, place: string): boolean {
    const found = countAmbiguous(letters);
    if (found === 0) return true;
    this.counts.ambiguous++;
    this.counts.mostAmbiguous = Math.max(this.counts.mostAmbiguous, found);
    return admitsAmbiguous(letters, this.parameters.ambiguous, 'interval', place);
  }

  /** @throws Failure `data/empty` */
  sequences(): Sequences {
    const { first, rows, names, origins } = this;
    const notes = this.notes();
    if (!first || names.length === 0)
      throw new Failure(
        'data/empty',
        this.counts.intervals === 0 ? 'the file has no interval' : 'no interval is left',
        {
          place: this.path,
          remedy:
            notes.map(({ message }) => message).join(' ') ||
            'Give a BED file with intervals that lie inside the genome.',
        },
      );
    const labels = names.map(() => this.parameters.label);
    return { alphabet: 'dna', length: first.end - first.start, letters: rows.letters, names, labels, origins, notes };
  }

  private notes(): Note[] {
    const { counts, unknown, names, parameters } = this;
    const { intervals, over, behind, unplaced, ambiguous, mostAmbiguous, reversed } = counts;
    const notes: Note[] = [];
    const tell = (level: Note['level'], code: string, count: number, message: string): void => {
      if (count > 0) notes.push({ level, code, message });
    };
    tell(
      'warning',
      'data/unplaced',
      unplaced,
      `${unplaced} of ${intervals} intervals lie on chromosomes that the genome does not have (${fewOf(unknown)}) and were left out.`,
    );
    const doubt = behind > 0 ? ` ${behind} end there in the file already: is it of the same assembly?` : '';
    tell(
      'warning',
      'data/edge',
      over,
      `${over} of ${intervals} intervals reach over the end of a chromosome and were left out.${doubt}`,
    );
    tell(
      'information',
      'data/ambiguous',
      ambiguous,
      `${ambiguous} of ${intervals} intervals have ambiguous bases, up to ${mostAmbiguous} each; ${POLICIES[parameters.ambiguous]}.`,
    );
    tell(
      'information',
      'data/strand',
      reversed,
      `${reversed} of ${intervals} intervals were read on the minus strand.`,
    );
    const repeated = names.length - new Set(names).size;
    tell('warning', 'data/duplicate-names', repeated, `${repeated} of ${intervals} intervals repeat another one.`);
    return [...notes, ...this.chromosomes.notes];
  }
}

/** Codes of the letters that stand for the complements of the bases of a letter. */
const COMPLEMENT = new Uint8Array(256).fill(NO_BASE);
[...LETTERS].forEach((letter, code) => {
  const pairs: Readonly<Record<string, string>> = { A: 'T', C: 'G', G: 'C', T: 'A' };
  const bases = [...BASES_OF[letter]!]
    .map(base => pairs[base]!)
    .sort()
    .join('');
  COMPLEMENT[code] = [...LETTERS].findIndex(other => BASES_OF[other] === bases);
});

export function reverseComplement(letters: Uint8Array): Uint8Array {
  return letters.map(code => COMPLEMENT[code]!).reverse();
}

/**
 * Counts and measures windows, without the genome.
 *
 * @param seconds after this time the answer is given for the lines read so far
 */
export async function describeWindows(
  path: string,
  windows: AsyncIterable<Window>,
  seconds = 8,
): Promise<DataDescription> {
  const deadline = performance.now() + seconds * 1000;
  let [examples, shortest, longest, complete] = [0, Infinity, 0, true];
  for await (const { start, end } of windows) {
    examples++;
    shortest = Math.min(shortest, end - start);
    longest = Math.max(longest, end - start);
    if (examples % 10_000 === 0 && performance.now() > deadline) {
      complete = false;
      break;
    }
  }
  if (examples === 0)
    throw new Failure('data/empty', 'the file has no interval', {
      place: path,
      remedy: 'Give a BED file with intervals that lie inside the genome.',
    });
  return { is: 'data', examples, complete, alphabet: 'dna', length: [shortest, longest], notes: [] };
}
