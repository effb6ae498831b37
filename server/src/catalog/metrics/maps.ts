/** Measurements of maps: what they claim, how they agree, and whether they find what was planted. */
import type { MetricEntry } from '../specification.js';
import { plantedMotifs } from '../parameters.js';

export const completeness = {
  category: 'metric',
  name: 'completeness',
  summary: 'How far the contributions of a pair are from summing to f(x) − f(reference).',
  documentation:
    'gap = |ΣA − Δ| / max(|Δ|, median |Δ| over all pairs), Δ = f(x) − f(reference), for every pair (example, reference), summed in float64 before any averaging. The worst pair is named.',
  citation: 'Sundararajan, Taly & Yan 2017, ICML (completeness axiom)',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1, complete: true },
  on: false,
  unit: 'examples',
  headline: 'max',
  statistics: {
    max: { summary: 'Largest gap of any pair.', unit: 'share', better: 'lower', interval: false },
    median: {
      summary: 'Median over examples of the largest gap of its pairs.',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    mean: {
      summary: 'Mean over examples of the mean gap of its pairs.',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    steps: {
      summary: 'Most quadrature steps that any pair needed.',
      unit: 'steps',
      better: 'neither',
      interval: false,
    },
    missed: {
      summary: 'Number of pairs above the tolerance of the method.',
      unit: 'count',
      better: 'lower',
      interval: false,
    },
  },
  parameters: {},
} as const satisfies MetricEntry;

export const simplex_angle = {
  category: 'metric',
  name: 'simplex_angle',
  summary: 'Angle between the gradient at a position and the simplex of one-hot DNA.',
  documentation:
    'sin θ = Σ_a G_a / (2 ‖G‖₂) at each position. An isotropic random gradient lies more than 30°, 45° and 60° off in 39.1 %, 18.2 % and 5.8 % of positions: a share like that is what noise gives. Positions without gradient have no angle and are counted apart. With `truth`, motifs (positions above 0.1 bit) and background (those with the fewest bits of a sequence) are measured apart too.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: ['gradient'] },
  on: false,
  unit: 'examples',
  headline: 'over_30',
  statistics: {
    over_30: {
      summary: 'Share of positions more than 30° off (noise: 39.1 %).',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    over_45: {
      summary: 'Share of positions more than 45° off (noise: 18.2 %).',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    over_60: {
      summary: 'Share of positions more than 60° off (noise: 5.8 %).',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    sd: { summary: 'Root mean square angle, mean over examples.', unit: 'degrees', better: 'lower', interval: true },
    motif_30: { summary: 'Of the positions in motifs.', unit: 'share', better: 'lower', interval: true },
    background_30: { summary: 'Of the positions beside motifs.', unit: 'share', better: 'lower', interval: true },
    motif_excess_30: {
      summary: 'By how much the share in motifs is larger than beside them, in the same example.',
      unit: 'share',
      better: 'neither',
      interval: true,
    },
  },
  alphabets: ['dna'],
  parameters: {
    truth: { ...plantedMotifs, optional: true },
  },
} as const satisfies MetricEntry;

export const rank_agreement = {
  category: 'metric',
  name: 'rank_agreement',
  summary: 'How much of their top positions several maps share.',
  documentation:
    'For each example and each pair of maps: the share of the top positions that both have in common, |T ∩ U| / k, averaged over pairs. Positions are ranked by the magnitude of their position score; ties at the border are shared out in proportion. Two unrelated maps share `top` of them by chance. `correlation` is the mean Spearman correlation of the signed scores over all positions.',
  citation: 'Krishna et al. 2022, arXiv 2202.01602 (feature agreement)',
  revision: 1,
  subjects: { kind: 'attribution', min: 2, max: 32 },
  on: false,
  unit: 'examples',
  headline: 'median',
  statistics: {
    median: {
      summary: 'Median over examples of the shared top positions.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    mean: {
      summary: 'Mean over examples of the shared top positions.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    min: { summary: 'Least agreement of any example.', unit: 'share', better: 'higher', interval: false },
    correlation: {
      summary: 'Mean over examples of the Spearman correlation.',
      unit: 'correlation',
      better: 'higher',
      interval: true,
    },
  },
  parameters: {
    top: { type: { is: 'share', min: 0, max: 1 }, default: 0.1, summary: 'Share of the positions that counts as top.' },
  },
} as const satisfies MetricEntry;

export const prediction_summary = {
  category: 'metric',
  name: 'prediction_summary',
  summary: 'What the target says about the data: level, spread, correctness.',
  documentation:
    'Mean, spread and extremes of the explained number and, where the data carry labels 0 and 1, accuracy at threshold 0 and AUROC; where all values lie between 0 and 1, as probabilities do, a warning says that the accuracy means nothing. Of the targets `true_class` and `predicted_class`, with labels of any number of classes: how often the label is the class with the greatest logit (of an ensemble, the mean over members), and no AUROC. Intervals of accuracy and AUROC are Wilson’s and Newcombe’s, which keep a width where every example is right. An explanation of wrong predictions explains errors.',
  citation: 'AUROC: Hanley & McNeil 1982, Radiology 143:29–36; its interval: Newcombe 2006, Stat Med 25:559',
  revision: 4,
  subjects: { kind: 'target', min: 1, max: 1 },
  on: true,
  unit: 'examples',
  headline: 'mean',
  statistics: {
    mean: { summary: 'Mean of the target.', unit: 'logit', better: 'neither', interval: true },
    median: { summary: 'Median of the target.', unit: 'logit', better: 'neither', interval: true },
    sd: {
      summary: 'Standard deviation of the target over examples.',
      unit: 'logit',
      better: 'neither',
      interval: true,
    },
    min: { summary: 'Smallest value of the target.', unit: 'logit', better: 'neither', interval: false },
    max: { summary: 'Largest value of the target.', unit: 'logit', better: 'neither', interval: false },
    accuracy: {
      summary: 'Share of labelled examples on the right side of 0, or of the predicted class.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    balanced_accuracy: {
      summary: 'Mean of the accuracies of the classes.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    auroc: {
      summary: 'Chance that an example of class 1 scores above one of class 0.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
  },
  parameters: {},
} as const satisfies MetricEntry;

export const regression_fit = {
  category: 'metric',
  name: 'regression_fit',
  summary: 'How closely the target predicts a measured label, such as a trait.',
  documentation:
    'Over the examples that have a label: R², the share of its variance that the prediction explains, which is below 0 where the mean label would predict better; the correlation, which forgives a wrong scale; and the mean absolute error, in units of the label.',
  citation: 'Kvålseth 1985, Am. Stat. 39:279–285 (R², equation 1)',
  revision: 2,
  subjects: { kind: 'target', min: 1, max: 1 },
  on: true,
  unit: 'examples',
  headline: 'r2',
  statistics: {
    r2: {
      summary: '1 − Σ (label − target)² / Σ (label − mean label)².',
      unit: 'number',
      better: 'higher',
      interval: true,
    },
    correlation: {
      summary: 'Correlation of target and label.',
      unit: 'correlation',
      better: 'higher',
      interval: true,
    },
    mean_absolute: {
      summary: 'Mean |label − target|.',
      unit: 'number',
      better: 'lower',
      interval: true,
    },
  },
  parameters: {},
} as const satisfies MetricEntry;

export const interpretability = {
  category: 'metric',
  name: 'interpretability',
  summary: 'How well a map finds the planted motifs.',
  documentation:
    'For each example with planted motifs: area under the ROC curve and under the precision–recall curve (trapezoid) of the position scores, with the positions above 0.1 bit as truth against the background, the positions with the fewest bits. Positions between are left out. A map unrelated to the truth has AUROC 0.5.\n\n`cosine` compares the whole map, at all four bases, with the matrix M that the sequence was drawn from: ⟨G, M − ¼⟩ / (‖G‖ ‖M − ¼‖). It needs data that keep M (`simulate_motif_combinations`, `simulate_motif_grammar`), and a map that is no contribution. M − ¼ has mean 0 at every position, so a simplex correction multiplies the cosine by ‖G‖ / ‖G′‖ ≥ 1, whatever the map: a rise is algebra, and only AUROC and AUPR can tell whether correction helps.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, Methods',
  revision: 2,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'examples',
  headline: 'auroc',
  statistics: {
    auroc: { summary: 'Mean area under the ROC curve.', unit: 'share', better: 'higher', interval: true },
    aupr: {
      summary: 'Mean area under the precision–recall curve (trapezoid).',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    cosine: {
      summary: 'Mean cosine between the map and the matrix of the sequence, less ¼.',
      unit: 'correlation',
      better: 'higher',
      interval: true,
    },
  },
  alphabets: ['dna'],
  parameters: {
    truth: plantedMotifs,
  },
} as const satisfies MetricEntry;

export const improvement_by_angle = {
  category: 'metric',
  name: 'improvement_by_angle',
  summary: 'How much nearer the correction brings single positions to the truth, by their angle to the simplex.',
  documentation:
    'For an uncorrected gradient map, at each position where the matrix M that the sequence was drawn from prefers some base: cos(G′, M − ¼) − cos(G, M − ¼), with G′ the corrected gradient. M − ¼ lies in the plane of the simplex, so the corrected cosine is the raw one over |cos θ|: a gradient that points to the truth gains, one that points away loses, and the largest possible gain is 1 − |cos θ|. The curve has both in bins of 5°. `attained` is Σ gain / Σ largest possible gain. It needs data that keep M (`simulate_motif_combinations`, `simulate_motif_grammar`).',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: ['gradient'] },
  on: false,
  unit: 'examples',
  headline: 'improvement',
  statistics: {
    improvement: {
      summary: 'Mean over the positions of an example, then over examples.',
      unit: 'correlation',
      better: 'higher',
      interval: true,
    },
    beyond_30: {
      summary: 'The same of the positions more than 30° off the simplex.',
      unit: 'correlation',
      better: 'higher',
      interval: true,
    },
    attained: {
      summary: 'Share of the largest possible improvement.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
  },
  alphabets: ['dna'],
  parameters: {
    truth: plantedMotifs,
  },
} as const satisfies MetricEntry;

export const dispersion = {
  category: 'metric',
  name: 'dispersion',
  summary: 'How much closer the correction brings the gradients of single networks to the mean of their ensemble.',
  documentation:
    'For the uncorrected gradient map of an ensemble, or several such maps, whose networks are then members together and may differ in their layers: D = ‖G − Ḡ‖ at each position of each member, Ḡ the mean of all members, and D′ = ‖G′ − Ḡ‖ with the corrected gradient and the same, uncorrected mean. The reduction is (ΣD − ΣD′) / ΣD over positions, in all and in bins of 5° of the gradient’s angle to the simplex; the curve has all bins. A reduction of 0 at 0° is arithmetic. Positions without gradient are left out. Intervals are over members, with the mean of the ensemble held fixed.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 64, maps: ['gradient'] },
  on: false,
  unit: 'members',
  headline: 'beyond_30',
  statistics: {
    reduction: { summary: 'Reduction over all positions.', unit: 'share', better: 'higher', interval: true },
    beyond_30: {
      summary: 'Reduction over the positions more than 30° off the simplex.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    worst_bin: {
      summary: 'Smallest reduction of any bin of 5° beyond 30°.',
      unit: 'share',
      better: 'higher',
      interval: false,
    },
  },
  alphabets: ['dna'],
  parameters: {},
} as const satisfies MetricEntry;
