/** Measurements of what no explanation can tell: what a network leaves open, hides in copies, or loses on the way back. */
import type { MetricEntry, ParameterSpecification, StatisticSpecification } from '../specification.js';
import { pairedLoss, seed } from '../parameters.js';

const WANG = 'Wang et al. 2025, arXiv 2505.09873';

const neither = (summary: string, unit: StatisticSpecification['unit'], interval = true) =>
  ({ summary, unit, better: 'neither', interval }) as const satisfies StatisticSpecification;

const layer = {
  type: { is: 'text' },
  summary: 'Name of the layer or node, as in the file.',
} as const satisfies ParameterSpecification;

const anyLayer = { ...layer, optional: true } as const satisfies ParameterSpecification;

export const kernel_rescaling = {
  category: 'metric',
  name: 'kernel_rescaling',
  summary: 'Whether the sizes of filters say anything: other sizes, the same predictions.',
  documentation:
    'ReLU is positively homogeneous: (w, b, v) → (c·w, c·b, v/c) with c > 0 leaves v·ReLU(w·x + b) as it is, and normalisation takes c up by itself. Each unit of a layer gets a factor of its own and what reads it the inverse. `reversed` chooses factors so that the order of the norms ‖w‖ is turned round, `random` draws ln c evenly between ± ln 100. Then the norms, the predictions, and what taking out a unit (kernel and bias 0) changes, mean |Δf|, are compared with what they were. Whatever is read off the sizes of weights is the choice of whoever trained the network; the effect of taking a unit out is the network’s own. Of an ensemble, the first network is rescaled. Refused by name where something between the layer and the next lets no factor through (sigmoid, softmax, a sum of two branches).',
  citation: `${WANG}; Neyshabur, Salakhutdinov & Srebro 2015, NeurIPS 28 ("Path-SGD")`,
  revision: 2,
  subjects: { kind: 'target', min: 1, max: 1 },
  on: true,
  unit: 'units of the layer',
  headline: 'norms',
  statistics: {
    norms: neither('Spearman correlation of the norms of the units before and after.', 'correlation'),
    ablation: neither('The same of the effects of taking out units.', 'correlation'),
    change: neither('Largest |Δf| by the rescaling itself, by the standard deviation of f.', 'number', false),
  },
  parameters: {
    layer: {
      ...anyLayer,
      summary: 'Name of the layer or node, as in the file; the first with a kernel where none is named.',
    },
    factors: {
      type: { is: 'keyword', values: ['reversed', 'random'] },
      default: 'reversed',
      summary: 'Whether factors turn the order of the norms round, or are drawn.',
    },
    seed: { ...seed, default: 1 },
  },
} as const satisfies MetricEntry;

export const gradient_flow = {
  category: 'metric',
  name: 'gradient_flow',
  summary: 'What is left of the gradient on its way back: its size layer by layer, dead units, exact zeros.',
  documentation:
    '‖∂f/∂h‖₂ for each layer h, the output of a ReLU, tanh, sigmoid or another activation, and for the input. `decay` is the least-squares slope of its natural logarithm by layers gone back: 0 where gradients keep their size. In a ReLU network with n units a layer, drawn with weight variance σ²/n and not trained, it is ½ ln(σ²/2) − 5/(4n). A sigmoid at the end multiplies every gradient by p (1 − p). `dead` are ReLU units that are 0 at all examples (for maps: everywhere); nothing before them gets a gradient through them, whatever it means. ReLU layers whose units the graph does not tell apart from positions are not counted, and a note says so. Means over the networks of an ensemble.',
  citation: `${WANG}; He et al. 2015, ICCV; Hanin & Nica 2020, Commun Math Phys 376:287 (finite width); Lu et al. 2020, Commun Comput Phys 28:1671 (dead ReLU)`,
  revision: 3,
  subjects: { kind: 'target', min: 1, max: 1 },
  on: true,
  unit: 'examples',
  headline: 'norm',
  statistics: {
    norm: neither('Median ‖∂f/∂x‖₂ at the input.', 'number'),
    decay: neither('Mean change of ln ‖∂f/∂h‖₂ for each layer gone back.', 'number'),
    zero: {
      summary: 'Share of the examples with a gradient of 0 everywhere.',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    dead: {
      summary: 'Share of the ReLU units that no example activates.',
      unit: 'share',
      better: 'lower',
      interval: false,
    },
  },
  parameters: {},
} as const satisfies MetricEntry;

export const unit_redundancy = {
  category: 'metric',
  name: 'unit_redundancy',
  summary: 'Over how many units of a layer its signal is spread: what taking out one of them still shows.',
  documentation:
    'Each unit (channel) of the layer is held at its mean over the data, Δ = f − f(held), and so are all at once. `single` is the mean |Δ| of a unit, by the |Δ| of all: 1 where every unit decides alone, and below 1/units where the layer holds its signal in copies that stand in for each other. `largest` is that of the unit with most. `spread` is the share of the units over which |Δ| is spread, e^entropy / units; `rank` the share of the units that their values have as dimensions, exp(H(s/Σs)) / units with the singular values s of the centred activations; `alike` the share of pairs of units with |r| > 0.95. Dropout makes it best that all units carry the same, so single knock-outs show less the more of it there was in training. Layers of up to 300 units, and of which the graph tells which axis counts them (a convolution, a product with weights, what rearranges them); of an ensemble, the units of all networks.',
  citation: `${WANG}; Roy & Vetterli 2007, EUSIPCO (effective rank); Mianjy, Arora & Vidal 2018, ICML (dropout equalises units)`,
  revision: 2,
  subjects: { kind: 'target', min: 1, max: 1 },
  on: true,
  unit: 'units of the layer',
  headline: 'single',
  statistics: {
    single: neither('Mean effect of a unit, by that of all together.', 'share'),
    largest: neither('Effect of the unit with most, by that of all together.', 'share', false),
    spread: neither('Share of the units over which the effect is spread.', 'share', false),
    rank: neither('Effective rank of the activations, by the number of units.', 'share', false),
    alike: neither('Share of pairs of units with |r| > 0.95.', 'share', false),
  },
  parameters: { layer },
} as const satisfies MetricEntry;

export const joint_effects = {
  category: 'metric',
  name: 'joint_effects',
  summary: 'How much of what a pair of features does shows when each is changed alone.',
  documentation:
    'Of an interaction map that keeps the effects of single features beside it (`pairwise_ablation`): of each example the pair with the largest |Δ₁₂| = |Δ₁ + Δ₂ − interaction|, and how much of it the larger of |Δ₁| and |Δ₂| shows. 0 for f = max(x₁, x₂) at (1, 1), where either stands in for the other; 1 where one feature carries all; ½ for a sum of two alike. Examples in which no pair does anything are left out.',
  citation: WANG,
  revision: 2,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: ['interaction'] },
  on: false,
  unit: 'examples',
  headline: 'median',
  statistics: {
    median: neither('Median share of the joint effect that one feature alone shows.', 'share'),
    hidden: neither('Share of the examples in which less than half of it shows.', 'share'),
  },
  parameters: {},
} as const satisfies MetricEntry;

export const attention_freedom = {
  category: 'metric',
  name: 'attention_freedom',
  summary: 'How far attention can be changed without a change of any prediction.',
  documentation:
    'The output of a head is A·V, with as many keys n as rows of V. Where n is larger than the rank of [V, 1], there are N ≠ 0 with N·V = 0 and rows that sum to 0, and A + N gives the same output with rows that still sum to one. Of each row the weight of the most attended key is brought down along the projection of that direction on the null space, until a weight reaches 0. The network is then run with the changed attention. Copies among the keys, as variants in complete linkage, leave such freedom however large the head. Of an ensemble, the first network.',
  citation: `${WANG}; Brunner et al. 2020, ICLR, arXiv 1908.04211`,
  revision: 1,
  subjects: { kind: 'target', min: 1, max: 1 },
  on: true,
  unit: 'examples',
  headline: 'moved',
  statistics: {
    free: neither('Share of the dimensions of an attention row that no output shows, 1 − rank [V, 1] / n.', 'share'),
    moved: neither('Share of a row’s attention that was moved (total variation).', 'share'),
    top: neither('Share of the rows in which another key has most attention afterwards.', 'share'),
    change: neither('Largest |Δf|, by the standard deviation of f.', 'number', false),
  },
  parameters: { layer: anyLayer },
} as const satisfies MetricEntry;

export const collinearity = {
  category: 'metric',
  name: 'collinearity',
  summary:
    'How well the features can be told apart in these data, and how far members of an ensemble disagree on them.',
  documentation:
    'Of the correlations of the features in the explained data: the condition number κ = λ_max / λ_min, which bounds by how much an error of the data grows in weights identified from them, and the variance inflation factors VIF_j = (R⁻¹)_jj = 1 / (1 − R²_j). For a pair that correlates by r, κ = (1 + r)/(1 − r) and VIF = 1/(1 − r²). Of an ensemble, `spread` is the standard deviation of a feature’s score over the members, median over the features: refitted to resampled data (`bootstrap: true`), a converged linear network’s grows as √VIF. Features that do not vary are left out; there must be more examples than features, and at most 300.',
  citation: `${WANG}; Belsley, Kuh & Welsch 1980, Regression Diagnostics (√κ > 30; VIF > 10)`,
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'features',
  headline: 'condition',
  statistics: {
    condition: { summary: 'Condition number of the correlations.', unit: 'number', better: 'lower', interval: false },
    vif: { summary: 'Median variance inflation factor.', unit: 'number', better: 'lower', interval: false },
    largest: { summary: 'Largest variance inflation factor.', unit: 'number', better: 'lower', interval: false },
    inflated: {
      summary: 'Share of the features with a factor above 10.',
      unit: 'share',
      better: 'lower',
      interval: false,
    },
    spread: {
      summary: 'Median standard deviation of a score over the members.',
      unit: 'number',
      better: 'lower',
      interval: true,
    },
  },
  alphabets: ['genotypes', 'expression'],
  parameters: {},
} as const satisfies MetricEntry;

export const loss_gap = {
  category: 'metric',
  name: 'loss_gap',
  summary: 'By how much one model loses more than another on the same examples.',
  documentation:
    'Mean of loss(first) − loss(second) over the examples, as pairs. What a constrained network can do, an unconstrained one with the same layers can do as well: min over masked parameters ≥ min over all, so on the data that both were trained on the gap is what the constraint costs (up to how well either was trained). For a linear network and independent features it is the variance that the features without a path explain. On other data it can be below 0, where the constraint is right. Of an ensemble, the loss of the mean over its networks.',
  citation: WANG,
  revision: 1,
  subjects: { kind: 'target', min: 2, max: 2 },
  on: true,
  unit: 'examples',
  headline: 'gap',
  statistics: {
    gap: neither('Mean loss of the first less that of the second.', 'number'),
    first: { summary: 'Mean loss of the first.', unit: 'number', better: 'lower', interval: true },
    second: { summary: 'Mean loss of the second.', unit: 'number', better: 'lower', interval: true },
  },
  parameters: {
    loss: pairedLoss,
  },
} as const satisfies MetricEntry;

export const hub_bias = {
  category: 'metric',
  name: 'hub_bias',
  summary: 'Whether nodes of a network with built-in biology matter because of how many features they have.',
  documentation:
    'For the values of a `masked_dense` layer times the gradient (`layer_gradient_x_activation`) or the values themselves: the importance of a node is the standard deviation of its values over the examples (of an ensemble, the mean of its networks’), its degree the number of its features in the table. A node with more features can fit more, also of noise: in a network that was trained on permuted labels (`permute_labels`) any correlation is bias, and an importance of the real network counts only as far as it exceeds that.',
  citation: 'Esser-Skala & Fortelny 2023, npj Syst Biol Appl 9:50; Wang et al. 2025, arXiv 2505.09873',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: ['activation'] },
  on: false,
  unit: 'nodes',
  headline: 'correlation',
  statistics: {
    correlation: {
      summary: 'Spearman correlation of importance and degree.',
      unit: 'correlation',
      better: 'lower',
      interval: true,
    },
  },
  alphabets: ['genotypes', 'expression'],
  parameters: {},
} as const satisfies MetricEntry;
