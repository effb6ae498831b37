/** Measurements of what methods with an error rate find. */
import type { MetricEntry, ParameterSpecification } from '../specification.js';

const rate = {
  type: { is: 'share', min: 0.0001, max: 1 },
  default: 0.1,
  summary: 'False discovery rate at which p-values are tested.',
} as const satisfies ParameterSpecification;

export const discoveries = {
  category: 'metric',
  name: 'discoveries',
  summary: 'How many features a method finds at a false discovery rate, and how many of these are false.',
  documentation:
    'Of a method with p-values (`conditional_predictive_impact`, `leave_one_covariate_out`, permutation importances, `linear_association`), the features that the Benjamini–Hochberg procedure rejects at `rate`; of `knockoff_importance`, those that its own filter selected at its own rate. Where the data know which features have an effect (simulated cohorts), `false_share` is the share of false ones among them, 0 where nothing is found, and `power` the share of the true ones that is found. A rate bounds the *expected* share: one data set may lie above it. A feature that only goes with one that has an effect is false here, which is right for tests of what a feature adds to the others, and too hard for tests of features alone. Intervals are Wilson’s.',
  citation: 'Benjamini & Hochberg 1995, J R Stat Soc B 57:289; Candès et al. 2018, J R Stat Soc B 80:551',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: ['importance'] },
  on: false,
  unit: 'features',
  headline: 'count',
  statistics: {
    false_share: {
      summary: 'Share of the found features without an effect.',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    power: {
      summary: 'Share of the features with an effect that is found.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    count: { summary: 'Features that are found.', unit: 'count', better: 'neither', interval: false },
  },
  alphabets: ['genotypes', 'expression'],
  parameters: { rate },
} as const satisfies MetricEntry;

export const known_recall = {
  category: 'metric',
  name: 'known_recall',
  summary: 'Which features that are known to matter, such as marker genes, are among the top scores.',
  documentation:
    'The score of a feature is the mean of |attribution| over the examples, or the number that a method such as `mean_attribution` or `linear_association` gives it for the whole data set; with signs kept, features that lower the target come last. Genes and pathways that are units of a network (`masked_dense`), and groups, are named alike. The k = top · n best of n features are top; tied scores share the last places. Scores that know nothing recall the share `top`, and what they find beside the known features is not counted as wrong: a list of markers is never complete. `rank` is the median place of the known features, from 1; a note has the place of each. The interval is Wilson’s. Name the features before looking at the scores.',
  citation: 'Wilson 1927, J Am Stat Assoc 22:209',
  revision: 2,
  subjects: {
    kind: 'attribution',
    min: 1,
    max: 1,
    maps: ['gradient', 'contribution', 'hypothetical', 'effect', 'importance'],
  },
  on: false,
  unit: 'features',
  headline: 'recall',
  statistics: {
    recall: {
      summary: 'Share of the known features that is in the top.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    rank: { summary: 'Median place of the known features.', unit: 'count', better: 'lower', interval: false },
  },
  alphabets: ['genotypes', 'expression'],
  parameters: {
    features: { type: { is: 'list', of: { is: 'text' } }, summary: 'Names of the features: `["CD79A", "MS4A1"]`.' },
    top: { type: { is: 'share', min: 0, max: 1 }, default: 0.05, summary: 'Share of the features that is top.' },
  },
} as const satisfies MetricEntry;

export const error_rates = {
  category: 'metric',
  name: 'error_rates',
  summary: 'False discovery rate and power of a method over cohorts that are simulated again and again.',
  documentation:
    'Draws the simulated data `repeats` times for each of the `values` of a parameter, with seeds that rise by one, and does everything anew that depends on them: splits, training, the method. A false discovery rate is an expectation, and this is how it is seen: the mean over cohorts of the share of false ones among the features found (as `discoveries` has it: 0 where none is found). `last_fdr` and `last_power` are those of the last value. The same seeds serve every value, and every metric with the same cohort, so that methods are compared on the same data; intervals are therefore bootstrapped over the seeds. The curve has both rates by value, with their intervals. Start weights and the draws of the method keep their seeds.',
  citation:
    'Benjamini & Hochberg 1995, J R Stat Soc B 57:289; Candès et al. 2018, J R Stat Soc B 80:551, §6 (simulations)',
  revision: 2,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: ['importance'], redrawn: true },
  on: false,
  unit: 'cohorts',
  headline: 'fdr',
  statistics: {
    fdr: {
      summary: 'Mean share of the found features that have no effect, over all cohorts.',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    power: {
      summary: 'Mean share of the features with an effect that is found, over all cohorts.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    last_fdr: { summary: '`fdr` at the last of the values.', unit: 'share', better: 'lower', interval: true },
    last_power: { summary: '`power` at the last of the values.', unit: 'share', better: 'higher', interval: true },
  },
  alphabets: ['genotypes'],
  parameters: {
    cohort: {
      type: { is: 'declared', kind: 'data' },
      summary: 'The data that are drawn again; they begin with a simulation.',
    },
    vary: {
      type: {
        is: 'keyword',
        values: ['correlation', 'causal', 'heritability', 'people', 'variants', 'block', 'minimum_frequency'],
      },
      default: 'correlation',
      summary: 'The parameter of the simulation that takes the values.',
    },
    values: {
      type: { is: 'list', of: { is: 'either', of: [{ is: 'number' }, { is: 'share' }] } },
      summary: 'Values of the parameter, in the order of the curve.',
    },
    repeats: { type: { is: 'integer', min: 2, max: 10_000 }, default: 20, summary: 'Cohorts for each value.' },
    rate,
  },
} as const satisfies MetricEntry;
