/** Convolution and its transpose, over any number of spatial axes. Sources: ONNX Conv-11, ConvTranspose-11. */
import type { GraphBuilder } from '../graph/builder.js';
import {
  floats,
  numberAttribute,
  numbersAttribute,
  numbersOf,
  sizeOf,
  textAttribute,
  type Node,
  type Tensor,
} from '../graph/graph.js';
import { biasGradient, kernelGradient, slidesAlongLast } from './kernel-gradient.js';
import { given, ShapeError, type Operator } from './operator.js';
import { windowOf, windowTable, type Window } from './window.js';

const KERNEL_REFUSED = 'its kernel is computed from the input, and it has groups or slides along several axes';

interface Convolution {
  readonly batch: number;
  readonly group: number;
  /** Channels on the side of the window's input and of its output, per group. */
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly window: Window;
}

/** Geometry of a Conv node: x [N, C, …], w [M, C/group, …]. */
function convolution(node: Node, x: readonly number[], w: readonly number[]): Convolution {
  const group = numberAttribute(node, 'group', 1);
  if (w.length !== x.length || x[1] !== w[1]! * group)
    throw new ShapeError(`Conv: ${x[1]} channels meet a kernel of shape [${w}] in ${group} group(s)`);
  return {
    batch: x[0]!,
    group,
    inputChannels: w[1]!,
    outputChannels: w[0]! / group,
    window: windowOf(node, x.slice(2), w.slice(2)),
  };
}

/**
 * Geometry of a ConvTranspose node, x [N, C, …], w [C, M/group, …]: the convolution whose transpose it is, so that the
 * window's output is this node's input.
 */
function transposed(node: Node, x: readonly number[], w: readonly number[]): Convolution {
  const group = numberAttribute(node, 'group', 1);
  if (w.length !== x.length || x[1] !== w[0])
    throw new ShapeError(`ConvTranspose: ${x[1]} channels meet a kernel of shape [${w}]`);
  const kernel = w.slice(2);
  const rank = kernel.length;
  const strides = numbersAttribute(node, 'strides') ?? new Array<number>(rank).fill(1);
  const dilations = numbersAttribute(node, 'dilations') ?? new Array<number>(rank).fill(1);
  const extra = numbersAttribute(node, 'output_padding') ?? new Array<number>(rank).fill(0);
  const pads = numbersAttribute(node, 'pads') ?? [];
  const auto = textAttribute(node, 'auto_pad', 'NOTSET');
  const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
  const wanted = numbersAttribute(node, 'output_shape')?.slice(-rank);
  const output = x.slice(2);
  const begin: number[] = [];
  const end: number[] = [];
  const input = output.map((extent, axis) => {
    const whole = (extent - 1) * strides[axis]! + extra[axis]! + (kernel[axis]! - 1) * dilations[axis]! + 1;
    const target = wanted?.[axis] ?? (same ? extent * strides[axis]! : undefined);
    if (target === undefined) {
      begin.push(auto === 'NOTSET' ? (pads[axis] ?? 0) : 0);
      end.push(auto === 'NOTSET' ? (pads[axis + rank] ?? 0) : 0);
      return whole - begin[axis]! - end[axis]!;
    }
    const total = whole - target;
    if (total < 0)
      throw new ShapeError(`ConvTranspose: an output of ${target} positions is asked for where ${whole} are covered`);
    const small = Math.floor(total / 2);
    begin.push(auto === 'SAME_UPPER' ? small : total - small);
    end.push(auto === 'SAME_UPPER' ? total - small : small);
    return target;
  });
  const window = { input, output, kernel, strides, dilations, begin, end };
  return { batch: x[0]!, group, inputChannels: w[1]!, outputChannels: w[0]! / group, window };
}

/** Visits every (input element, output element, kernel element) that a convolution multiplies. */
function visit(
  { batch, group, inputChannels, outputChannels, window }: Convolution,
  each: (input: number, output: number, kernel: number) => void,
): void {
  const table = windowTable(window);
  const positions = sizeOf(window.output);
  const extent = sizeOf(window.input);
  const taps = sizeOf(window.kernel);
  for (let n = 0; n < batch; n++)
    for (let g = 0; g < group; g++)
      for (let m = 0; m < outputChannels; m++)
        for (let c = 0; c < inputChannels; c++) {
          const out = (n * group + g) * outputChannels + m;
          const input = ((n * group + g) * inputChannels + c) * extent;
          const kernel = ((g * outputChannels + m) * inputChannels + c) * taps;
          for (let k = 0; k < taps; k++)
            for (let o = 0; o < positions; o++) {
              const at = table[k * positions + o]!;
              if (at >= 0) each(input + at, out * positions + o, kernel + k);
            }
        }
}

/** Adds a per-channel bias to data of shape [N, channels, positions]. */
function addBias(data: Float64Array, bias: Float64Array | undefined, positions: number): void {
  if (bias === undefined) return;
  for (let i = 0; i < data.length; i++) data[i]! += bias[Math.floor(i / positions) % bias.length]!;
}

/** Attributes that a convolution shares with its transpose, padding written out. */
const attributesOf = ({ group, window }: Convolution) => ({
  group,
  kernel_shape: window.kernel,
  strides: window.strides,
  dilations: window.dilations,
  pads: [...window.begin, ...window.end],
});

/** Channels from which native runtimes have blocked convolution kernels. */
const BLOCK = 16;

/** The first layer of a DNA model: its gradient goes to four channels, along the last axis, the others being of extent 1. */
const towardsFew = ({ group, inputChannels, window }: Convolution): boolean =>
  group === 1 &&
  inputChannels < BLOCK &&
  (window.strides.at(-1) === 1 || window.dilations.at(-1) === 1) &&
  [
    ...[window.kernel, window.input, window.output, window.strides].flatMap(extents => extents.slice(0, -1)),
    ...window.begin.slice(0, -1).map(pad => pad + 1),
  ].every(extent => extent === 1);

/**
 * The transpose of a one-dimensional convolution for few input channels: one matrix product gives what each output
 * position hands to each tap; rows are then shifted by their tap and summed. The shift is free: rows of length P, read as
 * rows of length P − dilation, slip by one dilation each (docs/performance.md). With a stride, every stride-th tap meets
 * the same phase of the input: phases are summed apart, [N, C, stride, …], and interleaved at the end.
 */
function shiftedSum(
  builder: GraphBuilder,
  cotangent: string,
  kernel: Tensor,
  { batch, inputChannels, outputChannels, window }: Convolution,
): string {
  const [width, dilation, stride] = [window.kernel.at(-1)!, window.dilations.at(-1)!, window.strides.at(-1)!];
  const positions = window.output.at(-1)!;
  const taps = Math.ceil(width / stride);
  const phases = inputChannels * stride;
  const ones = window.kernel.map(() => 1);
  const from = numbersOf(kernel);
  const rows = new Float32Array(phases * taps * outputChannels);
  for (let c = 0; c < inputChannels; c++)
    for (let tap = 0; tap < width; tap++) {
      const row = (c * stride + (tap % stride)) * taps + Math.floor(tap / stride);
      for (let m = 0; m < outputChannels; m++)
        rows[row * outputChannels + m] = from[(m * inputChannels + c) * width + tap]!;
    }
  const slice = (value: string, start: number, end: number, axis: number): string =>
    builder.add('Slice', [value, ...[start, end, axis].map(at => builder.integers([at]))]);
  const reshape = (value: string, shape: readonly number[]): string =>
    builder.add('Reshape', [value, builder.integers(shape)]);
  const pad = (value: string, after: number): string =>
    after === 0 ? value : builder.add('Pad', [value, builder.integers([0, 0, 0, 0, 0, after]), builder.scalar(0)]);
  const constant = builder.constant(floats([phases * taps, outputChannels, ...ones], rows));
  const handed = builder.add('Conv', [cotangent, constant], { kernel_shape: ones });
  const length = positions + taps * dilation;
  const padded = pad(reshape(handed, [batch, phases * taps, positions]), taps * dilation);
  const flat = slice(reshape(padded, [batch, phases, taps * length]), 0, taps * (length - dilation), 2);
  const slipped = reshape(flat, [batch * phases, taps, length - dilation]);
  const sum = builder.add('ReduceSum', [slipped, builder.integers([1])], { keepdims: 0 });
  const apart = reshape(sum, [batch, inputChannels, stride, length - dilation]);
  const whole = stride === 1 ? apart : builder.add('Transpose', [apart], { perm: [0, 1, 3, 2] });
  const covered = (length - dilation) * stride;
  const end = window.begin.at(-1)! + window.input.at(-1)!;
  // What lies behind the last window has no gradient.
  const long = pad(reshape(whole, [batch, inputChannels, covered]), Math.max(0, end - covered));
  return reshape(slice(long, window.begin.at(-1)!, end, 2), [batch, inputChannels, ...window.input]);
}

/** Kernel [M, C/g, …] with both channel axes exchanged within each group and every spatial axis reversed: [C, M/g, …]. */
function flipped(kernel: Tensor, { group, inputChannels, outputChannels, window }: Convolution): Tensor {
  const taps = sizeOf(window.kernel);
  const from = numbersOf(kernel);
  const data = new Float32Array(from.length);
  for (let g = 0; g < group; g++)
    for (let m = 0; m < outputChannels; m++)
      for (let c = 0; c < inputChannels; c++)
        for (let k = 0; k < taps; k++)
          data[((g * inputChannels + c) * outputChannels + m) * taps + k] =
            from[((g * outputChannels + m) * inputChannels + c) * taps + taps - 1 - k]!;
  return { type: 'float32', shape: [group * inputChannels, outputChannels, ...window.kernel], data };
}

const conv: Operator = {
  name: 'Conv',
  infer: (node, inputs) => {
    const x = given(inputs, 0, node);
    const w = given(inputs, 1, node);
    const { batch, window } = convolution(node, x.shape, w.shape);
    return [{ type: x.type, shape: [batch, w.shape[0]!, ...window.output] }];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const w = given(inputs, 1, node);
    const geometry = convolution(node, x.shape, w.shape);
    const shape = [geometry.batch, w.shape[0]!, ...geometry.window.output];
    const data = new Float64Array(sizeOf(shape));
    visit(geometry, (i, o, k) => {
      data[o]! += x.data[i]! * w.data[k]!;
    });
    addBias(data, inputs[2]?.data, sizeOf(geometry.window.output));
    return [{ type: x.type, shape, data }];
  },
  gradient: ({ builder, node, inputs, cotangent, wanted }) => {
    const [x, w] = inputs as [string, string];
    const geometry = convolution(node, builder.shape(x), builder.shape(w));
    return [
      wanted[0] ? inputGradient(builder, cotangent, w, geometry) : undefined,
      wanted[1] ? kernelGradientOf(builder, x, cotangent, geometry) : undefined,
      wanted[2] ? biasGradient(builder, cotangent) : undefined,
    ];
  },
};

/** The gradient of a convolution by its input: its transpose. */
function inputGradient(builder: GraphBuilder, cotangent: string, w: string, geometry: Convolution): string {
  const { window } = geometry;
  const constant = builder.header(w).constant;
  const reach = window.kernel.map((k, axis) => (k - 1) * window.dilations[axis]!);
  const begin = reach.map((r, axis) => r - window.begin[axis]!);
  const end = reach.map((r, axis) => r - window.end[axis]!);
  if (constant !== undefined && towardsFew(geometry)) return shiftedSum(builder, cotangent, constant, geometry);
  // With stride 1 the transpose is a convolution with the reversed kernel, which native runtimes do faster.
  const plain = window.strides.every(s => s === 1) && [...begin, ...end].every(p => p >= 0);
  if (constant !== undefined && plain)
    return builder.add('Conv', [cotangent, builder.constant(flipped(constant, geometry))], {
      ...attributesOf(geometry),
      pads: [...begin, ...end],
    });
  const covered = window.output.map(
    (o, axis) => (o - 1) * window.strides[axis]! + reach[axis]! + 1 - window.begin[axis]! - window.end[axis]!,
  );
  const output_padding = window.input.map((extent, axis) => extent - covered[axis]!);
  return builder.add('ConvTranspose', [cotangent, w], { ...attributesOf(geometry), output_padding });
}

/** @throws ShapeError where only constant kernels can be differentiated */
function kernelGradientOf(builder: GraphBuilder, x: string, dy: string, { group, window }: Convolution): string {
  if (group !== 1 || !slidesAlongLast(window)) throw new ShapeError(KERNEL_REFUSED);
  return kernelGradient(builder, x, dy, window);
}

const convTranspose: Operator = {
  name: 'ConvTranspose',
  infer: (node, inputs) => {
    const x = given(inputs, 0, node);
    const w = given(inputs, 1, node);
    const { batch, group, inputChannels, window } = transposed(node, x.shape, w.shape);
    return [{ type: x.type, shape: [batch, group * inputChannels, ...window.input] }];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const w = given(inputs, 1, node);
    const geometry = transposed(node, x.shape, w.shape);
    const shape = [geometry.batch, geometry.group * geometry.inputChannels, ...geometry.window.input];
    const data = new Float64Array(sizeOf(shape));
    visit(geometry, (i, o, k) => {
      data[i]! += x.data[o]! * w.data[k]!;
    });
    addBias(data, inputs[2]?.data, sizeOf(geometry.window.input));
    return [{ type: x.type, shape, data }];
  },
  gradient: ({ builder, node, inputs, cotangent, wanted }) => {
    const [x, w] = inputs as [string, string];
    const geometry = transposed(node, builder.shape(x), builder.shape(w));
    return [
      wanted[0] ? builder.add('Conv', [cotangent, w], attributesOf(geometry)) : undefined,
      // What the convolution reads is this node's output: its cotangent stands where the input was.
      wanted[1] ? kernelGradientOf(builder, cotangent, x, geometry) : undefined,
      wanted[2] ? biasGradient(builder, cotangent) : undefined,
    ];
  },
};

export const CONVOLUTIONS: readonly Operator[] = [conv, convTranspose];
