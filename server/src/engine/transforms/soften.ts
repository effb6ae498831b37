/** Replaces ReLU by SoftPlus_β(z) = ln(1 + e^{βz}) / β, which has a curvature everywhere and goes to ReLU for large β. */
import { floats, type Graph } from '../graph/graph.js';

const BETA = 'soften~beta';

/** @param beta steepness at zero, > 0 */
export function soften(graph: Graph, beta: number): Graph {
  const nodes = graph.nodes.flatMap(node => {
    if (node.operator !== 'Relu') return [node];
    const [y] = node.outputs as [string];
    const [scaled, soft] = [`${y}~scaled`, `${y}~soft`];
    return [
      { operator: 'Mul', name: scaled, inputs: [node.inputs[0]!, BETA], outputs: [scaled], attributes: {} },
      { operator: 'Softplus', name: soft, inputs: [scaled], outputs: [soft], attributes: {} },
      { operator: 'Div', name: node.name, inputs: [soft, BETA], outputs: [y], attributes: {} },
    ];
  });
  return { ...graph, nodes, initializers: new Map([...graph.initializers, [BETA, floats([], [beta])]]) };
}
