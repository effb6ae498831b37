/** Methods that average or multiply gradients. */
import type { MethodEntry } from '../specification.js';
import { baseline } from './parameters.js';

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
    stage: 'post hoc',
    model: 'specific',
    scope: 'local',
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
    'The first-order Taylor term of the target at the example, with the all-zero input as implied reference. On one-hot DNA it is the gradient at the observed base. It sums to the target only for networks that are linear along the ray from zero, so completeness is not claimed.',
  citation: 'Shrikumar et al. 2016, arXiv 1605.01713',
  revision: 1,
  produces: 'contribution',
  typology: {
    stage: 'post hoc',
    model: 'specific',
    scope: 'local',
    assumptions: 'The target is close to linear between zero and the example.',
    errorControl: 'none',
  },
  complete: false,
  cost: '1 gradient pass',
  parameters: {},
} as const satisfies MethodEntry;

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
    stage: 'post hoc',
    model: 'specific',
    scope: 'local',
    assumptions: 'The reference stands for absence, and the model is sensible along the straight path to it.',
    errorControl: 'completeness, to a tolerance',
  },
  complete: true,
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
    rule: {
      type: { is: 'keyword', values: ['gauss_legendre', 'trapezoid', 'riemann'] },
      default: 'gauss_legendre',
      summary: 'Quadrature rule; `riemann` is the midpoint rule.',
    },
    tolerance: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0.01,
      summary: 'Largest completeness gap that `auto` accepts for a pair.',
    },
  },
} as const satisfies MethodEntry;
