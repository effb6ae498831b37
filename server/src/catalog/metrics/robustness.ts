/** Measurements that explain anew: neighbours of the examples, and models that have forgotten what they learnt. */
import type { MetricEntry } from '../specification.js';
import { seed } from '../parameters.js';

const neighbours = {
  changes: {
    type: { is: 'integer', min: 1, max: 10_000 },
    default: 1,
    summary: 'Features of a neighbour that hold another base, or another count of alleles, where `noise` is not given.',
  },
  noise: {
    type: { is: 'amount' },
    optional: true,
    summary:
      'Genotypes and expression: neighbours have uniform noise within ± so much on every number: `2%` of the range of the example, or `0.5 alleles`.',
  },
  samples: {
    type: { is: 'integer', min: 1, max: 10_000 },
    default: 10,
    summary: 'Neighbours of each example, each explained with the method and its corrections.',
  },
  seed,
} as const;

const NEIGHBOURS =
  'Neighbours are drawn, so the largest of them is a lower bound. Sequences stay sequences: single bases are exchanged, and maps are compared at the positions that stay. Method and corrections run again on every neighbour; targets that are another unit for each example are refused.';

export const max_sensitivity = {
  category: 'metric',
  name: 'max_sensitivity',
  summary: 'How much a map changes, relative to its size, when the input hardly does.',
  documentation: `max ‖Φ(x) − Φ(x′)‖ / ‖Φ(x)‖ over neighbours x′ of each example. ${NEIGHBOURS}`,
  citation: 'Yeh et al. 2019, NeurIPS 32, "On the (In)fidelity and Sensitivity of Explanations"',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'examples',
  headline: 'median',
  statistics: {
    median: {
      summary: 'Median of the largest relative change.',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    mean: { summary: 'Mean of the largest relative change.', unit: 'share', better: 'lower', interval: true },
    average: {
      summary: 'Mean of the relative change over all neighbours.',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
  },
  parameters: neighbours,
} as const satisfies MetricEntry;

export const local_lipschitz = {
  category: 'metric',
  name: 'local_lipschitz',
  summary: 'How much a map changes for each unit by which the input does.',
  documentation: `max ‖Φ(x) − Φ(x′)‖ / ‖x − x′‖ over neighbours x′ of each example: comparable between inputs of one model, not between methods of different scale. ${NEIGHBOURS}`,
  citation: 'Alvarez-Melis & Jaakkola 2018, arXiv 1806.08049',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'examples',
  headline: 'median',
  statistics: {
    median: { summary: 'Median of the largest ratio.', unit: 'number', better: 'lower', interval: true },
    mean: { summary: 'Mean of the largest ratio.', unit: 'number', better: 'lower', interval: true },
    average: { summary: 'Mean ratio over all neighbours.', unit: 'number', better: 'lower', interval: true },
  },
  parameters: neighbours,
} as const satisfies MetricEntry;

export const model_randomisation = {
  category: 'metric',
  name: 'model_randomisation',
  summary: 'Whether a map depends on what the model has learnt.',
  documentation:
    'The weights of the layers (convolutions, dense and recurrent layers) are permuted within their tensors, the last layer first, then the last two, to all: magnitudes stay, knowledge goes. The examples are explained anew each time, and the scores compared with the original ones by Spearman correlation ρ(φ, φ′), as absolute values and with their signs. The curve has every depth. A map whose correlation stays high explains the input, not the model. Normalisations and biases added by themselves stay as they are. Targets that are another unit for each example are refused.',
  citation: 'Adebayo et al. 2018, NeurIPS 31, "Sanity Checks for Saliency Maps" (there with newly drawn weights)',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1 },
  on: false,
  unit: 'examples',
  headline: 'correlation',
  statistics: {
    correlation: {
      summary: 'Mean correlation of absolute scores with all layers permuted.',
      unit: 'correlation',
      better: 'lower',
      interval: true,
    },
    signed: {
      summary: 'Mean correlation of signed scores with all layers permuted.',
      unit: 'correlation',
      better: 'lower',
      interval: true,
    },
    top_layer: {
      summary: 'Mean correlation of absolute scores with the last layer permuted.',
      unit: 'correlation',
      better: 'lower',
      interval: true,
    },
    layers: { summary: 'Layers that are permuted.', unit: 'count', better: 'neither', interval: false },
  },
  parameters: { seed },
} as const satisfies MetricEntry;
