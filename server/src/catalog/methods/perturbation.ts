/** Methods that change the input and look at the prediction. */
import type { MethodEntry } from '../specification.js';

export const in_silico_mutagenesis = {
  category: 'method',
  name: 'in_silico_mutagenesis',
  summary: 'The change of the target for every single-base substitution.',
  documentation:
    'effect[position, base] = f(sequence with that base there) − f(sequence); zero at the observed base. Exact for what it asks, blind to redundancy: a site with an intact copy elsewhere shows no effect.',
  citation: 'Zhou & Troyanskaya 2015, Nature Methods 12:931',
  revision: 1,
  produces: 'effect',
  typology: {
    stage: 'post hoc',
    model: 'agnostic',
    scope: 'local',
    assumptions: 'Sites act alone: no intact copy elsewhere makes up for the one that is changed.',
    errorControl: 'none needed: the effects are the predictions themselves',
  },
  alphabets: ['dna'],
  complete: false,
  cost: '3 × positions + 1 forward passes',
  parameters: {},
} as const satisfies MethodEntry;
