/**
 * Patterns: seqlets that are alike, laid on each other. A graph of nearest neighbours by continuous Jaccard similarity, Leiden
 * communities in it, communities that are alike made one, and every seqlet laid where it fits best. After Shrikumar et al. 2018,
 * arXiv:1811.00416.
 */
import { informationOf } from '../data/motifs.js';
import { Stream } from '../random/philox.js';
import { leiden, modularity, type WeightedGraph } from './leiden.js';
import { lay, movedBy, oncePerPlace, ROUNDS, settle, stretchOf, sumOf, type Member, type Pattern } from './laying.js';
import { align, jaccard, scaled } from './similarity.js';
import type { Strips } from './strips.js';

export interface ClusteringOptions {
  /** Seqlets that are compared with each other, at most; the others join the patterns of these. */
  readonly compared: number;
  /** Nearest neighbours of a seqlet in the graph. */
  readonly neighbours: number;
  /** Patterns at least so alike are one. */
  readonly merge: number;
  /** Fewest seqlets of a pattern. */
  readonly least: number;
  readonly seed: number;
}

/** Leiden is begun so many times; the division of greatest modularity counts. */
const RUNS = 10;
/** A seqlet belongs to a pattern when it is more like it than this share of seqlets are like it with its columns permuted. */
const CERTAINTY = 0.99;
const PERMUTATIONS = 20;
const COMPARED_BY_CHANCE = 200;

/**
 * The patterns of some seqlets of one sign, the one of most seqlets first. Seqlets that fit nowhere are in none.
 *
 * @param seqlets their numbers in the strips
 * @param checkpoint to be awaited between pieces of work
 */
export async function findPatterns(
  strips: Strips,
  seqlets: readonly number[],
  options: ClusteringOptions,
  checkpoint: () => Promise<void>,
): Promise<Pattern[]> {
  const { compared, seed, least } = options;
  const some =
    seqlets.length > compared
      ? new Stream(seed, 'compared seqlets').choose(seqlets.length, compared).map(at => seqlets[at]!)
      : seqlets;
  if (some.length < 2) return [];
  const similarities = await compare(strips, some, checkpoint);
  const groups = communities(similarities, options);
  let patterns: Pattern[] = [];
  for (const group of groups) {
    await checkpoint();
    patterns.push(aroundMedoid(strips, some, group, similarities));
  }
  patterns = await mergeAlike(strips, patterns, options.merge, checkpoint);
  for (let round = 0; round < ROUNDS; round++) {
    await checkpoint();
    patterns = assign(strips, seqlets, patterns, seed).filter(({ members }) => members.length >= least);
  }
  return patterns.sort((a, b) => b.members.length - a.members.length);
}

/** Similarities of all pairs, [seqlet, seqlet], with zeros on the diagonal. */
async function compare(
  strips: Strips,
  seqlets: readonly number[],
  checkpoint: () => Promise<void>,
): Promise<readonly Float32Array[]> {
  const n = seqlets.length;
  const stretches = seqlets.map(seqlet => stretchOf(strips, seqlet, { moved: 0, turned: false }));
  const similarities = stretches.map(() => new Float32Array(n));
  for (let i = 0; i < n; i++) {
    await checkpoint();
    for (let j = i + 1; j < n; j++) {
      const { similarity } = align(stretches[i]!, stretches[j]!, Math.floor(strips.furthest / 2));
      similarities[i]![j] = similarities[j]![i] = similarity;
    }
  }
  return similarities;
}

/** Communities of the graph in which each seqlet is tied to those most like it. @returns places in the list of seqlets */
function communities(
  similarities: readonly Float32Array[],
  { neighbours, seed }: Pick<ClusteringOptions, 'neighbours' | 'seed'>,
): number[][] {
  const edges = similarities.map(() => new Map<number, number>());
  similarities.forEach((row, i) => {
    const order = Array.from(row.keys()).filter(j => j !== i);
    order.sort((a, b) => row[b]! - row[a]! || a - b);
    for (const j of order.slice(0, neighbours)) {
      if (row[j]! <= 0) break;
      edges[i]!.set(j, row[j]!);
      edges[j]!.set(i, row[j]!);
    }
  });
  const graph: WeightedGraph = { neighbours: edges };
  let best: { division: Uint32Array; value: number } | undefined;
  for (let run = 0; run < RUNS; run++) {
    const division = leiden(graph, new Stream(seed, 'leiden', undefined, run));
    const value = modularity(graph, division);
    if (best === undefined || value > best.value) best = { division, value };
  }
  const groups: number[][] = [];
  best!.division.forEach((community, i) => (groups[community] ??= []).push(i));
  return groups;
}

/** The pattern of a community: its members laid on the one that is most like the others, then on what they add up to. */
function aroundMedoid(
  strips: Strips,
  seqlets: readonly number[],
  group: readonly number[],
  similarities: readonly Float32Array[],
): Pattern {
  const likeness = group.map(i => group.reduce((sum, j) => sum + similarities[i]![j]!, 0));
  const medoid = seqlets[group[likeness.indexOf(Math.max(...likeness))]!]!;
  const members = group.map(i => seqlets[i]!);
  return settle(strips, members, stretchOf(strips, medoid, { moved: 0, turned: false }));
}

/** Makes one pattern of the two that are most alike, again and again, until no two are alike enough. */
async function mergeAlike(
  strips: Strips,
  patterns: readonly Pattern[],
  enough: number,
  checkpoint: () => Promise<void>,
): Promise<Pattern[]> {
  let left = patterns.map(pattern => ({ pattern, stretch: scaled(pattern.hypothetical) }));
  let pairs: { one: (typeof left)[number]; other: (typeof left)[number]; similarity: number }[] = [];
  const compareWithRest = (one: (typeof left)[number], rest: typeof left): void => {
    for (const other of rest) {
      const [larger, smaller] =
        one.pattern.members.length >= other.pattern.members.length ? [one, other] : [other, one];
      const similarity = likenessInFull(strips, larger.stretch, smaller.pattern, smaller.stretch);
      if (similarity >= enough) pairs.push({ one: larger, other: smaller, similarity });
    }
  };
  for (const [i, one] of left.entries()) {
    await checkpoint();
    compareWithRest(one, left.slice(i + 1));
  }
  while (pairs.length > 0) {
    await checkpoint();
    const { one, other } = pairs.reduce((best, pair) => (pair.similarity > best.similarity ? pair : best));
    const members = [...one.pattern.members, ...other.pattern.members].map(({ seqlet }) => seqlet);
    const pattern = settle(strips, members, one.stretch);
    const isGone = (entry: (typeof left)[number]): boolean => entry === one || entry === other;
    left = left.filter(entry => !isGone(entry));
    pairs = pairs.filter(pair => !isGone(pair.one) && !isGone(pair.other));
    const made = { pattern, stretch: scaled(pattern.hypothetical) };
    compareWithRest(made, left);
    left.push(made);
  }
  return left.map(({ pattern }) => pattern);
}

/**
 * How alike a pattern and another one are once the other is moved to where it is most like it, with its seqlets: what then lies
 * beyond its own ends is read from the examples, so that two cut-outs of one motif are found to be one.
 */
function likenessInFull(strips: Strips, stretch: Float32Array, other: Pattern, its: Float32Array): number {
  const { shift, turned } = align(stretch, its, strips.furthest);
  return jaccard(stretch, scaled(sumOf(strips, movedBy(other.members, shift, turned)).hypothetical));
}

/** Every seqlet laid on the pattern that it is most like, where it is like it by more than chance. */
function assign(strips: Strips, seqlets: readonly number[], patterns: readonly Pattern[], seed: number): Pattern[] {
  const stretches = patterns.map(({ hypothetical }) => scaled(hypothetical));
  const floors = stretches.map((stretch, p) =>
    likenessByChance(strips, seqlets, stretch, new Stream(seed, 'columns', undefined, p)),
  );
  const members = patterns.map((): Member[] => []);
  const placements = stretches.map(stretch => lay(strips, seqlets, stretch));
  seqlets.forEach((_, i) => {
    const likeness = placements.map(placement => placement[i]!.similarity);
    const best = likeness.indexOf(Math.max(...likeness));
    if (likeness[best]! > floors[best]!) members[best]!.push(placements[best]![i]!);
  });
  return members.filter(({ length }) => length > 0).map(group => sumOf(strips, oncePerPlace(strips, group)));
}

/** The similarity that seqlets reach to a pattern whose columns are permuted, but for a few. */
function likenessByChance(strips: Strips, seqlets: readonly number[], stretch: Float32Array, random: Stream): number {
  const step = Math.max(1, Math.floor(seqlets.length / COMPARED_BY_CHANCE));
  const some = seqlets.filter((_, i) => i % step === 0);
  const reached: number[] = [];
  for (let repeat = 0; repeat < PERMUTATIONS; repeat++) {
    const columns = Array.from({ length: strips.width }, (_, column) => column);
    random.shuffle(columns);
    const permuted = Float32Array.from(columns.flatMap(column => [...stretch.subarray(4 * column, 4 * column + 4)]));
    reached.push(...lay(strips, some, permuted).map(({ similarity }) => similarity));
  }
  return reached.sort((a, b) => a - b)[Math.floor(CERTAINTY * (reached.length - 1))]!;
}

/**
 * The columns of a pattern that say something: from the first to the last whose information reaches a share of the greatest.
 *
 * @param counts [position, base]
 * @returns [from, to)
 */
export function informativeSpan(counts: Float64Array, share: number): readonly [number, number] {
  const bits = informationOf(frequencies(counts));
  const enough = share * Math.max(...bits);
  const from = bits.findIndex(value => value >= enough);
  return [from, bits.findLastIndex(value => value >= enough) + 1];
}

/** Shares of the bases at each position; ¼ each where none was counted. @param counts [position, base] */
export function frequencies(counts: Float64Array): Float64Array {
  return counts.map((count, at) => {
    const sum = counts.subarray(at - (at % 4), at - (at % 4) + 4).reduce((total, value) => total + value, 0);
    return sum > 0 ? count / sum : 0.25;
  });
}

/** The commonest base of each position of a span, in small letters where it is there less than half of the time. */
export function consensusOf(counts: Float64Array, [from, to]: readonly [number, number]): string {
  const shares = frequencies(counts);
  return Array.from({ length: to - from }, (_, i) => {
    const column = [...shares.subarray(4 * (from + i), 4 * (from + i) + 4)];
    const most = Math.max(...column);
    const letter = 'ACGT'[column.indexOf(most)]!;
    return most < 0.5 ? letter.toLowerCase() : letter;
  }).join('');
}
