import fc from 'fast-check';
import { expect, it } from 'vitest';
import { positionScores } from '../../../server/src/engine/metrics/position-scores.js';

const map = Float32Array.of(1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8);
/** C, N and an unknown base. */
const oneHot = Float32Array.of(0, 1, 0, 0, 0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0);

it.each([
  ['contribution', [15, 15, 15]],
  ['hypothetical', [2, 3.75, 0]],
  ['gradient', [2, 3.75, 0]],
  ['effect', [-13 / 3, -3.75, -3.75]],
] as const)('of a %s map', (kind, expected) => {
  expect([...positionScores(kind, map, oneHot)]).toEqual(expected);
});

it('is the same for contributions and their hypothetical form', () => {
  const four = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(four, four, fc.nat(3), (multipliers, reference, base) => {
      const x = Float64Array.of(0, 0, 0, 0);
      x[base] = 1;
      const shift = multipliers.reduce((sum, m, a) => sum + m * reference[a]!, 0);
      const contribution = Float64Array.from(multipliers, (m, a) => (x[a]! - reference[a]!) * m);
      const hypothetical = Float64Array.from(multipliers, m => m - shift);
      expect(positionScores('contribution', contribution, x)[0]).toBeCloseTo(
        positionScores('hypothetical', hypothetical, x)[0]!,
        10,
      );
    }),
    { seed: 6 },
  );
});
