/**
 * The graph: ONNX operators over named values. Everything the engine does to a model is a function from graph to graph.
 * Plain data; the opset-18 form of the operators is the common language, importers normalise older forms.
 */

/** Element types that the engine handles; others are refused at import. */
export type ElementType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool' | 'uint8';

export type ElementData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** A constant: row-major data. `bool` is held as bytes 0 and 1. */
export interface Tensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: ElementData;
}

/** Extent of an axis: a number, or the name of a symbol such as `batch`. */
export type Axis = number | string;

export interface ValueHeader {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Axis[];
}

/** Attribute values as ONNX has them, integers as numbers. Graphs are the branches of an `If`. */
export type AttributeValue = number | string | Tensor | Graph | readonly number[] | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface Node {
  /** Operator type, for example `Conv`. */
  readonly operator: string;
  /** Unique in the graph; errors name it. */
  readonly name: string;
  /** Value names; an empty string stands for an optional input that is not given. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** Nodes are in topological order. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueHeader[];
  readonly outputs: readonly ValueHeader[];
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
}

/** The branches of an If; no other node has any. */
export function branchesOf(node: Node): Graph[] {
  return Object.values(node.attributes).filter(value => typeof value === 'object' && 'nodes' in value);
}

/** The values that a node reads, in its branches too. */
export function readsOf(node: Node): string[] {
  const inner = branchesOf(node).flatMap(({ nodes, outputs }) => [
    ...nodes.flatMap(readsOf),
    ...outputs.map(({ name }) => name),
  ]);
  return [...node.inputs, ...inner];
}

/** The operator set in which graphs are written. */
export const OPSET = 18;

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Row-major strides of a shape, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** A tensor of 32-bit floats. */
export function floats(shape: readonly number[], values: ArrayLike<number>): Tensor {
  return { type: 'float32', shape: [...shape], data: Float32Array.from(values) };
}

const INT64_LIMIT = 2 ** 63;

/** A 64-bit integer; what lies beyond its range saturates (ONNX uses the greatest as "to the end"). */
export function int64(value: number): bigint {
  return value >= INT64_LIMIT ? 2n ** 63n - 1n : BigInt(Math.max(value, -INT64_LIMIT));
}

/** A tensor of 64-bit integers, by default one-dimensional. */
export function integers(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return { type: 'int64', shape: [...shape], data: BigInt64Array.from(values, int64) };
}

/** All elements as float64. int64 beyond 2^53 loses precision (ONNX uses such values as "to the end" only). */
export function numbersOf(tensor: Tensor): Float64Array {
  const { data } = tensor;
  if (data instanceof Float64Array) return data;
  const numbers = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) numbers[i] = Number(data[i]);
  return numbers;
}

/** The attribute as a number. */
export function numberAttribute(node: Node, name: string, fallback: number): number {
  const value = node.attributes[name];
  return typeof value === 'number' ? value : fallback;
}

/** The attribute as a list of numbers. */
export function numbersAttribute(node: Node, name: string): readonly number[] | undefined {
  const value = node.attributes[name];
  return Array.isArray(value) && value.every(item => typeof item === 'number') ? value : undefined;
}

/** The attribute as text. */
export function textAttribute(node: Node, name: string, fallback: string): string {
  const value = node.attributes[name];
  return typeof value === 'string' ? value : fallback;
}
