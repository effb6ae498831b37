/** Stages of expression data: scales of measurement. */
import type { StageEntry } from './specification.js';

export const scale_to = {
  category: 'stage',
  name: 'scale_to',
  summary: 'Scales every sample to the same sum.',
  documentation:
    'Divides each value by the sum of its sample and multiplies by `total`: with 1,000,000, counts per million. Takes away differences of sequencing depth; values become relative to each other.',
  revision: 1,
  alphabets: ['expression'],
  parameters: {
    total: { type: { is: 'number', min: 1 }, default: 1_000_000, summary: 'The sum of every sample.' },
  },
} as const satisfies StageEntry;

export const log1p = {
  category: 'stage',
  name: 'log1p',
  summary: 'The logarithm of 1 + value.',
  documentation: 'Turns ratios of expression into differences and keeps 0 at 0. Values must be above −1.',
  revision: 1,
  alphabets: ['expression'],
  parameters: {
    base: {
      type: { is: 'number', min: 1.01 },
      optional: true,
      summary: 'Base of the logarithm, for example 2; the natural one where it is left out.',
    },
  },
} as const satisfies StageEntry;

export const standardise = {
  category: 'stage',
  name: 'standardise',
  summary: 'Z-scores: every feature minus its mean, over its standard deviation.',
  documentation:
    'Mean and standard deviation (with n) are those of the data set `by`: take the training data for all parts, so that nothing of the test data flows into the model. Features that are the same in all examples of `by` tell nothing and have no z-score: they are left out, and how many is reported. The zero vector is then the mean sample of `by`, which is a baseline.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336 (protocol)',
  revision: 3,
  alphabets: ['expression', 'genotypes'],
  resizes: true,
  parameters: {
    by: {
      type: { is: 'declared', kind: 'data' },
      optional: true,
      summary: 'Data set whose mean and standard deviation are used; the examples themselves where it is left out.',
    },
    scale: {
      type: { is: 'truth' },
      default: true,
      summary: 'Whether to divide by the standard deviation; `false` centres only.',
    },
  },
} as const satisfies StageEntry;
