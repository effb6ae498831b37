/**
 * Takes what scales and shifts the channels of a layer (normalisation, a bias added on its own) into its weights and bias.
 * Rules that look at the signs of contributions then see the layer as it acts: a normalisation behind it would hand on
 * relevance that the layer's own bias was to absorb (Guillemot et al. 2020, arXiv 2002.11018).
 */
import { GraphBuilder } from '../graph/builder.js';
import { floats, numberAttribute, numbersOf, sizeOf, type Graph, type Node, type Tensor } from '../graph/graph.js';
import { broadcastIndex } from '../ops/broadcast.js';
import { affine } from '../ops/normalisation.js';

/** y = slope · x + offset, one of each for every channel. */
interface Affine {
  readonly slope: Float64Array;
  readonly offset: Float64Array;
}

/** A layer whose weights are known: output channels along one axis of its weights and of its output. */
interface WeightedNode {
  readonly node: Node;
  readonly weights: Tensor;
  readonly bias: Float64Array;
  readonly channels: number;
  /** Elements of the weights from one output channel to the next. */
  readonly inner: number;
}

/**
 * @param graph static shapes
 * @returns the same function; products with constant matrices are Gemm nodes, under their own names
 */
export function mergeAffine(graph: Graph): Graph {
  const builder = new GraphBuilder(graph.name);
  for (const { name, type, shape } of graph.inputs) builder.input(name, type, shape.map(Number));
  for (const [name, tensor] of graph.initializers) builder.constant(tensor, name);
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes)
    for (const input of new Set(node.inputs)) readers.set(input, [...(readers.get(input) ?? []), node]);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const merged = new Set<Node>();
  for (const node of graph.nodes) {
    if (merged.has(node)) continue;
    let layer = weighted(builder, node);
    if (layer === undefined) {
      builder.append(node);
      continue;
    }
    let [output] = node.outputs as [string];
    // Shapes of what follows are those of the layer's output, which the builder does not know yet.
    const rank = node.operator === 'Conv' ? layer.weights.shape.length : builder.rank(node.inputs[0]!);
    const axis = node.operator === 'Conv' ? 1 : rank - 1;
    for (;;) {
      const [reader, ...others] = readers.get(output) ?? [];
      if (reader === undefined || others.length > 0 || outputs.has(output)) break;
      const change = affineOf(builder, reader, output, layer.channels, rank, axis);
      if (change === undefined) break;
      layer = changed(layer, change);
      merged.add(reader);
      output = reader.outputs[0]!;
    }
    write(builder, layer, output);
  }
  return builder.finish(graph.outputs.map(({ name }) => name));
}

function weighted(builder: GraphBuilder, node: Node): WeightedNode | undefined {
  const [x, w, b] = node.inputs as [string, string?, string?];
  const weights = w === undefined || w === '' ? undefined : builder.header(w).constant;
  const bias = b ? builder.header(b).constant : undefined;
  if (weights === undefined || (b && bias === undefined) || builder.header(x).constant !== undefined) return undefined;
  const made = (channels: number, inner: number, factor = 1): WeightedNode | undefined => {
    // A bias for each row of a batch is none of the layer's.
    if (bias !== undefined && sizeOf(bias.shape) !== 1 && bias.shape.at(-1) !== sizeOf(bias.shape)) return undefined;
    const values = bias ? numbersOf(bias) : new Float64Array(1);
    return {
      node,
      weights,
      channels,
      inner,
      bias: Float64Array.from({ length: channels }, (_, c) => factor * values[c % values.length]!),
    };
  };
  switch (node.operator) {
    case 'Conv':
      return made(weights.shape[0]!, sizeOf(weights.shape.slice(1)));
    case 'MatMul':
      return weights.shape.length === 2 && builder.rank(x) >= 2 ? made(weights.shape[1]!, 1) : undefined;
    case 'Gemm':
      if (numberAttribute(node, 'alpha', 1) !== 1 || numberAttribute(node, 'transA', 0) === 1) return undefined;
      return numberAttribute(node, 'transB', 0) === 1
        ? made(weights.shape[0]!, weights.shape[1]!, numberAttribute(node, 'beta', 1))
        : made(weights.shape[1]!, 1, numberAttribute(node, 'beta', 1));
    default:
      return undefined;
  }
}

/** What a node does to each channel of its input `x`; undefined where it does something else. */
function affineOf(
  builder: GraphBuilder,
  node: Node,
  x: string,
  channels: number,
  rank: number,
  axis: number,
): Affine | undefined {
  const fill = (value: number): Float64Array => new Float64Array(channels).fill(value);
  if (node.operator === 'BatchNormalization') {
    if (axis !== 1 || node.inputs[0] !== x) return undefined;
    const parts = node.inputs.slice(1).map(name => builder.header(name).constant);
    if (parts.includes(undefined)) return undefined;
    return affine(
      node,
      parts.map(part => numbersOf(part!)),
    );
  }
  if (!['Add', 'Sub', 'Mul', 'Div'].includes(node.operator) || node.inputs.length !== 2) return undefined;
  const first = node.inputs[0] === x;
  const other = node.inputs[first ? 1 : 0]!;
  const constant = other === x ? undefined : builder.header(other).constant;
  const values = constant && perChannel(constant, channels, rank, axis);
  if (values === undefined) return undefined;
  switch (node.operator) {
    case 'Add':
      return { slope: fill(1), offset: values };
    case 'Sub':
      return first ? { slope: fill(1), offset: values.map(v => -v) } : { slope: fill(-1), offset: values };
    case 'Mul':
      return { slope: values, offset: fill(0) };
    default:
      return first ? { slope: values.map(v => 1 / v), offset: fill(0) } : undefined;
  }
}

/** The number of a constant for each channel of a value; undefined where it differs along another axis. */
function perChannel(constant: Tensor, channels: number, rank: number, axis: number): Float64Array | undefined {
  const shape = [...new Array<number>(Math.max(0, rank - constant.shape.length)).fill(1), ...constant.shape];
  if (shape.length !== rank || shape.some((extent, i) => extent !== 1 && (i !== axis || extent !== channels)))
    return undefined;
  const values = numbersOf(constant);
  return Float64Array.from(broadcastIndex([values.length], [channels]), i => values[i]!);
}

function changed(layer: WeightedNode, { slope, offset }: Affine): WeightedNode {
  const { weights, bias, inner, channels } = layer;
  const data = Float32Array.from(numbersOf(weights), (w, i) => w * slope[Math.floor(i / inner) % channels]!);
  return {
    ...layer,
    weights: { type: 'float32', shape: weights.shape, data },
    bias: bias.map((b, c) => b * slope[c]! + offset[c]!),
  };
}

/** Appends the layer so that it gives `output`. */
function write(builder: GraphBuilder, { node, weights, bias, channels }: WeightedNode, output: string): void {
  const constants = [weights, floats([channels], bias)].map(tensor => builder.constant(tensor));
  const [x] = node.inputs as [string];
  if (node.operator !== 'MatMul') {
    const { beta: _taken, ...attributes } = node.attributes;
    builder.append({ ...node, attributes, inputs: [x, ...constants], outputs: [output] });
    return;
  }
  const shape = builder.shape(x);
  const rows = builder.add('Reshape', [x, builder.integers([-1, shape.at(-1)!])]);
  const [product] = [builder.fresh(output)];
  builder.append({ ...node, operator: 'Gemm', attributes: {}, inputs: [rows, ...constants], outputs: [product] });
  builder.append({
    operator: 'Reshape',
    name: `${node.name}/rows`,
    inputs: [product, builder.integers([...shape.slice(0, -1), channels])],
    outputs: [output],
    attributes: {},
  });
}
