/**
 * DeepLIFT's RevealCancel rule (Shrikumar, Greenside & Kundaje 2017, ICML, §3.5): the contributions to a weighted sum that
 * are positive and those that are negative get multipliers of their own at the non-linearity behind it, so that two inputs
 * which cancel each other are seen. Both multipliers live between a layer and its non-linearity only: to the inputs of the
 * layer, whose contributions have one sign each, goes one of them.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import type { Node } from '../../graph/graph.js';
import type { Gradient } from '../../ops/operator.js';
import type { Twin } from './deep-lift.js';
import { derivativeOf, mapped, WeightedLayer } from './weighted-layer.js';

const LAYOUT = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose']);
const SCALES = new Set(['Neg', 'BatchNormalization', 'Mul', 'Div', 'Sub']);

/** How a node takes part in a weighted sum: it is one, adds branches, or changes one that stands in front of it. */
type Role =
  | { readonly is: 'layer'; readonly layer: WeightedLayer }
  | { readonly is: 'branches' }
  | { readonly is: 'layout' | 'shift' | 'scale'; readonly signal: number };

/** Positive and negative parts of differences, and the two multipliers of values that have them. */
export class SignedParts {
  private readonly positives = new Map<string, string | undefined>();
  /** The multiplier of the positive part minus that of the negative part; the negative one is the cotangent itself. */
  private readonly excesses = new Map<string, string>();
  private readonly handed = new Map<Node, [value: string, excess: string][]>();

  /** @param sums which weighted sums are kept apart: those of dense layers, or all */
  constructor(
    private readonly builder: GraphBuilder,
    private readonly twin: Twin,
    private readonly sums: 'dense' | 'all',
  ) {}

  /**
   * The positive contributions to the difference of a weighted sum; the negative ones are what is left of it.
   *
   * @returns undefined for a value that is no weighted sum
   */
  positive(value: string): string | undefined {
    if (!this.positives.has(value)) this.positives.set(value, this.findPositive(value));
    return this.positives.get(value);
  }

  /** Adds to the excess of a value what a node hands it. */
  hand(node: Node, value: string, excess: string): void {
    this.handed.set(node, [...(this.handed.get(node) ?? []), [value, excess]]);
    const known = this.excesses.get(value);
    this.excesses.set(value, known === undefined ? excess : this.builder.add('Add', [known, excess]));
  }

  /** Both multipliers on their way back through a node between the non-linearity and the layer, and through the layer. */
  handOn(node: Node): Gradient | undefined {
    const excess = this.excesses.get(node.outputs[0]!);
    const role = this.roleOf(node);
    if (excess === undefined || role === undefined) return undefined;
    return adjoint => {
      const { builder, inputs } = adjoint;
      const derivative = derivativeOf(node);
      const plain = derivative(adjoint);
      const further = derivative({ ...adjoint, cotangent: excess, cotangents: [excess] });
      /** Adds to a multiplier what it has more where the input contributes positively, and half where it does not contribute. */
      const bySign = (at: number, ifPositive: string, ifNegative: string, all: string): string => {
        const change = this.difference(inputs[at]!);
        const zero = builder.scalar(0);
        const half = builder.add('Mul', [all, builder.scalar(0.5)]);
        const below = builder.add('Where', [builder.add('Less', [change, zero]), ifNegative, half]);
        return builder.add('Add', [
          plain[at]!,
          builder.add('Where', [builder.add('Greater', [change, zero]), ifPositive, below]),
        ]);
      };
      switch (role.is) {
        case 'layout':
        case 'shift':
          this.hand(node, inputs[role.signal]!, further[role.signal]!);
          return plain;
        case 'scale': {
          const { signal } = role;
          const falls = builder.add('Less', [this.slope(node), builder.scalar(0)]);
          this.hand(
            node,
            inputs[signal]!,
            builder.add('Where', [falls, builder.add('Neg', [further[signal]!]), further[signal]!]),
          );
          const swapped = builder.add('Where', [falls, further[signal]!, builder.scalar(0)]);
          return plain.map((part, i) => (i === signal ? builder.add('Add', [part!, swapped]) : part));
        }
        case 'branches': {
          const zero = builder.scalar(0);
          return inputs.map((input, i) => {
            if (this.twin(input) === input) return plain[i];
            const [up, down] = this.subtracts(node, i) ? [zero, further[i]!] : [further[i]!, zero];
            return bySign(i, up, down, further[i]!);
          });
        }
        case 'layer': {
          const { layer } = role;
          const at = layer.signal;
          const rising = layer.back(
            excess,
            inputs[at]!,
            this.weights(layer, w => Math.max(w, 0)),
          );
          const falling = builder.add('Sub', [further[at]!, rising]);
          return plain.map((part, i) => (i === at ? bySign(at, rising, falling, further[at]!) : part));
        }
      }
    };
  }

  /** What stands behind the excess of a value, beside the amount behind its cotangent. */
  amount(value: string): string | undefined {
    const excess = this.excesses.get(value);
    return excess && this.builder.add('Mul', [excess, this.positive(value)!]);
  }

  amountsHandedBy(node: Node): string[] {
    return (this.handed.get(node) ?? []).map(([value, excess]) =>
      this.builder.add('Mul', [excess, this.positive(value)!]),
    );
  }

  private difference(value: string): string {
    return this.builder.add('Sub', [value, this.twin(value)]);
  }

  private findPositive(value: string): string | undefined {
    const { builder } = this;
    const node = builder.producer(value);
    const role = node && this.roleOf(node);
    if (node === undefined || role === undefined) return undefined;
    const rising = (change: string): string => builder.add('Relu', [change]);
    if (role.is === 'layer') {
      const { layer } = role;
      const change = this.difference(node.inputs[layer.signal]!);
      const up = rising(change);
      return builder.add('Add', [
        layer.apply(
          up,
          this.weights(layer, w => Math.max(w, 0)),
        ),
        layer.apply(
          builder.add('Sub', [change, up]),
          this.weights(layer, w => Math.min(w, 0)),
        ),
      ]);
    }
    if (role.is === 'branches')
      return node.inputs
        .map((input, i) => ({ input, i }))
        .filter(({ input }) => this.twin(input) !== input)
        .map(({ input, i }) => {
          const change = this.difference(input);
          return rising(this.subtracts(node, i) ? builder.add('Neg', [change]) : change);
        })
        .reduce((sum, part) => builder.add('Add', [sum, part]));
    const signal = node.inputs[role.signal]!;
    const positive = this.positive(signal);
    if (positive === undefined || role.is === 'shift') return positive;
    if (role.is === 'layout') return builder.add(node.operator, [positive, ...node.inputs.slice(1)], node.attributes);
    const slope = this.slope(node);
    const negative = builder.add('Sub', [this.difference(signal), positive]);
    const kept = builder.add('Where', [builder.add('Less', [slope, builder.scalar(0)]), negative, positive]);
    return builder.add('Mul', [slope, kept]);
  }

  private roleOf(node: Node): Role | undefined {
    const { builder, twin } = this;
    const active = node.inputs.map(input => input !== '' && twin(input) !== input);
    const count = active.filter(Boolean).length;
    const signal = active.indexOf(true);
    if (count === 0) return undefined;
    const layer = WeightedLayer.of(builder, node, active);
    if (layer) return this.sums === 'all' || !layer.convolves ? { is: 'layer', layer } : undefined;
    if (count > 1)
      return this.sums === 'all' && ['Add', 'Sub', 'Sum'].includes(node.operator) ? { is: 'branches' } : undefined;
    if (LAYOUT.has(node.operator)) return { is: 'layout', signal };
    const same = String(builder.shape(node.inputs[signal]!)) === String(builder.shape(node.outputs[0]!));
    if (!same) return undefined;
    if (node.operator === 'Add' || (node.operator === 'Sub' && signal === 0)) return { is: 'shift', signal };
    if (node.operator === 'Div' && signal === 1) return undefined;
    return SCALES.has(node.operator) ? { is: 'scale', signal } : undefined;
  }

  private readonly subtracts = (node: Node, at: number): boolean => node.operator === 'Sub' && at === 1;

  private weights(layer: WeightedLayer, part: (w: number) => number): string {
    return this.builder.constant(mapped(layer.weights, part));
  }

  /** The derivative of an element-wise affine node, in the shape of its output. */
  private slope(node: Node): string {
    const { builder } = this;
    const output = node.outputs[0]!;
    const cotangent = builder.add('Expand', [builder.scalar(1), builder.integers(builder.shape(output))]);
    const wanted = node.inputs.map(input => this.twin(input) !== input);
    const { inputs, outputs } = node;
    return derivativeOf(node)({ builder, node, inputs, outputs, cotangents: [cotangent], cotangent, wanted })[
      wanted.indexOf(true)
    ]!;
  }
}
