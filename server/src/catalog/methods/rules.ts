/** Methods that replace the derivative of some operators by a rule of their own. */
import type { MethodEntry } from '../specification.js';
import { LOCAL_SPECIFIC, baseline } from './parameters.js';

export const deep_lift = {
  category: 'method',
  name: 'deep_lift',
  summary: 'Differences from the reference, handed back through the network by rules that conserve them.',
  documentation:
    'With `rule: rescale` the multiplier of a non-linear node is its difference in output over its difference in input between example and reference, so saturated units keep their contribution. `reveal_cancel` keeps the positive and the negative contributions to each weighted sum apart, so that inputs which cancel each other are seen; `genomics_default`, the choice of its authors for sequence models, does so behind dense layers and rescales behind convolutions. Contributions of a pair sum to f(x) − f(reference) exactly, at every node: this is checked on a sample, and a node that fails is named. Products and quotients of two branches take each factor at the middle of example and reference, a softmax is its exponentials over their sum, and the maximum of a pool is shared between where example and reference have theirs. An operator without such a rule is refused by name. With several references the map is their mean (DeepSHAP, also called DeepLIFT-SHAP). Not implementation-invariant: two networks that compute the same function may get different maps.',
  citation:
    'Shrikumar, Greenside & Kundaje 2017, ICML, arXiv 1704.02685; Lundberg & Lee 2017, NeurIPS, arXiv 1705.07874',
  revision: 2,
  produces: 'contribution',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The reference stands for absence.',
    errorControl: 'completeness, exact at every node',
  },
  complete: true,
  multipliers: true,
  cost: 'references gradient passes, with 2 forward passes each; RevealCancel twice that',
  parameters: {
    baseline,
    rule: {
      type: { is: 'keyword', values: ['rescale', 'reveal_cancel', 'genomics_default'] },
      default: 'rescale',
      summary: 'What non-linear nodes hand on; `genomics_default` is `reveal_cancel` behind dense layers only.',
    },
  },
} as const satisfies MethodEntry;

const layerRules = ['epsilon', 'gamma', 'alpha_beta', 'z_plus', 'flat', 'w_square', 'box'] as const;

export const lrp = {
  category: 'method',
  name: 'lrp',
  summary: 'Layer-wise relevance propagation: the value of the target, shared among inputs layer by layer.',
  documentation:
    'Each layer shares what its outputs have received among its inputs, by a rule: `epsilon` in proportion to contributions, the denominator raised by `epsilon`; `gamma` prefers contributions of the sign of the output; `alpha_beta` weighs positive contributions by `alpha` and negative ones by `alpha` − 1; `z_plus` takes positive ones only; `flat` and `w_square` look at no activation, and `box` allows for the range 0 … 1 of one-hot DNA: these three are for the first layer. `rule` is one rule, or a list by depth from the input whose last one goes on; `dense` is another for dense layers behind the first. The usual composites: `lrp(rule: z_plus, dense: epsilon)`, `lrp(rule: [flat, z_plus], dense: epsilon)`, `lrp(rule: [box, gamma], dense: epsilon)`, `lrp(rule: alpha_beta, dense: epsilon)`. Normalisation and biases behind a layer are merged into it. Sums of branches and averages share in proportion, the maximum of a pool takes all and ties share evenly, activations pass on what they receive; of a product, a factor that gates gets nothing (so attention weights and divisors are held fixed), other factors get halves. Relevances sum to the target but for what biases and stabilisers keep: that is listed, and the account is checked at every node on a sample. With `epsilon: 0`, a ReLU network without biases gives the gradient times the input. Not implementation-invariant.',
  citation:
    'Bach et al. 2015, PLoS ONE 10:e0130140; Montavon et al. 2017, Pattern Recognition 65:211; Montavon et al. 2019, LNCS 11700:193',
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'Contributions to a sum are its explanation, whatever the bias; zero is absence.',
    errorControl: 'conservation at every node, absorbed shares listed',
  },
  complete: false,
  cost: '1 forward and 1 backward pass; rules that tell signs apart twice that',
  parameters: {
    rule: {
      type: {
        is: 'either',
        of: [
          { is: 'keyword', values: layerRules },
          { is: 'list', of: { is: 'keyword', values: layerRules } },
        ],
      },
      default: 'epsilon',
      summary: 'The rule of all weighted layers, or a list: of the first layer, the second, …; the last one goes on.',
    },
    dense: {
      type: { is: 'keyword', values: layerRules },
      optional: true,
      summary: 'The rule of dense layers behind the first layer; left out, they follow `rule`.',
    },
    epsilon: {
      type: { is: 'number', min: 0 },
      default: 1e-6,
      summary: 'What `epsilon` adds to the size of a sum, in units of the sum; it keeps its share of the relevance.',
    },
    gamma: {
      type: { is: 'number', min: 0 },
      default: 0.25,
      summary: 'How much `gamma` raises contributions of the sign of their sum.',
    },
    alpha: {
      type: { is: 'number', min: 1 },
      default: 2,
      summary: 'Weight of positive contributions in `alpha_beta`; negative ones have one less.',
    },
  },
} as const satisfies MethodEntry;

export const guided_backpropagation = {
  category: 'method',
  name: 'guided_backpropagation',
  summary: 'The gradient, of which each ReLU hands on only what is positive.',
  documentation:
    'A ReLU hands back a gradient where its activation and the gradient are both positive. Other operators, other activations included, keep their derivative; a network without ReLU is refused, because there it would be the gradient. Sharp, and largely independent of the weights of late layers and of the class (Adebayo et al. 2018, NeurIPS): read it beside a randomisation check, not as evidence of its own. Not implementation-invariant.',
  citation: 'Springenberg, Dosovitskiy, Brox & Riedmiller 2015, ICLR workshop, arXiv 1412.6806',
  revision: 1,
  produces: 'gradient',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'What lowers the target may be left out.',
    errorControl: 'none',
  },
  complete: false,
  cost: '1 gradient pass',
  parameters: {},
} as const satisfies MethodEntry;

export const deconvolution = {
  category: 'method',
  name: 'deconvolution',
  summary: 'The gradient, with each ReLU applied to what comes back instead of to what went in.',
  documentation:
    'A ReLU hands back what is positive, R → max(0, R), whether it was active or not; a max-pool hands it to where the maximum was. Other operators keep their derivative; a network without ReLU is refused. Not implementation-invariant, and largely independent of the class.',
  citation: 'Zeiler & Fergus 2014, ECCV, arXiv 1311.2901',
  revision: 1,
  produces: 'gradient',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'What lowers the target may be left out.',
    errorControl: 'none',
  },
  complete: false,
  cost: '1 gradient pass',
  parameters: {},
} as const satisfies MethodEntry;

export const grad_cam = {
  category: 'method',
  name: 'grad_cam',
  summary: 'Where the filters of a convolution that raise the target are active.',
  documentation:
    'The activations of a convolution (behind its normalisation and activation), each filter weighed by the mean of its gradient over positions, summed over filters and cut at zero. One number for each position of the layer, max(0, Σₖ αₖ Aₖ(p)) with αₖ the mean over p of ∂f/∂Aₖ(p), interpolated linearly to the positions of the input and stored at the base that stands there. It says where, not which base, and no more finely than the receptive field of the layer. Not implementation-invariant.',
  citation: 'Selvaraju et al. 2017, ICCV, arXiv 1610.02391',
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions:
      'Positions of the layer lie above the same positions of the input; a filter acts alike at all of them.',
    errorControl: 'none',
  },
  complete: false,
  cost: '1 gradient pass',
  parameters: {
    layer: {
      type: { is: 'text' },
      optional: true,
      summary: 'Name of a convolution of the file; left out, the last one.',
    },
  },
} as const satisfies MethodEntry;
