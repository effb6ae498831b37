/** The explained number: which scalar of the model an attribution divides up. */
import type { TargetEntry } from './specification.js';

const indexParameter = {
  type: { is: 'integer', min: 0 },
  optional: true,
  summary: 'Which unit of the output, counted from 0. May be left out where the output has one unit.',
} as const;

const name = {
  type: { is: 'text' },
  optional: true,
  summary: 'Name of the output. May be left out where the model has one.',
} as const;

export const logit = {
  category: 'target',
  name: 'logit',
  summary: 'The value in front of the final sigmoid or softmax.',
  documentation:
    'Explains the number before the squashing function: gradients of a probability vanish where the model is sure. Where the network ends without a sigmoid or softmax, the output itself is the logit.',
  citation: 'Sundararajan, Taly & Yan 2017, ICML (saturation)',
  revision: 1,
  parameters: { index: indexParameter, name },
} as const satisfies TargetEntry;

export const output = {
  category: 'target',
  name: 'output',
  summary: 'An output of the model as it stands.',
  documentation:
    'Explains one unit of an output, with any final sigmoid or softmax included. For classifiers prefer `logit`: a saturated probability has almost no gradient.',
  revision: 1,
  parameters: {
    name,
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
    name,
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

const outputParameter = {
  type: { is: 'text' },
  optional: true,
  summary: 'Name of the output. May be left out where the model has one.',
} as const;

const probability = {
  type: { is: 'truth' },
  default: false,
  summary: 'Whether to explain the probability behind the final softmax or sigmoid in place of the logit.',
} as const;

export const true_class = {
  category: 'target',
  name: 'true_class',
  summary: 'The logit of the class that each example is labelled with.',
  documentation:
    'Explains another unit for each example: the value in front of the final softmax that belongs to its label, which counts the classes from 0. With one unit and a sigmoid, label 1 stands for the logit and label 0 for minus the logit. Every example must have a label. The model is compiled once for each class that occurs, and examples of different classes never share a graph.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336 (probabilities of the class of each sample)',
  revision: 1,
  parameters: { probability },
} as const satisfies TargetEntry;

export const predicted_class = {
  category: 'target',
  name: 'predicted_class',
  summary: 'The logit of the class that the model predicts for each example.',
  documentation:
    'Explains another unit for each example: the greatest of the values in front of the final softmax; of equal ones the first. The class is that of the example itself and stays the same along paths, for references and for perturbed copies. With one unit and a sigmoid, minus the logit where the logit is not positive.',
  revision: 1,
  parameters: { probability },
} as const satisfies TargetEntry;

export const difference = {
  category: 'target',
  name: 'difference',
  summary: 'One target minus another.',
  documentation:
    'Explains what speaks for one number and against another: `difference(class("B cell"), class("T cell"))`, or `difference(predicted_class, true_class)` for the errors of a classifier. The difference of two logits is a log ratio of probabilities and does not depend on the other classes.',
  revision: 1,
  parameters: {
    a: { type: { is: 'call', category: 'target' }, summary: 'The target that counts positive.' },
    b: { type: { is: 'call', category: 'target' }, summary: 'The target that counts negative.' },
  },
} as const satisfies TargetEntry;

export const unit = {
  category: 'target',
  name: 'unit',
  summary: 'A neuron inside the network.',
  documentation:
    'Explains one value of a layer, so that every method has its neuron form: `saliency of unit("conv1", index: [12, 40])` is what moves filter 12 at position 40. Layers and nodes are named as in the file.',
  revision: 1,
  parameters: {
    layer: { type: { is: 'text' }, summary: 'Name of the layer or node whose output holds the neuron.' },
    index: {
      type: {
        is: 'either',
        of: [
          { is: 'integer', min: 0 },
          { is: 'list', of: { is: 'integer', min: 0 } },
        ],
      },
      optional: true,
      summary:
        'Place of the neuron in the layer, counted from 0: one number for each axis, or one through all of them in row-major order. May be left out where the layer has one.',
    },
  },
} as const satisfies TargetEntry;

export const window_mean = {
  category: 'target',
  name: 'window_mean',
  summary: 'The mean of a profile over a window of positions.',
  documentation:
    'For models whose output is a profile [position], [position, track] or [track, position]; the longer of two axes holds the positions. Averages the output as it stands.',
  citation: 'Avsec et al. 2021, Nature Methods 18:1196 (gradients of the mean over an output window)',
  revision: 1,
  parameters: {
    from: { type: { is: 'integer', min: 0 }, summary: 'First position of the output, counted from 0.' },
    to: { type: { is: 'integer', min: 1 }, summary: 'The position behind the last.' },
    index: { type: { is: 'integer', min: 0 }, optional: true, summary: 'Which track, where there are several.' },
    name: outputParameter,
  },
} as const satisfies TargetEntry;

export const profile_score = {
  category: 'target',
  name: 'profile_score',
  summary: 'How strongly a profile of logits is shaped: Σ softmax(z) · (z − z̄), with the softmax held constant.',
  documentation:
    'For models that put out the logits z of a profile over positions (BPNet, ChromBPNet). Each logit counts as much as its position is predicted to be hit, relative to the mean logit of the profile; summed over tracks unless `index` names one. Gradients do not go through the softmax, so the score is no potential of its own gradient: path methods do not sum to its difference, and their completeness gap shows by how much.',
  citation: 'Avsec et al. 2021, Nature Genetics 53:354 (BPNet)',
  revision: 1,
  parameters: {
    index: {
      type: { is: 'integer', min: 0 },
      optional: true,
      summary: 'Which track; the sum over all where none is named.',
    },
    name: outputParameter,
  },
} as const satisfies TargetEntry;
