/** Measurements of whether a map says what the model does: features are replaced, and the model is asked. */
import type { MetricEntry, ParameterSpecification } from '../specification.js';
import { seed } from '../parameters.js';

const baseline = {
  type: { is: 'call', category: 'reference' },
  optional: true,
  summary:
    'What features are replaced by, one copy after the other. Without it, a base by another base and a count of alleles by another count, at random; expression needs one.',
} as const satisfies ParameterSpecification;

const sets = {
  share: {
    type: { is: 'share', min: 0, max: 1 },
    default: 0.1,
    summary: 'Share of the features that is replaced at a time, at least one feature.',
  },
  samples: {
    type: { is: 'integer', min: 2, max: 100_000 },
    default: 50,
    summary: 'Random sets of features for each example.',
  },
  baseline,
  seed,
} as const;

const order = {
  steps: {
    type: { is: 'integer', min: 1, max: 10_000 },
    default: 20,
    summary: 'Points of the curve behind the first one; as many features each as make the whole.',
  },
  repeats: {
    type: { is: 'integer', min: 1, max: 1000 },
    default: 4,
    summary: 'Replacements of each example, and random orders, over which curves are averaged.',
  },
  baseline,
  seed,
} as const;

const REPLACED =
  'Replaced examples are sequences and genotypes that could occur: nothing is blanked. Targets that are another unit for each example are refused.';

const PREDICTED =
  'The map predicts the change of the target f(x) − f(x̃) when a set of features is replaced: Σ (x − x̃) · map for gradients, hypothetical contributions and effects of mutations, the sum of their scores for contributions, which speak of the reference of their own method: give it as `baseline` too.';

export const infidelity = {
  category: 'metric',
  name: 'infidelity',
  summary: 'How far what the map predicts is from what the model does when features are replaced.',
  documentation: `${PREDICTED} Infidelity is the mean squared difference between predicted and observed change over random sets. \`unexplained\` divides it by the mean squared observed change: 0 is a perfect map, 1 what a map of zeros has. \`scaled\` is the same after each map was multiplied by the number that suits it best, so that only its shape counts. ${REPLACED}`,
  citation: 'Yeh et al. 2019, NeurIPS 32, "On the (In)fidelity and Sensitivity of Explanations"',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'examples',
  headline: 'unexplained',
  statistics: {
    mean: { summary: 'Mean infidelity (target²).', unit: 'number', better: 'lower', interval: true },
    unexplained: {
      summary: 'Median share of the squared change that the map does not explain (a map of zeros: 100 %).',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    scaled: {
      summary: 'Median share that is left after the best scaling of each map.',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
  },
  parameters: sets,
} as const satisfies MetricEntry;

export const faithfulness_correlation = {
  category: 'metric',
  name: 'faithfulness_correlation',
  summary: 'Whether sets of features to which the map gives more change the target more.',
  documentation: `Pearson correlation, over random sets of features of each example, of the change that the map predicts with the change that the model shows. ${PREDICTED} ${REPLACED}`,
  citation: 'Bhatt, Weller & Moura 2020, IJCAI, "Evaluating and Aggregating Feature-based Model Explanations"',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'examples',
  headline: 'mean',
  statistics: {
    mean: { summary: 'Mean correlation.', unit: 'correlation', better: 'higher', interval: true },
    median: { summary: 'Median correlation.', unit: 'correlation', better: 'higher', interval: true },
  },
  parameters: sets,
} as const satisfies MetricEntry;

export const deletion = {
  category: 'metric',
  name: 'deletion',
  summary: 'How fast the target falls when the features that speak for it most are replaced first.',
  documentation: `Features are replaced in the order of their signed scores, the largest first; the area under the target over the share of replaced features, by the trapezoid rule, is in units of the target. \`over_random\` is the area of random orders with the same replacements minus that of the map’s order: 0 for a map that knows nothing. ${REPLACED}`,
  citation: 'Petsiuk, Das & Saenko 2018, BMVC, with mutations in the place of blanks',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'examples',
  headline: 'over_random',
  statistics: {
    over_random: {
      summary: 'Mean area of random orders minus that of the map.',
      unit: 'number',
      better: 'higher',
      interval: true,
    },
    area: { summary: 'Mean area under the target.', unit: 'number', better: 'lower', interval: true },
    random: {
      summary: 'Mean area under the target in random orders.',
      unit: 'number',
      better: 'neither',
      interval: true,
    },
  },
  parameters: order,
} as const satisfies MetricEntry;

export const insertion = {
  category: 'metric',
  name: 'insertion',
  summary: 'How fast the target rises when the features that speak for it most are put back first.',
  documentation: `All features are replaced, then put back in the order of their signed scores, the largest first; the area under the target over the share of features put back, by the trapezoid rule, is in units of the target. \`over_random\` is that area minus that of random orders with the same replacements: 0 for a map that knows nothing. ${REPLACED}`,
  citation: 'Petsiuk, Das & Saenko 2018, BMVC, with mutations in the place of blanks',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'examples',
  headline: 'over_random',
  statistics: {
    over_random: {
      summary: 'Mean area of the map’s order minus that of random orders.',
      unit: 'number',
      better: 'higher',
      interval: true,
    },
    area: { summary: 'Mean area under the target.', unit: 'number', better: 'higher', interval: true },
    random: {
      summary: 'Mean area under the target in random orders.',
      unit: 'number',
      better: 'neither',
      interval: true,
    },
  },
  parameters: order,
} as const satisfies MetricEntry;
