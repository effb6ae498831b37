/** Methods that average or multiply gradients. */
import type { MethodEntry, ParameterSpecification } from '../specification.js';
import { seed } from '../parameters.js';
import { LOCAL_SPECIFIC, baseline, layer, steps } from './parameters.js';

export const saliency = {
  category: 'method',
  name: 'saliency',
  summary: 'The gradient of the target with respect to the input.',
  documentation:
    'How the target changes with an infinitesimal change of each input value. For one-hot DNA the gradient has a component off the simplex that no sequence can test: follow it with `| simplex_correction`.',
  citation: 'Simonyan, Vedaldi & Zisserman 2014, ICLR workshop',
  revision: 1,
  produces: 'gradient',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The target is differentiable and not saturated at the example.',
    errorControl: 'none',
  },
  complete: false,
  cost: '1 gradient pass',
  parameters: {},
} as const satisfies MethodEntry;

export const input_x_gradient = {
  category: 'method',
  name: 'input_x_gradient',
  summary: 'The gradient times the input.',
  documentation:
    'x ⊙ ∂f/∂x, the first-order Taylor term of the target at the example, with the all-zero input as implied reference. On one-hot DNA it is the gradient at the observed base. It sums to the target only for networks that are linear along the ray from zero, so completeness is not claimed.',
  citation: 'Shrikumar et al. 2016, arXiv 1605.01713',
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The target is close to linear between zero and the example.',
    errorControl: 'none',
  },
  complete: false,
  cost: '1 gradient pass',
  parameters: {},
} as const satisfies MethodEntry;

const rule = {
  type: { is: 'keyword', values: ['gauss_legendre', 'trapezoid', 'riemann'] },
  default: 'gauss_legendre',
  summary: 'Quadrature rule; `riemann` is the midpoint rule.',
} as const satisfies ParameterSpecification;

export const integrated_gradients = {
  category: 'method',
  name: 'integrated_gradients',
  summary: 'The gradient averaged along the straight path from the reference, times (x − reference).',
  documentation:
    'Contributions of a pair (example, reference) sum to f(x) − f(reference) up to the error of the quadrature. `steps: auto` starts with 32 Gauss–Legendre nodes and doubles them for the pairs whose completeness gap is above `tolerance`, up to 4,096; steps used and pairs that missed are reported. With several references per example the map is the mean over them; multipliers and references are stored too.',
  citation: 'Sundararajan, Taly & Yan 2017, ICML, arXiv 1703.01365',
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The reference stands for absence, and the model is sensible along the straight path to it.',
    errorControl: 'completeness, to a tolerance',
  },
  complete: true,
  multipliers: true,
  cost: 'steps × references gradient passes',
  parameters: {
    baseline,
    steps: {
      type: {
        is: 'either',
        of: [
          { is: 'keyword', values: ['auto'] },
          { is: 'integer', min: 1, max: 65_536 },
        ],
      },
      default: 'auto',
      summary: 'Quadrature nodes along the path, or `auto`.',
    },
    rule,
    tolerance: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0.01,
      summary: 'Largest completeness gap that `auto` accepts for a pair.',
    },
  },
} as const satisfies MethodEntry;

export const path_gradient = {
  category: 'method',
  name: 'path_gradient',
  summary: 'The gradient averaged along the straight path from the reference.',
  documentation:
    'Integrated gradients without the factor x − reference: a value for every base at every position, also those that are not in the sequence, so that `| simplex_correction` applies. It does not sum to f(x) − f(reference). With several references per example it is the mean over them. The paper on the correction runs this as integrated gradients (one shuffled reference, 25 steps, trapezoid rule) and expected integrated gradients (20 shuffled references, 20 steps).',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, Methods; Sundararajan, Taly & Yan 2017, ICML',
  revision: 1,
  produces: 'gradient',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The reference stands for absence, and the model is sensible along the straight path to it.',
    errorControl: 'none',
  },
  complete: false,
  cost: 'steps × references gradient passes',
  parameters: {
    baseline,
    steps: { ...steps, default: 25, summary: 'Quadrature nodes along the path; of the trapezoid rule, intervals.' },
    rule,
  },
} as const satisfies MethodEntry;

const noisyCopies = {
  method: {
    type: { is: 'call', category: 'method' },
    summary: 'The method that explains each noisy copy.',
  },
  samples: {
    type: { is: 'integer', min: 1, max: 10_000 },
    default: 50,
    summary: 'Noisy copies of each example.',
  },
  noise: {
    type: { is: 'amount' },
    default: { share: 0.1 },
    summary:
      'Standard deviation of the noise: a share of the range of the example’s own numbers (`10%`), or absolute (`1.0 alleles`).',
  },
  seed,
} as const satisfies Record<string, ParameterSpecification>;

export const smooth_grad = {
  category: 'method',
  name: 'smooth_grad',
  summary: 'The mean of another method’s maps over noisy copies of the example.',
  documentation:
    'Gaussian noise is added to every number of the input, also to the zeros of one-hot DNA: the copies lie off the simplex, as in the papers, so follow gradient maps with `| simplex_correction`; what the network does off the simplex, which no sequence can test, still shows in which units the copies switch on. A share is taken of the example’s own range, max − min, which is 1 for one-hot DNA. The mean keeps the sign. Copies are keyed by seed and example: `smooth_grad`, `smooth_grad_squared` and `var_grad` of one seed see the same.',
  citation: 'Smilkov et al. 2017, arXiv 1706.03825',
  revision: 2,
  produces: 'same',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'Nearby inputs mean the same, and what the method inside assumes.',
    errorControl: 'none',
  },
  complete: false,
  cost: 'samples × the passes of the method inside, and a forward pass each where it needs the prediction',
  parameters: noisyCopies,
} as const satisfies MethodEntry;

export const smooth_grad_squared = {
  category: 'method',
  name: 'smooth_grad_squared',
  summary: 'The mean of the squares of another method’s maps over noisy copies of the example.',
  documentation:
    'The sign is lost, and large values count more than in the mean of magnitudes; `root: true` gives the root mean square. Not SmoothGrad, although some libraries offer it as its variant: rankings by it follow E[g²], not E|g|. As a map of magnitudes it is scored by the sum at each position and takes no `simplex_correction`.',
  citation: 'Hooker et al. 2019, NeurIPS, arXiv 1806.10758; Reynolds & Pan 2025, PLoS Comput Biol 21:e1013784',
  revision: 2,
  produces: 'contribution',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'Nearby inputs mean the same, and what the method inside assumes.',
    errorControl: 'none',
  },
  complete: false,
  cost: 'samples × the passes of the method inside, and a forward pass each where it needs the prediction',
  parameters: {
    ...noisyCopies,
    root: {
      type: { is: 'truth' },
      default: false,
      summary: 'Takes the square root, so that the map has the unit of the method inside.',
    },
  },
} as const satisfies MethodEntry;

export const var_grad = {
  category: 'method',
  name: 'var_grad',
  summary: 'The variance of another method’s maps over noisy copies of the example.',
  documentation:
    '1/n Σᵢ (φ(x + εᵢ) − φ̄)², how much the explanation itself changes around the example: zero for a linear model, whatever its weights. The sign is lost; as a map of magnitudes it is scored by the sum at each position and takes no `simplex_correction`.',
  citation: 'Adebayo et al. 2018, NeurIPS, arXiv 1810.03292',
  revision: 2,
  produces: 'contribution',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'Nearby inputs mean the same, and what the method inside assumes.',
    errorControl: 'none',
  },
  complete: false,
  cost: 'samples × the passes of the method inside, and a forward pass each where it needs the prediction',
  parameters: noisyCopies,
} as const satisfies MethodEntry;

export const expected_gradients = {
  category: 'method',
  name: 'expected_gradients',
  summary: 'The gradient at a random point towards a random reference, times (x − reference), averaged over draws.',
  documentation:
    'Integrated gradients averaged over a distribution of references, estimated with one reference and one point of the path per sample; also called GradientSHAP. Give a reference that is a distribution (`samples`, `dinucleotide_shuffle`): one constant reference makes it integrated gradients with a random quadrature. The sum is f(x) − mean f(reference) only on average, so completeness is not claimed; the standard error of every value is stored as `standard_error`.',
  citation: 'Erion et al. 2021, Nature Machine Intelligence 3:620; Lundberg & Lee 2017, NeurIPS',
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The references stand for absence, and the model is sensible along straight paths to them.',
    errorControl: 'Monte-Carlo standard error',
  },
  complete: false,
  cost: 'samples gradient passes',
  parameters: {
    baseline,
    samples: {
      type: { is: 'integer', min: 1, max: 1_000_000 },
      default: 200,
      summary: 'Draws of a reference and a point for each example.',
    },
    noise: {
      type: { is: 'amount' },
      optional: true,
      summary: 'Standard deviation of Gaussian noise on the example in each draw; none where it is left out.',
    },
    seed,
  },
} as const satisfies MethodEntry;

export const layer_gradient_x_activation = {
  category: 'method',
  name: 'layer_gradient_x_activation',
  summary: 'The values of a layer times the gradient of the target by them.',
  documentation:
    'h_j · ∂f/∂h_j, the first-order share of each neuron in the target. It sums to the target only where the rest of the network is linear without bias.',
  citation: 'Ancona et al. 2018, ICLR, arXiv 1711.06104 (gradient × activation)',
  revision: 1,
  produces: 'activation',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The target is close to linear in the layer between zero and its values.',
    errorControl: 'none',
  },
  complete: false,
  cost: '1 gradient pass',
  parameters: { layer },
} as const satisfies MethodEntry;

export const layer_conductance = {
  category: 'method',
  name: 'layer_conductance',
  summary: 'How much of the change from reference to example flows through each neuron of a layer.',
  documentation:
    '∫ ∂f/∂h_j · dh_j/dα along the straight path in the input. Over a layer through which every path leads it sums to f(x) − f(reference), as integrated gradients do over the input; pairs that miss by more than 1 % are reported.',
  citation: 'Dhamdhere, Sundararajan & Yan 2019, ICLR, arXiv 1805.12233',
  revision: 1,
  produces: 'activation',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The reference stands for absence, and the model is sensible along the straight path to it.',
    errorControl: 'completeness, reported',
  },
  complete: false,
  cost: 'steps × references passes of about 3 gradients each',
  parameters: { layer, baseline, steps },
} as const satisfies MethodEntry;

export const layer_integrated_gradients = {
  category: 'method',
  name: 'layer_integrated_gradients',
  summary: 'Integrated gradients in a layer instead of the input.',
  documentation:
    '(h(x) − h(reference)) ⊙ ∫ ∂f/∂h along the straight line between the layer’s values at reference and example, which inputs need not reach. What leads around the layer stays at the example. Sums to f(x) − f(reference) where nothing does; pairs that miss by more than 1 % are reported.',
  citation: 'Sundararajan, Taly & Yan 2017, ICML, arXiv 1703.01365; Kokhlikyan et al. 2020, arXiv 2009.07896',
  revision: 1,
  produces: 'activation',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions:
      'The reference stands for absence, and the rest of the network is sensible between the two values of the layer.',
    errorControl: 'completeness, reported',
  },
  complete: false,
  cost: 'steps × references gradient passes',
  parameters: { layer, baseline, steps },
} as const satisfies MethodEntry;

export const internal_influence = {
  category: 'method',
  name: 'internal_influence',
  summary: 'The gradient of the target by each neuron of a layer, averaged along the path from the reference.',
  documentation:
    '∫ ∂f/∂h_j along the straight path in the input: how sensitive the target is to a neuron, whatever the neuron does.',
  citation: 'Leino et al. 2018, IEEE ITC, arXiv 1802.03788',
  revision: 1,
  produces: 'activation',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The path from the reference is the distribution of interest.',
    errorControl: 'none',
  },
  complete: false,
  cost: 'steps × references gradient passes',
  parameters: { layer, baseline, steps },
} as const satisfies MethodEntry;

export const neuron_conductance = {
  category: 'method',
  name: 'neuron_conductance',
  summary: 'How much of the change from reference to example each input value sends through one neuron.',
  documentation:
    '(x_i − reference_i) ∫ ∂f/∂h_j · ∂h_j/∂x_i along the straight path in the input: the part of integrated gradients that goes through neuron j. It sums to the conductance of that neuron, not to f(x) − f(reference). What moves the neuron itself, whatever it does for the target, is any method of the target `unit`.',
  citation: 'Dhamdhere, Sundararajan & Yan 2019, ICLR, arXiv 1805.12233',
  revision: 1,
  produces: 'contribution',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The reference stands for absence, and the model is sensible along the straight path to it.',
    errorControl: 'none',
  },
  complete: false,
  cost: 'steps × references passes of 2 gradients each',
  parameters: {
    layer,
    index: {
      type: {
        is: 'either',
        of: [
          { is: 'integer', min: 0 },
          { is: 'list', of: { is: 'integer', min: 0 } },
        ],
      },
      summary:
        'Place of the neuron in the layer: one number for each axis, or one through all of them in row-major order.',
    },
    baseline,
    steps,
  },
} as const satisfies MethodEntry;

export const integrated_hessians = {
  category: 'method',
  name: 'integrated_hessians',
  summary: 'Interactions between pairs of features: integrated gradients of integrated gradients.',
  documentation:
    'A matrix for each example: off the diagonal half of what two features do together, on it what a feature does alone and with its own square. A row sums to the integrated gradient of its feature (stored for all features as `totals`), the whole to f(x) − f(reference). Networks of ReLU are piecewise linear, so their second derivatives are zero almost everywhere: `beta` replaces ReLU by SoftPlus_β for the purpose, and without it such a network is refused; how far that moves the target is reported. Kinks of other operators (max-pooling, LeakyReLU) stay as they are. A position of DNA is one feature, summed over its bases.',
  citation: 'Janizek, Sturmfels & Lee 2021, Journal of Machine Learning Research 22:104',
  revision: 1,
  produces: 'interaction',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'The reference stands for absence, and the smoothed network behaves as the network does.',
    errorControl: 'completeness, by the sums stored',
  },
  complete: false,
  cost: 'features × steps × references passes of about 3 gradients each',
  parameters: {
    baseline,
    beta: {
      type: { is: 'number', min: 0.000_001, max: 1_000_000 },
      optional: true,
      summary: 'Steepness of the SoftPlus that replaces ReLU; left out, the network is taken as it is.',
    },
    features: {
      type: { is: 'list', of: { is: 'either', of: [{ is: 'integer', min: 0 }, { is: 'text' }] } },
      optional: true,
      summary: 'Positions or features between which interactions are found, by number from 0 or name; all up to 256.',
    },
    steps,
  },
} as const satisfies MethodEntry;
