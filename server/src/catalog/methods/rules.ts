/** Methods that replace the derivative of some operators by a rule of their own. */
import type { MethodEntry } from '../specification.js';
import { baseline } from './parameters.js';

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
    stage: 'post hoc',
    model: 'specific',
    scope: 'local',
    assumptions: 'The reference stands for absence.',
    errorControl: 'completeness, exact at every node',
  },
  complete: true,
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
