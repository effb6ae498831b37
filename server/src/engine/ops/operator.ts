/**
 * What the engine knows of one operator: the shape it gives, its value in float64 and its vector–Jacobian product.
 * An operator that is not in the registry is refused at import; one without a gradient is refused by methods that
 * differentiate, with the reason given here.
 */
import type { GraphBuilder } from '../graph/builder.js';
import type { ElementType, Node, Tensor } from '../graph/graph.js';

/** Type and extent of a value; `constant` where the value is known before anything runs. */
export interface Header {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly constant?: Tensor;
}

/** A value in the reference interpreter: every element type is computed in float64. */
export interface Value {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** One node on the way back: its values by name, and the cotangents of its outputs (absent: zero). */
export interface Adjoint {
  readonly builder: GraphBuilder;
  readonly node: Node;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly cotangents: readonly (string | undefined)[];
  /** The cotangent of the first output. */
  readonly cotangent: string;
  /** Whether the gradient with respect to an input is wanted. */
  readonly wanted: readonly boolean[];
}

/** The vector–Jacobian product: names of the cotangents of the inputs; undefined where an input has none. */
export type Gradient = (adjoint: Adjoint) => readonly (string | undefined)[];

export interface Operator {
  readonly name: string;
  /** Types and shapes of the outputs. */
  readonly infer: (node: Node, inputs: readonly (Header | undefined)[]) => readonly Header[];
  /** Values of the outputs, in float64. */
  readonly evaluate: (node: Node, inputs: readonly (Value | undefined)[]) => readonly Value[];
  /** Text: why there is no gradient. `none`: the output does not depend smoothly on any input (comparisons, shapes). */
  readonly gradient: Gradient | 'none' | { readonly refused: string };
}

/** Thrown by shape inference: the message says what was found and what was expected. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** The input that a node cannot do without. */
export function given<T>(inputs: readonly (T | undefined)[], index: number, node: Node): T {
  const input = inputs[index];
  if (input === undefined) throw new ShapeError(`${node.operator} needs input ${index}, which is missing`);
  return input;
}

/** The constant that an input must be for the graph to be static. */
export function constantOf(inputs: readonly (Header | undefined)[], index: number, node: Node): Tensor {
  const { constant } = given(inputs, index, node);
  if (constant === undefined)
    throw new ShapeError(`${node.operator} takes input ${index} from a computed value; only constants are supported`);
  return constant;
}

/** A non-negative axis number. */
export function axisOf(axis: number, rank: number, node: Node): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (positive < 0 || positive >= Math.max(rank, 1))
    throw new ShapeError(`${node.operator}: axis ${axis} is outside a value of rank ${rank}`);
  return positive;
}
