import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entropy, gini, hoyer, sparseness } from '../../../server/src/engine/metrics/sparseness.js';

describe('sparseness and complexity', () => {
  it('have their ends at one feature and at all alike', () => {
    const one = Float64Array.of(0, 0, -7, 0);
    const all = Float64Array.of(2, -2, 2, 2);
    expect([gini(one), hoyer(one), entropy(one)]).toEqual([0.75, 1, 0]);
    expect([gini(all), hoyer(all), entropy(all)]).toEqual([0, 0, 2]);
    expect([gini, hoyer, entropy].map(of => of(new Float64Array(4)))).toEqual([NaN, NaN, NaN]);
  });

  it('is the mean difference over twice the mean, and does not depend on scale', () => {
    const list = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(list, values => {
        const sizes = values.map(Math.abs);
        const total = sizes.reduce((a, b) => a + b);
        fc.pre(total > 1e-3);
        let differences = 0;
        for (const a of sizes) for (const b of sizes) differences += Math.abs(a - b);
        expect(gini(Float64Array.from(values))).toBeCloseTo(differences / (2 * values.length * total), 8);
        for (const of of [gini, hoyer, entropy])
          expect(of(Float64Array.from(values, value => 3 * value))).toBeCloseTo(of(Float64Array.from(values)), 8);
      }),
      { seed: 2 },
    );
  });

  it('leaves maps of zeros out', () => {
    const { statistics, notes } = sparseness({ scores: Float64Array.of(0, 0, 1, 0), examples: 2, length: 2 });
    expect(statistics['gini']).toMatchObject({ value: 0.5, n: 1 });
    expect(notes[0]!.code).toBe('metric/no-score');
  });
});
