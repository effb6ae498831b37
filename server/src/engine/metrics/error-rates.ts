/**
 * False discovery rate and power: what a test finds on average over data sets of the same kind. One data set shows neither, for
 * both are expectations.
 */
import { Failure } from '../failure.js';
import { estimate, mean } from './bootstrap.js';
import type { DiscoveriesInput } from './discoveries.js';
import type { MetricResult, Values } from './metric.js';

export interface ErrorRatesInput {
  /** What is found in each cohort; the draws of the first value first. */
  readonly cohorts: readonly DiscoveriesInput[];
  /** The parameter that differs between cohorts. */
  readonly vary: string;
  readonly values: readonly number[];
  /** Cohorts of each value. */
  readonly repeats: number;
}

/** @throws Failure `metric/no-truth` where nothing is known of the features */
export function errorRates({ cohorts, vary, values, repeats }: ErrorRatesInput): MetricResult {
  const n = cohorts.length;
  const falseShares = Float64Array.from(cohorts, ({ found, truth }) => {
    const count = sum(found);
    return count > 0 ? 1 - hits(found, known(truth)) / count : 0;
  });
  const powers = Float64Array.from(cohorts, ({ found, truth }) => hits(found, known(truth)) / sum(known(truth)));
  const last = (of: Float64Array) => of.slice(-repeats);
  const each = { fdr: falseShares, power: powers };
  return {
    units: n,
    axis: 'cohort',
    columns: [
      { name: vary, values: Float64Array.from(cohorts, (_, cohort) => values[Math.floor(cohort / repeats)]!) },
      { name: 'false_share', values: falseShares },
      { name: 'power', values: powers },
      { name: 'found', values: Float64Array.from(cohorts, ({ found }) => sum(found)) },
    ],
    ...estimate(
      {
        fdr: { n: repeats, of: mean(bySeed(falseShares, repeats)) },
        power: { n: repeats, of: mean(bySeed(powers, repeats)) },
        last_fdr: { n: repeats, of: mean(last(falseShares)) },
        last_power: { n: repeats, of: mean(last(powers)) },
      },
      'cohorts',
    ),
    curve: {
      title: 'False discovery rate and power',
      x: { title: vary.replace('_', ' '), unit: '', values: [...values] },
      unit: 'share',
      series: Object.entries(each).map(([name, all]) => ({ name, ...alongValues(all, repeats) })),
    },
    notes: [],
  };
}

/** Means over the values of what each seed drew: the same seeds serve every value, so seeds are what is drawn independently. */
function bySeed(all: Float64Array, repeats: number): Float64Array {
  const values = all.length / repeats;
  return Float64Array.from({ length: repeats }, (_, seed) => {
    let total = 0;
    for (let value = 0; value < values; value++) total += all[value * repeats + seed]!;
    return total / values;
  });
}

/** Mean and interval for each value; limits only where there are draws enough for one. */
function alongValues(all: Float64Array, repeats: number): { values: number[]; low?: number[]; high?: number[] } {
  const found = Array.from({ length: all.length / repeats }, (_, value) => {
    const own = all.slice(value * repeats, (value + 1) * repeats);
    return estimate({ rate: { n: repeats, of: mean(own) } }, 'cohorts').statistics['rate']!;
  });
  const limits = found.flatMap(({ interval }) => (interval === undefined ? [] : [interval]));
  return {
    values: found.map(({ value }) => value),
    ...(limits.length === found.length && { low: limits.map(([low]) => low), high: limits.map(([, high]) => high) }),
  };
}

const sum = (values: Values): number => Array.from(values).reduce((total, value) => total + value, 0);

/** Features that are found and true. */
const hits = (found: Values, truth: Values): number =>
  Array.from(truth).reduce((total, one, feature) => total + one * found[feature]!, 0);

function known(truth: Values | undefined): Values {
  if (truth !== undefined && sum(truth) > 0) return truth;
  throw new Failure('metric/no-truth', 'no feature of the data is known to have an effect', {
    remedy: 'Simulate data with effects: simulate_genotypes(causal: 10%, …).',
  });
}
