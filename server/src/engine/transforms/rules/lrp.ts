/**
 * Layer-wise relevance propagation (Bach et al. 2015, PLoS ONE 10:e0130140) as derivatives. Unlike multipliers, relevances go
 * back through the graph: an input without activation can be relevant. The output starts with the value of the target, and
 * every node shares what its output has received among its inputs.
 *
 * Weighted layers follow a rule of lrp-layers.ts. Sums of branches and averages share in proportion to their terms; the
 * maximum of a pool takes all, and ties share evenly; activations pass on what they receive. Of a product, a factor that
 * gates (sigmoid, softmax, reciprocal) gets nothing, nor does a divisor (Arras et al. 2017, WASSA, arXiv 1706.07206; Ali et
 * al. 2022, ICML, arXiv 2202.07304); other factors get halves (Achtibat et al. 2024, ICML, arXiv 2402.05602). A bias keeps
 * its share: it is absorbed.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import type { Node } from '../../graph/graph.js';
import { unbroadcast } from '../../ops/broadcast.js';
import type { Gradient, Operator } from '../../ops/operator.js';
import { operatorOf } from '../../ops/registry.js';
import type { Rules } from '../autodiff.js';
import { familyOf } from './families.js';
import { derivativeOf, WeightedLayer } from './weighted-layer.js';
import { SHARES, stabilised, type LayerRule, type LayerRuleOptions } from './lrp-layers.js';

export interface LrpOptions extends LayerRuleOptions {
  /** The rule of a weighted layer; `depth` counts such layers from the input, from 1. */
  readonly ruleOf: (layer: WeightedLayer, depth: number) => LayerRule;
}

/** Linear operators that only move or repeat elements: relevance goes where the elements came from. */
const MOVES = new Set([
  ...['Cast', 'Concat', 'Slice', 'Split', 'Pad', 'Gather', 'Expand'],
  ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose'],
]);

/** How surely an operator gives a gate: of two factors, the surer one gates. */
const GATES: Readonly<Record<string, number>> = {
  ...{ Sigmoid: 2, HardSigmoid: 2, Softmax: 2, Reciprocal: 2 },
  ...{ Tanh: 1, Erf: 1 },
};

/** The rules over one graph, with what they keep at each node. */
export class RelevancePropagation {
  private readonly keptAt = new Map<Node, Map<string, string>>();
  private readonly depths: ReadonlyMap<Node, number>;

  /**
   * @param nodes the forward graph; layers with affine followers should be merged (merge-affine.ts)
   * @param x the explained input
   */
  constructor(
    private readonly builder: GraphBuilder,
    nodes: readonly Node[],
    x: string,
    private readonly options: LrpOptions,
  ) {
    this.depths = depthsOf(builder, nodes, x);
  }

  /** What bias and stabiliser keep at a node, element by element: for `withLaws`. */
  kept(node: Node): ReadonlyMap<string, string> {
    return this.keptAt.get(node) ?? new Map<string, string>();
  }

  readonly rules: Rules = (node, wanted): Operator['gradient'] | undefined => {
    const several = wanted.filter(Boolean).length > 1;
    switch (familyOf(node.operator)) {
      case 'linear':
        if (node.operator === 'Pad') return this.padding;
        if (MOVES.has(node.operator)) return undefined;
        return node.operator === 'Neg' ? passOn : this.proportional;
      case 'elementwise':
        return several || !wanted[0] ? { refused: 'LRP has no rule for a computed parameter' } : passOn;
      case 'product':
        if (several) return node.operator === 'Mul' ? this.factors : this.proportional;
        return node.operator === 'Mul' ? passOn : (this.weighted(node, wanted) ?? this.proportional);
      case 'quotient':
        return passOn;
      case 'maximum':
      case 'minimum':
        // Beside a constant, an extreme is an activation.
        return node.inputs.length > 1 && !several ? passOn : undefined;
      case 'choice':
        return this.choice;
      default:
        return operatorOf(node).gradient === 'none' ? undefined : { refused: 'LRP has no rule for this operator' };
    }
  };

  private keep(node: Node, amounts: Readonly<Record<string, string>>): void {
    this.keptAt.set(node, new Map(Object.entries(amounts)));
  }

  private weighted(node: Node, wanted: readonly boolean[]): Gradient | undefined {
    const layer = WeightedLayer.of(this.builder, node, wanted);
    if (layer === undefined) return undefined;
    const share = SHARES[this.options.ruleOf(layer, this.depths.get(node)!)];
    return ({ builder, inputs, outputs, cotangent }) => {
      const x = inputs[layer.signal]!;
      const { relevance, ...kept } = share({ builder, layer, x, z: outputs[0]!, relevance: cotangent }, this.options);
      this.keep(node, kept);
      return inputs.map((_, i) => (i === layer.signal ? relevance : undefined));
    };
  }

  /**
   * Sums share in proportion to their terms, which a linear operator's derivative finds. Of a product of two values, which
   * is linear in each, both find all of it, and each gets its part.
   */
  private readonly proportional: Gradient = adjoint => {
    const { builder, node, inputs, outputs, cotangent, wanted } = adjoint;
    const s = stabilised(builder, cotangent, outputs[0]!);
    const ofTwo = familyOf(node.operator) === 'product' && wanted[0] && wanted[1];
    const parts = ofTwo ? partsOfFactors(builder, inputs) : [];
    const terms = derivativeOf(node)({ ...adjoint, cotangent: s, cotangents: [s] });
    const still = inputs.map((input, i) => {
      if (!wanted[i]) return input;
      return builder.add('Expand', [builder.scalar(0), builder.integers(builder.shape(input))]);
    });
    const constant = builder.add(node.operator, still, node.attributes);
    this.keep(node, {
      bias: builder.add('Mul', [s, constant]),
      stabiliser: builder.add('Sub', [cotangent, builder.add('Mul', [s, outputs[0]!])]),
    });
    return inputs.map((input, i) => {
      const part = wanted[i] ? (parts[i] ?? 1) : 0;
      return part === 0 ? undefined : scaled(builder, builder.add('Mul', [input, terms[i]!]), part);
    });
  };

  private readonly factors: Gradient = ({ builder, inputs, cotangent }) =>
    partsOfFactors(builder, inputs).map((part, i) =>
      part === 0 ? undefined : unbroadcast(builder, scaled(builder, cotangent, part), builder.shape(inputs[i]!)),
    );

  /** Rules that look at weights alone may find padding relevant. */
  private readonly padding: Gradient = adjoint => {
    const { builder, node, inputs, cotangent } = adjoint;
    const [inside] = derivativeOf(node)(adjoint);
    const back = builder.add('Pad', [inside!, inputs[1]!, builder.scalar(0), ...inputs.slice(3)]);
    this.keep(node, { padding: builder.add('Sub', [cotangent, back]) });
    return [inside];
  };

  /** The branch that is taken gets all; a constant branch keeps it. The condition is taken as it falls. */
  private readonly choice: Gradient = adjoint => {
    const { builder, node, inputs, cotangent, wanted } = adjoint;
    const zero = builder.scalar(0);
    const constant = (at: number): string => (wanted[at] ? zero : cotangent);
    if (!wanted[1] || !wanted[2])
      this.keep(node, { bias: builder.add('Where', [inputs[0]!, constant(1), constant(2)]) });
    return derivativeOf(node)(adjoint);
  };
}

/** Activations hand on what they receive, and so do products with constants. */
const passOn: Gradient = ({ builder, inputs, cotangent, wanted }) => {
  // Of a quotient of two values the dividend comes first, and gets all.
  const to = wanted.indexOf(true);
  return inputs.map((input, i) => (i === to ? unbroadcast(builder, cotangent, builder.shape(input)) : undefined));
};

const scaled = (builder: GraphBuilder, value: string, factor: number): string =>
  factor === 1 ? value : builder.add('Mul', [value, builder.scalar(factor)]);

/** What each of two factors gets of their product: nothing where it gates the other, else half. */
function partsOfFactors(builder: GraphBuilder, inputs: readonly string[]): readonly [number, number] {
  const [a, b] = [gating(builder, inputs[0]!), gating(builder, inputs[1]!)];
  return a === b ? [0.5, 0.5] : a > b ? [0, 1] : [1, 0];
}

/** Looks through what shifts, scales or moves the elements of a gate, as in 1 + erf(x). */
function gating(builder: GraphBuilder, value: string): number {
  const node = builder.producer(value);
  if (node === undefined) return 0;
  const known = GATES[node.operator];
  if (known !== undefined) return known;
  const computed = node.inputs.filter(input => input !== '' && builder.header(input).constant === undefined);
  const through = ['Add', 'Sub', 'Mul', 'Div'].includes(node.operator) || MOVES.has(node.operator);
  return through && computed.length === 1 ? gating(builder, computed[0]!) : 0;
}

/** How many weighted layers a path from the input to a node goes through, the node included; of several, the longest. */
function depthsOf(builder: GraphBuilder, nodes: readonly Node[], x: string): ReadonlyMap<Node, number> {
  const ofValue = new Map([[x, 0]]);
  const depths = new Map<Node, number>();
  for (const node of nodes) {
    const before = node.inputs.flatMap(input => ofValue.get(input) ?? []);
    if (before.length === 0) continue;
    const isLayer =
      WeightedLayer.of(
        builder,
        node,
        node.inputs.map(input => ofValue.has(input)),
      ) !== undefined;
    const depth = Math.max(...before) + Number(isLayer);
    depths.set(node, depth);
    node.outputs.forEach(output => ofValue.set(output, depth));
  }
  return depths;
}
