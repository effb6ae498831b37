/**
 * Derivatives of ReLU and of maxima as products with step functions, which native runtimes compute several times faster
 * than comparisons, casts and selections (docs/performance.md). The same values as the operators' own derivatives; not to
 * be differentiated again, because a tie lies on the slope of the step.
 */
import type { GraphBuilder } from '../graph/builder.js';
import { floats, sizeOf } from '../graph/graph.js';
import type { Adjoint, Gradient } from '../ops/operator.js';
import { poolWindow } from '../ops/pooling.js';
import { operatorOf } from '../ops/registry.js';
import type { Window } from '../ops/window.js';
import type { Rules } from './autodiff.js';

/** Steep enough that every difference of activations saturates it: a step function that native runtimes vectorise. */
const STEEP = 3e38;

function own(adjoint: Adjoint): ReturnType<Gradient> {
  const { gradient } = operatorOf(adjoint.node);
  if (typeof gradient !== 'function') throw new Error(`${adjoint.node.operator} has no derivative to fall back on`);
  return gradient(adjoint);
}

/** Operators that give finite values where they get finite ones. */
const TAME = new Set([
  ...['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Add', 'Sub', 'Mul', 'HardSigmoid'],
  ...['Reshape', 'Transpose', 'Pad', 'Slice', 'ReduceSum'],
]);

/** Whether a cotangent is made by tame operators from the linear layers behind: then zeros mask it by a product. */
function isTame(builder: GraphBuilder, value: string): boolean {
  const producer = builder.producer(value);
  if (producer === undefined) return builder.header(value).constant !== undefined;
  if (!TAME.has(producer.operator)) return false;
  // Behind a linear layer lies what its own ReLU has masked already.
  if (producer.operator === 'HardSigmoid' || producer.operator === 'Conv' || producer.operator === 'Gemm') return true;
  return producer.inputs.every(input => isTame(builder, input));
}

/**
 * ReLU: the cotangent times 1 where the value is positive, times 0 elsewhere. Some operators hand back infinite cotangents
 * (√ at 0), which a product would not mask; there the operator's own derivative is used.
 */
const masked: Gradient = adjoint => {
  const { builder, outputs, cotangent } = adjoint;
  if (!isTame(builder, cotangent)) return own(adjoint);
  return [builder.add('Mul', [cotangent, builder.add('HardSigmoid', [outputs[0]!], { alpha: STEEP, beta: 0 })])];
};

/** The largest of values of one shape: all to it, even shares where some tie. */
const largest: Gradient = adjoint => {
  const { builder, inputs, outputs, wanted, cotangent } = adjoint;
  const shape = builder.shape(outputs[0]!).join();
  if (inputs.length < 2 || !wanted.every(Boolean) || inputs.some(input => builder.shape(input).join() !== shape))
    return own(adjoint);
  const step = (a: string, b: string, beta: number): string =>
    builder.add('HardSigmoid', [builder.add('Sub', [a, b])], { alpha: STEEP, beta });
  if (inputs.length === 2) {
    const first = builder.add('Mul', [cotangent, step(inputs[0]!, inputs[1]!, 0.5)]);
    return [first, builder.add('Sub', [cotangent, first])];
  }
  const hits = inputs.map(input => step(input, outputs[0]!, 1));
  const share = builder.add('Div', [cotangent, hits.reduce((sum, hit) => builder.add('Add', [sum, hit]))]);
  return hits.map(hit => builder.add('Mul', [hit, share]));
};

/** Largest block of the products below; a power of two keeps them inside the runtime's kernels. */
const BLOCK = 16;

/** Windows of two side by side along the last axis, without padding or rest. */
function isOfPairs({ input, output, kernel, strides, begin, end, dilations }: Window): boolean {
  const last = kernel.length - 1;
  return (
    kernel.every((extent, axis) => extent === (axis === last ? 2 : 1) && strides[axis] === extent) &&
    [...begin, ...end].every(pad => pad === 0) &&
    dilations.every(dilation => dilation === 1) &&
    input[last] === 2 * output[last]!
  );
}

/**
 * Windows of two side by side along the last axis: the first of a pair gets all where it is larger, half where both tie.
 * Pairs are taken apart and joined by products with constant matrices of 0 and ±1, which are exact.
 */
const maxPoolPairs: Gradient = adjoint => {
  const { builder, inputs, node, cotangent } = adjoint;
  if (!isOfPairs(poolWindow(node, builder.shape(inputs[0]!)))) return own(adjoint);
  const shape = builder.shape(inputs[0]!);
  const reshape = (value: string, to: readonly number[]): string =>
    builder.add('Reshape', [value, builder.integers(to)]);
  const pairs = sizeOf(shape) / 2;
  // A block lies within one example: an infinite value makes its block NaN, and must not reach other examples.
  let block = BLOCK;
  while ((pairs / shape[0]!) % block !== 0) block--;
  const matrix = (first: number, second: number, apart: boolean): string => {
    const data = new Float32Array(2 * block * block);
    for (let i = 0; i < 2 * block; i++) {
      const pair = Math.floor(i / 2);
      data[apart ? i * block + pair : pair * 2 * block + i] = i % 2 === 0 ? first : second;
    }
    return builder.constant(floats(apart ? [2 * block, block] : [block, 2 * block], data));
  };
  const product = (value: string, width: number, by: string): string =>
    builder.add('MatMul', [reshape(value, [sizeOf(builder.shape(value)) / width, width]), by]);
  const difference = product(inputs[0]!, 2 * block, matrix(1, -1, true));
  const share = builder.add('HardSigmoid', [difference], { alpha: STEEP, beta: 0.5 });
  const whole = reshape(cotangent, [pairs / block, block]);
  const first = builder.add('Mul', [whole, share]);
  // The second gets the rest.
  const joined = builder.add('Add', [
    product(whole, block, matrix(0, 1, false)),
    product(first, block, matrix(1, -1, false)),
  ]);
  return [reshape(joined, shape)];
};

const FAST: Readonly<Record<string, Gradient>> = { Relu: masked, Max: largest, MaxPool: maxPoolPairs };

/** The fast derivatives, where an operator has one. */
export const fastDerivatives: Rules = node => FAST[node.operator];
