/**
 * Random DNA with planted motifs, so that it is known which positions matter. Simplified from the planted-motif protocol
 * of Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109: IUPAC motifs instead of matrices, every motif once.
 */
import { createHash } from 'node:crypto';
import type { ParametersOf } from '../../catalog/specification.js';
import type { simulate_motifs as specification } from '../../catalog/sources.js';
import { LETTERS, type Sequences, type Origin } from '../data/examples.js';
import { BASES_OF } from '../data/one-hot.js';
import { Failure } from '../failure.js';
import { Stream } from '../random/philox.js';

type Parameters = ParametersOf<typeof specification>;

/** One letter of a motif: the codes of the bases that it stands for, and 2 − log2 of their number. */
interface MotifLetter {
  readonly codes: readonly number[];
  readonly bits: number;
}

/** @throws Failure for a letter that is no IUPAC code */
function parseMotif(motif: string): MotifLetter[] {
  if (motif === '') {
    throw new Failure('simulate/motif', 'a motif is empty', {
      remedy: 'Write it as IUPAC letters, for example "TGASTCA".',
    });
  }
  return [...motif.toUpperCase()].map((letter, position) => {
    const bases = BASES_OF[letter];
    if (bases === undefined) {
      throw new Failure(
        'simulate/motif',
        `"${letter}" at position ${position + 1} of "${motif}" is no IUPAC code of DNA`,
        {
          remedy: `Use the letters ${LETTERS}.`,
        },
      );
    }
    return { codes: [...bases].map(base => LETTERS.indexOf(base)), bits: 2 - Math.log2(bases.length) };
  });
}

/** The motif as it reads on the other strand: A ↔ T, C ↔ G, that is code ↔ 3 − code. */
function reverseComplement(motif: readonly MotifLetter[]): MotifLetter[] {
  return motif.map(({ codes, bits }) => ({ codes: codes.map(code => 3 - code), bits })).reverse();
}

/** Positions of all sequences together that fit into memory: five bytes each. */
const MOST_POSITIONS = 2 ** 29;

/** The motifs and the number of positions that they leave free. @throws Failure */
function arrange({ motifs, sequences, length }: Parameters): { motifs: MotifLetter[][]; free: number } {
  if (sequences * length > MOST_POSITIONS) {
    const asked = (sequences * length).toLocaleString('en');
    throw new Failure('simulate/too-large', `${sequences} sequences of ${length} bp are ${asked} positions`, {
      remedy: `Ask for at most ${MOST_POSITIONS.toLocaleString('en')} positions in all.`,
    });
  }
  const parsed = motifs.map(parseMotif);
  const width = parsed.reduce((sum, motif) => sum + motif.length, 0);
  if (width > length) {
    throw new Failure(
      'simulate/too-wide',
      `the motifs take ${width} positions together, the sequences have ${length}`,
      { remedy: `Make the sequences at least ${width} bp long, or plant fewer motifs.` },
    );
  }
  return { motifs: parsed, free: length - width };
}

/** Whether an example gets motifs: spread evenly, so that any first n examples hold round(n × share) positives. */
export function isPositive(index: number, share: number): boolean {
  return Math.round((index + 1) * share) > Math.round(index * share);
}

/**
 * Draws one example.
 *
 * @param letters receives the codes, [position]
 * @param truth receives the bits of planted letters, [position]
 */
function draw(
  stream: Stream,
  motifs: readonly (readonly MotifLetter[])[],
  free: number,
  letters: Uint8Array,
  truth: Float32Array,
): void {
  for (let position = 0; position < letters.length; position++) letters[position] = stream.integer(4);
  if (motifs.length === 0) return;
  // Every arrangement without overlap is one order of the motifs and one choice of their slots among the free positions.
  const order = motifs.map((_, index) => index);
  stream.shuffle(order);
  const slots = stream.choose(free + motifs.length, motifs.length);
  let planted = 0;
  order.forEach((index, rank) => {
    const motif = stream.integer(2) === 0 ? motifs[index]! : reverseComplement(motifs[index]!);
    const start = slots[rank]! - rank + planted;
    motif.forEach(({ codes, bits }, offset) => {
      letters[start + offset] = codes[stream.integer(codes.length)]!;
      truth[start + offset] = bits;
    });
    planted += motif.length;
  });
}

/** Checks motifs and sizes without drawing anything. @throws Failure */
export function checkMotifs(parameters: Parameters): void {
  arrange(parameters);
}

/**
 * Sequences with (label 1) and without (label 0) planted motifs. Example i depends on the motifs, length, share of
 * positives and seed, not on how many sequences are drawn. A planted N is drawn like the background and has 0 bits.
 *
 * @throws Failure for a motif that is no IUPAC string, motifs that do not fit into the length, or too many positions
 */
export function simulateMotifs(parameters: Parameters): Sequences {
  const { sequences, length, positives, seed } = parameters;
  const { motifs, free } = arrange(parameters);
  const identity = JSON.stringify(['simulate_motifs', parameters.motifs, length, positives, seed]);
  const source = createHash('sha256').update(identity).digest('hex').slice(0, 8);

  const letters = new Uint8Array(sequences * length);
  const truth = new Float32Array(sequences * length);
  const names: string[] = [];
  const labels: number[] = [];
  const origins: Origin[] = [];
  for (let index = 0; index < sequences; index++) {
    const origin = { source, index };
    const positive = isPositive(index, positives);
    const from = index * length;
    draw(
      new Stream(seed, 'simulate_motifs', origin),
      positive ? motifs : [],
      free,
      letters.subarray(from, from + length),
      truth.subarray(from, from + length),
    );
    names.push(`simulated ${index}`);
    labels.push(positive ? 1 : 0);
    origins.push(origin);
  }
  return { alphabet: 'dna', length, letters, names, labels, origins, truth, notes: [] };
}
