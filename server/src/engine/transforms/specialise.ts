/** Gives every axis of a graph a number: binds symbols, infers all shapes, folds what is constant, drops what is idle. */
import { toTensor, toValue } from '../backends/reference.js';
import { Failure } from '../failure.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/graph.js';
import { ShapeError } from '../ops/operator.js';
import { operatorOf } from '../ops/registry.js';

/** Nodes that pass their input on unchanged in inference. */
const PASSES = new Set(['Identity', 'Dropout']);

/**
 * @param shapes extents of every input
 * @returns the same function with static shapes; its value names are those of `graph`, as far as they were not folded
 * @throws Failure `model/shape`, `model/unknown-operator`
 */
export function specialise(graph: Graph, shapes: ReadonlyMap<string, readonly number[]>): Graph {
  const builder = new GraphBuilder(graph.name);
  const outputs = emit(builder, graph, shapes);
  return builder.finish(outputs);
}

/** Adds the nodes of `graph` to a builder; returns the names of its outputs there. */
export function emit(
  builder: GraphBuilder,
  graph: Graph,
  shapes: ReadonlyMap<string, readonly number[]>,
): readonly string[] {
  const aliases = new Map<string, string>();
  const resolve = (name: string): string => aliases.get(name) ?? name;
  for (const { name, type, shape } of graph.inputs) {
    if (!builder.has(name)) builder.input(name, type, shapes.get(name) ?? shape.map(axis => Number(axis)));
  }
  for (const [name, tensor] of graph.initializers) builder.constant(tensor, name);
  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map(resolve) };
    if (PASSES.has(node.operator)) {
      aliases.set(node.outputs[0]!, node.inputs[0]!);
      continue;
    }
    if (!fold(builder, node)) builder.append(node);
  }
  return graph.outputs.map(({ name }) => resolve(name));
}

/** Replaces a node whose outputs are known by constants. */
function fold(builder: GraphBuilder, node: Node): boolean {
  const inputs = node.inputs.map(name => (name === '' ? undefined : builder.header(name)));
  const operator = operatorOf(node);
  try {
    if (node.operator === 'Shape') {
      const { constant } = operator.infer(node, inputs)[0]!;
      builder.constant(constant!, node.outputs[0]!);
      return true;
    }
    if (!inputs.every(input => input === undefined || input.constant !== undefined)) return false;
    const values = operator.evaluate(
      node,
      inputs.map(input => input && toValue(input.constant!)),
    );
    node.outputs.forEach((output, i) => builder.constant(toTensor(values[i]!), output));
    return true;
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new Failure('model/shape', error.message, { place: `node ${node.name} (${node.operator}) of ${builder.name}` });
  }
}
