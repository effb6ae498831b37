import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { precisionRecallArea, rocArea } from '../../../server/src/engine/metrics/curves.js';

function areas(scores: number[], positive: number[]): [number, number] {
  const values = Float64Array.from(scores);
  const truth = Uint8Array.from(positive);
  return [rocArea(values, truth)(new Uint32Array(scores.length).fill(1)), precisionRecallArea(values, truth)];
}

describe('areas under curves', () => {
  it.each([
    // One positive in third place of four: it beats one of three negatives; the curve is vertical from (0, 1) to
    // (0, 0) and runs from there to (1, 1/3), area ½ · (0 + 1/3).
    [[4, 3, 2, 1], [0, 0, 1, 0], 1 / 3, 1 / 6],
    // Positives first and third: wins 2 + 1 of 4. Points (½, 1), (½, ½), (1, 2/3), (1, ½): ½ + ½ · (½ + 2/3)/2.
    [[4, 3, 2, 1], [1, 0, 1, 0], 3 / 4, 1 / 2 + 7 / 24],
    // All tied: one point at recall 1 with precision ½, reached from (0, 1).
    [[1, 1, 1, 1], [1, 0, 1, 0], 1 / 2, 3 / 4],
    // Perfect and reversed.
    [[4, 3, 2, 1], [1, 1, 0, 0], 1, 1],
    [[4, 3, 2, 1], [0, 0, 1, 1], 0, ((1 / 2) * (0 + 1 / 3)) / 2 + ((1 / 2) * (1 / 3 + 1 / 2)) / 2],
  ])('of scores %j with truth %j', (scores, positive, auroc, aupr) => {
    const [roc, pr] = areas(scores, positive);
    expect(roc).toBeCloseTo(auroc, 12);
    expect(pr).toBeCloseTo(aupr, 12);
  });

  it('are undefined without positives; AUROC also without negatives', () => {
    expect(areas([1, 2], [0, 0])).toEqual([NaN, NaN]);
    expect(areas([1, 2], [1, 1])).toEqual([NaN, 1]);
  });

  it('AUROC is the share of pairs in the right order, whatever the multiplicities', () => {
    const unit = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean(), fc.nat(3));
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 15 }), units => {
        let wins = 0;
        let pairs = 0;
        for (const [a, isPositive, countA] of units) {
          for (const [b, alsoPositive, countB] of units) {
            if (!isPositive || alsoPositive) continue;
            pairs += countA * countB;
            wins += countA * countB * (a > b ? 1 : a === b ? 0.5 : 0);
          }
        }
        const area = rocArea(
          Float64Array.from(units, ([score]) => score),
          Uint8Array.from(units, ([, isPositive]) => Number(isPositive)),
        )(Uint32Array.from(units, ([, , count]) => count));
        if (pairs === 0) expect(area).toBeNaN();
        else expect(area).toBeCloseTo(wins / pairs, 12);
      }),
      { seed: 5 },
    );
  });
});
