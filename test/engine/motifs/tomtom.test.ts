import { describe, expect, it } from 'vitest';
import { reverseComplement } from '../../../server/src/engine/data/motifs.js';
import { LEVELS, matchMotifs, ofMany, type Matrix } from '../../../server/src/engine/motifs/tomtom.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

function drawn(width: number, random: Stream): Matrix {
  const values = Float64Array.from({ length: 4 * width }, () => -Math.log(1 - random.uniform()));
  return values.map((value, at) => value / values.subarray(at - (at % 4), at - (at % 4) + 4).reduce((a, b) => a + b));
}

const columnsOf = (matrix: Matrix): Matrix[] =>
  Array.from({ length: matrix.length / 4 }, (_, i) => matrix.slice(4 * i, 4 * i + 4));
const likeness = (a: Matrix, b: Matrix): number => -Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0));

/** The statistic by its definition: all ways to draw the columns of the null are counted one by one. */
function byEnumeration(query: Matrix, targets: readonly Matrix[], overlap: number): number[] {
  const own = columnsOf(query);
  const pool = targets.flatMap(target => [...columnsOf(target), ...columnsOf(reverseComplement(target))]);
  const all = own.flatMap(column => pool.map(other => likeness(column, other)));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const level = (a: Matrix, b: Matrix): number => Math.round(((likeness(a, b) - low) / (high - low)) * LEVELS);
  const levels = own.map(column => pool.map(other => level(column, other)));
  const tail = (from: number, to: number, score: number): number => {
    let sums = [0];
    for (let column = from; column < to; column++)
      sums = sums.flatMap(sum => levels[column]!.map(value => sum + value));
    return sums.filter(sum => sum >= score).length / sums.length;
  };
  return targets.map(target => {
    const tried: number[] = [];
    for (const strand of [columnsOf(target), columnsOf(reverseComplement(target))])
      for (let offset = -own.length; offset <= strand.length; offset++) {
        const pairs = own.flatMap((column, i) =>
          strand[i + offset] ? [{ i, score: level(column, strand[i + offset]!) }] : [],
        );
        if (pairs.length < Math.min(overlap, own.length, strand.length)) continue;
        tried.push(
          tail(
            pairs[0]!.i,
            pairs.at(-1)!.i + 1,
            pairs.reduce((sum, { score }) => sum + score, 0),
          ),
        );
      }
    return 1 - (1 - Math.min(...tried)) ** tried.length;
  });
}

describe('the comparison of motifs', () => {
  it('gives the p-values of all chance motifs counted one by one', () => {
    const random = new Stream(4, 'test');
    const targets = [3, 2, 4].map(width => drawn(width, random));
    for (const [query, overlap] of [
      [drawn(3, random), 1],
      [drawn(4, random), 2],
      [targets[2]!, 5],
    ] as const) {
      const found = matchMotifs(query, targets, { distance: 'euclidean', overlap });
      byEnumeration(query, targets, overlap).forEach((p, t) => expect(found[t]!.pValue).toBeCloseTo(p, 12));
    }
  });

  it.each(['euclidean', 'pearson'] as const)('finds a part of a motif in its place, on its strand (%s)', distance => {
    const random = new Stream(5, 'test');
    const targets = Array.from({ length: 40 }, () => drawn(12, random));
    const part = targets[7]!.slice(4 * 2, 4 * 10);
    const found = matchMotifs(part, targets, { distance, overlap: 5 });
    const turned = matchMotifs(reverseComplement(part), targets, { distance, overlap: 5 });
    const best = found.reduce((least, { pValue }, t) => (pValue < found[least]!.pValue ? t : least), 0);
    expect(best).toBe(7);
    expect(found[7]).toMatchObject({ offset: 2, turned: false });
    expect(turned[7]).toMatchObject({ offset: 2, turned: true });
    expect(turned[7]!.pValue).toBeCloseTo(found[7]!.pValue, 12);
    expect(found[7]!.pValue).toBeLessThan(1e-6);
  });

  it('does not call chance motifs alike more often than it says', () => {
    const random = new Stream(6, 'test');
    const targets = Array.from({ length: 30 }, () => drawn(8, random));
    const pool = targets.flatMap(columnsOf);
    const pValues = Array.from({ length: 60 }, () => {
      const query = Float64Array.from(Array.from({ length: 8 }, () => [...pool[random.integer(pool.length)]!]).flat());
      return matchMotifs(query, targets, { distance: 'euclidean', overlap: 5 }).map(({ pValue }) => pValue);
    }).flat();
    for (const level of [0.01, 0.05, 0.2])
      expect(pValues.filter(p => p <= level).length / pValues.length).toBeLessThan(1.25 * level);
  });

  it('keeps p-values far below the precision of 1', () => {
    expect(ofMany(1e-30, 40)).toBeCloseTo(4e-29, 40);
    expect(ofMany(0.5, 2)).toBeCloseTo(0.75, 12);
  });
});
