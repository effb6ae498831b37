import { describe, expect, it } from 'vitest';
import { errorRates } from '../../../server/src/engine/metrics/error-rates.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const truth = Float64Array.of(1, 1, 0, 0);

describe('error rates', () => {
  it('are means over cohorts, by value and over all', () => {
    const cohorts = [
      [1, 0, 1, 0],
      [0, 0, 0, 0],
      [1, 1, 0, 0],
      [1, 1, 1, 1],
    ].map(found => ({ found: Float64Array.from(found), truth }));
    const result = errorRates({ cohorts, vary: 'correlation', values: [0, 0.5], repeats: 2 });
    const value = (name: string) => result.statistics[name]!.value;
    expect(value('fdr')).toBeCloseTo((0.5 + 0 + 0 + 0.5) / 4, 12);
    expect(value('power')).toBeCloseTo((0.5 + 0 + 1 + 1) / 4, 12);
    expect([value('last_fdr'), value('last_power')]).toEqual([0.25, 1]);
    expect(result.curve!.series.map(({ name, values }) => [name, values])).toEqual([
      ['fdr', [0.25, 0.25]],
      ['power', [0.25, 1]],
    ]);
    expect(result.columns[0]!.values).toEqual(Float64Array.of(0, 0, 0.5, 0.5));
    expect(result.statistics['fdr']!.withheld).toBeDefined();
  });

  it('have intervals that hold the rate of a test whose rate is known', () => {
    const random = new Stream(3, 'cohorts');
    const values = [0, 1];
    // Each null is found with probability 0.1, each true feature with 0.8.
    const cohorts = Array.from({ length: 200 }, () => ({
      found: truth.map(one => Number(random.uniform() < (one === 1 ? 0.8 : 0.1))),
      truth,
    }));
    const result = errorRates({ cohorts, vary: 'causal', values, repeats: 100 });
    const exact = [0, 1, 2].flatMap(hits =>
      [0, 1, 2].map(wrong => binomial(2, hits, 0.8) * binomial(2, wrong, 0.1) * (wrong / Math.max(1, hits + wrong))),
    );
    const [low, high] = result.statistics['fdr']!.interval!;
    const fdr = exact.reduce((sum, one) => sum + one, 0);
    expect(low).toBeLessThan(fdr);
    expect(high).toBeGreaterThan(fdr);
    expect(result.curve!.series[1]!.low![0]).toBeLessThan(0.8);
    expect(result.curve!.series[1]!.high![0]).toBeGreaterThan(0.8);
  });

  it('gain no certainty from a value that is given twice: its cohorts have the same seeds', () => {
    const random = new Stream(2, 'cohorts');
    const cohorts = Array.from({ length: 20 }, () => ({
      found: truth.map(one => Number(random.uniform() < (one === 1 ? 0.8 : 0.3))),
      truth,
    }));
    const rates = { vary: 'causal', repeats: 20 };
    const once = errorRates({ ...rates, cohorts, values: [0.5] });
    const twice = errorRates({ ...rates, cohorts: [...cohorts, ...cohorts], values: [0.5, 0.5] });
    expect(twice.statistics['fdr']!.interval).toEqual(once.statistics['fdr']!.interval);
  });

  it('are refused without a truth', () => {
    const cohorts = [{ found: Float64Array.of(1) }, { found: Float64Array.of(0) }];
    expect(() => errorRates({ cohorts, vary: 'people', values: [1], repeats: 2 })).toThrow(
      'no feature of the data is known',
    );
  });
});

function binomial(n: number, k: number, p: number): number {
  const ways = n === 2 && k === 1 ? 2 : 1;
  return ways * p ** k * (1 - p) ** (n - k);
}
