/** Gives every axis of a graph a number: binds symbols, infers all shapes, folds what is constant, drops what is idle. */
import { Failure } from '../failure.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph } from '../graph/graph.js';
import { ShapeError } from '../ops/operator.js';
import { compositeOf } from './composites/composites.js';
import { Expansion } from './composites/expansion.js';
import { fold } from './fold.js';

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
    try {
      const composite = compositeOf(original);
      if (composite === undefined) {
        const node = { ...original, inputs, outputs: outputs.map(free) };
        if (!fold(builder, node)) builder.append(node);
        continue;
      }
      const values = composite.expand(new Expansion(builder, original, inputs));
      outputs.forEach((name, i) => {
        if (name === '') return;
        const value = values[i];
        if (value === undefined) throw new ShapeError(`${operator} does not give its output ${i} here`);
        aliases.set(name, value);
      });
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      throw new Failure('model/shape', error.message, { place });
    }
  }
  return graph.outputs.map(({ name }) => {
    if (!given.has(name)) throw damaged(`no node gives the output ${name}`, builder.name);
    return resolve(name);
  });
}

function damaged(message: string, place: string): Failure {
  return new Failure('model/damaged', message, { place, remedy: 'Check the file with onnx.checker.check_model.' });
}
