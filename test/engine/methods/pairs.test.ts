import { expect, it } from 'vitest';
import { steepestInterval } from '../../../server/src/engine/methods/pairs.js';

const along = (f: (alpha: number) => number): number[] => Array.from({ length: 101 }, (_, i) => f(i / 100));

it.each<[string, (alpha: number) => number, [number, number]]>([
  ['a line', alpha => alpha, [0, 0.5]],
  ['a step', alpha => Number(alpha > 0.305), [0.3, 0.31]],
  ['a ramp at the end', alpha => Math.max(0, alpha - 0.8), [0.8, 0.9]],
  ['up and down again: changes count, not differences', alpha => (alpha > 0.4 && alpha < 0.42 ? 1 : 0), [0.4, 0.41]],
])('the steepest part of %s', (_, f, interval) => {
  const [from, to] = steepestInterval(along(f));
  expect([from, to]).toEqual(interval.map(alpha => expect.closeTo(alpha, 8) as number));
});
