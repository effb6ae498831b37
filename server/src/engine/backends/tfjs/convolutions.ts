/**
 * Convolutions and pools in TensorFlow.js: it wants channels last, two spatial axes and no padding that differs from one
 * side to the other, so values are brought into that form first. Stride together with dilation it does not have.
 */
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { numberAttribute, numbersAttribute, textAttribute } from '../../graph/graph.js';
import { windowOf, type Window } from '../../ops/window.js';
import { sliceAxis, Unsupported, type Held, type Kernel, type Tf, type TfTensor } from './kernel.js';

type Pair = [number, number];

/** Two spatial axes: a sequence becomes an image of height 1. */
function pair(values: readonly number[], missing: number): Pair {
  const [first, second, ...more] = values;
  if (more.length > 0 || first === undefined) throw new Unsupported(`it has ${values.length} spatial axes`);
  return second === undefined ? [missing, first] : [first, second];
}

/** [batch, channel, …] → [batch, height, width, channel] */
function channelsLast(tf: Tf, x: TfTensor): TensorFlow.Tensor4D {
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  return tf.transpose<TensorFlow.Tensor4D>(tf.reshape(x, [batch, channels, ...pair(spatial, 1)]), [0, 2, 3, 1]);
}

function channelsFirst(tf: Tf, y: TfTensor, { outputs }: Held): TfTensor {
  return tf.reshape(tf.transpose(y, [0, 3, 1, 2]), [...outputs[0]!.shape]);
}

/** Pads so that every window lies inside; `ceil_mode` and strides may leave it short or long. */
function padded(tf: Tf, x: TensorFlow.Tensor4D, window: Window, value: number): TensorFlow.Tensor4D {
  const begin = pair(window.begin, 0);
  const [kernel, dilations, strides] = [pair(window.kernel, 1), pair(window.dilations, 1), pair(window.strides, 1)];
  const reach = pair(window.output, 1).map(
    (windows, axis) => (windows - 1) * strides[axis]! + (kernel[axis]! - 1) * dilations[axis]! + 1,
  );
  const around = [0, 1].map((axis): Pair => {
    const missing = reach[axis]! - begin[axis]! - x.shape[axis + 1]!;
    return [begin[axis]!, Math.max(0, missing)];
  });
  const whole = tf.pad(x, [[0, 0], ...around, [0, 0]], value);
  return reach.reduce((cut, size, axis) => sliceAxis(tf, cut, axis + 1, 0, size), whole);
}

function requireOneStep(window: Window): void {
  if (window.strides.some(step => step > 1) && window.dilations.some(step => step > 1))
    throw new Unsupported('it has no stride together with dilation');
}

const conv: Kernel = (tf, [x, w, bias], held) => {
  const { node, inputs } = held;
  const kernelShape = inputs[1]!.shape;
  const window = windowOf(node, inputs[0]!.shape.slice(2), kernelShape.slice(2));
  requireOneStep(window);
  const groups = numberAttribute(node, 'group', 1);
  const [strides, dilations] = [pair(window.strides, 1), pair(window.dilations, 1)];
  const [outChannels = 1, inChannels = 1] = kernelShape;
  const kernels = tf.transpose<TensorFlow.Tensor4D>(
    tf.reshape(w!, [outChannels, inChannels, ...pair(window.kernel, 1)]),
    [2, 3, 1, 0],
  );
  const image = padded(tf, channelsLast(tf, x!), window, 0);
  const per = outChannels / groups;
  const parts = Array.from({ length: groups }, (_, group) =>
    tf.conv2d(
      groups === 1 ? image : sliceAxis(tf, image, 3, group * inChannels, inChannels),
      groups === 1 ? kernels : sliceAxis(tf, kernels, 3, group * per, per),
      strides,
      'valid',
      'NHWC',
      dilations,
    ),
  );
  const y = parts.length === 1 ? parts[0]! : tf.concat(parts, 3);
  return channelsFirst(tf, bias === undefined ? y : tf.add(y, bias), held);
};

const convTranspose: Kernel = (tf, [x, w, bias], held) => {
  const { node, inputs, outputs } = held;
  const [inChannels = 1, outChannels = 1, ...kernel] = inputs[1]!.shape;
  const rank = kernel.length;
  const attribute = (name: string, missing: number): Pair =>
    pair(numbersAttribute(node, name)?.slice(0, rank) ?? new Array<number>(rank).fill(missing), missing);
  if (attribute('dilations', 1).some(step => step > 1)) throw new Unsupported('it has no dilation');
  if (textAttribute(node, 'auto_pad', 'NOTSET') !== 'NOTSET' || node.attributes['output_shape'] !== undefined)
    throw new Unsupported('its padding follows from its output');
  const groups = numberAttribute(node, 'group', 1);
  const strides = attribute('strides', 1);
  const extents = pair(kernel, 1);
  const image = channelsLast(tf, x!);
  // In TensorFlow.js the kernel is [height, width, out, in].
  const kernels = tf.transpose<TensorFlow.Tensor4D>(
    tf.reshape(w!, [inChannels, outChannels, ...extents]),
    [2, 3, 1, 0],
  );
  const full = [0, 1].map(axis => (image.shape[axis + 1]! - 1) * strides[axis]! + extents[axis]!) as Pair;
  const per = inChannels / groups;
  const parts = Array.from({ length: groups }, (_, group) =>
    tf.conv2dTranspose(
      sliceAxis(tf, image, 3, group * per, per),
      sliceAxis(tf, kernels, 3, group * per, per),
      [image.shape[0], ...full, outChannels],
      strides,
      'valid',
    ),
  );
  // What the padding cuts off before, and what the output has beyond the windows behind.
  const begin = attribute('pads', 0);
  const wanted = pair(outputs[0]!.shape.slice(2), 1);
  const grown = tf.pad(tf.concat(parts, 3), [
    [0, 0],
    ...[0, 1].map((axis): Pair => [0, Math.max(0, begin[axis]! + wanted[axis]! - full[axis]!)]),
    [0, 0],
  ]);
  const y = [0, 1].reduce<TfTensor>((cut, axis) => sliceAxis(tf, cut, axis + 1, begin[axis]!, wanted[axis]!), grown);
  return channelsFirst(tf, bias === undefined ? y : tf.add(y, bias), held);
};

const maxPool: Kernel = (tf, [x], held) => {
  const { node, inputs, outputs } = held;
  if (outputs.length > 1 && node.outputs[1] !== undefined && node.outputs[1] !== '')
    throw new Unsupported('it does not give the places of maxima');
  const spatial = inputs[0]!.shape.slice(2);
  const window = windowOf(node, spatial, kernelOf(held));
  requireOneStep(window);
  const image = padded(tf, channelsLast(tf, x!), window, -Infinity);
  const y = tf.pool(image, pair(window.kernel, 1), 'max', 'valid', pair(window.dilations, 1), pair(window.strides, 1));
  return channelsFirst(tf, y, held);
};

const averagePool: Kernel = (tf, [x], held) => {
  const { node, inputs } = held;
  const spatial = inputs[0]!.shape.slice(2);
  const window = windowOf(node, spatial, kernelOf(held));
  requireOneStep(window);
  const mean = (image: TensorFlow.Tensor4D): TfTensor =>
    tf.pool(image, pair(window.kernel, 1), 'avg', 'valid', pair(window.dilations, 1), pair(window.strides, 1));
  const image = channelsLast(tf, x!);
  // The share of each window that counts: positions of the input, and with `count_include_pad` the written padding.
  const counts = numberAttribute(node, 'count_include_pad', 0) === 1;
  const [begin, end] = [pair(window.begin, 0), pair(window.end, 0)];
  const ones = tf.ones<TensorFlow.Rank.R4>([1, image.shape[1], image.shape[2], 1]);
  const counted = counts
    ? tf.pad(
        ones,
        [
          [0, 0],
          [begin[0], end[0]],
          [begin[1], end[1]],
          [0, 0],
        ],
        1,
      )
    : ones;
  const written = counts ? { ...window, begin: window.begin.map(() => 0) } : window;
  return channelsFirst(tf, tf.div(mean(padded(tf, image, window, 0)), mean(padded(tf, counted, written, 0))), held);
};

function kernelOf({ node }: Held): readonly number[] {
  const kernel = node.attributes['kernel_shape'];
  if (!Array.isArray(kernel)) throw new Unsupported('it has no kernel_shape');
  return kernel as number[];
}

/** Over all spatial axes. */
const globalPool =
  (compute: (tf: Tf, x: TfTensor, axes: number[]) => TfTensor): Kernel =>
  (tf, [x]) =>
    compute(
      tf,
      x!,
      x!.shape.slice(2).map((_, i) => i + 2),
    );

export const CONVOLUTIONS: Readonly<Record<string, Kernel>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalMaxPool: globalPool((tf, x, axes) => tf.max(x, axes, true)),
  GlobalAveragePool: globalPool((tf, x, axes) => tf.mean(x, axes, true)),
};
