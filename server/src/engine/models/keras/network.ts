/**
 * The graph that an import writes. Values keep the axis order that they have in Keras; ONNX wants channels before positions, so
 * convolutions and pools stand between transpositions. A transposition of a transposition is contracted at once, and
 * element-wise nodes are moved in front of one, so that in a channels-last network only the first and the last remain.
 */
import type { Attributes, Axis, Graph, Node, Tensor, ValueHeader } from '../../graph/graph.js';

/** A value of the graph in Keras's axis order, the batch first. */
export interface Value {
  readonly name: string;
  readonly shape: readonly Axis[];
}

export class Network {
  private readonly nodes: Node[] = [];
  private readonly initializers = new Map<string, Tensor>();
  private readonly constants = new Map<string, string>();
  private readonly names = new Set<string>();
  private readonly transpositions = new Map<string, { source: Value; permutation: readonly number[] }>();

  /** Declares an input of the graph. */
  input(name: string, shape: readonly Axis[]): Value {
    return { name: this.unique(name), shape };
  }

  /** A constant; the second request of a name gets the first one's tensor, so that shared layers share weights. */
  constant(name: string, make: () => Tensor): string {
    const known = this.constants.get(name);
    if (known !== undefined) return known;
    const own = this.unique(name);
    this.constants.set(name, own);
    this.initializers.set(own, make());
    return own;
  }

  /** Adds a node with one output; both get the name, or `name_2` … when it is taken. */
  add(
    name: string,
    operator: string,
    inputs: readonly string[],
    shape: readonly Axis[],
    attributes: Attributes,
  ): Value {
    const output = this.unique(name);
    this.nodes.push({ operator, name: output, inputs, outputs: [output], attributes });
    return { name: output, shape };
  }

  /** Axis `i` of the result is axis `permutation[i]` of the value. */
  transpose(name: string, value: Value, permutation: readonly number[]): Value {
    const before = this.transpositions.get(value.name);
    const source = before?.source ?? value;
    const whole = before ? permutation.map(axis => before.permutation[axis]!) : permutation;
    if (whole.every((axis, i) => axis === i)) return source;
    const shape = whole.map(axis => source.shape[axis]!);
    const result = this.add(name, 'Transpose', [source.name], shape, { perm: whole });
    this.transpositions.set(result.name, { source, permutation: whole });
    return result;
  }

  /** Applies something element-wise, in front of the transposition that its arguments have in common, if they do. */
  elementwise(name: string, values: readonly Value[], make: (values: readonly Value[]) => Value): Value {
    const before = values.flatMap(value => this.transpositions.get(value.name) ?? []);
    const [first] = before;
    const common = first !== undefined && before.every(each => each.permutation.join() === first.permutation.join());
    if (!common || before.length < values.length) return make(values);
    return this.transpose(name, make(before.map(each => each.source)), first.permutation);
  }

  /** The graph of everything that the outputs need. */
  finish(name: string, inputs: readonly Value[], outputs: readonly Value[]): Graph {
    const taken = new Set(inputs.map(input => input.name));
    // An output must be a value of its own: no input, and no other output.
    const results = outputs.map(output => {
      const own = taken.has(output.name)
        ? this.add(`${output.name}/output`, 'Identity', [output.name], output.shape, {})
        : output;
      taken.add(own.name);
      return own;
    });
    const needed = new Set(results.map(result => result.name));
    const nodes: Node[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!needed.has(node.outputs[0]!)) continue;
      nodes.push(node);
      node.inputs.forEach(input => needed.add(input));
    }
    return {
      name,
      inputs: inputs.map(header),
      outputs: results.map(header),
      nodes: nodes.reverse(),
      initializers: new Map([...this.initializers].filter(([constant]) => needed.has(constant))),
    };
  }

  private unique(stem: string): string {
    let name = stem;
    for (let i = 2; this.names.has(name); i++) name = `${stem}_${i}`;
    this.names.add(name);
    return name;
  }
}

const header = ({ name, shape }: Value): ValueHeader => ({ name, type: 'float32', shape });
