/** Measurements of what methods with an error rate find. */
import type { MetricEntry } from '../specification.js';

export const discoveries = {
  category: 'metric',
  name: 'discoveries',
  summary: 'How many features a method finds at a false discovery rate, and how many of these are false.',
  documentation:
    'Of a method with p-values (`conditional_predictive_impact`, permutation importances, `linear_association`), the features that the Benjamini–Hochberg procedure rejects at `rate`; of `knockoff_importance`, those that its own filter selected at its own rate. Where the data know which features have an effect (simulated cohorts), `false_share` is the share of false ones among them, 0 where nothing is found, and `power` the share of the true ones that is found. A rate bounds the *expected* share: one data set may lie above it. A feature that only goes with one that has an effect is false here, which is right for tests of what a feature adds to the others, and too hard for tests of features alone. Intervals are Wilson’s.',
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
  parameters: {
    rate: {
      type: { is: 'share', min: 0.0001, max: 1 },
      default: 0.1,
      summary: 'False discovery rate at which p-values are tested.',
    },
  },
} as const satisfies MetricEntry;
