/** Relevance propagation over functions made on the spot, in float64. */
import { interpret, toValue } from '../../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { floats } from '../../../../server/src/engine/graph/graph.js';
import { firstViolation, type NodeBalance } from '../../../../server/src/engine/methods/rules/balance.js';
import { addRelevance, relevanceGraph } from '../../../../server/src/engine/methods/rules/lrp.js';
import { addGradient } from '../../../../server/src/engine/methods/passes.js';
import type { NodeLaw } from '../../../../server/src/engine/transforms/rules/laws.js';
import type { LrpOptions } from '../../../../server/src/engine/transforms/rules/lrp.js';
import { sum } from '../../methods/close.js';
import type { Body } from './twins.js';

export const OPTIONS: LrpOptions = { ruleOf: () => 'epsilon', epsilon: 1e-9, gamma: 0.25, alpha: 2 };

export interface Propagated {
  readonly relevances: number[];
  readonly f: number;
  /** ∂f/∂x */
  readonly gradient: number[];
  /** What biases, stabilisers and padding keep, over all nodes. */
  readonly kept: number;
  readonly violation: NodeBalance | undefined;
}

/** @param shape of x, without the batch axis */
export function propagate(
  body: Body,
  shape: readonly number[],
  x: readonly number[],
  options: Partial<LrpOptions> = {},
): Propagated {
  const build = () => {
    const builder = new GraphBuilder('function');
    const input = builder.input('x', 'float32', [1, ...shape]);
    const f = body(builder, input);
    return { builder, nodes: builder.finish([f]).nodes, x: input, f };
  };
  const graph = relevanceGraph({ name: 'function', shape, build }, 1);
  const laws: NodeLaw[] = [];
  const relevance = addRelevance(graph, { ...OPTIONS, ...options }, laws);
  const gradient = addGradient(graph, graph.x);
  const numbers = laws.flatMap(({ received, handed, size, kept }) => [received, handed, size, ...kept.values()]);
  const values = interpret(graph.builder.finish([relevance, gradient, graph.f, ...numbers]), {
    [graph.x]: toValue(floats([1, ...shape], x)),
  });
  const at = (name: string): number => values.get(name)!.data[0]!;
  const balances = laws.map(({ node, received, handed, size, kept }) => ({
    node: node.name,
    operator: node.operator,
    received: at(received),
    handed: at(handed),
    size: at(size),
    kept: Object.fromEntries([...kept].map(([reason, amount]) => [reason, at(amount)])),
  }));
  return {
    relevances: [...values.get(relevance)!.data],
    gradient: [...values.get(gradient)!.data],
    f: at(graph.f),
    kept: sum(balances.flatMap(({ kept }) => Object.values(kept))),
    violation: firstViolation([balances]),
  };
}
