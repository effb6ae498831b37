import { expect, test } from 'vitest';
import { sparkline } from '../../server/src/lsp/hints.js';
import { levelsOf } from '../../server/src/lsp/rows.js';

test('a distribution is a row of eight bars at most, the fullest bin the highest', () => {
  expect(sparkline([1, 0, 2, 4])).toBe('▃▁▅█');
  expect(sparkline(Array.from({ length: 16 }, (_, bin) => bin))).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([0, 0])).toBeUndefined();
});

test('levels go with the sign and with the size beside the largest of the row', () => {
  expect(levelsOf([-2, -1, 0, NaN, 0.5, 2])).toBe('aceefi');
  expect(levelsOf([0, 0])).toBe('ee');
});
