/**
 * Reverse-mode differentiation as a transformation of the graph: walks the nodes backwards and adds, for each, the
 * vector–Jacobian product of its operator. The result is written in the same operators, so it can be differentiated again.
 */
import { Failure } from '../failure.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Node } from '../graph/graph.js';
import { ShapeError, type Operator } from '../ops/operator.js';
import { operatorOf } from '../ops/registry.js';

/** The derivative to use at a node, given which of its inputs are explained. */
export type Rules = (node: Node, wanted: readonly boolean[]) => Operator['gradient'] | undefined;

/**
 * Adds the gradient of Σ seed · output with respect to some values.
 *
 * @param builder holds `nodes` already
 * @param nodes the forward graph, in topological order
 * @param seeds cotangents of outputs, by value name
 * @param by the values to differentiate by
 * @param rules replaces the derivative of some nodes (DeepLIFT, LRP); undefined leaves a node its own
 * @returns the name of each gradient, with the shape of its value; undefined where nothing depends on the value
 * @throws Failure `gradient/refused` naming the node whose operator has no gradient
 */
export function differentiate(
  builder: GraphBuilder,
  nodes: readonly Node[],
  seeds: ReadonlyMap<string, string>,
  by: readonly string[],
  rules: Rules = () => undefined,
): (string | undefined)[] {
  const depends = new Set(by);
  for (const node of nodes)
    if (operatorOf(node).gradient !== 'none' && node.inputs.some(input => depends.has(input)))
      for (const output of node.outputs) if (output !== '') depends.add(output);

  const cotangents = new Map(seeds);
  for (const node of [...nodes].reverse()) {
    const given = node.outputs.map(output => cotangents.get(output));
    const wanted = node.inputs.map(input => depends.has(input));
    const gradient = rules(node, wanted) ?? operatorOf(node).gradient;
    if (gradient === 'none' || !wanted.includes(true) || given.every(g => g === undefined)) continue;
    vjp(builder, node, gradient, given, wanted).forEach((part, i) => {
      if (part === undefined || !wanted[i]) return;
      const input = node.inputs[i]!;
      const sum = cotangents.get(input);
      cotangents.set(input, sum === undefined ? part : builder.add('Add', [sum, part]));
    });
  }
  return by.map(name => cotangents.get(name));
}

function vjp(
  builder: GraphBuilder,
  node: Node,
  gradient: Exclude<Operator['gradient'], 'none'>,
  cotangents: readonly (string | undefined)[],
  wanted: readonly boolean[],
): readonly (string | undefined)[] {
  const { inputs, outputs } = node;
  if ('refused' in gradient) throw refused(builder, node, gradient.refused);
  if (outputs.some(output => output !== '' && builder.header(output).type === 'float64'))
    throw refused(builder, node, 'its values are float64, and gradients are float32');
  try {
    // Only Split uses an output other than the first, and reads `cotangents` itself.
    return gradient({ builder, node, inputs, outputs, cotangents, cotangent: cotangents[0] ?? '', wanted });
  } catch (error) {
    throw error instanceof ShapeError ? refused(builder, node, error.message) : error;
  }
}

function refused(builder: GraphBuilder, node: Node, reason: string): Failure {
  return new Failure('gradient/refused', `no gradient goes through ${node.operator}: ${reason}`, {
    place: `node ${node.name} (${node.operator}) of ${builder.name}`,
    remedy:
      'Use a method that only asks for predictions, such as in_silico_mutagenesis, or explain a target in front of this node.',
  });
}
