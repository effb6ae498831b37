/** Recall of known features against counts by hand. */
import { expect, it } from 'vitest';
import { knownRecall } from '../../../server/src/engine/metrics/known-recall.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

it('counts the known features in the top, by signed score, and shares tied places', () => {
  // Order: c 9, a 5, b = e 3, then the rest; −8 is last however large it is.
  const scores = Float64Array.from([5, 3, 9, -8, 3, 0, 1, 2, -1, -2]);
  const of = (known: string[], top: number) => knownRecall({ scores, names: NAMES, known, top }).statistics;
  expect(of(['a', 'c', 'd'], 0.2)['recall']!.value).toBeCloseTo(2 / 3, 12);
  expect(of(['a', 'c', 'd'], 0.2)['rank']!.value).toBe(2);
  expect(of(['b'], 0.3)['recall']!.value).toBe(0.5);
  expect(of(['b', 'd'], 0.3)['rank']!.value).toBe((3.5 + 10) / 2);
});

it('refuses names that the data do not have', () => {
  const asked = { scores: new Float64Array(10), names: NAMES, known: ['a', 'A'], top: 0.1 };
  expect(() => knownRecall(asked)).toThrow(/no feature A/);
});
