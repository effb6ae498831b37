/** Networks declared in an experiment, and the layers that they are lists of. */
import type { LayerEntry, NetworkEntry, ParameterSpecification } from './specification.js';

const activation = {
  type: {
    is: 'keyword',
    values: [
      'linear',
      'relu',
      'exponential',
      'sigmoid',
      'tanh',
      'softmax',
      'softplus',
      'softsign',
      'elu',
      'selu',
      'gelu',
      'swish',
    ],
  },
  default: 'linear',
  summary: 'The function behind the layer; `linear` is none.',
} as const satisfies ParameterSpecification;

const bias = {
  type: { is: 'truth' },
  default: true,
  summary: 'Whether a constant per unit is added.',
} as const satisfies ParameterSpecification;

const pad = {
  type: { is: 'keyword', values: ['valid', 'same'] },
  default: 'valid',
  summary: '`valid`: windows lie inside; `same`: the edges are padded, the odd position behind.',
} as const satisfies ParameterSpecification;

const poolSize = {
  type: { is: 'integer', min: 1 },
  default: 2,
  summary: 'Positions in a window.',
} as const satisfies ParameterSpecification;

const poolStride = {
  type: { is: 'integer', min: 1 },
  optional: true,
  summary: 'Positions from one window to the next; the size of the window where it is left out.',
} as const satisfies ParameterSpecification;

/** A number that follows the library which the weights come from, unless it is given. */
const ofTheLibrary = {
  type: {
    is: 'either',
    of: [
      { is: 'keyword', values: ['auto'] },
      { is: 'number', min: 0 },
    ],
  },
  default: 'auto',
} as const;

const epsilon = {
  ...ofTheLibrary,
  summary: 'Added to the variance before the root; `auto` is 0.001 as in Keras, with weights of PyTorch 0.00001.',
} as const satisfies ParameterSpecification;

export const layers = {
  category: 'network',
  name: 'layers',
  summary: 'A network as a list of layers, each applied to the one before.',
  documentation:
    'The input is what the model declares (`input: dna(100)`): [position, base] or one row of features. Positions come before channels, so `flatten` counts channels fastest, as Keras does. Activations and dropout stand in the list as layers of their own, or inside the layer before (`dense(10, activation: relu)`).',
  citation: 'Sequential models, https://keras.io/guides/sequential_model/',
  revision: 1,
  parameters: {
    layers: {
      type: { is: 'list', of: { is: 'call', category: 'layer' } },
      summary: 'The layers, the input one left out.',
    },
  },
} as const satisfies NetworkEntry;

export const dense = {
  category: 'layer',
  name: 'dense',
  summary: 'A fully connected layer.',
  documentation: 'Multiplies the features by a matrix and adds a bias; where there are positions, at each of them.',
  revision: 1,
  parameters: {
    units: { type: { is: 'integer', min: 1 }, summary: 'Number of units.' },
    activation,
    bias,
  },
} as const satisfies LayerEntry;

export const maskedDense = {
  category: 'layer',
  name: 'masked_dense',
  summary: 'A dense layer whose units are groups of features, such as genes or pathways, and see only these.',
  documentation:
    'A table says which feature is in which group; each unit is one group, in the order in which the table first names them, and is connected to the features of its group alone. So a unit can be read as its pathway. A feature may be in several groups; features in none do not reach the network, which is reported. Only on rows of numbers, in front of every layer that mixes features. Kernels are drawn as for a full connection.\n\nOf genotypes read by `plink`, the table can be the annotation of a genome (GTF or GFF3, told by its first line): each unit is a gene, in the order of the genome, connected to the variants in it and within `within` of it; variants without a gene are dropped and counted. Behind a masked layer (dropout, batch normalisation and activations may stand between) the features are its units: `masked_dense("genes.gtf.gz", within: 10 kb), tanh, masked_dense("pathways.gmt"), tanh, dense(1)` goes from variants over genes to pathways. Where `units` is left out, the groups are those that have a feature, and of these, where a masked layer follows, those that its table names: no other could change the output. How many were left out is reported. Identifiers and symbols are not translated: `names` says by which attribute the annotation names genes. Values of the layer and attributions to it carry the names of its units.',
  citation:
    'Elmarakeby et al. 2021, Nature 598:348 (P-NET); van Hilten et al. 2021, Communications Biology 4:1094 (GenNet)',
  revision: 2,
  parameters: {
    annotation: {
      type: {
        is: 'path',
        extensions: ['.tsv', '.txt', '.gmt', '.gmt.gz', '.gtf', '.gtf.gz', '.gff', '.gff.gz', '.gff3', '.gff3.gz'],
      },
      summary:
        'A feature, a tab and one of its groups per line; gene sets (`.gmt`); or, for variants, the genes of an annotation.',
    },
    units: {
      type: { is: 'integer', min: 1 },
      optional: true,
      summary: 'Number of groups in the table, to be sure of it; where it is left out, of those that matter.',
    },
    within: {
      type: { is: 'integer', min: 0, unit: 'bp' },
      default: 0,
      summary: 'How far from a gene of an annotation a variant may lie to be its own.',
    },
    names: {
      type: { is: 'text' },
      optional: true,
      summary:
        'Attribute of the annotation that names genes, such as `"gene_id"` (Ensembl’s without their version); `gene_name`, `Name`, `gene`, `gene_id` or `ID`, the first that is there, where it is left out.',
    },
    activation,
    bias,
  },
} as const satisfies LayerEntry;

export const conv1d = {
  category: 'layer',
  name: 'conv1d',
  summary: 'A convolution along the positions.',
  documentation:
    'Slides filters over the positions without reversing them (a cross-correlation, as in all deep learning software).',
  revision: 1,
  parameters: {
    filters: { type: { is: 'integer', min: 1 }, summary: 'Number of filters.' },
    kernel: { type: { is: 'integer', min: 1 }, summary: 'Positions that a filter spans.' },
    stride: { type: { is: 'integer', min: 1 }, default: 1, summary: 'Positions from one window to the next.' },
    padding: {
      type: { is: 'keyword', values: ['valid', 'same', 'causal'] },
      default: 'valid',
      summary:
        '`valid`: windows lie inside; `same`: the edges are padded, the odd position behind; `causal`: all padding in front.',
    },
    dilation: { type: { is: 'integer', min: 1 }, default: 1, summary: 'Positions between neighbours in a filter.' },
    groups: { type: { is: 'integer', min: 1 }, default: 1, summary: 'Groups of channels that are convolved apart.' },
    activation,
    bias,
  },
} as const satisfies LayerEntry;

export const batchNorm = {
  category: 'layer',
  name: 'batch_norm',
  summary: 'Batch normalisation of each channel.',
  documentation: 'In inference an affine map per channel, by the moving mean and variance that training has gathered.',
  citation: 'Ioffe & Szegedy 2015, ICML',
  revision: 1,
  parameters: {
    epsilon,
    momentum: {
      type: { is: 'number', min: 0, max: 1 },
      default: 0.99,
      summary: 'In training, the part of the moving statistics that a batch leaves as it is.',
    },
    scale: { type: { is: 'truth' }, default: true, summary: 'Whether it has a factor per channel (γ).' },
    center: { type: { is: 'truth' }, default: true, summary: 'Whether it has an offset per channel (β).' },
  },
} as const satisfies LayerEntry;

export const layerNorm = {
  category: 'layer',
  name: 'layer_norm',
  summary: 'Layer normalisation: over the channels of one example, at each position.',
  documentation:
    'Subtracts the mean over the channels and divides by their standard deviation; a factor and an offset per channel follow.',
  citation: 'Ba, Kiros & Hinton 2016, arXiv:1607.06450',
  revision: 1,
  parameters: { epsilon },
} as const satisfies LayerEntry;

export const dropout = {
  category: 'layer',
  name: 'dropout',
  summary: 'Dropout: sets a share of the values to zero in training, nothing in inference.',
  documentation: 'What remains is divided by the share that is kept, so that inference needs no correction.',
  citation: 'Srivastava et al. 2014, JMLR 15:1929',
  revision: 1,
  parameters: {
    rate: { type: { is: 'share', min: 0, max: 1 }, summary: 'Share of the values that is set to zero.' },
  },
} as const satisfies LayerEntry;

export const graphSmoothing = {
  category: 'layer',
  name: 'graph_smoothing',
  summary: 'Mixes every feature with those that are correlated with it in the training data.',
  documentation:
    'x ← x · D with D = deg^(−½) (A + I) deg^(−½), where A holds the Pearson correlations between features of the training data that are above `least`, and deg the sums of the rows of A + I. D is fixed: it is not trained, and it is saved with the parameters. Only on rows of numbers, in front of every layer that mixes features; D has features² entries.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336; Wu et al. 2019, ICML (simplified graph convolution)',
  revision: 1,
  parameters: {
    least: {
      type: { is: 'number', min: 0, max: 1 },
      default: 0.5,
      summary: 'Correlation above which two features are joined.',
    },
  },
} as const satisfies LayerEntry;

export const flatten = {
  category: 'layer',
  name: 'flatten',
  summary: 'Positions and channels as one row of features.',
  documentation:
    'With `fastest: channels` feature number = position × channels + channel, the order of Keras with channels last; with `positions` channel × positions + position, that of PyTorch.',
  revision: 1,
  parameters: {
    fastest: {
      type: { is: 'keyword', values: ['auto', 'channels', 'positions'] },
      default: 'auto',
      summary: 'Which of the two is counted first; `auto` is channels, with weights of PyTorch positions.',
    },
  },
} as const satisfies LayerEntry;

export const maxPool = {
  category: 'layer',
  name: 'max_pool',
  summary: 'The greatest value of each window of positions.',
  documentation: 'Padding never wins: it counts as minus infinity.',
  revision: 1,
  parameters: { size: poolSize, stride: poolStride, padding: pad },
} as const satisfies LayerEntry;

export const averagePool = {
  category: 'layer',
  name: 'average_pool',
  summary: 'The mean of each window of positions.',
  documentation: 'Padding is left out of the mean.',
  revision: 1,
  parameters: { size: poolSize, stride: poolStride, padding: pad },
} as const satisfies LayerEntry;

export const globalMaxPool = {
  category: 'layer',
  name: 'global_max_pool',
  summary: 'The greatest value of each channel over all positions.',
  documentation: 'One row of features, one per channel, remains.',
  revision: 1,
  parameters: {},
} as const satisfies LayerEntry;

export const globalAveragePool = {
  category: 'layer',
  name: 'global_average_pool',
  summary: 'The mean of each channel over all positions.',
  documentation: 'One row of features, one per channel, remains.',
  revision: 1,
  parameters: {},
} as const satisfies LayerEntry;

export const residual = {
  category: 'layer',
  name: 'residual',
  summary: 'Layers with a bypass: their output is added to their input.',
  documentation: 'The layers inside must keep the shape.',
  citation: 'He, Zhang, Ren & Sun 2016, CVPR',
  revision: 1,
  parameters: {
    layers: { type: { is: 'list', of: { is: 'call', category: 'layer' } }, summary: 'The layers inside.' },
  },
} as const satisfies LayerEntry;

export const tokens = {
  category: 'layer',
  name: 'tokens',
  summary: 'Makes a position of every feature of a row, so that features can attend to each other.',
  documentation:
    'Feature j becomes the vector x_j · e_j + p_j with two trained vectors of its own: what it is worth, and which feature it is. Behind it features are positions, in their order.',
  citation: 'Gorishniy et al. 2021, NeurIPS 34 (feature tokenizer)',
  revision: 1,
  parameters: {
    units: { type: { is: 'integer', min: 1 }, summary: 'Length of the vectors: the channels of a position.' },
  },
} as const satisfies LayerEntry;

export const selfAttention = {
  category: 'layer',
  name: 'self_attention',
  summary: 'Every position takes from all positions, by shares that follow from both.',
  documentation:
    'For each head softmax(Q Kᵀ / √size) V with Q, K and V linear in the channels of a position; heads are joined and projected back onto the channels, each step with a bias. The shares are what `attention_maps` shows. Put it into `residual([…])` for a bypass.',
  citation: 'Vaswani et al. 2017, NeurIPS, arXiv 1706.03762',
  revision: 1,
  parameters: {
    heads: { type: { is: 'integer', min: 1 }, default: 1, summary: 'Attentions side by side.' },
    size: { type: { is: 'integer', min: 1 }, summary: 'Dimensions of queries, keys and values of a head.' },
  },
} as const satisfies LayerEntry;

const elementwise = {
  category: 'layer',
  revision: 1,
  parameters: {},
} as const;

export const relu = {
  ...elementwise,
  name: 'relu',
  summary: 'The rectifier max(x, 0).',
  documentation: 'Its slope at 0 counts as 0.',
} as const satisfies LayerEntry;

export const exponential = {
  ...elementwise,
  name: 'exponential',
  summary: 'The exponential function.',
  documentation: 'In the first layer it makes filters learn motifs that can be read.',
  citation: 'Koo & Ploenzke 2021, Nature Machine Intelligence 3:258',
} as const satisfies LayerEntry;

export const sigmoid = {
  ...elementwise,
  name: 'sigmoid',
  summary: 'The logistic function 1 / (1 + exp(−x)).',
  documentation: 'As the last layer it makes a probability; explain the `logit` in front of it.',
} as const satisfies LayerEntry;

export const tanh = {
  ...elementwise,
  name: 'tanh',
  summary: 'The hyperbolic tangent.',
  documentation: 'Values between −1 and 1.',
} as const satisfies LayerEntry;

export const softmax = {
  ...elementwise,
  name: 'softmax',
  summary: 'Probabilities over the channels.',
  documentation: 'As the last layer it makes class probabilities; explain the logit in front of it by `class`.',
} as const satisfies LayerEntry;

export const softplus = {
  ...elementwise,
  name: 'softplus',
  summary: 'The smooth rectifier log(1 + exp(x)).',
  documentation: 'Positive everywhere.',
} as const satisfies LayerEntry;

export const softsign = {
  ...elementwise,
  name: 'softsign',
  summary: 'The function x / (1 + |x|).',
  documentation: 'Values between −1 and 1.',
} as const satisfies LayerEntry;

export const elu = {
  ...elementwise,
  name: 'elu',
  summary: 'The exponential linear unit: x above 0, α · (exp(x) − 1) below.',
  documentation: 'Like the rectifier, but with a mean nearer to 0.',
  citation: 'Clevert, Unterthiner & Hochreiter 2016, ICLR',
  parameters: { alpha: { type: { is: 'number', min: 0 }, default: 1, summary: 'Minus the limit far below 0.' } },
} as const satisfies LayerEntry;

export const selu = {
  ...elementwise,
  name: 'selu',
  summary: 'The self-normalising exponential linear unit.',
  documentation: 'elu with α = 1.673 times 1.051.',
  citation: 'Klambauer et al. 2017, NeurIPS',
} as const satisfies LayerEntry;

export const leakyRelu = {
  ...elementwise,
  name: 'leaky_relu',
  summary: 'The leaky rectifier: x above 0, a small multiple of it below.',
  documentation: 'Unlike the rectifier it has a gradient below 0.',
  parameters: {
    slope: {
      ...ofTheLibrary,
      summary: 'Slope below 0; `auto` is 0.3 as in Keras, with weights of PyTorch 0.01.',
    },
  },
} as const satisfies LayerEntry;

export const gelu = {
  ...elementwise,
  name: 'gelu',
  summary: 'The Gaussian error linear unit x · Φ(x).',
  documentation: 'Φ by the error function, not by the approximation with tanh.',
  citation: 'Hendrycks & Gimpel 2016, arXiv:1606.08415',
} as const satisfies LayerEntry;

export const swish = {
  ...elementwise,
  name: 'swish',
  summary: 'The function x · sigmoid(x), also called SiLU.',
  documentation: 'A smooth, non-monotonic rectifier.',
  citation: 'Ramachandran, Zoph & Le 2017, arXiv:1710.05941',
} as const satisfies LayerEntry;
