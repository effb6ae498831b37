/**
 * Single substitutions without computing again what they do not reach (docs/decisions/0012; the idea is that of fastISM,
 * Nair et al. 2022, Bioinformatics 38:2397). The graph holds the model twice: once over the sequence, and once over windows
 * of what each mutant changes. A window's place follows from the mutated position by the geometry of convolutions and pools.
 *
 * Where an operator has no rule, or the window has become the whole value, mutants are written out in full and go on like a
 * batch.
 */
import { GraphBuilder } from '../../graph/builder.js';
import { numbersAttribute, type Graph, type Node, type Tensor } from '../../graph/graph.js';
import { windowOf } from '../../ops/window.js';
import { averagesPositions, dense, isDense, mean } from './over-positions.js';
import { inputReach, outputReach, type Reach } from './reach.js';
import { ELEMENTWISE, REARRANGING, RULES, TWO_VALUED } from './rules.js';
import { BASES, SUBSTITUTIONS, Windows, type Stretch } from './windows.js';

export interface IncrementalGraph {
  readonly graph: Graph;
  readonly builder: GraphBuilder;
  /** One sequence, [1, position, base], one-hot. */
  readonly x: string;
  /** f of every mutant, [sites + 1, substitution] flattened; the last three are the sequence itself. */
  readonly f: string;
  /** Positions that a run mutates. */
  readonly sites: number;
  /** The index tables of a run that begins at position `first`, to be fed beside `x`. */
  readonly tables: (first: number) => Readonly<Record<string, Tensor>>;
}

/**
 * @param one the scalar graph for a single sequence [1, position, base]
 * @param many the same graph for a batch
 * @returns undefined where no operator reads windows: then there is nothing to gain
 */
export function incremental(one: Graph, many: (batch: number) => Graph, sites: number): IncrementalGraph | undefined {
  return new Incremental(one, many((sites + 1) * SUBSTITUTIONS), sites).run();
}

class Incremental {
  private readonly windows: Windows;
  private readonly stretches = new Map<string, Stretch>();
  /** Values that mutants hold in full, with the batch in front: names of the model → names here. */
  private readonly full = new Map<string, string>();
  /** Windowed values that have been flattened for dense layers. */
  private readonly flat = new Map<string, Stretch>();
  private readonly readers = new Map<string, Node[]>();

  constructor(
    private readonly one: Graph,
    private readonly many: Graph,
    sites: number,
  ) {
    this.windows = new Windows(new GraphBuilder(one.name), Number(one.inputs[0]!.shape[1]), sites);
    for (const node of one.nodes)
      for (const input of new Set(node.inputs)) this.readers.set(input, [...(this.readers.get(input) ?? []), node]);
  }

  run(): IncrementalGraph | undefined {
    const { one, many, windows } = this;
    const { builder, length, sites } = windows;
    if (one.nodes.length !== many.nodes.length) return undefined;
    for (const [name, tensor] of one.initializers) builder.constant(tensor, name);
    const { name: x } = one.inputs[0]!;
    builder.input(x, 'float32', [1, length, BASES]);
    one.nodes.forEach(node => builder.append(node));
    this.stretches.set(x, windows.mutations(x));
    one.nodes.forEach((node, i) => {
      if (!this.advance(node)) this.writeOut(node, many.nodes[i]!);
    });
    const f = this.full.get(one.outputs[0]!.name);
    const gains = one.nodes.some(({ operator, outputs }) => operator === 'Conv' && this.stretches.has(outputs[0]!));
    if (f === undefined || !gains) return undefined;
    return { graph: builder.finish([f]), builder, x, f, sites, tables: first => windows.feed(first) };
  }

  /** Whether a node's output is known from windows. */
  private advance(node: Node): boolean {
    const { windows } = this;
    const [output] = node.outputs as [string];
    const flat = this.flat.get(node.inputs[0]!);
    const whole = this.stretches.get(node.inputs[0]!);
    const stretch = flat === undefined ? this.apply(node) : undefined;
    if (stretch !== undefined) this.stretches.set(output, stretch);
    else if (flat !== undefined) this.full.set(output, dense(node, flat, windows));
    else if (whole !== undefined && averagesPositions(node, whole, windows.builder))
      this.full.set(output, mean(node, whole, windows));
    else return this.flatten(node);
    return true;
  }

  /** What a node makes of windows; undefined where there is no rule for it. */
  private apply(node: Node): Stretch | undefined {
    const moving = node.inputs.filter(input => this.stretches.has(input) || this.full.has(input));
    const first = this.stretches.get(moving[0] ?? '');
    if (first === undefined || moving.some(input => this.full.has(input)) || node.outputs.length > 1) return undefined;
    if (!TWO_VALUED.has(node.operator) && (moving.length > 1 || node.inputs[0] !== first.name)) return undefined;
    return RULES[node.operator]?.(node, first, {
      windows: this.windows,
      stretchOf: name => this.stretches.get(name),
      wanted: (name, touched) => this.wanted(name, touched),
    });
  }

  /** A windowed value flattened for dense layers alone is left as it is; its rows meet the rows of their matrices. */
  private flatten(node: Node): boolean {
    const x = this.stretches.get(node.inputs[0]!);
    const [output] = node.outputs as [string];
    if (x === undefined || this.windows.builder.rank(output) !== 2 || !REARRANGING.has(node.operator)) return false;
    const readers = this.readers.get(output) ?? [];
    if (readers.length === 0 || !readers.every(reader => isDense(reader, output, this.one))) return false;
    this.flat.set(output, x);
    return true;
  }

  /** Adds a node as the batch of mutants computes it. */
  private writeOut(node: Node, batched: Node): void {
    const { builder } = this.windows;
    const inputs = node.inputs.map((name, i) => {
      const stretch = this.stretches.get(name);
      if (stretch !== undefined && !this.full.has(name)) this.full.set(name, this.windows.inFull(stretch));
      return name === '' ? '' : (this.full.get(name) ?? this.batchConstant(batched.inputs[i]!));
    });
    const outputs = builder.addMany(node.operator, inputs, batched.attributes, node.outputs.length);
    node.outputs.forEach((name, i) => this.full.set(name, outputs[i]!));
  }

  /** A constant of the graph for batches: weights are the same in both, shapes are not. */
  private batchConstant(name: string): string {
    const tensor = this.many.initializers.get(name);
    if (tensor === undefined) throw new Error(`the value ${name} of ${this.many.name} is not known`);
    const known = this.windows.builder.has(name) ? this.windows.builder.header(name).constant : undefined;
    return known === tensor ? name : this.windows.builder.constant(tensor);
  }

  /** The window that the only reader of a value needs: a pool needs whole windows of its own. */
  private wanted(value: string, touched: Reach, shape = this.windows.builder.shape(value)): Reach {
    const [reader, ...others] = this.readers.get(value) ?? [];
    if (reader === undefined || others.length > 0) return touched;
    if (ELEMENTWISE.has(reader.operator)) return this.wanted(reader.outputs[0]!, touched, shape);
    const kernel = numbersAttribute(reader, 'kernel_shape');
    if (reader.operator !== 'MaxPool' || kernel === undefined) return touched;
    const window = windowOf(reader, shape.slice(2), kernel);
    return inputReach(outputReach(touched, window), window);
  }
}
