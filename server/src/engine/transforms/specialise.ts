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
  const inputs = graph.inputs.map(({ name, type, shape }) =>
    builder.input(name, type, shapes.get(name) ?? shape.map(Number)),
  );
  return builder.finish(emit(builder, graph, inputs));
}

/**
 * Adds the nodes of `graph` to a builder.
 *
 * @param inputs values of the builder that stand for the graph's inputs
 * @returns the values that stand for the graph's outputs
 * @throws Failure `model/damaged` when nodes are out of order or give a value twice
 */
export function emit(builder: GraphBuilder, graph: Graph, inputs: readonly string[]): readonly string[] {
  const aliases = new Map(graph.inputs.map(({ name }, i) => [name, inputs[i]!]));
  const resolve = (name: string): string => aliases.get(name) ?? name;
  const given = new Set([...aliases.keys(), ...graph.initializers.keys()]);
  // What stands around the graph in the builder may have taken a name of the file already.
  const free = (name: string): string => {
    if (name === '' || !builder.has(name)) return name;
    const renamed = builder.fresh(name);
    aliases.set(name, renamed);
    return renamed;
  };
  for (const [name, tensor] of graph.initializers)
    // A second copy of the graph in one builder shares the weights of the first.
    if (!builder.has(name) || builder.header(name).constant !== tensor) builder.constant(tensor, free(name));
  for (const original of graph.nodes) {
    const { operator, outputs } = original;
    const place = `node ${original.name} (${operator}) of ${builder.name}`;
    const missing = original.inputs.find(name => name !== '' && !given.has(name));
    if (missing !== undefined) throw damaged(`the value ${missing} is read before any node gives it`, place);
    const double = outputs.find(name => name !== '' && given.has(name));
    if (double !== undefined) throw damaged(`the value ${double} is given twice`, place);
    outputs.forEach(name => given.add(name));
    const inputs = original.inputs.map(resolve);
    if (PASSES.has(operator)) {
      aliases.set(outputs[0]!, inputs[0]!);
      continue;
    }
    const node = { ...original, inputs, outputs: outputs.map(free) };
    if (!fold(builder, node)) builder.append(node);
  }
  return graph.outputs.map(({ name }) => {
    if (!given.has(name)) throw damaged(`no node gives the output ${name}`, builder.name);
    return resolve(name);
  });
}

function damaged(message: string, place: string): Failure {
  return new Failure('model/damaged', message, { place, remedy: 'Check the file with onnx.checker.check_model.' });
}

/** Replaces a node whose outputs are known by constants. */
function fold(builder: GraphBuilder, node: Node): boolean {
  const inputs = node.inputs.map(name => (name === '' ? undefined : builder.header(name)));
  const operator = operatorOf(node, builder.name);
  try {
    if (node.operator === 'Shape') {
      const { constant } = operator.infer(node, inputs)[0]!;
      builder.constant(constant!, node.outputs[0]);
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
    throw new Failure('model/shape', error.message, {
      place: `node ${node.name} (${node.operator}) of ${builder.name}`,
    });
  }
}
