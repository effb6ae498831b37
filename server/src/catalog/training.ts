/** Training of declared networks: what is trained how, optimizers, schedules. */
import type { OptimizerEntry, ParameterSpecification, ScheduleEntry, TrainingEntry } from './specification.js';
import { seed } from './parameters.js';

const rate = {
  type: { is: 'number', min: 0 },
  default: 0.001,
  summary: 'Learning rate at the beginning.',
} as const satisfies ParameterSpecification;

const weight_decay = {
  type: { is: 'number', min: 0 },
  default: 0,
  summary: 'How strongly parameters are drawn towards zero.',
} as const satisfies ParameterSpecification;

export const train = {
  category: 'training',
  name: 'train',
  summary: 'Trains a declared network on labelled data.',
  documentation:
    'Every member starts from its own draw and sees its own order of the examples; all draws follow from `seed`. The examples for validation are drawn once, with the same share of every class. An epoch has as few batches as `batch` allows, and their sizes differ by one at most, so that no short rest spoils what batch normalisation follows. With `patience` training stops when `monitor` has not improved for so many epochs, and the parameters of the best epoch are kept. Networks are trained side by side, as many as the machine has cores and memory for, and each is kept as soon as it is finished: more `members` cost the new ones. What a network becomes does not depend on how many there are beside it, nor on the machine’s cores: `threads` is part of what is asked for. One thread serves best wherever several networks are trained; a single large one may want more. Loss curves are the result; a target takes the trained network like a model: `target score = logit of nets`.',
  revision: 3,
  parameters: {
    network: { type: { is: 'call', category: 'network' }, summary: 'The network, as a list of layers.' },
    members: { type: { is: 'integer', min: 1, max: 1000 }, default: 1, summary: 'Networks trained from other draws.' },
    epochs: { type: { is: 'integer', min: 1, max: 100_000 }, default: 20, summary: 'Most passes over the data.' },
    batch: { type: { is: 'integer', min: 1, max: 65_536 }, default: 100, summary: 'Most examples of a step.' },
    loss: {
      type: {
        is: 'keyword',
        values: ['binary_cross_entropy', 'cross_entropy', 'mean_squared', 'mean_absolute'],
      },
      default: 'binary_cross_entropy',
      summary: 'What is made small. The entropies look in front of a final sigmoid or softmax.',
    },
    optimizer: {
      type: { is: 'call', category: 'optimizer' },
      default: {
        call: 'adam',
        category: 'optimizer',
        parameters: { rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weight_decay: 0 },
      },
      summary: 'How steps are taken.',
    },
    schedule: {
      type: { is: 'call', category: 'schedule' },
      optional: true,
      summary: 'How the learning rate falls; it stays where it is where none is given.',
    },
    validation: {
      type: { is: 'share', min: 0, max: 0.9 },
      default: 0.1,
      summary: 'Share of the examples that is kept for validation; `0%` for none.',
    },
    monitor: {
      type: { is: 'keyword', values: ['loss', 'auroc', 'accuracy', 'r2'] },
      default: 'loss',
      summary:
        'What decides, on the validation examples, which epoch is best: `auroc` and `accuracy` of the entropies, `r2` of predicted numbers. Without such examples the loss on those trained on.',
    },
    patience: {
      type: { is: 'integer', min: 1 },
      optional: true,
      summary: 'Epochs without improvement after which training stops; all epochs where it is left out.',
    },
    l2: { type: { is: 'number', min: 0 }, default: 0, summary: 'Factor of Σ w² over all kernels, added to the loss.' },
    initial: {
      type: { is: 'keyword', values: ['he_normal', 'glorot_uniform', 'fan_in_uniform'] },
      default: 'he_normal',
      summary:
        'How kernels are drawn at the beginning: a normal distribution with variance 2 / fan-in, a uniform one with variance 2 / (fan-in + fan-out) as in Keras, or one with variance ⅓ / fan-in as in PyTorch.',
    },
    scale: {
      type: { is: 'number', min: 0 },
      optional: true,
      summary: 'Standard deviation of every kernel at the beginning, in place of `initial`.',
    },
    angle: {
      type: { is: 'number', min: 0 },
      default: 0,
      summary: 'Factor of the mean norm of the angles (degrees) between input gradients and the simplex of DNA.',
    },
    bootstrap: {
      type: { is: 'truth' },
      default: false,
      summary:
        'Whether each member is trained on a resample of its own, as many examples drawn with replacement: members then differ by the data too.',
    },
    threads: {
      type: { is: 'integer', min: 1, max: 64 },
      default: 1,
      summary: 'Threads of the training of one network, whatever the machine has.',
    },
    seed: { ...seed, summary: 'Seed of all random draws.' },
  },
} as const satisfies TrainingEntry;

export const sgd = {
  category: 'optimizer',
  name: 'sgd',
  summary: 'Stochastic gradient descent.',
  documentation: 'v ← momentum · v + g; w ← w − rate · v.',
  revision: 1,
  parameters: {
    rate: { ...rate, default: 0.01 },
    momentum: { type: { is: 'number', min: 0, max: 1 }, default: 0, summary: 'Share of the last step that is kept.' },
    weight_decay,
  },
} as const satisfies OptimizerEntry;

const moments = {
  rate,
  beta1: { type: { is: 'number', min: 0, max: 1 }, default: 0.9, summary: 'Decay of the mean of gradients.' },
  beta2: { type: { is: 'number', min: 0, max: 1 }, default: 0.999, summary: 'Decay of the mean of their squares.' },
  epsilon: { type: { is: 'number', min: 0 }, default: 1e-7, summary: 'Added to the root of the mean square.' },
  weight_decay,
} as const;

export const adam = {
  category: 'optimizer',
  name: 'adam',
  summary: 'Adam.',
  documentation:
    'Steps by the mean gradient over the root of the mean squared gradient, both corrected for their start.',
  citation: 'Kingma & Ba 2015, ICLR, arXiv 1412.6980',
  revision: 1,
  parameters: moments,
} as const satisfies OptimizerEntry;

export const adamw = {
  category: 'optimizer',
  name: 'adamw',
  summary: 'Adam with weight decay apart from the gradient.',
  documentation: 'As `adam`, but weight decay shrinks the parameters themselves.',
  citation: 'Loshchilov & Hutter 2019, ICLR, arXiv 1711.05101',
  revision: 1,
  parameters: moments,
} as const satisfies OptimizerEntry;

export const plateau = {
  category: 'schedule',
  name: 'plateau',
  summary: 'Lowers the learning rate when `monitor` stops improving.',
  documentation: 'After `patience` epochs without improvement the rate is multiplied by `factor`, down to `least`.',
  revision: 1,
  parameters: {
    factor: { type: { is: 'number', min: 0, max: 1 }, default: 0.2, summary: 'What the rate is multiplied by.' },
    patience: { type: { is: 'integer', min: 1 }, default: 3, summary: 'Epochs without improvement.' },
    least: { type: { is: 'number', min: 0 }, default: 1e-7, summary: 'The smallest rate.' },
  },
} as const satisfies ScheduleEntry;

export const steps = {
  category: 'schedule',
  name: 'steps',
  summary: 'Lowers the learning rate at given epochs.',
  documentation: 'Before each of the epochs in `at`, counted from 0, the rate is multiplied by `factor`.',
  revision: 1,
  parameters: {
    at: { type: { is: 'list', of: { is: 'integer', min: 1 } }, summary: 'The epochs.' },
    factor: { type: { is: 'number', min: 0, max: 1 }, default: 0.1, summary: 'What the rate is multiplied by.' },
  },
} as const satisfies ScheduleEntry;
