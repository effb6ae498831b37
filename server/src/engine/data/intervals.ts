/**
 * DNA of intervals: BED and narrowPeak lines, plain or gzipped, cut from a genome. UCSC BED format; ENCODE narrowPeak
 * (BED6+4, the summit as an offset from the start).
 */
import type { ParametersOf } from '../../catalog/specification.js';
import type { intervals as specification } from '../../catalog/sources.js';
import type { DataDescription, Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { LETTERS, NO_BASE, type Origin, type Sequences } from './examples.js';
import { openGenome, type Genome } from './genome.js';
import { linesOf } from './lines.js';
import { BASES_OF } from './one-hot.js';
import { regionName, type Region } from './region.js';
import { pathOf, type Files, type Source } from './source.js';

type Parameters = ParametersOf<typeof specification>;

/** What `cut` does with windows. */
export type CutParameters = Pick<Parameters, 'path' | 'genome' | 'strand' | 'edges' | 'label' | 'ambiguous'>;

/** A line of the file. */
interface Interval extends Region {
  readonly line: number;
  /** Bases from the start; where the file has one. */
  readonly summit?: number;
}

/** A window to cut out. */
export interface Window extends Region {
  readonly line: number;
  /** Where the file says that the interval ends around which it lies. */
  readonly written: number;
  /** Stands in front of the place in the name of the example. */
  readonly title?: string;
}

/** @throws Failure `data/bed` for a line that is no interval */
async function* intervalsOf(path: string): AsyncGenerator<Interval> {
  for await (const { text, number: line } of linesOf(path)) {
    if (/^(#|track\b|browser\b)/.test(text) || text.trim() === '') continue;
    const fields = text.trimEnd().split(text.includes('\t') ? '\t' : /\s+/);
    const [chromosome = '', start = '', end = '', , , strand = '.'] = fields;
    const place = `${path}, line ${line}`;
    const whole = /^\d{1,10}$/;
    if (chromosome === '' || !whole.test(start) || !whole.test(end) || Number(start) >= Number(end))
      throw new Failure('data/bed', `expected chromosome, start and a greater end, found "${text.slice(0, 80)}"`, {
        place,
        remedy: 'Give BED lines: `chr1<tab>999<tab>1099`, counted from 0.',
      });
    if (strand !== '+' && strand !== '-' && strand !== '.')
      throw new Failure('data/bed', `expected +, - or . as strand in column 6, found "${strand.slice(0, 20)}"`, {
        place,
        remedy: 'Give the columns of BED: chromosome, start, end, name, score, strand.',
      });
    const summit = fields.length === 10 && fields[9] !== '-1' ? Number(fields[9]) : undefined;
    if (summit !== undefined && !(Number.isSafeInteger(summit) && summit >= 0 && summit < Number(end) - Number(start)))
      throw new Failure(
        'data/bed',
        `the summit in column 10, "${fields[9]!.slice(0, 20)}", is not inside the interval`,
        {
          place,
          remedy: 'narrowPeak counts the summit from the start of the interval.',
        },
      );
    yield {
      chromosome,
      start: Number(start),
      end: Number(end),
      strand,
      line,
      ...(summit !== undefined && { summit }),
    };
  }
}

/** The interval that is cut out. @throws Failure `data/around`, `data/no-summit` */
function resized(interval: Interval, { length, around }: Parameters, path: string): Window {
  const { start, end, summit, line } = interval;
  if (length === undefined) return { ...interval, written: end };
  if (around === undefined && summit !== undefined)
    throw new Failure('data/around', 'the file has summits, and `around` does not say what stays in the middle', {
      place: `${path}, line ${line}`,
      remedy: 'Add `around: summit` or `around: center`.',
    });
  if (around === 'summit' && summit === undefined)
    throw new Failure('data/no-summit', 'the line has no summit in column 10', {
      place: `${path}, line ${line}`,
      remedy: 'Use `around: center`, or a narrowPeak file.',
    });
  const middle = around === 'summit' ? start + summit! : around === 'start' ? start : Math.floor((start + end) / 2);
  const from = middle - Math.floor(length / 2);
  return { ...interval, start: from, end: from + length, written: end };
}

async function* windowsOf(parameters: Parameters, path: string): AsyncGenerator<Window> {
  for await (const interval of intervalsOf(path)) yield resized(interval, parameters, path);
}

/**
 * The sequences of windows.
 *
 * @throws Failure where a window lies outside its chromosome, is longer than others, or none is left
 */
export async function cutWindows(
  parameters: CutParameters,
  files: Files,
  windows: (path: string) => AsyncIterable<Window>,
): Promise<Sequences> {
  const path = pathOf(parameters.path, files);
  const genome = await openGenome(parameters.genome, files);
  try {
    return await cut(parameters, path, genome, windows(path));
  } finally {
    await genome.close();
  }
}

async function cut(
  parameters: CutParameters,
  path: string,
  genome: Genome,
  windows: AsyncIterable<Window>,
): Promise<Sequences> {
  const source = parameters.path.slice(0, 8);
  const rows: Uint8Array[] = [];
  const names: string[] = [];
  const origins: Origin[] = [];
  const counts = { intervals: 0, over: 0, ambiguous: 0, reversed: 0 };
  let first: Window | undefined;
  for await (const interval of windows) {
    const index = counts.intervals++;
    const { chromosome, start, end, strand, line, written, title } = interval;
    const place = `${path}, line ${line}`;
    const size = await genome.size(chromosome);
    if (size === undefined)
      throw new Failure('data/chromosome', `the genome has no chromosome "${chromosome}"`, {
        place,
        remedy: `It has ${genome.chromosomes.slice(0, 5).join(', ')} …; give the assembly that the intervals come from.`,
      });
    if (start < 0 || end > size) {
      if (parameters.edges === 'drop' && written <= size) {
        counts.over++;
        continue;
      }
      throw new Failure(
        'data/edge',
        `${chromosome}:${start}-${end} reaches over the ends of ${chromosome}, 0-${size}`,
        {
          place,
          remedy: 'Use `edges: drop`, a smaller `length`, or the assembly that the intervals come from.',
        },
      );
    }
    first ??= interval;
    if (end - start !== first.end - first.start)
      throw new Failure(
        'data/unequal-lengths',
        `the interval has ${end - start} bases, and the first one ${first.end - first.start}`,
        { place, remedy: 'Say `length`: the number of bases that the model reads.' },
      );
    const letters = await genome.read(chromosome, start, end);
    if (letters.some(code => code > 3)) {
      counts.ambiguous++;
      if (parameters.ambiguous === 'drop') continue;
      if (parameters.ambiguous === 'error')
        throw new Failure('data/ambiguous', 'the interval has ambiguous bases, which `ambiguous: error` forbids', {
          place,
          remedy: 'Use `ambiguous: drop` or `ambiguous: uniform`.',
        });
      if (parameters.ambiguous === 'zeros')
        letters.forEach((code, at) => {
          if (code > 3) letters[at] = NO_BASE;
        });
    }
    const reversed = parameters.strand === 'stated' && strand === '-';
    if (reversed) counts.reversed++;
    rows.push(reversed ? reverseComplement(letters) : letters);
    const region = regionName(parameters.strand === 'stated' ? interval : { ...interval, strand: '.' });
    names.push(title === undefined ? region : `${title}::${region}`);
    origins.push({ source, index });
  }
  if (!first || rows.length === 0)
    throw new Failure('data/empty', counts.intervals === 0 ? 'the file has no interval' : 'no interval is left', {
      place: path,
      remedy: 'Give a BED file with intervals that lie inside the genome.',
    });
  const length = first.end - first.start;
  const letters = new Uint8Array(rows.length * length);
  rows.forEach((row, at) => letters.set(row, at * length));
  return {
    alphabet: 'dna',
    length,
    letters,
    names,
    labels: names.map(() => parameters.label),
    origins,
    notes: notesOf(counts, parameters),
  };
}

function notesOf(
  { intervals, over, ambiguous, reversed }: Readonly<Record<string, number>>,
  parameters: CutParameters,
): Note[] {
  const note = (level: Note['level'], code: string, message: string): Note => ({ level, code, message });
  const policy = {
    uniform: 'each base became equal shares of those that it stands for',
    zeros: 'each base became an all-zero position',
    drop: 'they were left out',
    error: 'none is allowed',
  }[parameters.ambiguous];
  return [
    ...(over! > 0
      ? [
          note(
            'warning',
            'data/edge',
            `${over} of ${intervals} intervals reach over the end of a chromosome and were left out.`,
          ),
        ]
      : []),
    ...(ambiguous! > 0
      ? [
          note(
            'information',
            'data/ambiguous',
            `${ambiguous} of ${intervals} intervals have ambiguous bases; ${policy}.`,
          ),
        ]
      : []),
    ...(reversed! > 0
      ? [note('information', 'data/strand', `${reversed} of ${intervals} intervals were read on the minus strand.`)]
      : []),
  ];
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
  if (examples === 0) throw new Failure('data/empty', 'the file has no interval', { place: path });
  return { is: 'data', examples, complete, alphabet: 'dna', length: [shortest, longest], notes: [] };
}

export const intervals: Source<Parameters, Sequences> = {
  read: (parameters, files) => cutWindows(parameters, files, path => windowsOf(parameters, path)),
  describe: (parameters, files) => {
    const path = pathOf(parameters.path, files);
    return describeWindows(path, windowsOf(parameters, path));
  },
};
