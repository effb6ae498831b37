import { expect, it } from 'vitest';
import { rankCorrelations } from '../../webview/src/agreement.js';
import { scoredMapOf, sequencesOf } from '../../webview/src/arrays.js';
import { fixture } from './fixture.js';

const { snapshot, arrays } = fixture(6, 30);
const sequences = sequencesOf(snapshot.data[0]!, arrays);
const [ig, grad] = snapshot.maps.map(map => scoredMapOf(map, sequences, arrays));
const changed = (change: (score: number, i: number) => number) => ({
  ...ig!,
  scores: { ...ig!.scores, values: ig!.scores.values.map(change) },
});

it('is 1 for what ranks alike, −1 for the opposite, symmetric, and without ties Spearman’s formula', () => {
  const { matrix, examples } = rankCorrelations([ig!, changed(Math.exp), changed(score => -score), grad!]);
  expect(examples).toBe(6);
  expect(matrix[0]!.slice(0, 3)).toEqual([expect.closeTo(1), expect.closeTo(1), expect.closeTo(-1)]);
  expect(matrix[0]![3]).toBeCloseTo(matrix[3]![0]!);
  // 1 − 6 Σ d² / (n (n² − 1)), averaged over the examples.
  const expected = Array.from({ length: 6 }, (_, row) => {
    const rank = (values: Float32Array): number[] => {
      const own = [...values.subarray(row * 30, (row + 1) * 30)];
      return own.map(value => own.filter(other => other < value).length);
    };
    const [a, b] = [rank(ig!.scores.values), rank(grad!.scores.values)];
    return 1 - (6 * a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0)) / (30 * 899);
  });
  expect(matrix[0]![3]).toBeCloseTo(expected.reduce((sum, value) => sum + value) / 6);
});

it('gives equal scores equal ranks, and leaves out examples without variation', () => {
  const halves = changed((_, i) => (i % 30 < 15 ? 0 : 1));
  const flat = changed((score, i) => (i < 30 ? 3 : score));
  const { matrix } = rankCorrelations([halves, halves, flat]);
  expect(matrix[0]![1]).toBeCloseTo(1);
  expect(matrix[2]![2]).toBeCloseTo(1);
});
