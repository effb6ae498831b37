/**
 * Conservation, node by node: what a rule hands to a node's inputs must be what the node's outputs received, but for what
 * the rule says that it keeps. A sum that comes out wrong at the input says that something is wrong; this says where.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import type { Node } from '../../graph/graph.js';
import { operatorOf } from '../../ops/registry.js';
import type { Rules } from '../autodiff.js';

/** Values of the graph with one element each, summed over all elements of all examples. */
export interface NodeLaw {
  readonly node: Node;
  /** What the outputs received. */
  readonly received: string;
  /** What the inputs were handed. */
  readonly handed: string;
  /** The same without signs: the scale of its rounding error. */
  readonly size: string;
  /** What the rule keeps at this node, by reason. */
  readonly kept: ReadonlyMap<string, string>;
}

/** What cotangents mean to a rule. */
export interface Ledger {
  /** The amount that stands behind the cotangent of a value, element by element. */
  amount(value: string, cotangent: string): string;
  /** An amount beside that of the cotangent which a value has received so far. */
  besides?(value: string): string | undefined;
  /** Such amounts as a node has handed on, after its rule was applied. */
  handedBesides?(node: Node): readonly string[];
  /** What the rule has kept at a node, after it was applied. */
  kept?(node: Node): ReadonlyMap<string, string>;
}

/**
 * @param laws receives one law for every node that the rules are applied to, from the output to the input
 * @returns the same rules
 */
export function withLaws(builder: GraphBuilder, rules: Rules, ledger: Ledger, laws: NodeLaw[]): Rules {
  const total = (amounts: readonly string[]): string =>
    amounts
      .map(amount => builder.add('ReduceSum', [amount], { keepdims: 0 }))
      .reduce((sum, part) => builder.add('Add', [sum, part]), builder.scalar(0));
  return (node, wanted) => {
    const gradient = rules(node, wanted) ?? operatorOf(node).gradient;
    if (typeof gradient !== 'function') return gradient;
    return adjoint => {
      const received = node.outputs.flatMap((output, i) => {
        const cotangent = adjoint.cotangents[i];
        const besides = ledger.besides?.(output);
        return [...(cotangent ? [ledger.amount(output, cotangent)] : []), ...(besides ? [besides] : [])];
      });
      const parts = gradient(adjoint);
      const handed = [
        ...node.inputs.flatMap((input, i) => (wanted[i] && parts[i] ? [ledger.amount(input, parts[i])] : [])),
        ...(ledger.handedBesides?.(node) ?? []),
      ];
      const size = total([...received, ...handed].map(amount => builder.add('Abs', [amount])));
      const kept = new Map([...(ledger.kept?.(node) ?? [])].map(([reason, amount]) => [reason, total([amount])]));
      laws.push({ node, received: total(received), handed: total(handed), size, kept });
      return parts;
    };
  };
}
