/**
 * Random sequences with exactly the k-mers of the example, each such sequence equally likely.
 *
 * A sequence is a walk that uses every edge of a multigraph once: its (k − 1)-mers are the vertices, its k-mers the edges
 * (Altschul & Erickson 1985, Mol. Biol. Evol. 2:526). Such a walk is fixed by the last edge out of every vertex, which
 * together form a tree towards the final vertex, and the order of the other edges out of each. Every tree admits equally
 * many orders, so a uniform tree (Wilson 1996, STOC, doi 10.1145/237814.237880) and uniform orders give a uniform walk; and
 * every sequence is the spelling of equally many walks. Ambiguity codes and unknown bases are letters of their own.
 */
import type { ParametersOf } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/references.js';
import { writeOneHot } from '../../data/one-hot.js';
import { Stream } from '../../random/philox.js';
import type { Reference } from './reference.js';

/** Draws one shuffle: writes as many letter codes as the sequence has. */
export type Shuffler = (stream: Stream, out: Uint8Array) => void;

/**
 * Prepares the shuffles of a sequence.
 *
 * @param letters letter codes, [position]
 * @param k length of the words that are kept, from 1; the first and last k − 1 letters stay where they are
 */
export function kmerShuffler(letters: Uint8Array, k: number): Shuffler {
  // With both ends fixed and one letter between them there is nothing to shuffle.
  if (letters.length < 2 * k) return (_, out) => out.set(letters);
  const vertices = verticesOf(letters, k - 1);
  // An edge is the position of the vertex that it leaves; the next position's is the one it reaches.
  const edges: number[][] = [];
  for (let at = 0; at < vertices.length - 1; at++) (edges[vertices[at]!] ??= []).push(at);
  const end = vertices.at(-1)!;
  return (stream, out) => {
    const last = lastEdges(edges, vertices, end, stream);
    const orders = edges.map((own, vertex) => {
      const order = [...own];
      if (vertex === end) {
        stream.shuffle(order);
        return order;
      }
      const kept = order.length - 1;
      const chosen = order[last[vertex]!]!;
      order[last[vertex]!] = order[kept]!;
      order[kept] = chosen;
      stream.shuffle(order, kept);
      return order;
    });
    out.set(letters.subarray(0, k - 1));
    const used = new Uint32Array(edges.length);
    let vertex = vertices[0]!;
    for (let position = k - 1; position < letters.length; position++) {
      const edge = orders[vertex]![used[vertex]!++]!;
      out[position] = letters[edge + k - 1]!;
      vertex = vertices[edge + 1]!;
    }
  };
}

/** Numbers of the words of `size` letters that begin at each position, in order of first appearance. */
function verticesOf(letters: Uint8Array, size: number): Uint32Array {
  const text = Buffer.from(letters).toString('latin1');
  const numbers = new Map<string, number>();
  return Uint32Array.from({ length: letters.length - size + 1 }, (_, at) => {
    const word = text.slice(at, at + size);
    const number = numbers.get(word) ?? numbers.size;
    numbers.set(word, number);
    return number;
  });
}

/**
 * A uniform tree towards `end`, as the place of the chosen edge in each vertex's list: random walks until they meet the tree;
 * overwriting the edge at a second visit is what erases a loop.
 */
function lastEdges(
  edges: readonly (readonly number[])[],
  vertices: Uint32Array,
  end: number,
  stream: Stream,
): Uint32Array {
  const inTree = new Uint8Array(edges.length + 1);
  const last = new Uint32Array(edges.length + 1);
  const next = (vertex: number): number => vertices[edges[vertex]![last[vertex]!]! + 1]!;
  inTree[end] = 1;
  for (const start of edges.keys()) {
    let vertex = start;
    while (!inTree[vertex]) {
      last[vertex] = stream.integer(edges[vertex]!.length);
      vertex = next(vertex);
    }
    for (vertex = start; !inTree[vertex]; vertex = next(vertex)) inTree[vertex] = 1;
  }
  return last;
}

/** `copies` independent shuffles of each example that keep its k-mers; copy i is the same however many there are. */
export function kmerShuffle({ k, copies, seed }: ParametersOf<typeof specifications.kmer_shuffle>): Reference {
  // Shuffles of one name are the same numbers, whichever way they are asked for.
  const purpose = k === 2 ? 'dinucleotide_shuffle' : `${k}-mer shuffle`;
  return {
    copies,
    reads: 'letters',
    fill({ letters, origin }, out) {
      const shuffle = kmerShuffler(letters, k);
      const shuffled = new Uint8Array(letters.length);
      const seen = new Set<string>();
      for (let copy = 0; copy < copies; copy++) {
        shuffle(new Stream(seed, purpose, origin, copy), shuffled);
        writeOneHot(shuffled, out, copy * letters.length * 4);
        seen.add(Buffer.from(shuffled).toString('latin1'));
      }
      return seen.size;
    },
  };
}
