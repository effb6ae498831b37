/**
 * Convolutions over any number of positions, plain, depthwise and separable.
 * Sources: keras/layers/convolutional/ of Keras 2.15. Kernels are [...positions, inputs, outputs] there, [outputs, inputs,
 * ...positions] in ONNX; neither reverses them.
 */
import { sizeOf, type Attributes, type Tensor } from '../../../graph/graph.js';
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
function paddingOf({ kernel, dilations, padding }: Geometry): Attributes {
  if (padding === 'same') return { auto_pad: 'SAME_UPPER' };
  const before = kernel.map((k, axis) => (padding === 'causal' ? (k - 1) * dilations[axis]! : 0));
  return { pads: [...before, ...kernel.map(() => 0)] };
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
  const attributes = { kernel_shape: kernel, strides, dilations, group, ...paddingOf(geometry) };
  return application.add(stem, 'Conv', inputs, shape, attributes);
}

/** A float32 tensor with its axes in another order: axis `i` of the result is axis `permutation[i]`. */
function permuted(tensor: Tensor, permutation: readonly number[]): Tensor {
  const shape = permutation.map(axis => tensor.shape[axis]!);
  const strides = permutation.map(axis => sizeOf(tensor.shape.slice(axis + 1)));
  const data = new Float32Array(tensor.data.length);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    data[to] = Number(tensor.data[from]);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { type: 'float32', shape, data };
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

export const CONVOLUTION_LAYERS: Readonly<Record<string, Layer>> = {
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
};
