/** Reductions and pools written in simpler ones. Source: ONNX operator specification. */
import { floats, numbersAttribute, sizeOf, type Attributes } from '../../graph/graph.js';
import { axisOf } from '../../ops/operator.js';
import { windowOf } from '../../ops/window.js';
import type { Composite } from './expansion.js';

const logSum: Composite = {
  name: 'ReduceLogSum',
  parts: ['ReduceSum', 'Log'],
  expand: e => [e.add('Log', [e.add('ReduceSum', e.given, e.node.attributes)])],
};

/** Halves of the elements are multiplied with each other until one is left; a gradient through zeros stays right. */
const product: Composite = {
  name: 'ReduceProd',
  parts: ['Reshape', 'Transpose', 'Slice', 'Mul', 'Concat'],
  expand: e => {
    const x = e.input(0);
    const shape = e.shape(x);
    const written = e.constant(1) ?? [];
    const all = written.length === 0 && e.number('noop_with_empty_axes', 0) === 0 ? [...shape.keys()] : written;
    const axes = new Set(all.map(axis => axisOf(axis, shape.length, e.node)));
    const rest = [...shape.keys()].filter(axis => !axes.has(axis));
    const lines = sizeOf(rest.map(axis => shape[axis]!));
    let value = e.reshape(e.transpose(x, [...rest, ...axes]), [lines, sizeOf(shape) / lines]);
    for (let count = e.shape(value)[1]!; count > 1; count = e.shape(value)[1]!) {
      const half = Math.floor(count / 2);
      const pairs = e.add('Mul', [e.slice(value, 1, 0, half), e.slice(value, 1, half, 2 * half)]);
      value = count % 2 === 0 ? pairs : e.add('Concat', [pairs, e.slice(value, 1, count - 1, count)], { axis: 1 });
    }
    const kept = shape.map((extent, axis) => (axes.has(axis) ? 1 : extent));
    return [e.reshape(value, e.number('keepdims', 1) === 1 ? kept : rest.map(axis => shape[axis]!))];
  },
};

/** Windows of a mean with dilations: a convolution of each channel with ones, over the number of elements it meets. */
const dilatedAverage: Composite = {
  name: 'AveragePool',
  parts: ['Conv', 'Mul'],
  when: node => numbersAttribute(node, 'dilations')?.some(dilation => dilation !== 1) ?? false,
  expand: e => {
    const x = e.input(0);
    const [, channels, ...input] = e.shape(x) as [number, number, ...number[]];
    const kernel = numbersAttribute(e.node, 'kernel_shape') ?? [];
    const window = windowOf(e.node, input, kernel);
    // With ceil_mode the last window may reach beyond the padding.
    const end = window.output.map((o, axis) => {
      const reach = (o - 1) * window.strides[axis]! + (kernel[axis]! - 1) * window.dilations[axis]! + 1;
      return Math.max(window.end[axis]!, reach - window.begin[axis]! - input[axis]!);
    });
    const attributes: Attributes = {
      kernel_shape: kernel,
      strides: window.strides,
      dilations: window.dilations,
      pads: [...window.begin, ...end],
    };
    const ones = (shape: readonly number[]): string => e.tensor(floats(shape, new Float32Array(sizeOf(shape)).fill(1)));
    const sums = e.add('Conv', [x, ones([channels, 1, ...kernel])], { ...attributes, group: channels });
    // Counted by the same convolution over ones: with count_include_pad the padding counts, but nothing beyond it.
    const inner = e.number('count_include_pad', 0) === 1;
    const counted = inner ? input.map((extent, axis) => extent + window.begin[axis]! + window.end[axis]!) : input;
    const beyond = end.map((pad, axis) => pad - window.end[axis]!);
    const pads = inner ? [...beyond.map(() => 0), ...beyond] : [...window.begin, ...end];
    const counts = e.add('Conv', [ones([1, 1, ...counted]), ones([1, 1, ...kernel])], { ...attributes, pads });
    return [e.add('Mul', [sums, e.add('Reciprocal', [counts])])];
  },
};

export const REDUCTIONS: readonly Composite[] = [logSum, product, dilatedAverage];
