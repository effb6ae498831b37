/** Methods that explain a model on a whole data set, and methods whose answer is a rule or a change instead of a map. */
import type { MethodEntry, ParameterSpecification } from '../specification.js';
import { pairedLoss, seed } from '../parameters.js';
import { groups, window } from './parameters.js';

const loss = {
  type: { is: 'keyword', values: ['auto', 'squared_error', 'log_loss', 'auroc', 'output_change'] },
  default: 'auto',
  summary:
    'What is measured: the squared error of the target, the log loss of the target as a logit, 1 − AUROC, or the mean |change of the target|, which needs no labels. `auto`: `output_change` without labels, `auroc` where all are 0 or 1, else `squared_error`.',
} as const satisfies ParameterSpecification;

const repeats = {
  type: { is: 'integer', min: 1, max: 100_000 },
  default: 10,
  summary: 'Permutations of each feature or group. The smallest p-value is 1 / (repeats + 1).',
} as const satisfies ParameterSpecification;

const features = {
  type: { is: 'list', of: { is: 'either', of: [{ is: 'text' }, { is: 'integer', min: 0 }] } },
  summary: 'The features, by name, by number from 0 or by range: `["TP53", 7, "10-19"]`.',
} as const satisfies ParameterSpecification;

const threshold = {
  type: { is: 'number' },
  default: 0,
  summary: 'What parts the two answers of the model: the target is above it, or not. 0 for a logit.',
} as const satisfies ParameterSpecification;

export const permutation_importance = {
  category: 'method',
  name: 'permutation_importance',
  summary: 'How much worse the model does when a feature is exchanged among the examples.',
  documentation:
    'importance = mean over repeats of loss(permuted) − loss. Features of a group are permuted together. The p-value is that of the permutation test, (1 + permutations with a loss not above the true one) / (repeats + 1); it tests that the feature is independent of labels and all other features together, and holds for examples that the model was not trained on. Permuting breaks the feature’s correlation with the others, so the model is asked about combinations that never occur; features with |r| > 0.7 are reported. The losses of all repeats are stored.',
  citation:
    'Breiman 2001, Machine Learning 45:5; Fisher, Rudin & Dominici 2019, JMLR 20:177; Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39 (p-values)',
  revision: 1,
  produces: 'importance',
  typology: {
    stage: 'post hoc',
    model: 'agnostic',
    scope: 'global',
    assumptions: 'Features are independent of each other, or permuted in groups that are.',
    errorControl: 'p-value of a permutation test; no correction for the number of features',
  },
  complete: false,
  cost: 'repeats × groups forward passes',
  parameters: { loss, repeats, groups, window, seed },
} as const satisfies MethodEntry;

export const conditional_permutation_importance = {
  category: 'method',
  name: 'conditional_permutation_importance',
  summary: 'Permutation importance given the features that a feature is correlated with.',
  documentation:
    'What a feature adds to those that it goes with. Each feature of a group is predicted by least squares from the features outside the group that are most correlated with it (at most `given`, and at most one for ten examples); only the residuals are permuted among the examples, together for all features of a group. Counts of alleles are rounded to 0, 1 or 2 where the data hold nothing else. A feature that others determine has importance 0 here, however much the model uses it. The p-value is exact only where the regression is right; it tests independence of the labels given the other features.',
  citation:
    'Strobl et al. 2008, BMC Bioinformatics 9:307 (conditional permutation, there within strata); Freedman & Lane 1983, J Bus Econ Stat 1:292 (permuted residuals)',
  revision: 1,
  produces: 'importance',
  typology: {
    stage: 'post hoc',
    model: 'agnostic',
    scope: 'global',
    assumptions: 'Features depend on each other linearly, with residuals that can be exchanged.',
    errorControl: 'p-value of a permutation test, approximate; no correction for the number of features',
  },
  alphabets: ['genotypes', 'expression'],
  complete: false,
  cost: 'repeats × groups forward passes',
  parameters: {
    given: {
      type: { is: 'integer', min: 1, max: 1000 },
      default: 20,
      summary: 'Features, the most correlated first, from which each one is predicted.',
    },
    loss,
    repeats,
    groups,
    window,
    seed,
  },
} as const satisfies MethodEntry;

export const ale = {
  category: 'method',
  name: 'ale',
  summary: 'Accumulated local effects: the target as a function of a feature, without impossible combinations.',
  documentation:
    'Between neighbouring quantiles of a feature, the mean change of the target over the examples that lie between them when their value moves from one to the other; accumulated over the quantiles and centred, so that its mean over the examples is 0. Examples only move as far as their neighbours, which keeps correlated features plausible. Quantiles are values that occur; where fewer are different the last point is repeated. The array `grid` holds the feature’s values at the points, `counts` the examples in the interval that ends at a point.',
  citation: 'Apley & Zhu 2020, J R Stat Soc B 82:1059',
  revision: 1,
  produces: 'curve',
  typology: {
    stage: 'post hoc',
    model: 'agnostic',
    scope: 'global',
    assumptions: 'Examples next to each other in one feature are alike in the others.',
    errorControl: 'none',
  },
  alphabets: ['genotypes', 'expression'],
  complete: false,
  cost: '2 × features forward passes',
  parameters: {
    features,
    bins: {
      type: { is: 'integer', min: 1, max: 1000 },
      default: 20,
      summary: 'Intervals between quantiles with equal numbers of examples.',
    },
  },
} as const satisfies MethodEntry;

export const partial_dependence = {
  category: 'method',
  name: 'partial_dependence',
  summary: 'The mean target as a function of a feature, and the same for single examples (ICE).',
  documentation:
    'Every example is given each grid value of the feature in turn; the curve is the mean of the target over all examples, not centred. Curves of single examples are kept in the array `ice`, evenly spaced over the data set: where they cross, the mean hides an interaction. Examples get values that they could never have when features are correlated: |r| > 0.7 is reported; use `ale` then. Grid values are quantiles that occur, in the array `grid`; where fewer are different the last point is repeated.',
  citation: 'Friedman 2001, Ann Statist 29:1189; Goldstein et al. 2015, J Comput Graph Stat 24:44 (ICE)',
  revision: 1,
  produces: 'curve',
  typology: {
    stage: 'post hoc',
    model: 'agnostic',
    scope: 'global',
    assumptions: 'The feature is independent of the others.',
    errorControl: 'none',
  },
  alphabets: ['genotypes', 'expression'],
  complete: false,
  cost: '(points + 1) × features forward passes',
  parameters: {
    features,
    points: {
      type: { is: 'integer', min: 1, max: 1000 },
      default: 20,
      summary: 'Intervals between the quantiles at which the curve is known.',
    },
    ice: {
      type: { is: 'integer', min: 0, max: 10_000 },
      default: 50,
      summary: 'Examples whose own curves are kept.',
    },
  },
} as const satisfies MethodEntry;

export const mean_attribution = {
  category: 'method',
  name: 'mean_attribution',
  summary: 'The mean attribution of each feature over the data set, of any method that explains single examples.',
  documentation:
    'Mean of the position scores of the inner method’s maps, with their sign or of their absolute values, and its standard error over the examples. Of a method that explains a layer, such as `layer_conductance`, it is the mean of each unit: behind `masked_dense` the importance of genes or pathways, under their names. With signs kept, a feature that raises the target in some examples and lowers it in others may come out at 0. Over all classes together it is no ranking for any one of them: take data of one class.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336 (global scores of genes as means over examples)',
  revision: 1,
  produces: 'importance',
  typology: {
    stage: 'post hoc',
    model: 'agnostic',
    scope: 'global',
    assumptions: 'A feature means the same in every example: for sequences, that they are aligned.',
    errorControl: 'standard error over examples',
  },
  complete: false,
  cost: 'what the inner method costs',
  parameters: {
    method: { type: { is: 'call', category: 'method' }, summary: 'The method whose maps are averaged.' },
    sign: {
      type: { is: 'keyword', values: ['kept', 'absolute'] },
      default: 'absolute',
      summary: 'Whether scores are averaged with their sign or as absolute values.',
    },
  },
} as const satisfies MethodEntry;

/** What association scans have in common. */
const scan = {
  stage: 'intrinsic',
  model: 'agnostic',
  scope: 'global',
  errorControl: 'p-value of each feature; no correction for their number',
} as const;

export const linear_association = {
  category: 'method',
  name: 'linear_association',
  summary: 'The usual association scan: −log₁₀ p of the label on each feature alone, by least squares.',
  documentation:
    'Regresses the label on one feature at a time, with an intercept and the covariates of the people, where `plink` was given any; the p-value is that of the slope (Student’s t, n − 2 − covariates degrees of freedom, two-sided), as `plink --linear` and `plink2 --glm` give it, to the six digits that they write. They leave people out of a variant where their genotype is missing; here it has been filled in before. On X they add sex as a covariate: give it with the others. The model is not asked: this is what its attributions have to be better than. Features that do not vary beside the covariates score 0. Effects that are not additive are seen only as far as they have a linear part; relatedness and population structure are accounted for only as far as covariates do. Slopes, standard errors and p-values are stored.',
  citation: 'Purcell et al. 2007, Am J Hum Genet 81:559 (PLINK)',
  revision: 1,
  produces: 'importance',
  typology: {
    ...scan,
    assumptions: 'The label depends linearly on the feature, with independent errors of equal variance.',
  },
  alphabets: ['genotypes', 'expression'],
  complete: false,
  cost: 'none',
  parameters: {},
} as const satisfies MethodEntry;

export const logistic_association = {
  category: 'method',
  name: 'logistic_association',
  summary: 'The association scan of cases and controls: −log₁₀ p of the label’s log-odds on each feature alone.',
  documentation:
    'Fits a logistic regression of the labels 0 and 1 on one feature at a time by maximum likelihood, with an intercept and the covariates of the people, where `plink` was given any; the p-value is that of Wald’s test of the slope, two-sided, as `plink --logistic` and `plink2 --glm no-firth` give it, to the digits that they write. Missing genotypes have been filled in before, and on X sex is no covariate of itself, as with `linear_association`. Features that do not vary beside the covariates score 0, and so do those that separate the labels, for which there is no estimate (PLINK 2 gives Firth’s there); a note counts them. Rare variants with few cases have p-values that are too large or too small. Slopes (log-odds ratios for one unit), standard errors and p-values are stored.',
  citation: 'Purcell et al. 2007, Am J Hum Genet 81:559 (PLINK); Wald 1943, Trans Am Math Soc 54:426',
  revision: 2,
  produces: 'importance',
  typology: {
    ...scan,
    assumptions: 'The log-odds of the label depend linearly on the feature; examples are independent, and many.',
  },
  alphabets: ['genotypes', 'expression'],
  complete: false,
  cost: 'none',
  parameters: {},
} as const satisfies MethodEntry;

export const anchors = {
  category: 'method',
  name: 'anchors',
  summary: 'A short rule that makes the model give the same answer almost whatever else the input is.',
  documentation:
    'The answer is whether the target is above the threshold. A condition holds a feature of the example, or all of a group: the base at a position, the count of alleles, or the quantile bin of an expression value. Its precision is the share of the background with the same answer after the rule’s features were written into it, its coverage the share of the background that meets the rule by itself. Rules grow by beam search; the best candidates are told apart by KL-LUCB to `tolerance`. A rule is accepted when fresh draws bound its precision from below by `precision` with probability 1 − `delta` over all rules that were tried for the example; of the accepted the one with most coverage is kept. Examples without such a rule keep their best one, with its bound. Where there are more than `candidates` conditions, only those are tried that go with the answer most surely in the background as it is. The background is the reference of each example: ask for a thousand copies. Where no single base decides, as in a motif, take windows: `window: 10 bp`.',
  citation: 'Ribeiro, Singh & Guestrin 2018, AAAI; Kaufmann & Kalyanakrishnan 2013, COLT (KL-LUCB)',
  revision: 2,
  produces: 'rule',
  typology: {
    stage: 'post hoc',
    model: 'agnostic',
    scope: 'local',
    assumptions: 'The background with some features exchanged is what the model could meet.',
    errorControl: 'lower bound of the precision with probability 1 − δ',
  },
  complete: false,
  cost: 'up to conditions × (16 × candidates × beam + budget + 2,048 × beam) forward passes',
  parameters: {
    background: {
      type: { is: 'call', category: 'reference' },
      summary: 'The inputs among which a rule is tried: `samples(…)` or `dinucleotide_shuffle(…)`.',
    },
    threshold,
    precision: {
      type: { is: 'share', min: 0.5, max: 0.999 },
      default: 0.95,
      summary: 'Precision that a rule has to have.',
    },
    delta: {
      type: { is: 'share', min: 0.0001, max: 0.5 },
      default: 0.05,
      summary: 'Probability that an accepted rule’s precision is below its bound after all.',
    },
    tolerance: {
      type: { is: 'share', min: 0.01, max: 0.5 },
      default: 0.1,
      summary: 'Difference in precision up to which either of two candidates may go on.',
    },
    conditions: { type: { is: 'integer', min: 1, max: 100 }, default: 6, summary: 'Most conditions of a rule.' },
    beam: { type: { is: 'integer', min: 1, max: 100 }, default: 2, summary: 'Rules that are extended at a time.' },
    bins: {
      type: { is: 'integer', min: 2, max: 100 },
      default: 4,
      summary: 'Quantile bins of expression values; DNA and genotypes are compared as they are.',
    },
    candidates: {
      type: { is: 'integer', min: 1, max: 100_000 },
      default: 200,
      summary: 'Most conditions from which rules are made.',
    },
    budget: {
      type: { is: 'integer', min: 1, max: 10_000_000 },
      default: 5000,
      summary:
        'Forward passes for each length of a rule, beside 16 for each candidate, after which the shares found decide.',
    },
    groups,
    window,
    seed,
  },
} as const satisfies MethodEntry;

export const counterfactual = {
  category: 'method',
  name: 'counterfactual',
  summary: 'The fewest changes that bring the target to the other side of a threshold.',
  documentation:
    'A change is another base at a position, another count of alleles (0, 1 or 2) of a variant, or, with a `baseline`, the feature’s value in one of the references. Changes are taken greedily, each time the one that moves the target furthest, then every change that is not needed is taken back. Up to `exact` changes all combinations are tried, so smaller answers of that size are found if there are any, and `proven` tells where fewer changes are impossible; one change is always tried exhaustively. The map is the changed input minus the example. That no `edits` changes suffice is a result too: `flipped` is 0, and the map holds the furthest that was reached. A counterfactual is a statement on the model, not on what would happen to the organism.',
  citation:
    'Wachter, Mittelstadt & Russell 2018, Harvard J Law Technol 31:841; Martens & Provost 2014, MIS Quarterly 38:73',
  revision: 2,
  produces: 'edit',
  typology: {
    stage: 'post hoc',
    model: 'agnostic',
    scope: 'local',
    assumptions: 'Features can be changed one by one.',
    errorControl: 'exact up to the number of changes that are tried exhaustively',
  },
  complete: false,
  cost: 'edits × changes forward passes; changes^exact for exhaustive search',
  parameters: {
    flip: {
      type: { is: 'keyword', values: ['other', 'below', 'above'] },
      default: 'other',
      summary: 'Where the target is to go: to the other side, at most to the threshold, or above it.',
    },
    threshold,
    edits: { type: { is: 'integer', min: 1, max: 1000 }, default: 5, summary: 'Most changes.' },
    exact: {
      type: { is: 'integer', min: 1, max: 4 },
      default: 1,
      summary: 'Number of changes up to which all combinations are tried.',
    },
    baseline: {
      type: { is: 'call', category: 'reference' },
      optional: true,
      summary: 'References whose values features may take; needed for expression.',
    },
  },
} as const satisfies MethodEntry;

export const rule_list = {
  category: 'method',
  name: 'rule_list',
  summary: 'A falling rule list: who meets the first rule has the highest risk, and so on down to the rest.',
  documentation:
    'An example belongs to the first rule that it meets, and the risk falls from rule to rule: the share of labels, or of predictions, above `threshold`. A condition is a base at a position, a count of alleles (`= 0`, `= 1`, `= 2`, `≥ 1`, `≤ 1`, dosages rounded), or an expression value above or not above a quantile; a rule is a conjunction of at most `conditions`. Of all rules the `candidates` that tell most of the answer by themselves are kept. The list minimises log loss + `price` × rules among those whose risks fall, each for at least `support` of the examples; simulated annealing looks for it, which proves no optimum. Rules are found on one part of the examples; `risk`, its 95 % interval (`low`, `high`; Wilson), `examples` and `share` are those of the held-out part, so the search does not flatter them, and may turn out not to fall; `searched` is the risk where the list was found. Of labels, it is a model of its own and the network is not asked; of predictions, a surrogate that is as good as its risks are far from 50 %. Positions of DNA have to be aligned to mean anything.',
  citation:
    'Wang & Rudin 2015, AISTATS, arXiv 1411.5899; Chen & Rudin 2018, AISTATS, arXiv 1710.02572 (as a penalised loss)',
  revision: 2,
  produces: 'rule',
  typology: {
    stage: 'intrinsic',
    model: 'agnostic',
    scope: 'global',
    assumptions: 'Risk depends on few features by steps.',
    errorControl: '95 % interval of each risk on held-out examples; none for the choice of the rules',
  },
  complete: false,
  cost: 'none',
  parameters: {
    of: {
      type: { is: 'keyword', values: ['labels', 'predictions'] },
      default: 'labels',
      summary: 'Whether the risk is that of the measured labels or of the target.',
    },
    threshold: {
      type: { is: 'number' },
      default: 0,
      summary: 'A label or a target above it is a positive answer. 0 parts classes 0 and 1, and logits.',
    },
    rules: { type: { is: 'integer', min: 1, max: 100 }, default: 8, summary: 'Most rules of the list.' },
    conditions: { type: { is: 'integer', min: 1, max: 5 }, default: 2, summary: 'Most conditions of a rule.' },
    support: {
      type: { is: 'share', min: 0.0001, max: 0.5 },
      default: 0.05,
      summary: 'Smallest share of the examples that comes to a rule.',
    },
    price: {
      type: {
        is: 'either',
        of: [
          { is: 'keyword', values: ['auto'] },
          { is: 'number', min: 0.000001 },
        ],
      },
      default: 'auto',
      summary:
        'Log loss in nats, over all examples, that a rule has to save. `auto`: ln(candidates) + ½ ln(examples), what it takes to write the rule down.',
    },
    candidates: {
      type: { is: 'integer', min: 1, max: 10_000 },
      default: 200,
      summary: 'Most rules from which the list is made.',
    },
    bins: {
      type: { is: 'integer', min: 2, max: 100 },
      default: 4,
      summary: 'Quantile bins of expression values between which conditions cut.',
    },
    held_out: {
      type: { is: 'share', min: 0.05, max: 0.95 },
      default: 0.5,
      summary: 'Share of the examples on which the risks are measured.',
    },
    steps: {
      type: { is: 'integer', min: 1, max: 10_000_000 },
      default: 10_000,
      summary: 'Steps of each of the four chains of the search.',
    },
    seed,
  },
} as const satisfies MethodEntry;

const construction = {
  type: { is: 'keyword', values: ['auto', 'markov_chain', 'maximum_entropy', 'equicorrelated'] },
  default: 'auto',
  summary:
    'How knockoffs are made: a Markov chain along the variants (counts of alleles; `auto` for them), or normal variables with the correlations of the data, least like their originals (`maximum_entropy`; `auto` for others) or all alike in that (`equicorrelated`).',
} as const satisfies ParameterSpecification;

const KNOCKOFFS =
  'Knockoffs are drawn from the distribution of the features, which has to be known; here it is fitted to the data. Normal knockoffs take correlations shrunk after Schäfer & Strimmer (2005). The chain joins neighbouring variants in the order of the data, by counted transitions of genotypes: an approximation of the hidden Markov model of Sesia et al. (2019), exact where genotypes are a Markov chain.';

export const conditional_predictive_impact = {
  category: 'method',
  name: 'conditional_predictive_impact',
  summary: 'How much worse the model does when a feature is replaced by its knockoff, with a p-value.',
  documentation: `impact = mean over examples of loss(x̃_j, x_−j) − loss(x), x̃ a knockoff: what the feature tells the model beyond the features that it goes with. Features of a group are replaced together. With several \`copies\` the losses are averaged for each example first. The p-value is that of a one-sided paired t-test over the examples, for examples that the model was not trained on. ${KNOCKOFFS}`,
  citation:
    'Watson & Wright 2021, Machine Learning 110:2107; Candès et al. 2018, J R Stat Soc B 80:551; Sesia, Sabatti & Candès 2019, Biometrika 106:1',
  revision: 1,
  produces: 'importance',
  typology: {
    stage: 'post hoc',
    model: 'agnostic',
    scope: 'global',
    assumptions: 'The distribution of the features is the fitted one.',
    errorControl: 'p-value of a paired t-test; no correction for the number of features',
  },
  alphabets: ['genotypes', 'expression'],
  complete: false,
  cost: 'copies × groups forward passes',
  parameters: {
    loss: pairedLoss,
    construction,
    copies: {
      type: { is: 'integer', min: 1, max: 1000 },
      default: 1,
      summary: 'Knockoffs of each example over which its loss is averaged.',
    },
    groups,
    window,
    seed,
  },
} as const satisfies MethodEntry;

export const leave_one_covariate_out = {
  category: 'method',
  name: 'leave_one_covariate_out',
  summary: 'How much worse a network does that has been trained without a feature, with a p-value.',
  documentation:
    'importance = mean over examples of loss(f₋ⱼ) − loss(f), where f₋ⱼ is the same network trained once more, from the same draws and in the same order, with the feature held at 0 in all examples; its kernels then never move and never count. What other features can stand in for has no importance, and no input is asked about that could not occur. `p_values`: one-sided, by the sign test (Lei et al.: the median difference is above 0; the same for squared and absolute errors) or by Wilcoxon’s signed ranks, which also takes the differences for symmetric; `adjusted` after Benjamini and Hochberg; `medians` and `differences` are stored. They hold for examples that the network was not trained on, and speak of these two networks: what chance of training has put into either is not in them. Only for networks that are trained in the experiment.',
  citation:
    'Lei, G’Sell, Rinaldo, Tibshirani & Wasserman 2018, J Am Stat Assoc 113:1094; Benjamini & Hochberg 1995, J R Stat Soc B 57:289',
  revision: 1,
  produces: 'importance',
  typology: {
    stage: 'post hoc',
    model: 'agnostic',
    scope: 'global',
    assumptions: 'Training can be repeated; test examples are independent of those trained on.',
    errorControl: 'p-value of a paired test, given both networks; adjusted for the number of features',
  },
  alphabets: ['genotypes', 'expression'],
  complete: false,
  cost: 'groups trainings of the network',
  parameters: {
    loss: pairedLoss,
    test: {
      type: { is: 'keyword', values: ['sign', 'signed_rank'] },
      default: 'sign',
      summary: 'How the differences of the losses are tested.',
    },
    groups,
    window,
  },
} as const satisfies MethodEntry;

export const knockoff_importance = {
  category: 'method',
  name: 'knockoff_importance',
  summary: 'Which features the label depends on given all others, with a bounded false discovery rate.',
  documentation: `W_j = |β_j| − |β̃_j|, the coefficients of a feature and of its knockoff in a lasso of the label on both, everything standardised, with λ = ½ √(2 ln 2p / n). The knockoff filter selects W ≥ τ with the smallest τ at which (1 + #{W ≤ −τ}) / #{W ≥ τ} is at most \`rate\`; the expected share of false ones among them is at most \`rate\`, whatever the relation of label and features, which only costs power where it is not linear. Below 1 / rate true features nothing can be selected. The model is not asked: it is what an importance of the model can be held against. ${KNOCKOFFS}`,
  citation:
    'Candès, Fan, Janson & Lv 2018, J R Stat Soc B 80:551; Barber & Candès 2015, Ann Statist 43:2055; Spector & Janson 2022, Ann Statist 50:252 (maximum entropy)',
  revision: 1,
  produces: 'importance',
  typology: {
    stage: 'intrinsic',
    model: 'agnostic',
    scope: 'global',
    assumptions: 'The distribution of the features is the fitted one.',
    errorControl: 'false discovery rate',
  },
  alphabets: ['genotypes', 'expression'],
  complete: false,
  cost: 'none',
  parameters: {
    rate: {
      type: { is: 'share', min: 0.0001, max: 1 },
      default: 0.1,
      summary: 'False discovery rate of the selection.',
    },
    construction,
    seed,
  },
} as const satisfies MethodEntry;
