import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quadrature, type Rule } from '../../../../server/src/engine/methods/gradient/quadrature.js';

/** ∫₀¹ of a function by a rule. */
function integral(rule: Rule, steps: number, f: (t: number) => number): number {
  const { nodes, weights } = quadrature(rule, steps);
  return nodes.reduce((sum, node, i) => sum + weights[i]! * f(node), 0);
}

const polynomial = (coefficients: readonly number[]) => (t: number) =>
  coefficients.reduceRight((value, coefficient) => value * t + coefficient, 0);
const exact = (coefficients: readonly number[]): number =>
  coefficients.reduce((sum, coefficient, degree) => sum + coefficient / (degree + 1), 0);

describe('Gauss–Legendre', () => {
  it.each([1, 2, 5, 32])('with %i nodes integrates polynomials up to degree 2n − 1 exactly', n => {
    const coefficients = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2 * n, maxLength: 2 * n });
    fc.assert(
      fc.property(coefficients, c => {
        expect(Math.abs(integral('gauss_legendre', n, polynomial(c)) - exact(c))).toBeLessThan(1e-12);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('with n nodes does not integrate degree 2n', () => {
    expect(Math.abs(integral('gauss_legendre', 2, t => t ** 4) - 1 / 5)).toBeGreaterThan(1e-4);
  });

  it('has the nodes and weights of the tables', () => {
    const { nodes, weights } = quadrature('gauss_legendre', 3);
    const distance = Math.sqrt(3 / 5) / 2;
    expect([...nodes]).toEqual([0.5 - distance, 0.5, 0.5 + distance].map(v => expect.closeTo(v, 14) as number));
    expect([...weights]).toEqual([5 / 18, 8 / 18, 5 / 18].map(v => expect.closeTo(v, 14) as number));
  });
});

describe.each<[Rule, number]>([
  ['gauss_legendre', 0],
  ['trapezoid', 1],
  ['riemann', 0],
])('%s', (rule, more) => {
  it.each([1, 2, 5, 32, 4096])('with %i steps has positive weights that sum to one, and nodes in order', steps => {
    const { nodes, weights } = quadrature(rule, steps);
    expect(nodes.length).toBe(steps + more);
    expect(Math.abs(weights.reduce((sum, w) => sum + w, 0) - 1)).toBeLessThan(1e-12);
    expect(weights.every(w => w > 0)).toBe(true);
    expect(nodes.every((t, i) => t >= 0 && t <= 1 && (i === 0 || t > nodes[i - 1]!))).toBe(true);
  });

  it('is symmetric', () => {
    const { nodes, weights } = quadrature(rule, 17);
    nodes.forEach((t, i) => {
      expect(t + nodes.at(-1 - i)!).toBeCloseTo(1, 14);
      expect(weights[i]).toBeCloseTo(weights.at(-1 - i)!, 14);
    });
  });
});

it.each<Rule>(['trapezoid', 'riemann'])('the error of the %s rule falls with the square of the steps', rule => {
  const error = (steps: number): number => Math.abs(integral(rule, steps, Math.exp) - (Math.E - 1));
  expect(error(10) / error(40)).toBeCloseTo(16, 1);
});
