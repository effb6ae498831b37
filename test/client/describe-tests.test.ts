import { expect, test } from 'vitest';
import { testIds, verdictOf } from '../../client/src/describe-tests.js';

test('ids stay when lines move, and differ where a text stands twice', () => {
  const marks = ['expect gap.max < 1%', 'expect  gap.max <  1%', 'expect agree > 0'].map(text => ({ text }));
  expect(testIds(marks)).toEqual(['expect gap.max < 1%', 'expect gap.max < 1% (2)', 'expect agree > 0']);
});

test('an expectation that crosses its bound fails where a confidence is asked, and passes where none is', () => {
  expect(verdictOf({ outcome: 'not shown', message: 'crosses' })).toEqual({ is: 'failed', message: 'crosses' });
  expect(verdictOf({ outcome: 'met, not shown', message: 'crosses' })).toMatchObject({ is: 'passed' });
});

test('what was not computed is an error with words, what nobody ran is skipped', () => {
  expect(verdictOf({ outcome: 'not run' })).toEqual({ is: 'errored', message: expect.stringMatching(/no value/) });
  expect(verdictOf({})).toMatchObject({ is: 'skipped' });
});
