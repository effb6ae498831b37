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

const custom_layers = {
  type: {
    is: 'record',
    of: {
      is: 'either',
      of: [
        { is: 'text' },
        {
          is: 'keyword',
          values: [
            'conv1d',
            'dense',
            'batch_norm',
            'layer_norm',
            'dropout',
            'flatten',
            'max_pool',
            'average_pool',
            'global_max_pool',
            'global_average_pool',
            'relu',
            'exponential',
          ],
        },
      ],
    },
  },
  optional: true,
  summary:
    'Class and function names of the file’s own, and what each one is: `{ ConvDNA: conv1d }`; other Keras classes in quotes, `{ Pool: "MaxPooling2D" }`.',
} as const satisfies ParameterSpecification;

export const onnx = {
  category: 'format',
  name: 'onnx',
  summary: 'A network in the ONNX format.',
  documentation:
    'Reads an ONNX file of operator set 11 to 26 with fixed or open batch and length. PyTorch models come here through `torch.onnx.export`. Data files in the folder of the model are read with it and count as its content. Weights of 16 or 64 bits are computed in 32. Every operator between the input and the target must be known to the engine; one that is not is an error that names operator, node and file.',
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
  summary: 'A Keras model: a complete HDF5 file, a `.keras` archive, or weights with their architecture.',
  documentation:
    'Reads what Keras 1, 2 and 3 write: complete HDF5 files, `.keras` archives, and files of weights, whose architecture stands in a JSON file (`architecture`) or is declared in the experiment (`network`) and then compared with the weights layer by layer. Containers are told by their first bytes. Kernels that Theano trained are reversed, as Keras does it. Dropout and other layers that act in training only are left out. A layer class that the engine does not know is an error that names the layer; `custom_layers` maps a custom class name onto the Keras layer that it is. Python code in a Lambda layer is never run.',
  citation: 'Keras, saving and loading, https://keras.io/api/models/model_saving_apis/',
  revision: 2,
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.h5', '.hdf5', '.keras'] },
      summary: 'The model file, relative to this document.',
    },
    input,
    inputs,
    layout,
    order,
    classes,
    custom_layers,
    architecture: {
      type: { is: 'path', extensions: ['.json'] },
      optional: true,
      summary: 'The file of `model.to_json()`, where the model file holds weights only.',
    },
    network: {
      type: { is: 'call', category: 'network' },
      optional: true,
      summary: 'The architecture as a declared network, where the model file holds weights only.',
    },
    backend: {
      type: { is: 'keyword', values: ['auto', 'tensorflow', 'theano'] },
      default: 'auto',
      summary: 'The backend that trained the weights: `auto` takes what the file says, which files of Keras 1 do not.',
    },
  },
} as const satisfies FormatEntry;

export const tfjs = {
  category: 'format',
  name: 'tfjs',
  summary: 'A TensorFlow.js layers model: `model.json` with its weight files beside it.',
  documentation:
    'Reads what `tensorflowjs_converter` makes of Keras models and what `model.save` of TensorFlow.js writes; weights that are stored in fewer bits are widened. The weight files must lie in the folder of `model.json` or below. Graph models are refused: convert the original model instead.',
  citation: 'TensorFlow.js, saving and loading models, https://www.tensorflow.org/js/guide/save_load',
  revision: 1,
  parameters: {
    path: { type: { is: 'path', extensions: ['.json'] }, summary: 'The file `model.json`, relative to this document.' },
    input,
    inputs,
    layout,
    order,
    classes,
    custom_layers,
  },
} as const satisfies FormatEntry;

export const pytorch = {
  category: 'format',
  name: 'pytorch',
  summary:
    'Weights of a PyTorch network, a state dict (`.pt`, `.pth`) or `.safetensors`, for a network declared in the experiment.',
  documentation:
    'Reads `torch.save(model.state_dict(), …)` of any version, checkpoints that hold one, and safetensors files; 8-, 16- and 64-bit numbers are computed in 32 bits. The file says nothing of how its tensors are applied: `network` does, and is compared with them module by module. What PyTorch does otherwise than Keras is done as PyTorch does it: `batch_norm` and `layer_norm` add 1e-5 to the variance, `leaky_relu` has slope 0.01, `flatten` counts positions fastest, unless the layer says otherwise. `dense` is `nn.Linear`, `self_attention` is `nn.MultiheadAttention` of `heads` × `size` channels; `padding: same` is PyTorch’s where the stride is 1. The pickle in a state dict is read as data: whatever names a function that a state dict does not need (a whole model of `torch.save(model)`, TorchScript) is code, is refused and never run. Other networks: `torch.onnx.export`.',
  citation: 'PyTorch, saving and loading models, https://docs.pytorch.org/docs/stable/notes/serialization.html',
  revision: 1,
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.pt', '.pth', '.bin', '.ckpt', '.safetensors'] },
      summary: 'The file of weights, relative to this document.',
    },
    input,
    layout: {
      ...layout,
      summary:
        'Whether the network reads [base, position], as convolutions do (`channels_first`, which `auto` takes), or [position, base] (`channels_last`).',
    },
    order,
    classes,
    network: {
      type: { is: 'call', category: 'network' },
      optional: true,
      summary: 'The declared network whose weights these are. The weights cannot be used without.',
    },
    modules: {
      type: { is: 'list', of: { is: 'text' } },
      optional: true,
      summary:
        'Names of the modules with weights in the order of the layers, where the file has them in another or has more: `["conv1", "bn1", "head"]`.',
    },
    key: {
      type: { is: 'text' },
      optional: true,
      summary: 'Key of the state dict in a checkpoint that holds several: `"state_dict"`.',
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
