/**
 * Writes one-dimensional layers as two-dimensional ones of height 1: native runtimes have blocked, threaded kernels for
 * images and not for sequences (docs/performance.md). Values [batch, channel, position] between such layers become
 * [batch, channel, 1, position]; wherever anything else reads one, it is squeezed back under its own name.
 */
import { numbersAttribute, readsOf, type Attributes, type Graph, type Node, type Tensor } from '../graph/graph.js';

/** Operators that work element by element, whatever the rank. */
const ELEMENTWISE = new Set([
  ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Softplus', 'Softsign', 'Exp', 'Log'],
  ...[
    'Sqrt',
    'Neg',
    'Abs',
    'Reciprocal',
    'Erf',
    'Identity',
    'Dropout',
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Max',
    'Min',
    'Sum',
  ],
  ...['Gelu', 'HardSwish', 'Mish', 'Swish', 'Celu', 'ThresholdedRelu', 'Shrink'],
]);
/** Operators that treat the axes behind the channels alike. */
const PER_CHANNEL = new Set([
  ...['BatchNormalization', 'InstanceNormalization', 'GroupNormalization'],
  ...['GlobalAveragePool', 'GlobalMaxPool'],
]);
const POOLS = new Set(['MaxPool', 'AveragePool']);

/** @returns the same function; graphs without one-dimensional convolutions come back as they are */
export function addHeight(graph: Graph): Graph {
  const sequence = graph.nodes.some(node => node.operator === 'Conv' && kernelOf(graph, node) !== undefined);
  return sequence ? new Rewriting(graph).run() : graph;
}

/** The constant kernel of a one-dimensional convolution. */
function kernelOf(graph: Graph, node: Node): Tensor | undefined {
  const kernel = graph.initializers.get(node.inputs[1] ?? '');
  return kernel?.shape.length === 3 ? kernel : undefined;
}

/** The name of a value as it stands in the file. */
export const withoutHeight = (value: string): string => value.replace(/~height(~\d+)?$/, '');

class Rewriting {
  private readonly nodes: Node[] = [];
  private readonly initializers: Map<string, Tensor>;
  /** Values that have height 1, by their name without it. */
  private readonly tall = new Map<string, string>();
  /** Names under which a tall value has been squeezed back. */
  private readonly squeezed = new Set<string>();
  private readonly axis: string;

  constructor(private readonly graph: Graph) {
    this.initializers = new Map(graph.initializers);
    this.axis = this.constant('height~axis', { type: 'int64', shape: [1], data: BigInt64Array.of(2n) });
  }

  run(): Graph {
    for (const node of this.graph.nodes) this.visit(node);
    for (const { name } of this.graph.outputs) this.squeeze(name);
    return { ...this.graph, nodes: this.nodes, initializers: this.initializers };
  }

  private visit(node: Node): void {
    const { operator, inputs } = node;
    const [x = ''] = inputs;
    const kernel = kernelOf(this.graph, node);
    if (operator === 'Conv' && kernel !== undefined)
      this.emit(node, [this.raise(x), this.tallConstant(inputs[1]!, kernel), ...inputs.slice(2)], tallWindow(node));
    else if (POOLS.has(operator) && this.tall.has(x) && numbersAttribute(node, 'kernel_shape')?.length === 1)
      this.emit(node, [this.raise(x)], tallWindow(node));
    else if (PER_CHANNEL.has(operator) && this.tall.has(x))
      this.emit(node, [this.raise(x), ...inputs.slice(1)], node.attributes);
    else if (ELEMENTWISE.has(operator) && this.tall.has(x) && inputs.every(input => this.fits(input)))
      this.emit(
        node,
        inputs.map(input => this.tall.get(input) ?? this.tallOperand(input)),
        node.attributes,
      );
    else {
      // Flattening sees the same elements in the same order with and without height.
      const flat = operator === 'Flatten' && (node.attributes['axis'] ?? 1) === 1;
      if (!flat) readsOf(node).forEach(input => this.squeeze(input));
      this.nodes.push(flat ? { ...node, inputs: [this.tall.get(x) ?? x] } : node);
    }
  }

  /** Whether a value can stand beside tall ones: tall itself, or a constant that broadcasts to them. */
  private fits(input: string): boolean {
    const constant = this.initializers.get(input);
    return (
      this.tall.has(input) || (constant !== undefined && constant.shape.length !== 2 && constant.shape.length <= 3)
    );
  }

  private tallOperand(input: string): string {
    const constant = this.initializers.get(input)!;
    return constant.shape.length === 3 ? this.tallConstant(input, constant) : input;
  }

  /** [a, b, c] → [a, b, 1, c] */
  private tallConstant(name: string, { type, shape, data }: Tensor): string {
    const [a, b, c] = shape as [number, number, number];
    return this.constant(`${name}~height`, { type, shape: [a, b, 1, c], data });
  }

  private constant(name: string, tensor: Tensor): string {
    if (!this.initializers.has(name)) this.initializers.set(name, tensor);
    return name;
  }

  private raise(value: string): string {
    const known = this.tall.get(value);
    if (known !== undefined) return known;
    const outputs = [`${value}~height`];
    this.nodes.push({ operator: 'Unsqueeze', name: outputs[0]!, inputs: [value, this.axis], outputs, attributes: {} });
    this.tall.set(value, outputs[0]!);
    this.squeezed.add(value);
    return outputs[0]!;
  }

  private squeeze(value: string): void {
    const from = this.tall.get(value);
    if (from === undefined || this.squeezed.has(value)) return;
    const inputs = [from, this.axis];
    this.nodes.push({ operator: 'Squeeze', name: `${value}~flat`, inputs, outputs: [value], attributes: {} });
    this.squeezed.add(value);
  }

  /** The node with tall inputs and a tall first output. */
  private emit(node: Node, inputs: readonly string[], attributes: Attributes): void {
    const [output = '', ...others] = node.outputs;
    this.tall.set(output, `${output}~height`);
    this.nodes.push({ ...node, inputs, outputs: [`${output}~height`, ...others], attributes });
  }
}

/** Attributes of a window over positions as those of one over rows and positions. */
function tallWindow({ attributes }: Node): Attributes {
  const widened: Record<string, Attributes[string]> = { ...attributes };
  for (const name of ['kernel_shape', 'strides', 'dilations']) {
    const value = attributes[name];
    if (Array.isArray(value)) widened[name] = [1, Number(value[0])];
  }
  const { pads } = attributes;
  if (Array.isArray(pads)) widened['pads'] = [0, Number(pads[0]), 0, Number(pads[1])];
  return widened;
}
