/**
 * Composite operators are written in simpler ones as soon as shapes are known, so that derivatives, rules and executors need
 * not know them. Each is one entry of a family in this folder; its semantics are ONNX's newest, importers raise older forms.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import { numberAttribute, numbersOf, type Attributes, type Node, type Tensor } from '../../graph/graph.js';
import { Failure } from '../../failure.js';
import { axisOf, ShapeError } from '../../ops/operator.js';
import { fold } from '../fold.js';

export interface Composite {
  readonly name: string;
  /** The operators that it may be written in, which decide what rules can do with it. */
  readonly parts: readonly string[];
  /** Which nodes of this name are composite, where an operator has the same name. */
  readonly when?: (node: Node) => boolean;
  /** Values that stand for the node's outputs, as far as there are any; undefined for an output that is not computed. */
  readonly expand: (expansion: Expansion) => readonly (string | undefined)[];
}

/** One composite node being written out in a builder. New nodes are named after it; what is constant is folded. */
export class Expansion {
  constructor(
    readonly builder: GraphBuilder,
    readonly node: Node,
    private readonly inputs: readonly string[],
  ) {}

  /** @throws ShapeError when it is left out */
  input(index: number): string {
    const name = this.optional(index);
    if (name === undefined) throw new ShapeError(`${this.node.operator} needs input ${index}, which is missing`);
    return name;
  }

  /** All inputs that are given. */
  get given(): readonly string[] {
    return this.inputs.filter(name => name !== '');
  }

  optional(index: number): string | undefined {
    return this.inputs[index] === '' ? undefined : this.inputs[index];
  }

  /** The numbers of a constant input; undefined when it is left out. @throws ShapeError when it is computed */
  constant(index: number): number[] | undefined {
    const name = this.optional(index);
    if (name === undefined) return undefined;
    const { constant } = this.builder.header(name);
    if (constant === undefined)
      throw new ShapeError(
        `${this.node.operator} takes input ${index} from a computed value; only constants are supported`,
      );
    return [...numbersOf(constant)];
  }

  shape(value: string): readonly number[] {
    return this.builder.shape(value);
  }

  /** The number of an attribute. */
  number(name: string, fallback: number): number {
    return numberAttribute(this.node, name, fallback);
  }

  /** The axis that an attribute names, counted from the front. */
  axis(value: string, name: string, fallback: number): number {
    return axisOf(this.number(name, fallback), this.builder.rank(value), this.node);
  }

  add(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.addMany(operator, inputs, attributes, 1)[0]!;
  }

  addMany(operator: string, inputs: readonly string[], attributes: Attributes, count: number): string[] {
    const name = this.builder.fresh(`${this.node.name}/${operator}`);
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}:${i}`));
    const node = { operator, name, inputs, outputs, attributes };
    if (!fold(this.builder, node)) this.builder.append(node);
    return outputs;
  }

  scalar(value: number): string {
    return this.builder.scalar(value);
  }

  integers(values: readonly number[]): string {
    return this.builder.integers(values);
  }

  tensor(tensor: Tensor): string {
    return this.builder.constant(tensor);
  }

  reshape(value: string, shape: readonly number[]): string {
    const from = this.shape(value);
    const same = from.length === shape.length && from.every((extent, axis) => extent === shape[axis]);
    return same ? value : this.add('Reshape', [value, this.integers(shape)]);
  }

  transpose(value: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i) ? value : this.add('Transpose', [value], { perm });
  }

  /** Elements `from` … `to` − 1 along an axis. */
  slice(value: string, axis: number, from: number, to: number): string {
    if (from === 0 && to === this.shape(value)[axis]) return value;
    return this.add('Slice', [value, ...[from, to, axis].map(at => this.integers([at]))]);
  }

  /** @throws Failure `model/unknown-operator` saying which form of the operator is not supported */
  refuse(form: string, remedy = 'Export the model without it.'): never {
    throw new Failure('model/unknown-operator', `${this.node.operator} ${form} is not supported`, {
      place: `node ${this.node.name} (${this.node.operator}) of ${this.builder.name}`,
      remedy,
    });
  }
}
