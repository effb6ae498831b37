import fc from 'fast-check';
import { expect, it } from 'vitest';
import { simplexCorrection } from '../../../../server/src/engine/methods/corrections/simplex-correction.js';

const POSITIONS = 7;
/** Gradients of seven positions. */
const gradients = fc
  .array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 4 * POSITIONS, maxLength: 4 * POSITIONS })
  .map(values => Float32Array.from(values));
const SETTINGS = { seed: 2, numRuns: 200 };
const ROUNDING = 1e-5;

const position = (map: Float32Array, at: number): number[] => [...map.subarray(4 * at, 4 * at + 4)];
const norm = (values: readonly number[]): number => Math.hypot(...values);
const sum = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0);

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  Array.from(expected).forEach((v, i) => expect(Math.abs(actual[i]! - v)).toBeLessThan(ROUNDING));
}

it('leaves positions that sum to zero, and the differences between bases', () => {
  fc.assert(
    fc.property(gradients, gradient => {
      const corrected = simplexCorrection(gradient);
      for (let at = 0; at < POSITIONS; at++) {
        const [before, after] = [position(gradient, at), position(corrected, at)];
        expect(Math.abs(sum(after))).toBeLessThan(ROUNDING);
        for (let base = 1; base < 4; base++)
          expect(Math.abs(after[base]! - after[0]! - (before[base]! - before[0]!))).toBeLessThan(ROUNDING);
      }
    }),
    SETTINGS,
  );
});

it('changes nothing the second time', () => {
  fc.assert(
    fc.property(gradients, gradient => {
      const corrected = simplexCorrection(gradient);
      expectClose(simplexCorrection(corrected), corrected);
    }),
    SETTINGS,
  );
});

it('does not see a constant added to all bases of a position', () => {
  const constants = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), {
    minLength: POSITIONS,
    maxLength: POSITIONS,
  });
  fc.assert(
    fc.property(gradients, constants, (gradient, shift) => {
      const moved = gradient.map((g, i) => g + shift[Math.floor(i / 4)]!);
      expectClose(simplexCorrection(moved), simplexCorrection(gradient));
    }),
    SETTINGS,
  );
});

it('shortens the gradient by the cosine of its angle with the simplex', () => {
  fc.assert(
    fc.property(gradients, gradient => {
      const corrected = simplexCorrection(gradient);
      for (let at = 0; at < POSITIONS; at++) {
        const before = position(gradient, at);
        const sine = norm(before) > 0 ? sum(before) / (2 * norm(before)) : 0;
        const cosine = Math.sqrt(Math.max(0, 1 - sine ** 2));
        expect(norm(position(corrected, at))).toBeCloseTo(norm(before) * cosine, 3);
      }
    }),
    SETTINGS,
  );
});
