/**
 * Patterns: seqlets that are alike, laid on each other. A graph of nearest neighbours by continuous Jaccard similarity, Leiden
 * communities in it, communities that are alike made one, and every seqlet laid where it fits best. After Shrikumar et al. 2018,
 * arXiv:1811.00416.
 */
import { informationOf } from '../data/motifs.js';
import { Stream } from '../random/philox.js';
import { leiden, modularity, type WeightedGraph } from './leiden.js';
import { align, jaccard, jaccardOf, scaled } from './similarity.js';
import { placed, type Placement, type Strips } from './strips.js';

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

/** A seqlet in a pattern. */
export interface Member extends Placement {
  readonly seqlet: number;
  /** To the pattern. */
  readonly similarity: number;
}

export interface Pattern {
  /** In order of the seqlets. */
  readonly members: readonly Member[];
  /** Mean hypothetical contributions, [position, base]. */
  readonly hypothetical: Float64Array;
  /** Mean contributions of the letters that are there, [position, base]. */
  readonly contributions: Float64Array;
  /** How often each letter is there, [position, base]; less than the number of members where examples end. */
  readonly counts: Float64Array;
}

/** Leiden is begun so many times; the division of greatest modularity counts. */
const RUNS = 10;
/** Rounds of laying seqlets on what they add up to. */
const ROUNDS = 3;
/** Columns that contribute less than this share of the greatest are none that a frame needs to hold. */
const NOISE = 0.1;
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

/** Lays seqlets on a stretch, then again on what they add up to, in a frame that holds all of it that it can. */
function settle(strips: Strips, seqlets: readonly number[], first: Float32Array): Pattern {
  let pattern = sumOf(strips, lay(strips, seqlets, first));
  for (let round = 1; round < ROUNDS; round++)
    pattern = sumOf(strips, lay(strips, seqlets, scaled(centred(strips, pattern).hypothetical)));
  return pattern;
}

/**
 * A pattern whose frame is moved, with its seqlets, to where it holds most of what contributes; of equally good places the middle
 * one. Windows may lie on one end of a longer motif.
 */
function centred(strips: Strips, { members }: Pattern): Pattern {
  const { furthest, margin, length, width, letters, hypothetical } = strips;
  const columns = new Float64Array(width + 2 * furthest);
  for (const { seqlet, moved, turned } of members)
    for (let at = 0; at < 4 * columns.length; at++) {
      const from = 4 * (seqlet * length + margin - furthest + moved) + at;
      const column = at >> 2;
      columns[turned ? columns.length - 1 - column : column]! += hypothetical[from]! * letters[from]!;
    }
  const most = columns.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0);
  const held = Array.from({ length: 2 * furthest + 1 }, (_, first) =>
    columns
      .subarray(first, first + width)
      .reduce((sum, value) => sum + (Math.abs(value) > NOISE * most ? Math.abs(value) : 0), 0),
  );
  const enough = Math.max(...held) * (1 - 1e-9);
  const best = Array.from(held.keys()).filter(first => held[first]! >= enough);
  return sumOf(strips, movedBy(members, best[best.length >> 1]! - furthest));
}

/** Members of a pattern whose frame is moved, and that is read on the other strand where it is turned. */
function movedBy(members: readonly Member[], shift: number, isTurned = false): Member[] {
  return members.map(member => {
    const turned = member.turned !== isTurned;
    return { ...member, turned, moved: member.moved + (turned ? -shift : shift) };
  });
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

/** Of seqlets that are laid on the same positions of an example only the first: they are one site. */
function oncePerPlace({ sites }: Strips, members: readonly Member[]): Member[] {
  const taken = new Set<string>();
  return members.filter(({ seqlet, moved }) => {
    const { example, start } = sites[seqlet]!;
    const place = `${example} ${start + moved}`;
    return !taken.has(place) && taken.add(place);
  });
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

/** Each seqlet moved and turned to where it is most like a scaled stretch; of equally good places the nearest. */
function lay(strips: Strips, seqlets: readonly number[], stretch: Float32Array): Member[] {
  const turned = stretch.slice().reverse();
  const { furthest, margin, width, length, hypothetical } = strips;
  const size = 4 * width;
  const until = new Float64Array(4 * length + 1);
  return seqlets.map(seqlet => {
    const strip = 4 * seqlet * length;
    for (let i = 0; i < 4 * length; i++) until[i + 1] = until[i]! + Math.abs(hypothetical[strip + i]!);
    let best: Member = { seqlet, moved: 0, turned: false, similarity: -1 };
    for (let distance = 0; distance <= furthest; distance++)
      for (const moved of distance === 0 ? [0] : [distance, -distance]) {
        const from = 4 * (margin + moved);
        const sum = until[from + size]! - until[from]!;
        const scale = sum > 0 ? 1 / sum : 0;
        const plain = jaccardOf(stretch, 0, hypothetical, strip + from, size, scale);
        if (plain > best.similarity) best = { seqlet, moved, turned: false, similarity: plain };
        const other = jaccardOf(turned, 0, hypothetical, strip + from, size, scale);
        if (other > best.similarity) best = { seqlet, moved, turned: true, similarity: other };
      }
    return best;
  });
}

function stretchOf(strips: Strips, seqlet: number, placement: Placement): Float32Array {
  return scaled(placed(strips, strips.hypothetical, seqlet, placement));
}

function sumOf(strips: Strips, unordered: readonly Member[]): Pattern {
  const members = [...unordered].sort((a, b) => a.seqlet - b.seqlet);
  const size = 4 * strips.width;
  const hypothetical = new Float64Array(size);
  const contributions = new Float64Array(size);
  const counts = new Float64Array(size);
  for (const member of members) {
    const values = placed(strips, strips.hypothetical, member.seqlet, member);
    const letters = placed(strips, strips.letters, member.seqlet, member);
    for (let i = 0; i < size; i++) {
      hypothetical[i]! += values[i]! / members.length;
      contributions[i]! += (values[i]! * letters[i]!) / members.length;
      counts[i]! += letters[i]!;
    }
  }
  return { members, hypothetical, contributions, counts };
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
