/** Gives every axis of a graph a number: binds symbols, infers all shapes, folds what is constant, drops what is idle. */
import { Failure } from '../failure.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/graph.js';
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
 * Adds the nodes of `graph` to a builder: composite operators in their parts, branches as far as they are taken.
 *
 * @param inputs values of the builder that stand for the graph's inputs
 * @returns the values that stand for the graph's outputs
 * @throws Failure `model/damaged` when nodes are out of order or give a value twice, `model/shape`,
 *   `model/unknown-operator`, `model/control-flow` when a branch depends on computed values
 */
export function emit(builder: GraphBuilder, graph: Graph, inputs: readonly string[]): readonly string[] {
  return new Emission(builder).run(graph, inputs);
}

class Emission {
  /** Values of the builder that stand for values of the graph under another name. */
  private readonly aliases = new Map<string, string>();
  /** Values of the graph that some node has given. */
  private readonly given = new Set<string>();

  constructor(private readonly builder: GraphBuilder) {}

  run(graph: Graph, inputs: readonly string[]): readonly string[] {
    graph.inputs.forEach(({ name }, i) => this.give(name, inputs[i]!));
    this.body(graph);
    return graph.outputs.map(({ name }) => {
      if (!this.given.has(name)) throw damaged(`no node gives the output ${name}`, this.builder.name);
      return this.resolve(name);
    });
  }

  private body(graph: Graph): void {
    for (const [name, tensor] of graph.initializers) {
      this.given.add(name);
      // A second copy of the graph in one builder shares the weights of the first.
      if (!this.builder.has(name) || this.builder.header(name).constant !== tensor)
        this.builder.constant(tensor, this.free(name));
    }
    for (const node of graph.nodes) this.node(node);
  }

  private node(node: Node): void {
    const place = `node ${node.name} (${node.operator}) of ${this.builder.name}`;
    const missing = node.inputs.find(name => name !== '' && !this.given.has(name));
    if (missing !== undefined) throw damaged(`the value ${missing} is read before any node gives it`, place);
    const double = node.outputs.find(name => name !== '' && this.given.has(name));
    if (double !== undefined) throw damaged(`the value ${double} is given twice`, place);
    const inputs = node.inputs.map(name => this.resolve(name));
    try {
      const stand = this.standIns(node, inputs, place);
      node.outputs.forEach((name, i) => {
        if (name === '') return;
        const value = stand[i];
        if (value === undefined) throw new ShapeError(`${node.operator} does not give its output ${i} here`);
        this.give(name, value);
      });
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      throw new Failure('model/shape', error.message, { place });
    }
  }

  /** Adds what a node computes; returns the values that stand for its outputs. */
  private standIns(node: Node, inputs: readonly string[], place: string): readonly (string | undefined)[] {
    if (PASSES.has(node.operator)) return inputs.slice(0, 1);
    if (node.operator === 'If') return this.branch(node, inputs, place);
    const composite = compositeOf(node);
    if (composite !== undefined) return composite.expand(new Expansion(this.builder, node, inputs));
    const own = { ...node, inputs, outputs: node.outputs.map(name => this.free(name)) };
    if (!fold(this.builder, own)) this.builder.append(own);
    return own.outputs;
  }

  /** The branch of an If whose condition is known. */
  private branch(node: Node, inputs: readonly string[], place: string): readonly string[] {
    const { constant } = this.builder.header(inputs[0]!);
    if (constant === undefined)
      throw new Failure('model/control-flow', 'the condition of an If is computed from the input', {
        place,
        remedy: 'Export the model without control flow, with torch.where instead of if.',
      });
    const taken = node.attributes[Number(constant.data[0]) === 0 ? 'else_branch' : 'then_branch'];
    if (typeof taken !== 'object' || !('nodes' in taken)) throw damaged('an If lacks a branch', place);
    this.body(taken);
    return taken.outputs.map(({ name }) => this.resolve(name));
  }

  private give(name: string, value: string): void {
    this.given.add(name);
    if (value !== name) this.aliases.set(name, value);
  }

  private resolve(name: string): string {
    return this.aliases.get(name) ?? name;
  }

  /** The name itself, or another where what stands around the graph in the builder has taken it already. */
  private free(name: string): string {
    if (name === '' || !this.builder.has(name)) return name;
    const renamed = this.builder.fresh(name);
    this.aliases.set(name, renamed);
    return renamed;
  }
}

function damaged(message: string, place: string): Failure {
  return new Failure('model/damaged', message, { place, remedy: 'Check the file with onnx.checker.check_model.' });
}
