/**
 * References drawn from a data set under a condition that the example sets: of another class, of the same GC content. Every
 * row that fits is drawn once before any is drawn again.
 */
import type { ParametersOf } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/references.js';
import type { Note } from '../../../protocol.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { Stream } from '../../random/philox.js';
import { dataFor, heldRows, ROWS_AT_ONCE, rowsByOrigin } from './data.js';
import type { Reference, Surroundings } from './reference.js';

/** The rows of the data that fit an example. */
interface Fitting {
  readonly count: number;
  /** The number in the data set of the i-th of them. */
  readonly row: (i: number) => number;
}

/**
 * @param purpose of the random numbers
 * @param fitting by the row of the example; at least one row fits
 */
async function drawn(
  data: StoredExamples,
  { copies, seed }: { readonly copies: number; readonly seed: number },
  purpose: string,
  fitting: (example: number) => Fitting,
): Promise<Reference> {
  const { size } = data;
  const all = await heldRows(data);
  return {
    copies,
    fill({ row: example, origin }, out) {
      const { count, row } = fitting(example);
      const next = inRandomOrder(count, new Stream(seed, purpose, origin));
      for (let copy = 0; copy < copies; copy++) {
        const at = row(next()) * size;
        out.set(all.subarray(at, at + size), copy * size);
      }
      return Math.min(copies, count);
    },
  };
}

/** Integers of 0 … bound − 1 in random order, one at each call; when all have been given, in another order again. */
function inRandomOrder(bound: number, stream: Stream): () => number {
  let given = 0;
  // Fisher–Yates on places that are written down only once they have been moved.
  const moved = new Map<number, number>();
  return () => {
    if (given === bound) {
      given = 0;
      moved.clear();
    }
    const place = given + stream.integer(bound - given);
    const item = moved.get(place) ?? place;
    moved.set(place, moved.get(given) ?? given);
    given++;
    return item;
  };
}

/**
 * Rows of any other class than the example's, or of one class that is not its own.
 *
 * @throws Failure `reference/label` for an example that has no class or the wanted one, and where the data have no other class
 */
export async function anotherClass(
  { of, class: wanted, ...draws }: ParametersOf<typeof specifications.another_class>,
  surroundings: Surroundings,
): Promise<Reference> {
  const { labels, names } = surroundings.examples;
  const data = await dataFor(of, surroundings);
  const others = new Map<number | undefined, readonly number[]>();
  labels.forEach((own, row) => {
    if (others.has(own)) return;
    const fits = (other: number | undefined): boolean =>
      other !== undefined && (wanted === undefined ? other !== own : other === wanted);
    const rows = data.labels.flatMap((other, at) => (fits(other) ? [at] : []));
    requireOther(own, wanted, rows.length, names[row]!);
    others.set(own, rows);
  });
  return drawn(data, draws, 'another_class', example => {
    const rows = others.get(labels[example])!;
    return { count: rows.length, row: i => rows[i]! };
  });
}

/** @throws Failure `reference/label` */
function requireOther(own: number | undefined, wanted: number | undefined, rows: number, name: string): void {
  const fail = (message: string, remedy: string): Failure =>
    new Failure('reference/label', message, { place: `example "${name}"`, remedy });
  if (own === undefined && wanted === undefined)
    throw fail(
      'it has no label, so there is no other class',
      'Label the data, or name the class that references are to have: another_class(class: 0, …).',
    );
  if (own === wanted && wanted !== undefined)
    throw fail(`it is of class ${wanted} itself`, 'Explain examples of other classes: … | only_class(1).');
  if (rows === 0)
    throw fail(
      wanted === undefined
        ? `no example of the data has another label than ${own}`
        : `no example of the data has the label ${wanted}`,
      'Name data with labels of several classes: another_class(of: everything, …).',
    );
}

/** How far a tolerance reaches beyond itself: shares are quotients of floating-point numbers. */
const ROUNDING = 1e-9;

/**
 * Sequences whose share of G and C is the example's, up to a tolerance. Where there is none, those that come nearest: a note
 * counts such examples. A sequence is not its own reference.
 *
 * @throws Failure `reference/alone` where there is no other sequence
 */
export async function gcMatched(
  { of, tolerance, ...draws }: ParametersOf<typeof specifications.gc_matched>,
  surroundings: Surroundings,
): Promise<Reference> {
  const { examples } = surroundings;
  const data = await dataFor(of, surroundings);
  const shares = await gcShares(data);
  const order = [...shares.keys()].sort((a, b) => shares[a]! - shares[b]! || a - b);
  const ranks = new Uint32Array(order.length);
  order.forEach((row, rank) => (ranks[row] = rank));
  const rowOf = rowsByOrigin(data);
  const wanted = await gcShares(examples);
  const matches = examples.origins.map((origin, example) => {
    const own = rowOf(origin);
    const before = own === undefined ? order.length : ranks[own]!;
    const row = (i: number): number => order[i < before ? i : i + 1]!;
    const count = own === undefined ? order.length : order.length - 1;
    if (count === 0)
      throw new Failure('reference/alone', 'the data have no other sequence', {
        place: `example "${examples.names[example]}"`,
        remedy: 'Name data with more sequences: gc_matched(of: background, …).',
      });
    const { from, to, distance } = nearest(count, i => shares[row(i)]! - wanted[example]!, tolerance + ROUNDING);
    return { count: to - from, row: (i: number) => row(from + i), distance };
  });
  return {
    ...(await drawn(data, draws, 'gc_matched', example => matches[example]!)),
    notes: toleranceNotes(
      matches.map(({ distance }) => distance),
      tolerance,
    ),
  };
}

/**
 * A range of ascending differences: those of at most `tolerance`, or else the smallest there are.
 *
 * @returns `distance` is 0 where some are within the tolerance
 */
function nearest(
  count: number,
  difference: (i: number) => number,
  tolerance: number,
): { from: number; to: number; distance: number } {
  const above = firstWhere(count, i => difference(i) >= 0);
  const within = (most: number) => ({
    from: firstWhere(count, i => difference(i) >= -most),
    to: firstWhere(count, i => difference(i) > most),
  });
  const range = within(tolerance);
  if (range.from < range.to) return { ...range, distance: 0 };
  const distance = Math.min(...[above - 1, above].filter(i => i >= 0 && i < count).map(i => Math.abs(difference(i))));
  return { ...within(distance), distance };
}

/** The first of 0 … count − 1 where something holds that then goes on to hold; `count` where it never does. */
function firstWhere(count: number, holds: (i: number) => boolean): number {
  let [from, to] = [0, count];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** The share of G and C among the bases of each sequence; unknown bases do not count, of ambiguous ones their shares do. */
async function gcShares(data: StoredExamples): Promise<Float64Array> {
  const shares = new Float64Array(data.count);
  for (let from = 0; from < data.count; from += ROWS_AT_ONCE) {
    const to = Math.min(from + ROWS_AT_ONCE, data.count);
    const x = await data.inputs(from, to);
    for (let row = from; row < to; row++) {
      let [gc, all] = [0, 0];
      for (let at = (row - from) * data.size; at < (row - from + 1) * data.size; at += 4) {
        gc += x[at + 1]! + x[at + 2]!;
        all += x[at]! + x[at + 1]! + x[at + 2]! + x[at + 3]!;
      }
      shares[row] = all === 0 ? 0 : gc / all;
    }
  }
  return shares;
}

function toleranceNotes(distances: readonly number[], tolerance: number): Note[] {
  const outside = distances.filter(distance => distance > 0);
  if (outside.length === 0) return [];
  const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
  return [
    {
      level: 'warning',
      code: 'reference/gc',
      message:
        `${outside.length} of ${distances.length} examples have no sequence within ${percent(tolerance)} of their share of G and C ` +
        `in the data; they got the nearest, at most ${percent(outside.reduce((most, distance) => Math.max(most, distance)))} away. Name more data, or allow more.`,
    },
  ];
}
