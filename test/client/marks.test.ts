import { expect, test } from 'vitest';
import { markAt, percent } from '../../client/src/marks.js';
import { mark, viewOf } from './marks.js';

test('the cursor selects the declaration whose lines hold it, the later one where two share a line', () => {
  const view = viewOf([mark('a', [2, 4], {}), mark('b', [4, 4], {}), mark('c', [7, 7], {})]);
  const names = [1, 2, 3, 4, 5, 7].map(line => markAt(view, line)?.name);
  expect(names).toEqual([undefined, 'a', 'a', 'b', undefined, 'c']);
});

test('progress is 100 % only at the end, and stays within 0 and 100', () => {
  expect([-0.2, 0, 0.429, 0.999, 1, 1.2].map(percent).map(text => text.replace('\u00a0', ' '))).toEqual([
    '0 %',
    '0 %',
    '42 %',
    '99 %',
    '100 %',
    '100 %',
  ]);
});
