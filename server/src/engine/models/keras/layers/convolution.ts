/**
 * Convolutions over any number of positions: plain, depthwise, separable, transposed, and with kernels of each position's own.
 * Sources: keras/layers/convolutional/ and locally_connected/ of Keras 2.15. Kernels are [...positions, inputs, outputs] there,
 * [outputs, inputs, ...positions] in ONNX; neither reverses them. Padding of Theano: keras/backend/theano_backend.py of
 * Keras 2.2.4, `conv2d` and `_postprocess_conv2d_output`.
 */
import { integers, type Attributes, type Tensor } from '../../../graph/graph.js';
import { permuted } from '../conversion.js';
import { activate } from './activation.js';
import type { Application, Layer } from '../application.js';
import type { Value } from '../network.js';
import { slide } from './window.js';

interface Geometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: string;
}

function geometryOf(application: Application, rank: number): Geometry {
  const ones = new Array<number>(rank).fill(1);
  const padding = application.text('padding', 'valid');
  if (!['valid', 'same', ...(rank === 1 ? ['causal'] : [])].includes(padding))
    application.refuse('model/configuration', `"padding" is "${padding}", expected valid or same`);
  return {
    kernel: application.integers('kernel_size', rank),
    strides: application.integers('strides', rank, ones),
    dilations: application.integers('dilation_rate', rank, ones),
    padding,
  };
}

/** Causal padding: all of it in front, so that an output sees no later position. */
function paddingOf(application: Application, x: Value, geometry: Geometry): Attributes {
  const { kernel, dilations, padding } = geometry;
  if (padding === 'same')
    return application.context.origin.backend === 'theano'
      ? halfPadding(application, x, geometry)
      : { auto_pad: 'SAME_UPPER' };
  const before = kernel.map((k, axis) => (padding === 'causal' ? (k - 1) * dilations[axis]! : 0));
  return { pads: [...before, ...kernel.map(() => 0)] };
}

/** Theano pads half of the kernel's reach on both sides, rounded up, and keeps as many outputs as TensorFlow makes. */
function halfPadding(application: Application, x: Value, { kernel, strides, dilations }: Geometry): Attributes {
  const before = kernel.map((k, axis) => Math.floor(((k - 1) * dilations[axis]! + 1) / 2));
  const after = kernel.map((k, axis) => {
    const reach = (k - 1) * dilations[axis]! + 1;
    const stride = strides[axis]!;
    if (stride === 1) return reach - 1 - before[axis]!;
    const extent = application.extent(x, axis + 2);
    // Never negative: the last output of ⌈extent / stride⌉ begins within the input.
    return Math.max(0, (Math.ceil(extent / stride) - 1) * stride + reach - extent - before[axis]!);
  });
  return { pads: [...before, ...after] };
}

/** A convolution of a channels-first value; the weights are those of ONNX. */
function convolve(
  application: Application,
  stem: string,
  x: Value,
  geometry: Geometry,
  group: number,
  weights: { readonly kernel: Tensor; readonly bias?: Tensor },
): Value {
  const { kernel, strides, dilations, padding } = geometry;
  const inputs = [x, application.constant(`${stem === 'conv' ? '' : `${stem}_`}kernel`, weights.kernel)];
  if (weights.bias !== undefined) inputs.push(application.constant('bias', weights.bias));
  const positions = slide(application, x.shape.slice(2), {
    reach: kernel.map((k, axis) => (k - 1) * dilations[axis]! + 1),
    strides,
    padded: padding !== 'valid',
  });
  const shape = [x.shape[0]!, weights.kernel.shape[0]!, ...positions];
  const attributes = { kernel_shape: kernel, strides, dilations, group, ...paddingOf(application, x, geometry) };
  return application.add(stem, 'Conv', inputs, shape, attributes);
}

/** [...positions, inputs, outputs] → [outputs, inputs, ...positions]. */
const outputsFirst = (kernel: Tensor): Tensor => {
  const rank = kernel.shape.length - 2;
  return permuted(kernel, [rank + 1, rank, ...Array.from({ length: rank }, (_, axis) => axis)]);
};

/** Depthwise [...positions, inputs, multiplier] → [inputs · multiplier, 1, ...positions]: one group per input. */
const inputsFirst = (kernel: Tensor): Tensor => {
  const rank = kernel.shape.length - 2;
  const { data, shape } = permuted(kernel, [rank, rank + 1, ...Array.from({ length: rank }, (_, axis) => axis)]);
  return { type: 'float32', shape: [shape[0]! * shape[1]!, 1, ...shape.slice(2)], data };
};

/** The part that all kinds share: axes, number of channels, activation. */
function layer(
  rank: number,
  make: (application: Application, geometry: Geometry, channels: number) => (x: Value) => Value,
): Layer {
  return (application, inputs) => {
    const x = application.single(inputs);
    application.expectRank(x, rank + 2);
    const axis = application.channelsLast ? rank + 1 : 1;
    const write = make(application, geometryOf(application, rank), application.extent(x, axis));
    return activate(application, application.channelsFirst(x, axis, write));
  };
}

type Kernel = readonly ['kernel' | 'depthwise_kernel' | 'pointwise_kernel', readonly number[]];

/** The kernels, and the bias unless the layer has none. */
function weightsOf(application: Application, kernels: readonly Kernel[], outputs: number) {
  const bias = application.flag('use_bias', true) ? [['bias', [outputs]] as const] : [];
  const weights: Partial<Record<Kernel[0] | 'bias', Tensor>> = application.weights([...kernels, ...bias]);
  return { ...weights, withBias: weights.bias === undefined ? {} : { bias: weights.bias } };
}

const convolution = (rank: number): Layer =>
  layer(rank, (application, geometry, channels) => {
    const filters = application.count('filters');
    const groups = application.count('groups', 1);
    const { kernel, withBias } = weightsOf(
      application,
      [['kernel', [...geometry.kernel, channels / groups, filters]]],
      filters,
    );
    return x => convolve(application, 'conv', x, geometry, groups, { kernel: outputsFirst(kernel!), ...withBias });
  });

const depthwise = (rank: number): Layer =>
  layer(rank, (application, geometry, channels) => {
    const multiplier = application.count('depth_multiplier', 1);
    const { depthwise_kernel, withBias } = weightsOf(
      application,
      [['depthwise_kernel', [...geometry.kernel, channels, multiplier]]],
      channels * multiplier,
    );
    const kernel = inputsFirst(depthwise_kernel!);
    return x => convolve(application, 'depthwise', x, geometry, channels, { kernel, ...withBias });
  });

const separable = (rank: number): Layer =>
  layer(rank, (application, geometry, channels) => {
    const multiplier = application.count('depth_multiplier', 1);
    const filters = application.count('filters');
    const ones = new Array<number>(rank).fill(1);
    const { depthwise_kernel, pointwise_kernel, withBias } = weightsOf(
      application,
      [
        ['depthwise_kernel', [...geometry.kernel, channels, multiplier]],
        ['pointwise_kernel', [...ones, channels * multiplier, filters]],
      ],
      filters,
    );
    const point: Geometry = { kernel: ones, strides: ones, dilations: ones, padding: 'valid' };
    return x => {
      const kernel = inputsFirst(depthwise_kernel!);
      const maps = convolve(application, 'depthwise', x, geometry, channels, { kernel });
      return convolve(application, 'pointwise', maps, point, 1, {
        kernel: outputsFirst(pointwise_kernel!),
        ...withBias,
      });
    };
  });

/**
 * The transpose of a convolution. Its kernel is [...positions, outputs, inputs]; `same` gives stride × input positions, `valid` as
 * many as the kernel reaches.
 */
const transposed = (rank: number): Layer =>
  layer(rank, (application, { kernel: size, strides, dilations, padding }, channels) => {
    const filters = application.count('filters');
    const written = application.configuration['output_padding'];
    if (written !== undefined && written !== null)
      application.refuse(
        'model/configuration',
        `"output_padding" is ${JSON.stringify(written)}, expected none`,
        'Export the model to ONNX with tf2onnx.',
      );
    const { kernel, withBias } = weightsOf(application, [['kernel', [...size, filters, channels]]], filters);
    const reach = size.map((k, axis) => (k - 1) * dilations[axis]! + 1);
    const total = reach.map((r, axis) => (padding === 'same' ? Math.max(0, r - strides[axis]!) : 0));
    const before = total.map(pad => Math.floor(pad / 2));
    return x => {
      const positions = x.shape.slice(2).map((extent, axis) => {
        const grown = Math.max(0, reach[axis]! - strides[axis]!) - total[axis]!;
        return typeof extent === 'number' ? extent * strides[axis]! + grown : application.symbol(axis + 1);
      });
      const operands = [x, application.constant('kernel', outputsFirst(kernel!))];
      if (withBias.bias !== undefined) operands.push(application.constant('bias', withBias.bias));
      return application.add('conv_transpose', 'ConvTranspose', operands, [x.shape[0]!, filters, ...positions], {
        kernel_shape: size,
        strides,
        dilations,
        pads: [...before, ...total.map((pad, axis) => pad - before[axis]!)],
        output_padding: reach.map((r, axis) => Math.max(0, strides[axis]! - r)),
      });
    };
  });

/** A convolution whose kernel is another one at each position: [positions, length · inputs, filters]. */
const locallyConnected: Layer = (application, inputs) => {
  const x = application.single(inputs);
  application.expectRank(x, 3);
  if (!application.channelsLast || application.number('implementation', 1) !== 1)
    application.refuse(
      'model/configuration',
      'channels first or "implementation" other than 1 are not supported',
      'Export the model to ONNX with tf2onnx.',
    );
  const filters = application.count('filters');
  const length = application.integers('kernel_size', 1)[0]!;
  const stride = application.integers('strides', 1, [1])[0]!;
  const [positions, channels] = [application.extent(x, 1), application.extent(x, 2)];
  const windows = slide(application, [positions], { reach: [length], strides: [stride], padded: false })[0] as number;
  const useBias = application.flag('use_bias', true);
  const weights: { kernel: Tensor; bias?: Tensor } = application.weights([
    ['kernel', [windows, length * channels, filters]],
    ...(useBias ? [['bias', [windows, filters]] as const] : []),
  ]);
  const [batch] = x.shape;
  const seen = Array.from({ length: windows * length }, (_, i) => Math.floor(i / length) * stride + (i % length));
  const gathered = application.add(
    'windows',
    'Gather',
    [x, application.constant('positions', integers(seen, [windows * length]))],
    [batch!, windows * length, channels],
    { axis: 1 },
  );
  const rows = application.add(
    'rows',
    'Reshape',
    [gathered, application.constant('rows', integers([-1, windows, 1, length * channels]))],
    [batch!, windows, 1, length * channels],
  );
  const product = application.add(
    'local',
    'MatMul',
    [rows, application.constant('kernel', weights.kernel)],
    [batch!, windows, 1, filters],
  );
  const shape = [batch!, windows, filters];
  const maps = application.add(
    'maps',
    'Reshape',
    [product, application.constant('maps', integers([-1, windows, filters]))],
    shape,
  );
  if (weights.bias === undefined) return activate(application, maps);
  return activate(
    application,
    application.add('bias_add', 'Add', [maps, application.constant('bias', weights.bias)], shape),
  );
};

export const CONVOLUTION_LAYERS: Readonly<Record<string, Layer>> = {
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  Conv1DTranspose: transposed(1),
  Conv2DTranspose: transposed(2),
  LocallyConnected1D: locallyConnected,
};
