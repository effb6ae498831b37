/** What a kernel of the TensorFlow.js executor is: one operator as calls of its API. */
import type * as TensorFlow from '@tensorflow/tfjs-core';
import type { Node } from '../../graph/graph.js';
import type { Header } from '../../ops/operator.js';

export type Tf = typeof TensorFlow;
export type TfTensor = TensorFlow.Tensor;

/** A node with the types and shapes of its values, and the constants among them. */
export interface Held {
  readonly node: Node;
  readonly inputs: readonly (Header | undefined)[];
  readonly outputs: readonly Header[];
}

/** Inputs that are not given are undefined. */
export type Kernel = (tf: Tf, inputs: readonly TfTensor[], held: Held) => TfTensor | TfTensor[];

/** Thrown for a form of an operator that TensorFlow.js does not have; the message is the reason. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

/** `size` elements of an axis. */
export function sliceAxis<T extends TfTensor>(tf: Tf, x: T, axis: number, from: number, size: number): T {
  const begin = x.shape.map((_, i) => (i === axis ? from : 0));
  return tf.slice(x, begin, x.shape.with(axis, size));
}
