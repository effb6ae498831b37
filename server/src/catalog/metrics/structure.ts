/** Measurements of what maps look like: how few features carry one, and how far several agree. */
import type { MetricEntry, StatisticSpecification } from '../specification.js';

const share = (summary: string) =>
  ({ summary, unit: 'share', better: 'higher', interval: true }) as const satisfies StatisticSpecification;

export const agreement = {
  category: 'metric',
  name: 'agreement',
  summary: 'Whether maps share their top features, the order of these, and their signs.',
  documentation:
    'For each example and each pair of maps, of the k features with the largest |score| (k = top · n): `feature`, the share that both have on top; `rank`, the share at the same rank in both; `sign`, the share on top of both with the same sign; `signed_rank`, the share with both the same. `pairwise_rank`: of all pairs of features that are top in either map, the share that both order alike. Averaged over pairs of maps. A score of 0 is never top; equal scores are ordered by their place. Of one attribution of an ensemble, the maps are those of its members.',
  citation: 'Krishna et al. 2022, arXiv 2202.01602',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 32 },
  on: false,
  unit: 'examples',
  headline: 'feature',
  statistics: {
    feature: share('Top features that both have (chance: `top`).'),
    rank: share('Top features at the same rank.'),
    sign: share('Top features of both with the same sign.'),
    signed_rank: share('Top features at the same rank with the same sign.'),
    pairwise_rank: share('Pairs of top features in the same order.'),
  },
  parameters: {
    top: { type: { is: 'share', min: 0, max: 1 }, default: 0.1, summary: 'Share of the features that counts as top.' },
  },
} as const satisfies MetricEntry;

export const sparseness = {
  category: 'metric',
  name: 'sparseness',
  summary: 'How few features carry a map.',
  documentation:
    'Of the magnitudes |s| of each example’s n scores: the Gini index 1 − 2 Σ s₍ᵢ₎ (n − i + ½) / (n Σ s), in ascending order, and Hoyer’s (√n − ‖s‖₁ / ‖s‖₂) / (√n − 1). Both are 0 where all are equal; a map that a single feature carries has (n − 1) / n and 1. Sparse maps are read more easily; they are not truer. Maps of zeros are left out.',
  citation:
    'Hurley & Rickard 2009, IEEE Trans Inf Theory 55:4723; Chalasani et al. 2020, ICML (Gini index of attributions)',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'examples',
  headline: 'gini',
  statistics: {
    gini: share('Mean Gini index.'),
    median: share('Median Gini index.'),
    hoyer: share('Mean of Hoyer’s measure.'),
  },
  parameters: {},
} as const satisfies MetricEntry;

export const complexity = {
  category: 'metric',
  name: 'complexity',
  summary: 'Over how many features a map is spread.',
  documentation:
    'Entropy in bits of the magnitudes of each example’s scores as shares of their sum: 0 where one feature carries everything, log₂ n where all are alike. `effective` is 2^entropy / n, the share of the features over which the map is spread. Maps of zeros are left out.',
  citation: 'Bhatt, Weller & Moura 2020, IJCAI',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'examples',
  headline: 'entropy',
  statistics: {
    entropy: { summary: 'Mean entropy (bit).', unit: 'information', better: 'lower', interval: true },
    effective: { summary: 'Mean share of features in effect.', unit: 'share', better: 'lower', interval: true },
  },
  parameters: {},
} as const satisfies MetricEntry;
