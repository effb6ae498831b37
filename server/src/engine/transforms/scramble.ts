/** A model with the weights of some of its layers scrambled: what it computes is lost, how large its weights are is kept. */
import { readsOf, type Graph, type Node, type Tensor } from '../graph/graph.js';
import { Stream } from '../random/philox.js';

/** Operators whose weights are what a network has learnt. */
const LAYERS = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'LSTM', 'GRU', 'RNN']);

/** Layers with weights of their own, in the order in which the graph computes them. */
export function weightLayers({ nodes, initializers }: Graph): Node[] {
  return nodes.filter(
    node => LAYERS.has(node.operator) && readsOf(node).some(name => canChange(initializers.get(name))),
  );
}

const canChange = (tensor: Tensor | undefined): boolean =>
  tensor !== undefined && tensor.type === 'float32' && tensor.data.length > 1;

/**
 * Permutes the elements of each weight tensor of the last layers, so that their distribution stays. A tensor that layers share
 * is permuted once.
 *
 * @param layers how many layers, counted from the output
 */
export function scramble(graph: Graph, layers: number, seed: number): Graph {
  const chosen = weightLayers(graph).reverse().slice(0, layers);
  const initializers = new Map(graph.initializers);
  for (const name of new Set(chosen.flatMap(readsOf))) {
    const tensor = graph.initializers.get(name);
    if (tensor === undefined || !canChange(tensor)) continue;
    const data = Float32Array.from(tensor.data as Float32Array);
    new Stream(seed, `scramble ${name}`).shuffle(data);
    initializers.set(name, { ...tensor, data });
  }
  return { ...graph, initializers };
}
