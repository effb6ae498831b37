/** Methods that change the input and look at the prediction. */
import type { MethodEntry } from '../specification.js';
import { seed } from '../parameters.js';
import { LOCAL_AGNOSTIC, baseline, groups, window } from './parameters.js';

export const in_silico_mutagenesis = {
  category: 'method',
  name: 'in_silico_mutagenesis',
  summary: 'The change of the target for every single-base substitution.',
  documentation:
    'effect[position, base] = f(sequence with that base there) − f(sequence); zero at the observed base. Exact for what it asks, blind to redundancy: a site with an intact copy elsewhere shows no effect.',
  citation: 'Zhou & Troyanskaya 2015, Nature Methods 12:931',
  revision: 2,
  produces: 'effect',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: 'Sites act alone: no intact copy elsewhere makes up for the one that is changed.',
    errorControl: 'none needed: the effects are the predictions themselves',
  },
  alphabets: ['dna'],
  complete: false,
  cost: '3 × positions + 1 forward passes',
  parameters: {},
} as const satisfies MethodEntry;

const INDEPENDENCE =
  'What is taken away is replaced by the reference without regard to what is left, so inputs may arise that no data resemble; where features are correlated, values share credit as the network uses them, not as they occur.';

export const occlusion = {
  category: 'method',
  name: 'occlusion',
  summary: 'The target minus the target without a window, for a window that moves along the input.',
  documentation:
    'The window is replaced by the same stretch of the reference, so what stands there is what the reference is: a shuffled or sampled sequence stays a sequence (mutagenesis of windows), `uniform` puts ¼ of each base, `zeros` leaves no base at all. A position or feature has the mean over the windows that cover it of f(x) − f(x without the window), 0 where no window does; with several references each is the mean over them. The last window ends where the input ends. The array `windows` holds the difference of each window.',
  citation: 'Zeiler & Fergus 2014, ECCV, arXiv 1311.2901',
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: `No intact copy elsewhere makes up for the window. ${INDEPENDENCE}`,
    errorControl: 'none needed: the differences are of the predictions themselves',
  },
  complete: false,
  cost: 'positions / stride × references forward passes',
  parameters: {
    baseline,
    window: {
      type: { is: 'integer', min: 1, unit: 'bp' },
      default: 10,
      summary: 'Neighbouring positions, or features, that are replaced together.',
    },
    stride: {
      type: { is: 'integer', min: 1, unit: 'bp' },
      default: 1,
      summary: 'Positions, or features, from one window to the next.',
    },
  },
} as const satisfies MethodEntry;

export const feature_ablation = {
  category: 'method',
  name: 'feature_ablation',
  summary: 'The target minus the target without a group of features, each group by itself.',
  documentation:
    'f(x) − f(x with the group from the reference), the mean over the references. Every feature of a group has the value of the group; the array `groups` holds it once. Without `groups` and `window` every feature is a group of its own.',
  citation: 'Kokhlikyan et al. 2020, arXiv 2009.07896 (feature ablation with masks)',
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: `No other group makes up for the one that is taken away. ${INDEPENDENCE}`,
    errorControl: 'none needed: the differences are of the predictions themselves',
  },
  complete: false,
  cost: 'groups × references forward passes',
  parameters: { baseline, groups, window },
} as const satisfies MethodEntry;

export const pairwise_ablation = {
  category: 'method',
  name: 'pairwise_ablation',
  summary: 'How far two groups of features together differ from the sum of each by itself.',
  documentation:
    'f(x) − f(x without one) − f(x without the other) + f(x without both), what is taken away coming from the reference; the mean over the references, for every pair of groups: variants, genes, pathways, windows of a sequence. Zero where their contributions add up. Positive where the target needs both (each loses most of it), negative where one makes up for the other: redundancy that ablation of single groups cannot see. The array `groups` holds what each group loses by itself. Up to 1,024 groups. For substitutions of single bases see `epistasis`.',
  citation: 'Cordell 2002, Human Molecular Genetics 11:2463 (departure from additivity)',
  revision: 1,
  produces: 'interaction',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: `Interaction is departure from additivity on the scale of the target. ${INDEPENDENCE}`,
    errorControl: 'none needed: the interactions are of the predictions themselves',
  },
  complete: false,
  cost: 'groups × (groups + 1) / 2 × references forward passes',
  parameters: { baseline, groups, window },
} as const satisfies MethodEntry;

export const epistasis = {
  category: 'method',
  name: 'epistasis',
  summary: 'How far the effect of two substitutions differs from the sum of their effects.',
  documentation:
    'f(both) − f(first) − f(second) + f(neither) for every pair of positions from `from` to `to`: zero where effects add up, positive where the pair does more than its parts. `bases: strongest` pairs at each position the substitution with the largest effect alone; `bases: all` tries all nine pairs and keeps the interaction of largest magnitude, with its sign. The array `effects` holds the single substitutions, `bases` at [i, j] the base (0–3 for A, C, G, T) that was put at position i together with the one at j. It depends on the scale of the target: effects that add up in the logit do not in the probability.',
  citation: 'Cordell 2002, Human Molecular Genetics 11:2463 (departure from additivity)',
  revision: 1,
  produces: 'interaction',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: 'Interaction is departure from additivity on the scale of the target.',
    errorControl: 'none needed: the interactions are of the predictions themselves',
  },
  alphabets: ['dna'],
  complete: false,
  cost: '3 × positions + pairs of positions forward passes, with `bases: all` 9 × pairs',
  parameters: {
    from: {
      type: { is: 'integer', min: 0, unit: 'bp' },
      default: 0,
      summary: 'First position of the stretch, counted from 0.',
    },
    to: {
      type: { is: 'integer', min: 2, unit: 'bp' },
      optional: true,
      summary: 'First position behind the stretch; the end of the sequence where it is left out.',
    },
    bases: {
      type: { is: 'keyword', values: ['strongest', 'all'] },
      default: 'strongest',
      summary: 'Which substitutions are paired.',
    },
  },
} as const satisfies MethodEntry;

const MARGINAL =
  'Marginal (interventional) values: a coalition S of groups is worth the mean over the references b of f(x on S, b elsewhere), so the values are true to the network; a feature that the network does not use has none, however correlated it is. They sum to f(x) − mean f(b). The value of a group is divided equally among its features, so that the map has this sum too; the array `groups` holds it undivided, and `pairs` the sum beside f(x) and the mean of f(b).';
const MARGINAL_CITATION = 'Janzing, Minorics & Blöbaum 2020, AISTATS, arXiv 1910.13413 (marginal and conditional)';

export const exact_shapley = {
  category: 'method',
  name: 'exact_shapley',
  summary: 'Shapley values of up to 12 groups of features, from all coalitions.',
  documentation: `${MARGINAL} Nothing is drawn: all 2^groups coalitions are asked.`,
  citation: `Shapley 1953, Contributions to the Theory of Games II:307; ${MARGINAL_CITATION}`,
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: INDEPENDENCE,
    errorControl: 'exact for these references; efficiency holds by construction',
  },
  complete: true,
  cost: '2^groups × references forward passes',
  parameters: { baseline, groups, window },
} as const satisfies MethodEntry;

export const conditional_shapley = {
  category: 'method',
  name: 'conditional_shapley',
  summary: 'Shapley values in which features that are away take values that go with those that are there.',
  documentation:
    'Conditional values: a coalition S is worth E[f(X) | X_S = x_S], the mean over draws of the other features from the normal distribution with the means and (shrunken) correlations of the data `of`, given x_S; each draw is made twice, to either side of its mean. They sum to f(x) − E f(X), and are true to the data: a feature that the network does not use has a value as far as it tells of one that is used. `exact_shapley` gives the marginal values, which are true to the network. For counts of alleles the normal distribution is an approximation, and draws are no whole numbers. All 2^groups coalitions are asked, of up to 12 groups and 100 features.',
  citation: `Aas, Jullum & Løland 2021, Artificial Intelligence 298:103502; ${MARGINAL_CITATION}`,
  revision: 2,
  produces: 'contribution',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: 'The features are jointly normal.',
    errorControl: 'efficiency holds by construction; the draws leave an error where the network is not linear',
  },
  alphabets: ['genotypes', 'expression'],
  complete: true,
  cost: '2^groups × 2 × draws forward passes',
  parameters: {
    of: {
      type: { is: 'declared', kind: 'data' },
      summary: 'The data whose means and correlations are those of the features.',
    },
    draws: {
      type: { is: 'integer', min: 1, max: 100_000 },
      default: 50,
      summary: 'Pairs of draws for each coalition.',
    },
    groups,
    window,
    seed,
  },
} as const satisfies MethodEntry;

export const shapley_sampling = {
  category: 'method',
  name: 'shapley_sampling',
  summary: 'Shapley values from random orders in which groups of features enter.',
  documentation: `${MARGINAL} Every reference is walked through in its own orders, so the sum is exact and each value is unbiased. The array \`standard_errors\` holds the error of each value that the draw of the orders leaves (from the spread of the rounds; \`antithetic\` walks are one round).`,
  citation: `Castro, Gómez & Tejada 2009, Computers & Operations Research 36:1726; Štrumbelj & Kononenko 2014, Knowledge and Information Systems 41:647; Mitchell et al. 2022, JMLR 23:43 (antithetic orders); ${MARGINAL_CITATION}`,
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: INDEPENDENCE,
    errorControl: 'a standard error for every value; efficiency holds by construction',
  },
  complete: true,
  cost: 'permutations × (groups − 1) × references forward passes, twice that with `antithetic`',
  parameters: {
    baseline,
    groups,
    window,
    permutations: {
      type: { is: 'integer', min: 2, max: 65_536 },
      default: 20,
      summary: 'Random orders for each reference.',
    },
    antithetic: { type: { is: 'truth' }, default: true, summary: 'Walk each order backwards too.' },
    seed,
  },
} as const satisfies MethodEntry;

export const kernel_shap = {
  category: 'method',
  name: 'kernel_shap',
  summary: 'Shapley values as the best additive fit to the values of coalitions.',
  documentation: `${MARGINAL} Coalitions are drawn with the Shapley kernel as probability, each with its complement; the constraint on the sum is solved exactly. Where \`samples\` reach all 2^groups − 2 coalitions, all are asked and the values are exact. \`standard_errors\` hold the error that the draw leaves, \`r_squared\` the share of the coalitions' variance that an additive game explains: the rest is interaction between groups, which no Shapley value shows. Up to 1,024 groups.`,
  citation: `Lundberg & Lee 2017, NeurIPS, arXiv 1705.07874; Covert & Lee 2021, AISTATS, arXiv 2012.01536 (pairs, errors); ${MARGINAL_CITATION}`,
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: INDEPENDENCE,
    errorControl: 'a standard error for every value; efficiency holds by construction',
  },
  complete: true,
  cost: 'samples × references forward passes',
  parameters: {
    baseline,
    groups,
    window,
    samples: {
      type: {
        is: 'either',
        of: [
          { is: 'keyword', values: ['auto'] },
          { is: 'integer', min: 2, max: 16_777_216 },
        ],
      },
      default: 'auto',
      summary: 'Coalitions for each example, at least 4 × groups; `auto` takes 2 × groups + 2,048.',
    },
    seed,
  },
} as const satisfies MethodEntry;

export const lime = {
  category: 'method',
  name: 'lime',
  summary: 'A linear model of which groups of features are present, fitted near the example.',
  documentation:
    'Samples keep each group with probability ½ and take the others from the reference (mean over the references); each weighs exp(−D²/width²), D = 1 − √(share of groups kept). The coefficients of the weighted ridge regression, mean over `repeats` independent draws, are the values of the groups, divided equally among their features in the map. What makes them believable is stored beside them: `standard_deviations` over the repeats, and in `fit` the mean and lowest R² and the agreement of the five strongest groups between repeats (mean Jaccard index). Low R² means that no linear model describes the network there; a note says for how many examples. Up to 1,024 groups.',
  citation: 'Ribeiro, Singh & Guestrin 2016, KDD, arXiv 1602.04938',
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: `The network is close to linear in the presence of groups near the example. ${INDEPENDENCE}`,
    errorControl: 'R² of the fit and spread over repeats',
  },
  complete: false,
  cost: 'samples × repeats × references forward passes',
  parameters: {
    baseline,
    groups,
    window,
    samples: { type: { is: 'integer', min: 2, max: 1_048_576 }, default: 1000, summary: 'Samples of each repeat.' },
    repeats: {
      type: { is: 'integer', min: 2, max: 100 },
      default: 3,
      summary: 'Independent draws, whose spread shows how stable the values are.',
    },
    width: {
      type: { is: 'number', min: 1e-6 },
      default: 0.25,
      summary: 'Width of the kernel in the distance D (0 at the example, 1 without any group).',
    },
    ridge: {
      type: { is: 'number', min: 0 },
      default: 0,
      summary: 'Penalty on squared coefficients, relative to a mean weight of 1; 0 is least squares.',
    },
    seed,
  },
} as const satisfies MethodEntry;
