import { describe, expect, it } from 'vitest';
import { reverseComplement } from '../../../server/src/engine/data/motifs.js';
import { LEVELS, matchMotifs, ofMany, type Matrix, type Scoring } from '../../../server/src/engine/motifs/tomtom.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

function drawn(width: number, random: Stream): Matrix {
  const values = Float64Array.from({ length: 4 * width }, () => -Math.log(1 - random.uniform()));
  return values.map((value, at) => value / values.subarray(at - (at % 4), at - (at % 4) + 4).reduce((a, b) => a + b));
}

const columnsOf = (matrix: Matrix): Matrix[] =>
  Array.from({ length: matrix.length / 4 }, (_, i) => matrix.slice(4 * i, 4 * i + 4));
const likeness = (a: Matrix, b: Matrix): number => -Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0));

/**
 * The statistic by its definition: all ways to draw the columns of the null are counted one by one. Complete scores are less the
 * median of each query's column, in steps; the chance of the highest is that of independent alignments.
 */
function byEnumeration(query: Matrix, targets: readonly Matrix[], overlap: number, scores: Scoring): number[] {
  const own = columnsOf(query);
  const pool = targets.flatMap(target => [...columnsOf(target), ...columnsOf(reverseComplement(target))]);
  const medians = own.map(column => {
    const all = pool.map(other => likeness(column, other)).sort((a, b) => a - b);
    return scores === 'complete' ? (all[all.length / 2 - 1]! + all[all.length / 2]!) / 2 : 0;
  });
  const shifted = own.map((column, i) => pool.map(other => likeness(column, other) - medians[i]!));
  const [low, high] = [Math.min(...shifted.flat()), Math.max(...shifted.flat())];
  const step = (value: number): number => Math.round(((value - low) / (high - low)) * LEVELS);
  const nothing = scores === 'complete' ? step(0) : 0;
  const levels = shifted.map(row => row.map(value => step(value) - nothing));
  const tail = (from: number, to: number, score: number): number => {
    let sums = [0];
    for (let column = from; column < to; column++)
      sums = sums.flatMap(sum => levels[column]!.map(value => sum + value));
    return sums.filter(sum => sum >= score).length / sums.length;
  };
  return targets.map(target => {
    const tried: { from: number; to: number; score: number }[] = [];
    for (const strand of [columnsOf(target), columnsOf(reverseComplement(target))])
      for (let offset = -own.length; offset <= strand.length; offset++) {
        const pairs = own.flatMap((column, i) => {
          const other = strand[i + offset];
          return other ? [{ i, score: step(likeness(column, other) - medians[i]!) - nothing }] : [];
        });
        if (pairs.length < Math.min(overlap, own.length, strand.length)) continue;
        const score = pairs.reduce((sum, pair) => sum + pair.score, 0);
        tried.push({ from: pairs[0]!.i, to: pairs.at(-1)!.i + 1, score });
      }
    if (scores === 'aligned')
      return 1 - (1 - Math.min(...tried.map(({ from, to, score }) => tail(from, to, score)))) ** tried.length;
    const highest = Math.max(...tried.map(({ score }) => score));
    return 1 - tried.reduce((none, { from, to }) => none * (1 - tail(from, to, highest)), 1);
  });
}

/**
 * Twenty matrices, a line each, four digits in base 17 for a column, and how the first compares with all by memesuite-lite
 * (github.com/jmschrei/memesuite-lite, MIT), an independent program: `generate_random_meme(n=20)` and the values of
 * `test_tomtom_ndarray` in tests/test_tomtom.py.
 */
const PUBLISHED = {
  matrices: `
    8ded 9420 26d6 4d39 4g0e 6d7a b87c 060b 1030 14f5 9f0g a04c 9309 ga9g 8569 3a3c
    4d0d 0g6g 9b02 0203 50a8 2708 f3a0
    d248 0408 b25c 4e9e
    5g0c 5a13 g8a7 1496 6b24 be00 480g 3100 g275 046d f070 ce50 0g45 0401 cfb3 6300 6ef9 8c70
    g2ae cg81 1186 ga00 6eg9 7eb6 a9b6 6f01
    f937 035e a66c 1e3g 6b0b 910d ba20
    8006 4fcb f088 g210 0fac 2806 ge3g
    6b6b 6d0c gecg c025 5250 g583 c544 3cf3 g073 e2ad 5cd4 0286 6675 e5d7 0a1d a000 e0cf
    66e6 506c 8009 7300 080f 0de0 568b 0bc0 317g 809e 0g00 9ff5 bb30 547d
    f0fe 6319 0050 2120
    09gg 5096 g0c2 1a1a 7582 b54d f013
    gf2g 10g1 a0be 244b 1053
    4b81 7730 00bb 9a5a 40g0 0g02 18g2 g0eb 2e09
    fe02 503b a9b1 3ae7 20b0 47f0 5039 2108 aaf0 998g 0ad7 3c05 7a01 59e9 0ge7 f7fd gf00
    30e5 f0a5 0a10 00fb ea73 g464 g03a 0962 1746 3g00 38a4 g4b9 dgec
    0015 7cg0 08bd fg44 0aae 0681 0e06 06g5 e025 4a3b
    4590 dab7 0553 0b09 b9g0 e075 7400 7d41
    7200 0714 0fee 3b53 0540 40ea 0f86 9280 170e 418b 980a g93d d55f b050 g894 a8cf 5e0a 17cb
    266c d05d d003 0508 180g f412
    0954 dbg4 ec49 2e01`,
  pValues: [
    1.95399252e-14, 4.04372666e-1, 3.3389977e-1, 9.75969973e-1, 7.19287721e-1, 2.02698438e-1, 6.09413729e-1,
    1.0520291e-1, 9.97854019e-1, 4.39470284e-1, 6.3952987e-1, 4.01256302e-1, 9.26477704e-1, 6.25608933e-1,
    7.54828358e-1, 7.37538119e-1, 9.49853411e-1, 4.77573695e-1, 9.66135125e-1, 7.13675581e-1,
  ],
  offsets: [0, -4, -6, 14, 2, -6, 2, 1, 11, -6, -7, -7, 5, -4, -6, 2, 3, 1, -7, -8],
  strands: [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1],
};

describe('the comparison of motifs', () => {
  it.each(['complete', 'aligned'] as const)(
    'gives the p-values of all chance motifs counted one by one (%s)',
    scores => {
      const random = new Stream(4, 'test');
      const targets = [3, 2, 4].map(width => drawn(width, random));
      for (const [query, overlap] of [
        [drawn(3, random), 1],
        [drawn(4, random), 2],
        [targets[2]!, 5],
      ] as const) {
        const found = matchMotifs(query, targets, { distance: 'euclidean', scores, overlap });
        byEnumeration(query, targets, overlap, scores).forEach((p, t) => expect(found[t]!.pValue).toBeCloseTo(p, 12));
      }
    },
  );

  it.each([
    ['euclidean', 'complete'],
    ['euclidean', 'aligned'],
    ['pearson', 'complete'],
    ['pearson', 'aligned'],
  ] as const)('finds a part of a motif in its place, on its strand (%s, %s)', (distance, scores) => {
    const random = new Stream(5, 'test');
    const targets = Array.from({ length: 40 }, () => drawn(12, random));
    const part = targets[7]!.slice(4 * 2, 4 * 10);
    const found = matchMotifs(part, targets, { distance, scores, overlap: 5 });
    const turned = matchMotifs(reverseComplement(part), targets, { distance, scores, overlap: 5 });
    const best = found.reduce((least, { pValue }, t) => (pValue < found[least]!.pValue ? t : least), 0);
    expect(best).toBe(7);
    expect(found[7]).toMatchObject({ offset: 2, turned: false });
    expect(turned[7]).toMatchObject({ offset: 2, turned: true });
    expect(turned[7]!.pValue).toBeCloseTo(found[7]!.pValue, 12);
    expect(found[7]!.pValue).toBeLessThan(1e-6);
  });

  it.each(['complete', 'aligned'] as const)(
    'does not call chance motifs alike more often than it says (%s)',
    scores => {
      const random = new Stream(6, 'test');
      const targets = Array.from({ length: 30 }, () => drawn(8, random));
      const pool = targets.flatMap(columnsOf);
      const pValues = Array.from({ length: 60 }, () => {
        const query = Float64Array.from(
          Array.from({ length: 8 }, () => [...pool[random.integer(pool.length)]!]).flat(),
        );
        return matchMotifs(query, targets, { distance: 'euclidean', scores, overlap: 5 }).map(({ pValue }) => pValue);
      }).flat();
      for (const level of [0.01, 0.05, 0.2])
        expect(pValues.filter(p => p <= level).length / pValues.length).toBeLessThan(1.25 * level);
    },
  );

  it('lies where an independent program lays it, with p-values as near as its coarser steps allow', () => {
    const matrices = PUBLISHED.matrices
      .trim()
      .split('\n')
      .map(line => {
        const counts = Float64Array.from(line.replace(/\s/g, ''), digit => parseInt(digit, 17));
        return counts.map((n, at) => n / counts.subarray(at - (at % 4), at - (at % 4) + 4).reduce((a, b) => a + b));
      });
    const found = matchMotifs(matrices[0]!, matrices, { distance: 'euclidean', scores: 'complete', overlap: 1 });
    expect(found.map(({ offset }) => offset)).toEqual(PUBLISHED.offsets);
    expect(found.map(({ turned }) => Number(turned))).toEqual(PUBLISHED.strands);
    // It has some 40 steps, and p-values down to the precision of 1.
    found.forEach(({ pValue }, t) => expect(Math.abs(pValue - PUBLISHED.pValues[t]!)).toBeLessThan(0.06));
    expect(found[0]!.pValue).toBeLessThan(1e-30);
  });

  it('keeps p-values far below the precision of 1', () => {
    expect(ofMany(1e-30, 40)).toBeCloseTo(4e-29, 40);
    expect(ofMany(0.5, 2)).toBeCloseTo(0.75, 12);
  });
});
