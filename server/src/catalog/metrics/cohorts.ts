/** Measurements against variants of known effect, against decoys, and between members of an ensemble. */
import type { Form, MetricEntry, ParameterSpecification, StatisticSpecification } from '../specification.js';

/** What has one score for each variant: maps, whose magnitudes are averaged over the people, and importances. */
const SCORED = ['gradient', 'contribution', 'hypothetical', 'effect', 'importance'] as const satisfies readonly Form[];

const citation = 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784';

const recallOf = (what: string) =>
  ({
    summary: `Share of the ${what} that is in the top.`,
    unit: 'share',
    better: 'higher',
    interval: true,
  }) as const satisfies StatisticSpecification;

const deviation = (summary: string) =>
  ({ summary, unit: 'share', better: 'lower', interval: true }) as const satisfies StatisticSpecification;

const exact = (summary: string) =>
  ({ summary, unit: 'share', better: 'higher', interval: false }) as const satisfies StatisticSpecification;

export const attribution_recall = {
  category: 'metric',
  name: 'attribution_recall',
  summary: 'Which of the variants planted with a known effect are among the top scores.',
  documentation:
    'The score of a variant is the mean of |attribution| over the people (of |gradient| for a gradient map), or the number that a method such as `linear_association` gives it for the whole cohort. The k = top · n best of n variants are top; decoys take no part. `pairs` are epistatic pairs of which both variants are top. `associated`, with a `scan`, is the recall of the other variants whose p-value there is below 0.05 divided by the number of variants. Tied scores share the last places. Scores unrelated to the effects recall the share `top`. Intervals are Wilson’s. The curve runs over tops of 1 to 20 %.',
  citation: `${citation}; Wilson 1927, J Am Stat Assoc 22:209`,
  revision: 3,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: SCORED },
  on: false,
  unit: 'variants',
  headline: 'all',
  statistics: {
    all: recallOf('planted variants'),
    additive: recallOf('additive variants'),
    dominant: recallOf('dominant variants'),
    recessive: recallOf('recessive variants'),
    epistatic: recallOf('variants of epistatic pairs'),
    associated: recallOf('variants that the scan finds and that were not planted'),
    pairs: recallOf('epistatic pairs, both variants of them,'),
  },
  alphabets: ['genotypes'],
  parameters: {
    top: { type: { is: 'share', min: 0, max: 1 }, default: 0.01, summary: 'Share of the variants that is top.' },
    scan: {
      type: { is: 'declared', kind: 'attribution' },
      optional: true,
      summary: 'An attribution by `linear_association` of data with the same variants, for `associated`.',
    },
  },
} as const satisfies MetricEntry;

export const decoy_precision = {
  category: 'metric',
  name: 'decoy_precision',
  summary: 'Share of the top variants that is not by chance, estimated with decoys.',
  documentation:
    'For a model trained with decoys. Of the scores above the quantile 1 − top of all scores, 1 − decoys / real variants: as many of the real ones are taken to be false as there are decoys. 0 for scores that tell nothing, by chance below 0; 0 without any real variant. Scores equal to the quantile are not top, and are reported. The interval is Wilson’s for the share of decoys in the top: over variants, for this network, these people and this permutation of them. Among n top scores that tell nothing the mean is about −2/n, since a decoy more costs more than a decoy less brings: averaged over networks a small top lies below 0. The score of a variant is the mean of |attribution| over the people.',
  citation,
  revision: 2,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: SCORED },
  on: false,
  unit: 'variants',
  headline: 'precision',
  statistics: {
    precision: {
      summary: 'Estimated precision of the top variants (chance: 0).',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    decoys: { summary: 'Decoys in the top.', unit: 'count', better: 'lower', interval: false },
    count: { summary: 'Variants and decoys in the top.', unit: 'count', better: 'neither', interval: false },
  },
  alphabets: ['genotypes'],
  parameters: {
    top: { type: { is: 'share', min: 0, max: 1 }, default: 0.01, summary: 'Share of the scores that is top.' },
  },
} as const satisfies MetricEntry;

export const stability = {
  category: 'metric',
  name: 'stability',
  summary: 'How much the score of a feature varies from member to member of an ensemble.',
  documentation:
    'For the attribution of an ensemble: relative standard deviation, sd / (|mean| + 10⁻¹²) with n − 1, of each feature’s score over the members, the score being the mean of |attribution| over the examples. A median above 0.5 is reported: one network’s ranking is then unstable. Intervals are Student’s with the jackknife’s standard error over members; `mad` is not scaled by 1.4826.',
  citation,
  revision: 2,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: SCORED },
  on: false,
  unit: 'members',
  headline: 'median',
  statistics: {
    median: deviation('Median relative standard deviation over the features.'),
    mean: deviation('Mean over the features.'),
    mad: deviation('Median distance from the median.'),
    iqr: deviation('Distance between the quartiles.'),
    p10: deviation('A tenth of the features is below.'),
    p90: deviation('A tenth of the features is above.'),
  },
  alphabets: ['genotypes', 'expression'],
  parameters: {},
} as const satisfies MetricEntry;

const composed = {
  composite: exact('Geometric mean; 0 where a part is not positive.'),
  arithmetic: exact('Arithmetic mean.'),
  harmonic: exact('Harmonic mean; 0 where a part is not positive.'),
  recall: exact('Recall of all planted variants.'),
  precision: exact('Precision by decoys.'),
  stability: exact('2^(−d / τ).'),
  tau: {
    summary: 'The relative standard deviation that halves the last part.',
    unit: 'share',
    better: 'neither',
    interval: false,
  },
} as const;

const yardstick = {
  top: { type: { is: 'share', min: 0, max: 1 }, default: 0.02, summary: 'Share that is top, for both.' },
  tau: {
    type: { is: 'share', min: 0.0001 },
    optional: true,
    summary: 'τ; the median over the methods where none is given.',
  },
} as const satisfies Record<string, ParameterSpecification>;

export const composite = {
  category: 'metric',
  name: 'composite',
  summary: 'Recall, precision and stability of a method in one number, relative to others.',
  documentation:
    'Geometric mean of the recall of all planted variants, the precision by decoys and 2^(−d / τ), d the median relative standard deviation over members, for the *first* attribution named; the others only set τ, which is the median of d over all of them unless it is given. All scores are listed. A method’s score therefore changes with the company: fix `tau` to compare across sets. Where recall, precision and stability come from three trainings, `decoys` and `ensembles` name the attributions of the other two, in the same order.',
  citation,
  revision: 2,
  subjects: { kind: 'attribution', min: 1, max: 64, maps: SCORED },
  on: false,
  unit: 'methods',
  headline: 'composite',
  statistics: composed,
  alphabets: ['genotypes'],
  parameters: {
    decoys: {
      type: { is: 'list', of: { is: 'declared', kind: 'attribution' } },
      optional: true,
      summary: 'Attributions of the models trained with decoys; the same as the subjects where none are given.',
    },
    ensembles: {
      type: { is: 'list', of: { is: 'declared', kind: 'attribution' } },
      optional: true,
      summary: 'Attributions of the ensembles; the same as the subjects where none are given.',
    },
    ...yardstick,
  },
} as const satisfies MetricEntry;

export const composite_ranking = {
  category: 'metric',
  name: 'composite_ranking',
  summary: 'The composite of every row of benchmarks, the best first.',
  documentation:
    'Joins the rows of benchmarks that have the same method, wrapper and correction, and takes from them `attribution_recall` and `decoy_precision` at `top` and `stability`, so that each may come from a training of its own. The statistics are those of the best row; the scores of all are listed and stored. Rows that lack one of the three take no part, and are named. τ is the median over the rows that do, unless it is given.',
  citation,
  revision: 2,
  subjects: { kind: 'benchmark', min: 1, max: 64 },
  on: false,
  unit: 'methods',
  headline: 'composite',
  statistics: composed,
  parameters: yardstick,
} as const satisfies MetricEntry;
