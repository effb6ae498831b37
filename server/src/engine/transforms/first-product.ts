/**
 * Cuts a graph behind its first product with a matrix of weights, where nothing else reads the input. An example that changes in a
 * few features changes this product by a sum over those features; what lies in front need not be computed again.
 */
import { GraphBuilder } from '../graph/builder.js';
import { numberAttribute, numbersOf, type Node } from '../graph/graph.js';

export interface FirstProduct {
  /** The product, [batch, units]: a value of the graph, and the input of its rest. */
  readonly name: string;
  readonly units: number;
  /** What a number of an example adds to the product: [number, unit]. */
  readonly weights: () => Float32Array;
  /** The product → the output. */
  readonly rest: GraphBuilder;
}

const RENAMING = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/**
 * @param x the input, [batch, …shape of an example]
 * @returns undefined where the input is read by anything else than one product of whole examples with a constant
 */
export function firstProduct(builder: GraphBuilder, x: string, output: string): FirstProduct | undefined {
  const { nodes, initializers } = builder.finish([output]);
  const chain: Node[] = [];
  for (let value = x; ; value = chain.at(-1)!.outputs[0]!) {
    const [node, ...others] = nodes.filter(({ inputs }) => inputs.includes(value));
    if (node === undefined || others.length > 0 || node.inputs.lastIndexOf(value) !== 0) return undefined;
    chain.push(node);
    if (!RENAMING.has(node.operator)) break;
  }
  const product = chain.at(-1)!;
  if (!isProduct(builder, product)) return undefined;
  const name = product.outputs[0]!;
  const shape = builder.shape(name);
  const rest = new GraphBuilder(builder.name);
  rest.input(name, 'float32', shape);
  for (const [constant, tensor] of initializers) rest.constant(tensor, constant);
  for (const node of nodes) if (!chain.includes(node)) rest.append(node);
  return { name, units: shape[1]!, weights: () => weightsOf(builder, product), rest };
}

/** Whether a node is [batch, numbers] × [numbers, units], the second a constant. */
function isProduct(builder: GraphBuilder, node: Node): boolean {
  if (!['Gemm', 'MatMul'].includes(node.operator) || numberAttribute(node, 'transA', 0) === 1) return false;
  const [rows, matrix] = node.inputs as [string, string];
  return builder.rank(rows) === 2 && builder.header(matrix).constant?.shape.length === 2;
}

function weightsOf(builder: GraphBuilder, node: Node): Float32Array {
  const matrix = builder.header(node.inputs[1]!).constant!;
  const numbers = numbersOf(matrix);
  const alpha = numberAttribute(node, 'alpha', 1);
  const turned = numberAttribute(node, 'transB', 0) === 1;
  const [size, units] = (turned ? [...matrix.shape].reverse() : matrix.shape) as [number, number];
  return Float32Array.from({ length: size * units }, (_, i) => {
    const [number, unit] = [Math.floor(i / units), i % units];
    return alpha * numbers[turned ? unit * size + number : i]!;
  });
}
