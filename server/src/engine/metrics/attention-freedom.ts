/**
 * How far attention can be moved while a layer puts out the same: A + N with N·[V, 1] = 0 and A + N ≥ 0. Brunner et al. 2020,
 * ICLR, arXiv 1908.04211; Wang et al. 2025, arXiv 2505.09873.
 */
import { columnBasis } from '../methods/model-based/projection.js';
import { estimate, mean, standardDeviation } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import type { MetricResult } from './metric.js';

/** Below this a direction lies in the span, up to rounding that a division by it would blow up. */
const NOTHING = 1e-7;

export interface MovedAttention {
  /** The shares afterwards, [query, key]. */
  readonly shares: Float64Array;
  /** 1 − rank [V, 1] / keys */
  readonly free: number;
  /** Total variation between before and after, mean over the queries. */
  readonly moved: number;
  /** Share of the queries that attend most to another key. */
  readonly top: number;
}

/**
 * @param shares of one head, [query, key]
 * @param values what they multiply, [key, dimension]
 */
export function moveAttention(shares: ArrayLike<number>, values: ArrayLike<number>, keys: number): MovedAttention {
  const dimensions = values.length / keys;
  const withOnes = Float64Array.from({ length: keys * (dimensions + 1) }, (_, at) => {
    const [key, dimension] = [Math.floor(at / (dimensions + 1)), at % (dimensions + 1)];
    return dimension < dimensions ? values[key * dimensions + dimension]! : 1;
  });
  const basis = columnBasis(withOnes, keys);
  const queries = shares.length / keys;
  const after = Float64Array.from(shares);
  let moved = 0;
  let top = 0;
  for (let query = 0; query < queries; query++) {
    const row = after.subarray(query * keys, (query + 1) * keys);
    const before = row.slice();
    const first = before.indexOf(Math.max(...before));
    bringDown(row, first, basis);
    row.forEach((share, key) => (moved += Math.abs(share - before[key]!) / 2 / queries));
    if (row.indexOf(Math.max(...row)) !== first) top += 1 / queries;
  }
  return { shares: after, free: 1 - basis.length / keys, moved, top };
}

/**
 * Moves a row at right angles to the basis so that one share falls, along the edges where other shares reach 0: each of these
 * joins the basis.
 */
function bringDown(row: Float64Array, key: number, basis: readonly Float64Array[]): void {
  const span = [...basis];
  for (let step = 0; step < row.length && row[key]! > 0; step++) {
    const direction = outside(span, key, row.length);
    // Its own element is the squared length of what the span leaves of a unit vector.
    if (direction[key]! < NOTHING) return;
    let stop = key;
    let length = Infinity;
    direction.forEach((change, at) => {
      if (change > NOTHING && row[at]! / change < length) [length, stop] = [row[at]! / change, at];
    });
    direction.forEach((change, at) => (row[at] = Math.max(0, row[at]! - length * change)));
    row[stop] = 0;
    const edge = outside(span, stop, row.length);
    const size = Math.sqrt(edge[stop]!);
    span.push(edge.map(value => value / size));
  }
}

/** What of a unit vector lies outside of the span. */
function outside(span: readonly Float64Array[], key: number, length: number): Float64Array {
  const vector = new Float64Array(length);
  vector[key] = 1;
  // Twice, for precision (Giraud, Langou & Rozložník 2005).
  for (let pass = 0; pass < 2; pass++)
    for (const unit of span) {
      const share = unit.reduce((sum, value, i) => sum + value * vector[i]!, 0);
      unit.forEach((value, i) => (vector[i]! -= share * value));
    }
  return vector;
}

export interface AttentionFreedomInput {
  /** Of each example, means over heads. */
  readonly free: Float64Array;
  readonly moved: Float64Array;
  readonly top: Float64Array;
  /** f with the attention as it is, and with the moved one, [example]. */
  readonly before: Float64Array;
  readonly after: Float64Array;
}

export function attentionFreedom({ free, moved, top, before, after }: AttentionFreedomInput): MetricResult {
  const n = before.length;
  const sd = standardDeviation(before)(new Uint32Array(n).fill(1));
  const largest = before.reduce((most, f, i) => Math.max(most, Math.abs(after[i]! - f)), 0);
  const edges = equalBins(0, 1, 20);
  return {
    units: n,
    columns: [
      { name: 'free', values: free },
      { name: 'moved', values: moved },
      { name: 'top', values: top },
      { name: 'change', values: after.map((value, i) => value - before[i]!) },
    ],
    ...estimate({
      free: { n, of: mean(free) },
      moved: { n, of: mean(moved) },
      top: { n, of: mean(top) },
      change: { n, of: () => largest / sd, interval: 'none' },
    }),
    distribution: {
      title: 'Share of attention that moves without a change of the output',
      unit: 'share',
      edges,
      counts: countInBins(moved, edges),
    },
    notes: [],
  };
}
