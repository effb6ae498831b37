/** Model file formats, and the alphabets in which their inputs are written. */
import type { AlphabetEntry, FormatEntry, ParameterSpecification } from './specification.js';

const input = {
  type: { is: 'call', category: 'alphabet' },
  optional: true,
  summary: 'What the model reads, for example `dna(100)`. Checked against the shape in the file.',
} as const satisfies ParameterSpecification;

const inputs = {
  type: {
    is: 'record',
    of: {
      is: 'either',
      of: [{ is: 'call', category: 'alphabet' }, { is: 'keyword', values: ['zeros'] }, { is: 'number' }],
    },
  },
  optional: true,
  summary:
    'Instead of `input`, for a model with several: each by its name. One is explained, the others are held at a number: `{ sequence: dna(2114), control: zeros }`.',
} as const satisfies ParameterSpecification;

const layout = {
  type: { is: 'keyword', values: ['auto', 'channels_first', 'channels_last'] },
  default: 'auto',
  summary:
    'Order of the input axes: `channels_first` is [example, base, position], `channels_last` is [example, position, base]. `auto` takes the axis of size 4.',
} as const satisfies ParameterSpecification;

const order = {
  type: { is: 'text' },
  default: 'ACGT',
  summary: 'Order of the bases along the alphabet axis of the model. Stored maps are always in A, C, G, T order.',
} as const satisfies ParameterSpecification;

const classes = {
  type: { is: 'list', of: { is: 'text' } },
  optional: true,
  summary: 'Names of the output units, so that `class("B cell")` can be asked.',
} as const satisfies ParameterSpecification;

export const onnx = {
  category: 'format',
  name: 'onnx',
  summary: 'A network in the ONNX format.',
  documentation:
    'Reads an ONNX file of operator set 11 or later with a fixed or dynamic batch axis. PyTorch models come here through `torch.onnx.export`. Every operator between the input and the target must be known to the engine; one that is not is an error that names operator, node and file.',
  citation: 'ONNX specification, https://onnx.ai/onnx/intro/concepts.html',
  revision: 1,
  parameters: {
    path: { type: { is: 'path', extensions: ['.onnx'] }, summary: 'The model file, relative to this document.' },
    input,
    inputs,
    layout,
    order,
    classes,
  },
} as const satisfies FormatEntry;

export const keras = {
  category: 'format',
  name: 'keras',
  summary: 'A complete Keras 2 model in one HDF5 file.',
  documentation:
    'Reads a complete HDF5 file (architecture and weights) written by Keras 2.0 to 2.15. Dropout and other layers that act in training only are left out. A layer class that the engine does not know is an error that names the layer; `custom_layers` maps a custom class name onto the Keras layer that it is.',
  citation: 'Keras HDF5 format, https://keras.io/2.15/api/models/model_saving_apis/',
  revision: 1,
  parameters: {
    path: { type: { is: 'path', extensions: ['.h5', '.hdf5'] }, summary: 'The model file, relative to this document.' },
    input,
    inputs,
    layout,
    order,
    classes,
    custom_layers: {
      type: { is: 'record', of: { is: 'text' } },
      optional: true,
      summary: 'Custom class names and the Keras layer that each one is: `{ ConvDNA: "Conv1D" }`.',
    },
  },
} as const satisfies FormatEntry;

export const dna = {
  category: 'alphabet',
  name: 'dna',
  summary: 'One-hot DNA of a fixed length.',
  documentation:
    'Four channels, one per base. Stored arrays are [example, position, base] with bases in A, C, G, T order.',
  revision: 1,
  letters: ['A', 'C', 'G', 'T'],
  feature: 'position',
  parameters: {
    length: {
      type: { is: 'integer', min: 1, max: 10_000_000, unit: 'bp' },
      summary: 'Number of positions (base pairs).',
    },
  },
} as const satisfies AlphabetEntry;

export const genotypes = {
  category: 'alphabet',
  name: 'genotypes',
  summary: 'Genotypes of a fixed number of variants.',
  documentation:
    'One number per variant: the count of effect alleles (0, 1 or 2), or what the data make of it. Stored arrays are [example, variant].',
  revision: 1,
  letters: [],
  feature: 'variant',
  parameters: {
    variants: { type: { is: 'integer', min: 1, max: 100_000_000 }, summary: 'Number of variants.' },
  },
} as const satisfies AlphabetEntry;

export const expression = {
  category: 'alphabet',
  name: 'expression',
  summary: 'Expression of a fixed number of genes, or any row of numbers.',
  documentation: 'One number per gene. Stored arrays are [example, gene].',
  revision: 1,
  letters: [],
  feature: 'gene',
  parameters: {
    genes: { type: { is: 'integer', min: 1, max: 100_000_000 }, summary: 'Number of genes.' },
  },
} as const satisfies AlphabetEntry;
