import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearestName } from '../../server/src/language/names.js';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '_'), maxLength: 8 });

test('the edit distance is symmetric, zero for equal words only, and bounded by the longer word', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
    { seed: 1 },
  );
});

test('a swap of neighbours is one edit', () => {
  expect(editDistance('sampel', 'sample')).toBe(1);
});

test('a name is proposed when at most a third of it differs', () => {
  expect(nearestName('salincy', ['saliency', 'sample'])).toBe('saliency');
  expect(nearestName('banana', ['saliency', 'sample'])).toBeUndefined();
});
