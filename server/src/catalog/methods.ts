/** Attribution methods. */
import type { MethodEntry, ParameterSpecification } from './specification.js';

const baseline = {
  type: { is: 'call', category: 'reference' },
  summary: 'The reference with which each example is compared.',
} as const satisfies ParameterSpecification;

export const saliency = {
  category: 'method',
  name: 'saliency',
  summary: 'The gradient of the target with respect to the input.',
  documentation:
    'How the target changes with an infinitesimal change of each input value. For one-hot DNA the gradient has a component off the simplex that no sequence can test: follow it with `| simplex_correction`.',
  citation: 'Simonyan, Vedaldi & Zisserman 2014, ICLR workshop',
  revision: 1,
  produces: 'gradient',
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

export const deep_lift = {
  category: 'method',
  name: 'deep_lift',
  summary: 'Differences from the reference, handed back through the network by the rescale rule.',
  documentation:
    'The multiplier of a non-linear node is its difference in output over its difference in input between example and reference, so saturated units keep their contribution. Contributions of a pair sum to f(x) − f(reference) exactly. Products of two branches take each factor at the middle of example and reference; the maximum of a pool is shared between where example and reference have theirs. An operator without such a rule is refused by name. With several references the map is their mean (DeepSHAP).',
  citation:
    'Shrikumar, Greenside & Kundaje 2017, ICML, arXiv 1704.02685; Lundberg & Lee 2017, NeurIPS, arXiv 1705.07874',
  revision: 1,
  produces: 'contribution',
  complete: true,
  cost: 'references gradient passes, with 2 forward passes each',
  parameters: { baseline },
} as const satisfies MethodEntry;

export const in_silico_mutagenesis = {
  category: 'method',
  name: 'in_silico_mutagenesis',
  summary: 'The change of the target for every single-base substitution.',
  documentation:
    'effect[position, base] = f(sequence with that base there) − f(sequence); zero at the observed base. Exact for what it asks, blind to redundancy: a site with an intact copy elsewhere shows no effect.',
  citation: 'Zhou & Troyanskaya 2015, Nature Methods 12:931',
  revision: 1,
  produces: 'effect',
  complete: false,
  cost: '3 × positions + 1 forward passes',
  parameters: {},
} as const satisfies MethodEntry;
