/**
 * How alike two motifs are, and how often a chance motif would be as alike: the statistic of TOMTOM. Gupta, Stamatoyannopoulos,
 * Bailey & Noble 2007, Genome Biology 8:R24; complete scores: Tanaka, Bailey, Grant, Noble & Keich 2011, Bioinformatics 27:1603.
 *
 * An alignment scores the sum of its columns' similarities. The null of a query's column is its similarity to a column drawn from
 * all of the collection; that of adjacent columns, their convolution, by dynamic programming over similarities in `LEVELS` steps.
 */
import { reverseComplement } from '../data/motifs.js';

/** Probabilities, [position, base]. */
export type Matrix = Float64Array;

export type ColumnDistance = 'euclidean' | 'pearson';

/**
 * What of the query counts. `complete`: every column, less the median of its similarities, so that those that lie on nothing count
 * as a chance column would; the best alignment is that of the highest score, its p-value the chance that the highest of as many
 * alignments is as high. `aligned`: those that lie on the target; the best alignment is that of the lowest p-value p, which becomes
 * 1 − (1 − p)ⁿ for the n alignments that were tried. Both strands are tried.
 */
export type Scoring = 'complete' | 'aligned';

/** How a query lies on its best target, and how significant that is. */
export interface MotifMatch {
  readonly pValue: number;
  /** Position i of the query lies on position i + offset of the target as it is turned. */
  readonly offset: number;
  /** The target is read as its reverse complement. */
  readonly turned: boolean;
}

export interface MatchOptions {
  readonly distance: ColumnDistance;
  readonly scores: Scoring;
  /** Fewest positions that lie on each other; where a motif is shorter, its width. */
  readonly overlap: number;
}

/** Steps into which the similarities of columns are divided. */
export const LEVELS = 100;

/** Greater is more alike. */
const SIMILARITIES: Readonly<Record<ColumnDistance, (a: ArrayLike<number>, b: ArrayLike<number>) => number>> = {
  euclidean: (a, b) => -Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!, a[2]! - b[2]!, a[3]! - b[3]!),
  pearson: (a, b) => {
    let [ab, aa, bb] = [0, 0, 0];
    // Columns of probabilities have the mean ¼.
    for (let i = 0; i < 4; i++) {
      ab += (a[i]! - 0.25) * (b[i]! - 0.25);
      aa += (a[i]! - 0.25) ** 2;
      bb += (b[i]! - 0.25) ** 2;
    }
    return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
  },
};

/**
 * The best alignment of a query with each target of a collection.
 *
 * @param targets at least one
 * @returns one for each target, in their order
 */
export function matchMotifs(query: Matrix, targets: readonly Matrix[], options: MatchOptions): MotifMatch[] {
  const turned = targets.map(reverseComplement);
  const scores = columnScores(query, [...targets, ...turned], options);
  const tails = tailsOf(scores);
  const width = query.length / 4;
  const judge = options.scores === 'complete' ? highest : rarest;
  return targets.map((target, t) => {
    const positions = target.length / 4;
    const least = Math.min(options.overlap, width, positions);
    const tried: Alignment[] = [];
    for (let offset = least - width; offset <= positions - least; offset++) {
      const from = Math.max(0, -offset);
      const to = Math.min(width, positions - offset);
      for (const strand of [0, 1]) {
        const first = scores.starts[t + strand * targets.length]! + offset;
        let score = 0;
        for (let column = from; column < to; column++) score += scores.levels[column]![first + column]!;
        tried.push({ from, to, score: score - (to - from) * scores.nothing, offset, turned: strand === 1 });
      }
    }
    return judge(tried, ({ from, to }, score) => tails(from, to, score + (to - from) * scores.nothing));
  });
}

/** The columns `from` … `to − 1` of the query on those of a target. */
interface Alignment {
  readonly from: number;
  readonly to: number;
  /** Sum of the levels, less what columns that lie on nothing count. */
  readonly score: number;
  readonly offset: number;
  readonly turned: boolean;
}

/** P(an alignment's score ≥ s) under the null. */
type Tail = (alignment: Alignment, score: number) => number;

/** Of alignments that score alike the longest, and the first. */
function highest(tried: readonly Alignment[], tail: Tail): MotifMatch {
  const best = tried.reduce((most, one) =>
    one.score > most.score || (one.score === most.score && one.to - one.from > most.to - most.from) ? one : most,
  );
  const none = tried.reduce((sum, one) => sum + Math.log1p(-tail(one, best.score)), 0);
  return { pValue: -Math.expm1(none), offset: best.offset, turned: best.turned };
}

function rarest(tried: readonly Alignment[], tail: Tail): MotifMatch {
  const pValues = tried.map(one => tail(one, one.score));
  const least = Math.min(...pValues);
  const { offset, turned } = tried[pValues.indexOf(least)]!;
  return { pValue: ofMany(least, tried.length), offset, turned };
}

/** 1 − (1 − p)ⁿ, exact for small p. */
export function ofMany(pValue: number, n: number): number {
  return pValue >= 1 ? 1 : -Math.expm1(n * Math.log1p(-pValue));
}

interface ColumnScores {
  /** Similarity of each of the query's columns to each column of the collection, as a step from 0 to LEVELS. */
  readonly levels: readonly Uint8Array[];
  /** Where each target begins among the columns. */
  readonly starts: readonly number[];
  /** The step that a column counts that lies on nothing. */
  readonly nothing: number;
}

function columnScores(query: Matrix, targets: readonly Matrix[], { distance, scores }: MatchOptions): ColumnScores {
  const similarity = SIMILARITIES[distance];
  const isComplete = scores === 'complete';
  const starts: number[] = [];
  let columns = 0;
  for (const target of targets) {
    starts.push(columns);
    columns += target.length / 4;
  }
  const raw = Array.from({ length: query.length / 4 }, (_, column) => {
    const own = query.subarray(4 * column, 4 * column + 4);
    const row = new Float64Array(columns);
    targets.forEach((target, t) => {
      for (let at = 0; at < target.length; at += 4)
        row[starts[t]! + at / 4] = similarity(own, target.subarray(at, at + 4));
    });
    if (!isComplete) return row;
    const middle = medianOf(row);
    return row.map(value => value - middle);
  });
  let [low, high] = [Infinity, -Infinity];
  for (const row of raw)
    for (const value of row) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  const scale = high > low ? LEVELS / (high - low) : 0;
  const levelOf = (value: number): number => Math.round((value - low) * scale);
  return { levels: raw.map(row => Uint8Array.from(row, levelOf)), starts, nothing: isComplete ? levelOf(0) : 0 };
}

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** P(score ≥ s) of the query's columns `from` … `to − 1` under the null; each stretch of columns is computed once. */
function tailsOf({ levels }: ColumnScores): (from: number, to: number, score: number) => number {
  const single = levels.map(row => {
    const shares = new Float64Array(LEVELS + 1);
    for (const level of row) shares[level]! += 1 / row.length;
    return shares;
  });
  const known = new Map<number, Float64Array>();
  const sums = (from: number, to: number): Float64Array => {
    if (to - from === 1) return single[from]!;
    const id = from * (levels.length + 1) + to;
    const found = known.get(id) ?? convolved(sums(from, to - 1), single[to - 1]!);
    known.set(id, found);
    return found;
  };
  const cumulated = new Map<Float64Array, Float64Array>();
  return (from, to, score) => {
    const shares = sums(from, to);
    let tail = cumulated.get(shares);
    if (tail === undefined) {
      tail = shares.slice();
      // From the top, so that the smallest are added first.
      for (let s = tail.length - 2; s >= 0; s--) tail[s]! += tail[s + 1]!;
      cumulated.set(shares, tail);
    }
    return score <= 0 ? 1 : Math.min(1, tail[score] ?? 0);
  };
}

function convolved(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length + b.length - 1);
  for (let i = 0; i < a.length; i++) if (a[i]! > 0) for (let j = 0; j < b.length; j++) result[i + j]! += a[i]! * b[j]!;
  return result;
}
