/**
 * Random sequences with exactly the dinucleotides of the example, each such sequence equally likely.
 *
 * A sequence is a walk that uses every edge of its dinucleotide multigraph once (Altschul & Erickson 1985, Mol. Biol.
 * Evol. 2:526). Such a walk is fixed by the last edge out of every letter, which together form a tree towards the final
 * letter, and the order of the other edges out of each letter. Every tree admits equally many orders, so a uniform tree
 * (Wilson 1996, STOC, doi 10.1145/237814.237880) and uniform orders give a uniform walk; and every sequence is the
 * spelling of equally many walks. Ambiguity codes and unknown bases are letters of their own.
 */
import type { ParametersOf } from '../../../catalog/specification.js';
import type { dinucleotide_shuffle as specification } from '../../../catalog/references.js';
import { writeOneHot } from '../../data/one-hot.js';
import { Stream } from '../../random/philox.js';
import type { Reference } from './reference.js';

/** Letters that can occur: one byte. */
const ALPHABET = 256;

/**
 * Draws one shuffle.
 *
 * @param letters letter codes, [position]
 * @param out receives as many codes
 */
export function shuffleDinucleotides(letters: Uint8Array, stream: Stream, out: Uint8Array): void {
  out.set(letters);
  // With at most three letters, both ends being fixed, there is nothing to shuffle.
  if (letters.length <= 3) return;
  const successors = new Map<number, number[]>();
  for (let position = 1; position < letters.length; position++) {
    const from = letters[position - 1]!;
    const list = successors.get(from);
    if (list) list.push(letters[position]!);
    else successors.set(from, [letters[position]!]);
  }
  const end = letters[letters.length - 1]!;

  // Wilson: random walks towards the tree; overwriting the edge at a second visit is what erases a loop.
  const inTree = new Uint8Array(ALPHABET);
  const lastEdge = new Uint32Array(ALPHABET);
  inTree[end] = 1;
  for (const start of successors.keys()) {
    let letter = start;
    while (!inTree[letter]) {
      const list = successors.get(letter)!;
      lastEdge[letter] = stream.integer(list.length);
      letter = list[lastEdge[letter]!]!;
    }
    letter = start;
    while (!inTree[letter]) {
      inTree[letter] = 1;
      letter = successors.get(letter)![lastEdge[letter]!]!;
    }
  }

  for (const [letter, list] of successors) {
    if (letter === end) {
      stream.shuffle(list);
      continue;
    }
    const last = list.length - 1;
    const chosen = list[lastEdge[letter]!]!;
    list[lastEdge[letter]!] = list[last]!;
    list[last] = chosen;
    stream.shuffle(list, last);
  }

  const used = new Uint32Array(ALPHABET);
  let letter = letters[0]!;
  for (let position = 1; position < letters.length; position++) {
    letter = successors.get(letter)![used[letter]!++]!;
    out[position] = letter;
  }
}

/** `copies` independent shuffles of each example; copy i is the same however many there are. */
export function dinucleotideShuffle({ copies, seed }: ParametersOf<typeof specification>): Reference {
  return {
    copies,
    reads: 'letters',
    fill(example, out) {
      const { letters, origin } = example;
      const shuffled = new Uint8Array(letters.length);
      const seen = new Set<string>();
      for (let copy = 0; copy < copies; copy++) {
        shuffleDinucleotides(letters, new Stream(seed, 'dinucleotide_shuffle', origin, copy), shuffled);
        writeOneHot(shuffled, out, copy * letters.length * 4);
        seen.add(Buffer.from(shuffled).toString('latin1'));
      }
      return seen.size;
    },
  };
}
