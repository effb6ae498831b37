/** The explained number: which scalar of the model an attribution divides up. */
import type { TargetEntry } from './specification.js';

const indexParameter = {
  type: { is: 'integer', min: 0 },
  optional: true,
  summary: 'Which unit of the output, counted from 0. May be left out where the output has one unit.',
} as const;

export const logit = {
  category: 'target',
  name: 'logit',
  summary: 'The value in front of the final sigmoid or softmax.',
  documentation:
    'Explains the number before the squashing function: gradients of a probability vanish where the model is sure. Where the network ends without a sigmoid or softmax, the output itself is the logit.',
  citation: 'Sundararajan, Taly & Yan 2017, ICML (saturation)',
  revision: 1,
  parameters: { index: indexParameter },
} as const satisfies TargetEntry;

export const output = {
  category: 'target',
  name: 'output',
  summary: 'An output of the model as it stands.',
  documentation:
    'Explains one unit of an output, with any final sigmoid or softmax included. For classifiers prefer `logit`: a saturated probability has almost no gradient.',
  revision: 1,
  parameters: {
    name: {
      type: { is: 'text' },
      optional: true,
      summary: 'Name of the output. May be left out where the model has one.',
    },
    index: indexParameter,
  },
} as const satisfies TargetEntry;

export const classTarget = {
  category: 'target',
  name: 'class',
  summary: 'The logit of one class, by name or number.',
  documentation:
    'Explains the value in front of the final softmax (or sigmoid) that belongs to one class. Names come from `classes` in the model declaration.',
  revision: 1,
  parameters: {
    class: {
      type: { is: 'either', of: [{ is: 'text' }, { is: 'integer', min: 0 }] },
      summary: 'Name of the class, or its number counted from 0.',
    },
  },
} as const satisfies TargetEntry;

export const before = {
  category: 'target',
  name: 'before',
  summary: 'The value that goes into a named activation.',
  documentation:
    'Explains the input of an activation inside the network: the last one of that kind, or the one at `layer` (a node or layer name of the file).',
  revision: 1,
  parameters: {
    activation: {
      type: { is: 'keyword', values: ['sigmoid', 'softmax', 'relu', 'tanh', 'softplus', 'exp'] },
      summary: 'The activation in front of which the value is taken.',
    },
    layer: {
      type: { is: 'text' },
      optional: true,
      summary: 'Name of the node or layer, where there are several such activations.',
    },
    index: indexParameter,
  },
} as const satisfies TargetEntry;
