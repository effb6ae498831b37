import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moveAttention } from '../../../server/src/engine/metrics/attention-freedom.js';
import { collinearity } from '../../../server/src/engine/metrics/collinearity.js';
import { gradientFlow } from '../../../server/src/engine/metrics/gradient-flow.js';
import { jointEffects } from '../../../server/src/engine/metrics/joint-effects.js';
import { averageRanks, rankCorrelation, spearman } from '../../../server/src/engine/metrics/ranks.js';
import { effectiveRank, unitRedundancy } from '../../../server/src/engine/metrics/unit-redundancy.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const random = new Stream(9, 'limits test');
const normals = (count: number) => Float64Array.from({ length: count }, () => random.normal());
const of = (result: { statistics: Readonly<Record<string, { value: number }>> }, name: string) =>
  result.statistics[name]?.value;

describe('gradient_flow', () => {
  it('is the slope of the logarithms by layers gone back, the input left out', () => {
    const norms = (factor: number) => [7, 1, factor, factor ** 2].map(norm => new Float64Array(12).fill(norm));
    // One network gains by the layer on the way forward, the other loses half as much.
    const result = gradientFlow({ members: [norms(Math.E ** 2), norms(1 / Math.E)], dead: 3, units: 12 });
    expect(of(result, 'decay')).toBeCloseTo(-(2 - 1) / 2, 12);
    expect(of(result, 'norm')).toBe(7);
    expect(of(result, 'dead')).toBe(0.25);
  });

  it('leaves out examples without a gradient, and counts them', () => {
    const layer = Float64Array.from({ length: 20 }, (_, i) => Number(i >= 5));
    const result = gradientFlow({ members: [[layer, layer, layer]], dead: 0, units: 0 });
    expect(of(result, 'zero')).toBe(0.25);
    expect(result.statistics['decay']).toMatchObject({ n: 15 });
    expect(result.curve).toBeUndefined();
  });
});

describe('unit_redundancy', () => {
  it('has the rank of its signals: all of independent units, one of copies', () => {
    // Rows of a Hadamard matrix of order 4 without the constant one: centred, orthogonal, equally long.
    const independent = [
      [1, -1, 1, -1],
      [1, 1, -1, -1],
      [1, -1, -1, 1],
    ].map(row => Float64Array.from(row));
    expect(effectiveRank(independent)).toBeCloseTo(3, 10);
    const copies = [1, -2, 3].map(factor => independent[0]!.map(value => 5 + factor * value));
    expect(effectiveRank(copies)).toBeCloseTo(1, 6);
    const ask = (activations: Float64Array[], effects: number[]) =>
      unitRedundancy({ members: [{ activations, effects: Float64Array.from(effects), together: 6 }] });
    expect(of(ask(copies, [1, 2, 3]), 'alike')).toBe(1);
    expect(of(ask(independent, [1, 2, 3]), 'alike')).toBe(0);
    expect(of(ask(copies, [1, 2, 3]), 'single')).toBeCloseTo(1 / 3, 12);
    expect(of(ask(copies, [1, 2, 3]), 'largest')).toBe(0.5);
    expect(of(ask(copies, [0, 0, 3]), 'spread')).toBeCloseTo(1 / 3, 12);
    expect(of(ask(copies, [2, 2, 2]), 'spread')).toBeCloseTo(1, 12);
  });
});

describe('joint_effects', () => {
  /** f at (1, 1), (0, 1), (1, 0), (0, 0), as singles and interaction of the first two of three features. */
  const map = (f: (a: number, b: number) => number) => {
    const singles = [f(1, 1) - f(0, 1), f(1, 1) - f(1, 0), 0];
    const interaction = f(1, 1) - f(0, 1) - f(1, 0) + f(0, 0);
    return { singles, interactions: [0, interaction, 0, interaction, 0, 0, 0, 0, 0] };
  };
  it.each([
    ['a maximum hides it', Math.max, 0],
    ['a sum of two shows half', (a: number, b: number) => a + b, 0.5],
    ['a product shows all', (a: number, b: number) => a * b, 1],
    ['one feature alone shows all', (a: number) => -3 * a, 1],
  ])('%s', (_, f, expected) => {
    const { singles, interactions } = map(f);
    const many = (values: number[]) =>
      Float64Array.from({ length: 12 * values.length }, (_x, at) => values[at % values.length]!);
    const result = jointEffects({ interactions: many(interactions), singles: many(singles), examples: 12 });
    expect(of(result, 'median')).toBeCloseTo(expected, 12);
    expect(of(result, 'hidden')).toBe(Number(expected < 0.5));
  });

  it('leaves out examples in which nothing happens', () => {
    const result = jointEffects({ interactions: new Float64Array(9), singles: new Float64Array(3), examples: 1 });
    expect(result.statistics).toEqual({});
  });
});

describe('moved attention', () => {
  it('gives the same output from rows that sum to one, none below 0, with less on the first', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 2 ** 31 }),
        (keys, dimensions, seed) => {
          const stream = new Stream(seed, 'attention');
          const draw = (count: number) => Float64Array.from({ length: count }, () => stream.normal());
          const values = draw(keys * dimensions);
          const scores = draw(2 * keys).map(Math.exp);
          const shares = scores.map((score, at) => {
            const row = Math.floor(at / keys);
            return score / scores.subarray(row * keys, (row + 1) * keys).reduce((a, b) => a + b);
          });
          const { shares: after, free, moved } = moveAttention(shares, values, keys);
          expect(free).toBeCloseTo(Math.max(0, keys - dimensions - 1) / keys, 12);
          for (let row = 0; row < 2; row++) {
            const [a, b] = [shares, after].map(all => all.subarray(row * keys, (row + 1) * keys)) as [
              Float64Array,
              Float64Array,
            ];
            expect(b.reduce((x, y) => x + y)).toBeCloseTo(1, 5);
            for (const share of b) expect(share).toBeGreaterThanOrEqual(0);
            const first = a.indexOf(Math.max(...a));
            if (free > 0) expect(b[first]).toBeLessThan(a[first]!);
            else expect(moved).toBe(0);
            for (let d = 0; d < dimensions; d++) {
              const output = (from: Float64Array) =>
                from.reduce((sum, s, key) => sum + s * values[key * dimensions + d]!, 0);
              expect(output(b)).toBeCloseTo(output(a), 5);
            }
          }
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  });

  it('takes all from a key that has a twin, and from any where values are all alike', () => {
    const row = Float64Array.of(0.6, 0.3, 0.1);
    const twins = moveAttention(row, Float64Array.of(1, 0, 1, 0, 0, 1), 3);
    expect([...twins.shares].map(share => Math.round(1e9 * share) / 1e9)).toEqual([0, 0.9, 0.1]);
    expect(twins.top).toBe(1);
    const alike = moveAttention(row, Float64Array.of(2, 2, 2), 3);
    expect(alike.shares[0]).toBe(0);
    expect(alike.moved).toBeCloseTo(0.6, 12);
    expect(alike.free).toBeCloseTo(2 / 3, 12);
  });
});

describe('collinearity', () => {
  it.each([0, 0.5, 0.9, -0.99])('of a pair that correlates by %d has its closed form', r => {
    const correlations = [
      [1, r, 0],
      [r, 1, 0],
      [0, 0, 1],
    ].map(row => Float64Array.from(row));
    const result = collinearity({ correlations, scores: [1, 2, 3].map(scale => Float64Array.of(0, scale, 2 * scale)) });
    const size = Math.abs(r);
    expect(of(result, 'condition')).toBeCloseTo((1 + size) / (1 - size), 8);
    for (const vif of ['vif', 'largest']) expect(of(result, vif)).toBeCloseTo(1 / (1 - r * r), 8);
    expect(of(result, 'inflated')).toBeCloseTo(size > 0.95 ? 2 / 3 : 0, 12);
    expect(of(result, 'spread')).toBe(2);
  });

  it('says so where a feature is a copy', () => {
    const one = Float64Array.of(1, 1);
    const result = collinearity({ correlations: [one, one] });
    expect(result.statistics).toEqual({});
    expect(result.notes).toContainEqual(expect.objectContaining({ code: 'metric/singular' }));
  });
});

describe('Spearman’s correlation of a resample', () => {
  it('ranks the resample anew', () => {
    const [a, b] = [normals(6), normals(6)];
    expect(spearman(a, b)(new Uint32Array(6).fill(1))).toBe(rankCorrelation(averageRanks(a), averageRanks(b)));
    const drawn = [0, 0, 3, 5, 5, 5];
    const chosen = (values: Float64Array) => averageRanks(Float64Array.from(drawn, unit => values[unit]!));
    expect(spearman(a, b)(Uint32Array.of(2, 0, 0, 1, 0, 3))).toBe(rankCorrelation(chosen(a), chosen(b)));
  });
});
