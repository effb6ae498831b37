/**
 * Windows over spatial axes, shared by convolutions and pools: which input element each kernel element sees at each
 * output position, with padding, stride, dilation, `auto_pad` and `ceil_mode` as ONNX defines them.
 */
import { numberAttribute, numbersAttribute, sizeOf, stridesOf, textAttribute, type Node } from '../graph/graph.js';
import { ShapeError } from './operator.js';

export interface Window {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before each axis. */
  readonly begin: readonly number[];
  /** Padding after each axis, as far as a window reaches. */
  readonly end: readonly number[];
}

/** The window of a convolution or pooling node over `input` extents. */
export function windowOf(node: Node, input: readonly number[], kernel: readonly number[]): Window {
  const rank = input.length;
  const strides = numbersAttribute(node, 'strides') ?? new Array<number>(rank).fill(1);
  const dilations = numbersAttribute(node, 'dilations') ?? new Array<number>(rank).fill(1);
  const pads = numbersAttribute(node, 'pads') ?? new Array<number>(2 * rank).fill(0);
  const ceil = numberAttribute(node, 'ceil_mode', 0) === 1;
  const auto = textAttribute(node, 'auto_pad', 'NOTSET');
  const begin: number[] = [];
  const end: number[] = [];
  const output = input.map((extent, axis) => {
    const stride = strides[axis]!;
    const reach = (kernel[axis]! - 1) * dilations[axis]! + 1;
    if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
      const length = Math.ceil(extent / stride);
      const total = Math.max(0, (length - 1) * stride + reach - extent);
      const small = Math.floor(total / 2);
      begin.push(auto === 'SAME_UPPER' ? small : total - small);
      end.push(auto === 'SAME_UPPER' ? total - small : small);
      return length;
    }
    const before = auto === 'VALID' ? 0 : pads[axis]!;
    const after = auto === 'VALID' ? 0 : pads[axis + rank]!;
    begin.push(before);
    end.push(after);
    const free = extent + before + after - reach;
    if (free < 0)
      throw new ShapeError(
        `${node.operator}: a kernel that reaches over ${reach} does not fit into ${extent} positions`,
      );
    let length = (ceil ? Math.ceil(free / stride) : Math.floor(free / stride)) + 1;
    // A last window that would start in the padding behind the input does not exist.
    if (ceil && (length - 1) * stride >= extent + before) length--;
    return length;
  });
  return { input, output, kernel, strides, dilations, begin, end };
}

/** Whether the operator slides a window whose padding may be left to `auto_pad`. */
const PADS_ITSELF = new Set(['Conv', 'MaxPool', 'AveragePool']);

/**
 * The node with `auto_pad` written out as `pads`: native runtimes refuse it together with dilations, and with strides
 * longer than the kernel.
 *
 * @param shapes shapes of the node's inputs
 */
export function withExplicitPads(node: Node, [x, w]: readonly (readonly number[] | undefined)[]): Node {
  const kernel = numbersAttribute(node, 'kernel_shape') ?? w?.slice(2);
  if (!PADS_ITSELF.has(node.operator) || node.attributes['auto_pad'] === undefined || !x || !kernel) return node;
  const { begin, end } = windowOf(node, x.slice(2), kernel);
  const { auto_pad: _written, ...attributes } = node.attributes;
  return { ...node, attributes: { ...attributes, pads: [...begin, ...end] } };
}

/**
 * The table of a window: element [k, o] is the linear index of the input element that kernel element `k` sees at output
 * position `o`, or −1 where it sees padding.
 */
export function windowTable(window: Window): Int32Array {
  const { input, output, kernel, strides, dilations, begin } = window;
  const inputStrides = stridesOf(input);
  const positions = sizeOf(output);
  const table = new Int32Array(sizeOf(kernel) * positions);
  const kernelIndex = indices(kernel);
  const outputIndex = indices(output);
  kernelIndex.forEach((k, row) => {
    outputIndex.forEach((o, column) => {
      let linear = 0;
      for (let axis = 0; axis < input.length; axis++) {
        const at = o[axis]! * strides[axis]! - begin[axis]! + k[axis]! * dilations[axis]!;
        if (at < 0 || at >= input[axis]!) {
          linear = -1;
          break;
        }
        linear += at * inputStrides[axis]!;
      }
      table[row * positions + column] = linear;
    });
  });
  return table;
}

/** All multi-indices of a shape in row-major order. */
function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (heads, extent) => heads.flatMap(head => Array.from({ length: extent }, (_, i) => [...head, i])),
    [[]],
  );
}
