/** Methods that replace the derivative of some operators by a rule of their own. */
import type { MethodEntry } from '../specification.js';
import { baseline } from './parameters.js';

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
  typology: {
    stage: 'post hoc',
    model: 'specific',
    scope: 'local',
    assumptions: 'The reference stands for absence.',
    errorControl: 'completeness, exact at every node',
  },
  complete: true,
  cost: 'references gradient passes, with 2 forward passes each',
  parameters: { baseline },
} as const satisfies MethodEntry;
