/**
 * Configurations of Keras 1.0 to 1.2 in the words of Keras 2.
 * Sources: `get_config` of the layers of Keras 1.2.2; keras/legacy/interfaces.py of Keras 2.0, which maps the arguments.
 */
import type { Configuration } from './architecture.js';

interface Layer {
  readonly className: string;
  readonly configuration: Configuration;
}

const CLASSES: Readonly<Record<string, string>> = {
  Convolution1D: 'Conv1D',
  Convolution2D: 'Conv2D',
  AtrousConvolution1D: 'Conv1D',
  AtrousConvolution2D: 'Conv2D',
  SeparableConvolution2D: 'SeparableConv2D',
  Deconvolution2D: 'Conv2DTranspose',
  TimeDistributedDense: 'Dense',
};

/** Arguments that have another name in Keras 2, in whatever class they stand. */
const NAMES: Readonly<Record<string, string>> = {
  nb_filter: 'filters',
  filter_length: 'kernel_size',
  border_mode: 'padding',
  subsample: 'strides',
  subsample_length: 'strides',
  atrous_rate: 'dilation_rate',
  bias: 'use_bias',
  p: 'rate',
  sigma: 'stddev',
  pool_length: 'pool_size',
  stride: 'strides',
  length: 'size',
  inner_activation: 'recurrent_activation',
};

/** Classes whose `output_dim` is `units`; that of Embedding keeps its name. */
const WITH_UNITS = new Set(['Dense', 'LSTM', 'GRU', 'SimpleRNN']);

const ORDERS: Readonly<Record<string, string>> = { th: 'channels_first', tf: 'channels_last' };

/** A layer of Keras 1 as Keras 2 would write it. */
export function fromKeras1({ className, configuration }: Layer): Layer {
  const modern = CLASSES[className] ?? className;
  const entries = Object.entries(configuration).map(([key, value]): [string, unknown] => {
    if (key === 'output_dim' && WITH_UNITS.has(modern)) return ['units', value];
    if (key === 'dim_ordering') return ['data_format', ORDERS[String(value)] ?? value];
    // BatchNormalization, Dot and Merge have a mode of their own; Keras 1 wraps layers as {class_name, config}.
    if (key === 'layer') return [key, wrapped(value)];
    return [NAMES[key] ?? key, value];
  });
  const { nb_row, nb_col, ...rest } = Object.fromEntries(entries);
  // Flatten and pools of Keras 1 know no order; what a Flatten meets, it takes row by row.
  return {
    className: modern,
    configuration: nb_row === undefined ? rest : { ...rest, kernel_size: [nb_row, nb_col] },
  };
}

function wrapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('class_name' in value) || !('config' in value)) return value;
  const { className, configuration } = fromKeras1({
    className: String(value.class_name),
    configuration: value.config as Configuration,
  });
  return { class_name: className, config: configuration };
}
