/** Measurements of classifiers on the examples that they classify correctly, which are asked again with features replaced. */
import type { MetricEntry, ParameterSpecification, StatisticSpecification } from '../specification.js';
import { seed } from '../parameters.js';

const citation = 'Bontonou et al. 2023, arXiv 2303.11336';

const subjects = { kind: 'attribution', min: 1, max: 1 } as const;

/** What all of these measurements share, in words. */
const CORRECT =
  'Only examples are used that the model classifies correctly and that are explained for their own class: all of them with `true_class`, those of one class with `class(…)`. The probability is the softmax of the model’s logits (the mean over an ensemble), whatever the target is. Averages are over the examples of a class, then over classes.';

const baseline = {
  type: { is: 'call', category: 'reference' },
  optional: true,
  summary: 'What features are replaced by; the baseline of the method where none is given.',
} as const satisfies ParameterSpecification;

const gap = {
  type: { is: 'integer', min: 1 },
  default: 10,
  summary: 'Features that are replaced at a time.',
} as const satisfies ParameterSpecification;

const over = {
  type: { is: 'keyword', values: ['all', 'class'] },
  default: 'all',
  summary:
    'Examples whose scores make the global order: all of them, as in the published code and tables, or those of the example’s class, as the published text says.',
} as const satisfies ParameterSpecification;

const combine = {
  type: { is: 'keyword', values: ['sum', 'rank', 'median_rank', 'published_rank'] },
  default: 'sum',
  summary:
    'What the global order goes by: the sum of the examples’ scores (each example divided by its Euclidean length), of their ranks, the median rank, or what the published code sums in place of ranks: the numbers of the features in sorted order, which mean nothing.',
} as const satisfies ParameterSpecification;

const share = (better: StatisticSpecification['better'], summary: string) =>
  ({ summary, unit: 'share', better, interval: true }) as const;

const GAP =
  'PG = (gap / d) Σ max(0, p(x) − p(x⁽ⁱ⁾)) over i = 1 … ⌊d / gap⌋, x⁽ⁱ⁾ having the first i · gap of d features at their baseline: the area under the loss of the class probability, from 0 to 1.';

export const pgi = {
  category: 'metric',
  name: 'pgi',
  summary: 'Prediction gap when the most important features go first.',
  documentation: `${GAP} Features go by falling, signed scores: a good ranking has a large gap. \`local\`: each example’s own order; \`global\`: one order by the examples’ scores combined. Compare with \`pgr\`, the gap of random orders, and \`pgu\`: features may be sufficient without being necessary. Cost: 2 · ⌊d / gap⌋ forward passes for each example.\n\n${CORRECT}`,
  citation,
  revision: 1,
  subjects,
  on: false,
  unit: 'examples',
  headline: 'local',
  statistics: {
    local: share('higher', 'Gap in the order of each example’s own scores.'),
    global: share('higher', 'Gap in one order for all.'),
  },
  parameters: { gap, over, combine, baseline },
} as const satisfies MetricEntry;

export const pgu = {
  category: 'metric',
  name: 'pgu',
  summary: 'Prediction gap when the least important features go first.',
  documentation: `${GAP} Features go by rising, signed scores: a good ranking has a small gap. Adjusted gaps are divided by 1 − p(baseline) of the class, the most that there is to lose. Cost: 2 · ⌊d / gap⌋ + 1 forward passes for each example.\n\n${CORRECT}`,
  citation,
  revision: 1,
  subjects,
  on: false,
  unit: 'examples',
  headline: 'local',
  statistics: {
    local: share('lower', 'Gap in the order of each example’s own scores.'),
    global: share('lower', 'Gap in one order for all.'),
    local_adjusted: share('lower', 'The local gap over the most there is to lose.'),
    global_adjusted: share('lower', 'The global gap over the most there is to lose.'),
  },
  parameters: { gap, over, combine, baseline },
} as const satisfies MetricEntry;

export const pgr = {
  category: 'metric',
  name: 'pgr',
  summary: 'Prediction gap when features go in random order: what PGI and PGU are compared with.',
  documentation: `${GAP} The mean over random orders, each shared by all examples. It says nothing of the attribution, which only chooses the examples. Cost: repeats · ⌊d / gap⌋ forward passes for each example.\n\n${CORRECT}`,
  citation,
  revision: 1,
  subjects,
  on: false,
  unit: 'examples',
  headline: 'mean',
  statistics: { mean: share('neither', 'Mean gap over random orders.') },
  parameters: {
    gap,
    repeats: { type: { is: 'integer', min: 1, max: 10_000 }, default: 30, summary: 'Random orders.' },
    seed,
    baseline,
  },
} as const satisfies MetricEntry;

const OPENXAI =
  'Mean |p(x) − p(x′)| over copies x′ with Gaussian noise, p the probability of the example’s class. Important are the features with the largest |score|, one number of them, without steps and baseline: not the gap of Bontonou et al. Cost: `samples` forward passes for each example.';

const openxaiParameters = {
  top: { type: { is: 'share', min: 0, max: 1 }, default: 0.25, summary: 'Share of the features that is important.' },
  samples: { type: { is: 'integer', min: 1, max: 100_000 }, default: 100, summary: 'Noisy copies of each example.' },
  noise: {
    type: { is: 'amount' },
    default: { share: 0.1 },
    summary: 'Standard deviation of the noise: a share of the range of the example’s values, or in their unit.',
  },
  seed,
} as const satisfies Record<string, ParameterSpecification>;

export const openxai_pgi = {
  category: 'metric',
  name: 'openxai_pgi',
  summary: 'OpenXAI’s prediction gap under noise on the important features.',
  documentation: `${OPENXAI} A good ranking has a large gap.\n\n${CORRECT}`,
  citation: 'Agarwal et al. 2022, NeurIPS 35 (OpenXAI)',
  revision: 1,
  subjects,
  on: false,
  unit: 'examples',
  headline: 'mean',
  statistics: { mean: share('higher', 'Mean change of the probability.') },
  alphabets: ['genotypes', 'expression'],
  parameters: openxaiParameters,
} as const satisfies MetricEntry;

export const openxai_pgu = {
  category: 'metric',
  name: 'openxai_pgu',
  summary: 'OpenXAI’s prediction gap under noise on all but the important features.',
  documentation: `${OPENXAI} A good ranking has a small gap.\n\n${CORRECT}`,
  citation: 'Agarwal et al. 2022, NeurIPS 35 (OpenXAI)',
  revision: 1,
  subjects,
  on: false,
  unit: 'examples',
  headline: 'mean',
  statistics: { mean: share('lower', 'Mean change of the probability.') },
  alphabets: ['genotypes', 'expression'],
  parameters: openxaiParameters,
} as const satisfies MetricEntry;

const agreement = (summary: string, interval: boolean) =>
  ({ summary, unit: 'share', better: 'higher', interval }) as const satisfies StatisticSpecification;

export const feature_agreement = {
  category: 'metric',
  name: 'feature_agreement',
  summary: 'How many of the features that tell a class apart have the top scores.',
  documentation: `For data that know which features tell a class apart, k of them (of both classes where there are two): the share of the top k features, by signed score, that is among them. \`local\` ranks the scores of single examples, \`global\` the sum over the examples of a class, each divided by its Euclidean length; \`frequency\` how often a feature is in the top k of an example. Ties share the last places. Sub-classes are ranked by themselves. A model may be right everywhere and its local explanations wrong.\n\nWith \`diffuse\`, scores are first spread over features that are correlated in the named data: a · D, D = deg^(−½) (A + I) deg^(−½), A the correlations above 0.5.\n\n${CORRECT} The global numbers have no interval.`,
  citation,
  revision: 2,
  subjects,
  on: false,
  unit: 'examples',
  headline: 'local',
  statistics: {
    local: agreement('Mean over examples.', true),
    global: agreement('By the sum of scores over each class.', false),
    frequency: agreement('By how often a feature is on top.', false),
  },
  alphabets: ['expression'],
  parameters: {
    diffuse: {
      type: { is: 'declared', kind: 'data' },
      optional: true,
      summary: 'Data whose correlations join features: those that the model was trained on.',
    },
  },
} as const satisfies MetricEntry;

export const test_overlap = {
  category: 'metric',
  name: 'test_overlap',
  summary: 'How many of the top features a test of single features finds too.',
  documentation: `Features by the sum of the magnitudes of their scores (each example divided by its Euclidean length) beside their F of the one-way analysis of variance between the classes, of two classes the square of t. A large overlap says that no network was needed to find them; a small one is no proof of an error, since features may matter together.\n\n${CORRECT} The test takes all examples of its data, and ties share the last places of a top. There are no intervals: both rankings are of the data as they are.`,
  citation: 'Bontonou et al. 2025, Bioinformatics Advances, vbae199 (the comparison)',
  revision: 2,
  subjects,
  on: false,
  unit: 'features',
  headline: 'overlap',
  statistics: {
    overlap: {
      summary: 'Share of the top features that the test has on top too.',
      unit: 'share',
      better: 'neither',
      interval: false,
    },
    correlation: {
      summary: 'Spearman correlation of both rankings.',
      unit: 'correlation',
      better: 'neither',
      interval: false,
    },
  },
  alphabets: ['genotypes', 'expression'],
  parameters: {
    top: { type: { is: 'share', min: 0, max: 1 }, default: 0.01, summary: 'Share of the features that counts as top.' },
    data: {
      type: { is: 'declared', kind: 'data' },
      optional: true,
      summary: 'Labelled data for the test; those that are explained where none are named.',
    },
  },
} as const satisfies MetricEntry;

export const keep_curve = {
  category: 'metric',
  name: 'keep_curve',
  summary: 'How well the model classifies with only the best features, the worst, or random ones.',
  documentation: `Balanced accuracy by the number of features kept; all others are at their baseline. \`best\`: the largest mean |score|; \`each_class\`: the best of each class together, by the magnitude of the class’s summed scores, so up to as many for each class; \`worst\`: the smallest mean |score|; \`random\`; and \`without_best\`: random features among all but the best, for up to half of the features. Where these come close to the best, other features do as well and the best ones are no discovery. Numbers are means over the sizes; the curve has each of them, with the middle 95 % of the random sets. Scores are divided by their Euclidean length first. Cost: (3 + 2 · repeats) forward passes for each size and example.\n\n${CORRECT}`,
  citation,
  revision: 1,
  subjects,
  on: false,
  unit: 'examples',
  headline: 'best',
  statistics: {
    best: share('higher', 'Mean balanced accuracy with the best features.'),
    each_class: share('higher', 'Mean balanced accuracy with the best features of each class.'),
    worst: share('lower', 'Mean balanced accuracy with the worst features.'),
    random: share('neither', 'Mean balanced accuracy with random features.'),
    without_best: share('neither', 'Mean balanced accuracy with random features that are not among the best.'),
  },
  parameters: {
    sizes: {
      type: { is: 'list', of: { is: 'integer', min: 1 } },
      default: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
      summary: 'Numbers of features kept; those that the data do not have are left out.',
    },
    balance: {
      type: { is: 'truth' },
      default: false,
      summary: 'Whether |scores| are averaged over classes instead of examples.',
    },
    repeats: { type: { is: 'integer', min: 1, max: 10_000 }, default: 100, summary: 'Random sets of each size.' },
    seed,
    baseline,
  },
} as const satisfies MetricEntry;
