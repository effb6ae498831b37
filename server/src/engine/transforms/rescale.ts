/**
 * A network whose filters have other sizes and which computes the same: the kernel and bias of unit o times c_o > 0, and what
 * reads the unit divided by c_o. Exact wherever only positively homogeneous operators (ReLU, pools, rearrangements) stand
 * between; normalisation takes the factor up by itself. Wang et al. 2025, arXiv 2505.09873; Neyshabur, Salakhutdinov & Srebro
 * 2015, NeurIPS 28, "Path-SGD" (rescaling of ReLU networks).
 */
import { toValue } from '../backends/reference.js';
import { Failure } from '../failure.js';
import { numberAttribute, numbersOf, sizeOf, type Graph, type Node, type Tensor } from '../graph/graph.js';
import { operatorOf } from '../ops/registry.js';
import type { Value } from '../ops/operator.js';

const WEIGHTED = new Set(['Conv', 'Gemm', 'MatMul']);
/** Operators that hand a factor on where it is the same over all that they bring together. */
const HOMOGENEOUS = new Set([
  ...['Relu', 'LeakyRelu', 'Identity', 'Dropout', 'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'],
  ...['MaxPool', 'AveragePool', 'GlobalMaxPool', 'GlobalAveragePool', 'ReduceMax', 'ReduceMean', 'ReduceSum'],
]);

type Extents = (value: string) => readonly number[];

/** Layers with constant kernels, as the graph computes them. */
export function kernelLayers({ nodes, initializers }: Graph): Node[] {
  return nodes.filter(({ operator, inputs }) => WEIGHTED.has(operator) && initializers.has(inputs[1]!));
}

/** Which axis of a kernel counts the units, and which what they read. */
function kernelAxes(node: Node): readonly [units: number, read: number] {
  const turned = node.operator === 'Conv' || (node.operator === 'Gemm' && numberAttribute(node, 'transB', 0) === 1);
  return turned ? [0, 1] : [1, 0];
}

/** ‖w‖₂ of each unit's kernel. */
export function kernelNorms(graph: Graph, node: Node): Float64Array {
  const kernel = graph.initializers.get(node.inputs[1]!)!;
  const [units] = kernelAxes(node);
  const norms = new Float64Array(kernel.shape[units]!);
  alongAxis(kernel, units, (unit, value) => (norms[unit]! += value * value));
  return norms.map(Math.sqrt);
}

/** The kernel and biases of each unit times its factor; what follows is left as it is, so 0 takes a unit out. */
export function scaleUnits(graph: Graph, extentsOf: Extents, node: Node, factors: Float64Array): Graph {
  const rewriting = scaledKernel(graph, node, factors);
  const scale = scaleOf(extentsOf, node, factors);
  // A bias may be added by a node of its own.
  let value = node.outputs[0]!;
  for (;;) {
    const [reader, ...others] = graph.nodes.filter(({ inputs }) => inputs.includes(value));
    const constants = reader?.inputs.filter(input => graph.initializers.has(input)).length;
    if (reader?.operator !== 'Add' || constants !== 1 || others.length > 0) return rewriting.finish();
    rewriting.pass(reader, reader.inputs.indexOf(value), scale);
    value = reader.outputs[0]!;
  }
}

/** The kernel and the bias that a node itself reads. */
function scaledKernel(graph: Graph, node: Node, factors: Float64Array): Rewriting {
  const [units] = kernelAxes(node);
  const rewriting = new Rewriting(graph);
  rewriting.scale(node, 1, units, factors);
  const bias = node.inputs[2] && graph.initializers.get(node.inputs[2])?.shape;
  if (bias) {
    if (bias.at(-1) !== factors.length) throw refused(node, 'its units share a bias');
    rewriting.scale(node, 2, bias.length - 1, factors);
  }
  return rewriting;
}

/** The factors of a layer's units as they lie in its output. */
function scaleOf(extentsOf: Extents, node: Node, factors: Float64Array): Value {
  const shape = extentsOf(node.outputs[0]!);
  return spread(factors, shape, node.operator === 'Conv' ? 1 : shape.length - 1);
}

/**
 * The same function with the units of a layer scaled.
 *
 * @param extentsOf static shape of every value
 * @param factors above 0, one for each unit
 * @throws Failure `rescale/refused` naming the first operator behind the layer that does not let factors through
 */
export function rescaleUnits(graph: Graph, extentsOf: Extents, node: Node, factors: Float64Array): Graph {
  const rewriting = scaledKernel(graph, node, factors);
  const scales = new Map([[node.outputs[0]!, scaleOf(extentsOf, node, factors)]]);
  for (const reader of graph.nodes) {
    const at = reader.inputs.findIndex(input => scales.has(input));
    if (at < 0) continue;
    const scale = scales.get(reader.inputs[at]!)!;
    const behind = rewriting.pass(reader, at, scale);
    if (behind !== undefined) scales.set(reader.outputs[0]!, behind);
  }
  const last = graph.outputs.find(({ name }) => scales.has(name));
  if (last !== undefined) throw refused(node, 'nothing behind the layer takes its factors up');
  return rewriting.finish();
}

function refused(node: Node, message: string): Failure {
  return new Failure('rescale/refused', message, {
    place: `node ${node.name} (${node.operator})`,
    remedy: 'Name a layer with ReLU, pools or normalisation between it and the next layer.',
  });
}

/** Calls back with each element and its index along an axis. */
function alongAxis(tensor: Tensor | Value, axis: number, each: (index: number, value: number, at: number) => void) {
  const inner = sizeOf(tensor.shape.slice(axis + 1));
  const extent = tensor.shape[axis]!;
  for (let at = 0; at < tensor.data.length; at++) each(Math.floor(at / inner) % extent, Number(tensor.data[at]), at);
}

/** One number for each index of an axis, as a whole value. */
function spread(factors: Float64Array, shape: readonly number[], axis: number): Value {
  const value: Value = { type: 'float32', shape, data: new Float64Array(sizeOf(shape)) };
  alongAxis(value, axis, (index, _, at) => (value.data[at] = factors[index]!));
  return value;
}

/** Factors that depend on one axis alone. */
function onAxis(node: Node, scale: Value, axis: number): Float64Array {
  const factors = new Float64Array(scale.shape[axis]!);
  alongAxis(scale, axis, (index, value) => (factors[index] = value));
  alongAxis(scale, axis, (index, value) => {
    if (Math.abs(value / factors[index]! - 1) > 1e-9) throw refused(node, 'it mixes values with different factors');
  });
  return factors;
}

class Rewriting {
  private readonly initializers: Map<string, Tensor>;
  private nodes: readonly Node[];

  constructor(private readonly graph: Graph) {
    this.initializers = new Map(graph.initializers);
    this.nodes = graph.nodes;
  }

  /** Multiplies a constant input of a node along an axis; other readers of the constant keep it. */
  scale(node: Node, input: number, axis: number, factors: Float64Array): void {
    const tensor = this.constant(node, input);
    const data = numbersOf(tensor).slice();
    alongAxis(tensor, axis, (index, value, at) => (data[at] = value * factors[index]!));
    this.replace(node, input, { ...tensor, data: Float32Array.from(data) });
  }

  /** What a factor on an input of a node does to its output: undefined where the node takes it up. */
  pass(node: Node, at: number, scale: Value): Value | undefined {
    if (HOMOGENEOUS.has(node.operator)) return this.handedOn(node, scale);
    if (node.operator === 'Add') return this.addConstant(node, 1 - at, scale);
    if (WEIGHTED.has(node.operator) && at === 0) this.takeUp(node, scale);
    else if (node.operator === 'BatchNormalization') this.normalise(node, scale);
    else throw refused(node, 'the operator does not let factors through');
    return undefined;
  }

  finish(): Graph {
    return { ...this.graph, nodes: this.nodes, initializers: this.initializers };
  }

  private handedOn(node: Node, scale: Value): Value {
    const others = node.inputs.slice(1).map(name => (name === '' ? undefined : this.value(node, name)));
    const apply = (data: Float64Array): Float64Array =>
      operatorOf(node).evaluate(node, [{ ...scale, data }, ...others])[0]!.data;
    const ones = apply(new Float64Array(scale.data.length).fill(1));
    const up = apply(Float64Array.from(scale.data)).map((value, i) => value / ones[i]!);
    const down = apply(Float64Array.from(scale.data, value => 1 / value)).map((value, i) => value / ones[i]!);
    if (up.some((value, i) => Math.abs(value * down[i]! - 1) > 1e-9))
      throw refused(node, 'it brings together values with different factors');
    const { shape } = operatorOf(node).evaluate(node, [scale, ...others])[0]!;
    return { type: 'float32', shape, data: up };
  }

  private takeUp(node: Node, scale: Value): void {
    const axis = node.operator === 'Conv' ? 1 : scale.shape.length - 1;
    if (node.operator === 'Conv' && numberAttribute(node, 'group', 1) !== 1)
      throw refused(node, 'a grouped convolution reads its channels by groups');
    if (numberAttribute(node, 'transA', 0) === 1) throw refused(node, 'it reads its input turned');
    this.scale(
      node,
      1,
      kernelAxes(node)[1],
      onAxis(node, scale, axis).map(factor => 1 / factor),
    );
  }

  /** γ (c·h − c·μ) / √(c² (σ² + ε)) + β is what it was. */
  private normalise(node: Node, scale: Value): void {
    const factors = onAxis(node, scale, 1);
    const epsilon = numberAttribute(node, 'epsilon', 1e-5);
    this.scale(node, 3, 0, factors);
    const variance = this.constant(node, 4);
    const data = Float32Array.from(factors, (c, i) => c * c * (Number(variance.data[i]) + epsilon) - epsilon);
    if (data.some(value => value < 0)) throw refused(node, 'its ε is too large for so small a factor');
    this.replace(node, 4, { ...variance, data });
  }

  private addConstant(node: Node, input: number, scale: Value): Value {
    const tensor = this.constant(node, input);
    const [batch, ...extents] = scale.shape;
    const one: Value = { ...scale, shape: [1, ...extents], data: scale.data.subarray(0, scale.data.length / batch!) };
    const product: Node = { ...node, operator: 'Mul', attributes: {} };
    const { shape, data } = operatorOf(product).evaluate(product, [toValue(tensor), one])[0]!;
    this.replace(node, input, { type: 'float32', shape, data: Float32Array.from(data) });
    return scale;
  }

  private constant(node: Node, input: number): Tensor {
    const own = this.nodes.find(({ name }) => name === node.name)!;
    const tensor = this.initializers.get(own.inputs[input]!);
    if (tensor?.type === 'float32') return tensor;
    throw refused(node, 'it combines the layer with another computed value');
  }

  private value(node: Node, name: string): Value {
    const tensor = this.initializers.get(name);
    if (tensor === undefined) throw refused(node, 'it depends on another computed value');
    return toValue(tensor);
  }

  private replace(node: Node, input: number, tensor: Tensor): void {
    const name = `${node.name}~rescaled~${input}`;
    this.initializers.set(name, tensor);
    this.nodes = this.nodes.map(own =>
      own.name === node.name ? { ...own, inputs: own.inputs.toSpliced(input, 1, name) } : own,
    );
  }
}
