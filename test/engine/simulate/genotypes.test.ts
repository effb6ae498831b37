import { describe, expect, it } from 'vitest';
import { truthColumn, type Rows } from '../../../server/src/engine/data/examples.js';
import { normalQuantile } from '../../../server/src/engine/random/normal-distribution.js';
import { withDecoys } from '../../../server/src/engine/simulate/decoys.js';
import { simulateGenotypes } from '../../../server/src/engine/simulate/genotypes.js';
import { correlation, standardise } from '../../../server/src/engine/simulate/moments.js';
import { columnOf, polygenicTrait } from '../../../server/src/engine/simulate/polygenic-trait.js';

const parameters = {
  people: 4000,
  variants: 200,
  block: 20,
  correlation: 0.9,
  minimum_frequency: 0.05,
  heritability: 0.5,
  causal: 0.3,
  seed: 4,
};
const cohort = simulateGenotypes(parameters);
const column = (rows: Rows, variant: number) => columnOf(rows.values, variant, rows.length);
const frequencyOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / (2 * values.length);

/**
 * Correlation of two alleles whose latent variables correlate by `rho`: ∂Φ₂/∂ρ = φ₂ (Plackett 1954), integrated by the midpoint
 * rule.
 */
function alleleCorrelation(p: number, q: number, rho: number): number {
  const x = normalQuantile(1 - p);
  const y = normalQuantile(1 - q);
  const steps = 400;
  let covariance = 0;
  for (let i = 0; i < steps; i++) {
    const r = ((i + 0.5) / steps) * rho;
    const density =
      Math.exp(-(x * x - 2 * r * x * y + y * y) / (2 * (1 - r * r))) / (2 * Math.PI * Math.sqrt(1 - r * r));
    covariance += (density * rho) / steps;
  }
  return covariance / Math.sqrt(p * (1 - p) * q * (1 - q));
}

describe('simulate_genotypes', () => {
  it('keeps Hardy–Weinberg proportions', () => {
    // χ² with one degree of freedom for each variant: the mean is 1, and hardly one passes the bound of p = 1e-6.
    let sum = 0;
    for (let variant = 0; variant < 200; variant++) {
      const genotypes = column(cohort, variant);
      const p = frequencyOf(genotypes);
      expect(p).toBeGreaterThan(0.03);
      expect(p).toBeLessThan(0.53);
      const expected = [(1 - p) ** 2, 2 * p * (1 - p), p * p].map(share => share * 4000);
      const chiSquare = expected.reduce(
        (total, count, genotype) => total + (genotypes.filter(value => value === genotype).length - count) ** 2 / count,
        0,
      );
      expect(chiSquare).toBeLessThan(24);
      sum += chiSquare;
    }
    expect(sum / 200).toBeGreaterThan(0.7);
    expect(sum / 200).toBeLessThan(1.4);
  });

  it('has the linkage disequilibrium of its copula within blocks, and none between them', () => {
    for (const [i, j] of [
      [40, 41],
      [65, 68],
      [120, 130],
      [181, 182],
    ] as const) {
      const a = column(cohort, i);
      const b = column(cohort, j);
      const expected = alleleCorrelation(frequencyOf(a), frequencyOf(b), 0.9 ** (j - i));
      expect(Math.abs(correlation(a, b) - expected)).toBeLessThan(0.06);
    }
    let squares = 0;
    for (let block = 0; block < 9; block++)
      squares += correlation(column(cohort, 20 * block + 19), column(cohort, 20 * block + 20)) ** 2;
    expect(squares / 9).toBeLessThan(4 / 4000);
  });

  it('makes a trait of the asked heritability from the effects that it records', () => {
    const trait = cohort.labels as number[];
    const effects = truthColumn(cohort.truth!, 'polygenic')!;
    expect(effects.filter(effect => effect !== 0)).toHaveLength(60);
    const genetic = new Float64Array(4000);
    effects.forEach((effect, variant) => {
      if (effect !== 0) standardise(column(cohort, variant)).forEach((g, person) => (genetic[person]! += g * effect));
    });
    expect(genetic.reduce((sum, g) => sum + g * g, 0) / 4000).toBeCloseTo(0.5, 10);
    expect(correlation(genetic, trait) ** 2).toBeCloseTo(0.5, 1.3);
    const mean = trait.reduce((sum, y) => sum + y, 0) / 4000;
    expect(trait.reduce((sum, y) => sum + (y - mean) ** 2, 0) / 4000).toBeCloseTo(1, 1);
    const none = polygenicTrait(cohort, { heritability: 0, causal: 0.3, seed: 4 });
    expect(truthColumn(none.truth!, 'polygenic')!.every(effect => effect === 0)).toBe(true);
    expect(Math.abs(correlation(genetic, none.labels as number[]))).toBeLessThan(4 / Math.sqrt(4000));
  });

  it('gives person i the same genotypes whatever the number of people', () => {
    const fewer = simulateGenotypes({ ...parameters, people: 50 });
    expect(fewer.values).toEqual(cohort.values.slice(0, 50 * 200));
    expect(fewer.origins).toEqual(cohort.origins.slice(0, 50));
  });

  it('refuses more than memory holds, and a trait without a cause', () => {
    expect(() => simulateGenotypes({ ...parameters, people: 1_000_000, variants: 1000 })).toThrow(
      '1,000,000,000 genotypes',
    );
    expect(() => polygenicTrait(cohort, { heritability: 0.5, causal: 0, seed: 1 })).toThrow(
      'none of the causal variants',
    );
  });
});

describe('with_decoys', () => {
  const decoyed = withDecoys(cohort, { block: 1500, seed: 9 });

  it('keeps frequencies and linkage disequilibrium exactly: decoys are whole rows of other people of the block', () => {
    expect(decoyed.length).toBe(400);
    const row = (person: number, from: number) =>
      decoyed.values.subarray(400 * person + from, 400 * person + from + 200);
    const key = (values: Float32Array) => values.join('');
    for (const from of [0, 1500, 3000]) {
      const people = Array.from({ length: Math.min(1500, 4000 - from) }, (_, i) => from + i);
      const lent = people.map(person => key(row(person, 200)));
      expect([...lent].sort()).toEqual(people.map(person => key(row(person, 0))).sort());
      // A random permutation leaves one in its place on average.
      expect(people.filter((person, i) => key(row(person, 0)) === lent[i]).length).toBeLessThan(8);
    }
    for (const [i, j] of [
      [3, 4],
      [100, 107],
    ] as const) {
      expect(frequencyOf(column(decoyed, 200 + i))).toBe(frequencyOf(column(decoyed, i)));
      const ld = correlation(column(decoyed, i), column(decoyed, j));
      expect(correlation(column(decoyed, 200 + i), column(decoyed, 200 + j))).toBeCloseTo(ld, 12);
    }
  });

  it('cuts the tie to the trait, and marks the decoys', () => {
    const trait = cohort.labels as number[];
    const strength = (from: number) =>
      Array.from({ length: 200 }, (_, i) => correlation(column(decoyed, from + i), trait) ** 2).reduce((a, b) => a + b);
    expect(strength(0)).toBeGreaterThan(1);
    expect(strength(200)).toBeLessThan(200 * (2 / 4000));
    expect(truthColumn(decoyed.truth!, 'decoy')).toEqual(
      Float64Array.from({ length: 400 }, (_, i) => Number(i >= 200)),
    );
    expect(truthColumn(decoyed.truth!, 'polygenic')!.slice(0, 200)).toEqual(truthColumn(cohort.truth!, 'polygenic'));
    expect(
      truthColumn(decoyed.truth!, 'polygenic')!
        .slice(200)
        .every(effect => effect === 0),
    ).toBe(true);
    expect(decoyed.features[200]).toBe('decoy:snp1');
    expect(() => withDecoys(decoyed, { block: 10, seed: 1 })).toThrow('decoys already');
  });
});
