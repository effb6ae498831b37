/** What a graph costs before anything has run: multiplications, and elements written. */
import { sizeOf, type Node } from './graph.js';

/** Operators that only give a value another shape. */
const RENAMING = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

type ShapeOf = (value: string) => readonly number[];

export interface Work {
  /** Multiplications of products and convolutions, one per element of all else. */
  readonly multiplications: number;
  /** Elements of all values that are computed. */
  readonly elements: number;
}

/** @param shape extents of every value that the nodes read or write */
export function workOf(nodes: readonly Node[], shape: ShapeOf): Work {
  let multiplications = 0;
  let elements = 0;
  for (const node of nodes) {
    if (RENAMING.has(node.operator)) continue;
    const size = sizeOf(shape(node.outputs[0]!));
    elements += size;
    multiplications += size * perElement(node, shape);
  }
  return { multiplications, elements };
}

/** Multiplications for one element of a node's output. */
function perElement(node: Node, shape: ShapeOf): number {
  switch (node.operator) {
    case 'Conv':
      return sizeOf(shape(node.inputs[1]!).slice(1));
    case 'ConvTranspose':
      return shape(node.inputs[0]!)[1]!;
    case 'MatMul':
      return shape(node.inputs[0]!).at(-1)!;
    case 'Gemm':
      return Math.max(...shape(node.inputs[0]!));
    default:
      return 1;
  }
}
