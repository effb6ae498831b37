/** Builds a graph with static shapes: every added node is inferred at once, so that its users can ask for its shape. */
import { Failure } from '../failure.js';
import { operatorOf } from '../ops/registry.js';
import { ShapeError, type Header } from '../ops/operator.js';
import { withExplicitPads } from '../ops/window.js';
import { floats, integers, type Attributes, type Graph, type Node, type Tensor, type ValueHeader } from './graph.js';

export class GraphBuilder {
  private readonly nodes: Node[] = [];
  private readonly producers = new Map<string, Node>();
  private readonly initializers = new Map<string, Tensor>();
  private readonly headers = new Map<string, Header>();
  private readonly inputs: ValueHeader[] = [];
  private readonly shared = new Map<string, string>();
  private counter = 0;

  constructor(readonly name: string) {}

  /** Declares an input of the graph. */
  input(name: string, type: Header['type'], shape: readonly number[]): string {
    this.inputs.push({ name, type, shape });
    this.headers.set(name, { type, shape });
    return name;
  }

  /** Adds a constant under a name of its own. */
  constant(tensor: Tensor, name = this.fresh('constant')): string {
    this.initializers.set(name, tensor);
    this.headers.set(name, { type: tensor.type, shape: tensor.shape, constant: tensor });
    return name;
  }

  /** A float32 scalar; equal ones are one constant. */
  scalar(value: number): string {
    return this.once(`f${value}`, () => floats([], [value]));
  }

  /** A list of int64; equal ones are one constant. */
  integers(values: readonly number[]): string {
    return this.once(`i${values.join()}`, () => integers(values));
  }

  /** Adds a node with one output and returns the output's name. */
  add(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.addMany(operator, inputs, attributes, 1)[0]!;
  }

  /** Adds a node with several outputs. */
  addMany(operator: string, inputs: readonly string[], attributes: Attributes, count: number): string[] {
    const name = this.fresh(operator);
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}:${i}`));
    this.append({ operator, name, inputs, outputs, attributes });
    return outputs;
  }

  /**
   * Appends a finished node; padding that follows from the shape is written out.
   *
   * @throws Failure `model/shape` when the shapes of its inputs do not fit
   */
  append(node: Node): void {
    const inputs = node.inputs.map(name => (name === '' ? undefined : this.header(name)));
    let headers: readonly Header[];
    try {
      headers = operatorOf(node, this.name).infer(node, inputs);
      const unknown = node.outputs.slice(headers.length).find(output => output !== '');
      if (unknown !== undefined)
        throw new ShapeError(`${node.operator} is supported with ${headers.length} output(s), not with ${unknown} too`);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      const shapes = inputs.map(input => (input ? `[${input.shape}]` : 'none')).join(', ');
      throw new Failure('model/shape', `${error.message} (inputs ${shapes})`, {
        place: `node ${node.name} (${node.operator}) of ${this.name}`,
      });
    }
    node.outputs.forEach((output, i) => {
      if (output !== '') this.headers.set(output, headers[i]!);
    });
    this.nodes.push(
      withExplicitPads(
        node,
        inputs.map(input => input?.shape),
      ),
    );
    node.outputs.forEach(output => this.producers.set(output, node));
  }

  /** The node that computes a value; undefined for inputs and constants. */
  producer(value: string): Node | undefined {
    return this.producers.get(value);
  }

  header(name: string): Header {
    const header = this.headers.get(name);
    if (header === undefined) throw new Error(`value ${name} is used before it is defined`);
    return header;
  }

  has(name: string): boolean {
    return this.headers.has(name);
  }

  shape(name: string): readonly number[] {
    return this.header(name).shape;
  }

  rank(name: string): number {
    return this.shape(name).length;
  }

  /** The graph of everything that the outputs need; a node whose outputs nobody reads is left out. */
  finish(outputs: readonly string[]): Graph {
    const needed = new Set(outputs);
    const nodes: Node[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some(output => needed.has(output))) continue;
      nodes.push(node);
      node.inputs.forEach(input => needed.add(input));
    }
    return {
      name: this.name,
      inputs: [...this.inputs],
      outputs: outputs.map(name => ({ name, type: this.header(name).type, shape: this.header(name).shape })),
      nodes: nodes.reverse(),
      initializers: new Map([...this.initializers].filter(([name]) => needed.has(name))),
    };
  }

  /** A value name that nothing uses yet. */
  fresh(stem: string): string {
    let name: string;
    do name = `${stem}~${++this.counter}`;
    while (this.headers.has(name));
    return name;
  }

  private once(key: string, make: () => Tensor): string {
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const name = this.constant(make());
    this.shared.set(key, name);
    return name;
  }
}
