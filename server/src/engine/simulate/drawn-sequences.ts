/**
 * Sequences that are drawn letter by letter from a matrix of probabilities: ¼ in the background, a motif's where one is
 * planted. The matrix is kept as the truth, as in Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, Methods.
 */
import { createHash } from 'node:crypto';
import type { Note } from '../../protocol.js';
import type { Origin, Sequences } from '../data/examples.js';
import { informationOf, probabilities, reverseComplement, type Motif } from '../data/motifs.js';
import { Failure } from '../failure.js';
import { Stream } from '../random/philox.js';
import { isPositive } from './motifs.js';

/** A motif on one strand. */
export interface PlantedMotif {
  /** The motif's name with its strand: `YY1+`. */
  readonly name: string;
  readonly width: number;
  /** [position, base] */
  readonly probabilities: Float64Array;
  /** Bits, [position] */
  readonly information: Float64Array;
}

/** A motif as it is planted on the given strand; columns are divided by their sums, without pseudocounts. */
export function onStrand(motif: Motif, strand: '+' | '-'): PlantedMotif {
  const forward = probabilities(motif);
  const oriented = strand === '+' ? forward : reverseComplement(forward);
  return {
    name: `${motif.name}${strand}`,
    width: motif.width,
    probabilities: oriented,
    information: informationOf(oriented),
  };
}

/** A motif and its first position in a sequence. */
export interface Placement {
  readonly motif: PlantedMotif;
  readonly start: number;
}

export interface Drawing {
  /** Catalog name of the simulation, for streams and names of failures. */
  readonly simulation: string;
  /** What decides an example besides its index: enters the origin. */
  readonly identity: unknown;
  readonly sequences: number;
  readonly length: number;
  readonly positives: number;
  readonly seed: number;
  /** What to plant in an example; the letters are drawn afterwards, from the same stream. */
  readonly place: (stream: Stream, positive: boolean) => readonly Placement[];
  readonly notes: readonly Note[];
}

/** Positions of all sequences together that fit into memory: 21 bytes each. */
const MOST_POSITIONS = 2 ** 27;

/** @throws Failure when the sequences do not fit into memory */
export function requireRoom(sequences: number, length: number): void {
  const asked = sequences * length;
  if (asked > MOST_POSITIONS)
    throw new Failure(
      'simulate/too-large',
      `${sequences} sequences of ${length} bp are ${asked.toLocaleString('en')} positions`,
      { remedy: `Ask for at most ${MOST_POSITIONS.toLocaleString('en')} positions in all.` },
    );
}

/**
 * Draws all examples. Example i depends on the identity and the seed, not on how many there are; what is planted stands
 * in its name: `simulated 3: YY1+ at 17, SP1- at 90`.
 */
export function drawSequences(drawing: Drawing): Sequences {
  const { simulation, identity, sequences, length, positives, seed, place, notes } = drawing;
  requireRoom(sequences, length);
  const text = JSON.stringify([simulation, identity, length, positives, seed]);
  const source = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const total = sequences * length;
  const letters = new Uint8Array(total);
  const truth = new Float32Array(total);
  const distribution = new Float32Array(4 * total).fill(0.25);
  const names: string[] = [];
  const labels: number[] = [];
  const origins: Origin[] = [];
  for (let index = 0; index < sequences; index++) {
    const origin = { source, index };
    const stream = new Stream(seed, simulation, origin);
    const positive = isPositive(index, positives);
    const placements = place(stream, positive);
    const from = index * length;
    for (const { motif, start } of placements) {
      truth.set(motif.information, from + start);
      distribution.set(motif.probabilities, 4 * (from + start));
    }
    for (let at = from; at < from + length; at++) letters[at] = letterOf(stream.uniform(), distribution, 4 * at);
    const planted = placements.map(({ motif, start }) => `${motif.name} at ${start}`).join(', ');
    names.push(`simulated ${index}${planted && `: ${planted}`}`);
    labels.push(positive ? 1 : 0);
    origins.push(origin);
  }
  return { alphabet: 'dna', length, letters, names, labels, origins, truth, distribution, notes };
}

/** The base whose share of [0, 1) holds the uniform number; a base of probability 0 is never drawn. */
function letterOf(uniform: number, distribution: Float32Array, at: number): number {
  let sum = 0;
  let last = 0;
  for (let base = 0; base < 4; base++) {
    const probability = distribution[at + base]!;
    if (probability === 0) continue;
    last = base;
    sum += probability;
    if (uniform < sum) return base;
  }
  return last;
}
