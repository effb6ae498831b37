/** DeepLIFT over graphs made on the spot, in float64: contributions of one pair, and the balance of every node. */
import { interpret, toValue } from '../../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { floats } from '../../../../server/src/engine/graph/graph.js';
import { addMultipliers, twinGraph, type DeepLiftRule } from '../../../../server/src/engine/methods/rules/deep-lift.js';
import { firstViolation, type NodeBalance } from '../../../../server/src/engine/methods/rules/balance.js';
import { emit } from '../../../../server/src/engine/transforms/specialise.js';
import type { NodeLaw } from '../../../../server/src/engine/transforms/rules/laws.js';

/** A function of x [1, …shape] that ends in a value [1]. */
export type Body = (builder: GraphBuilder, x: string) => string;

export interface Explained {
  /** Contributions (x − b) ⊙ m. */
  readonly contributions: number[];
  readonly multipliers: number[];
  /** f(x) − f(b) */
  readonly difference: number;
  /** The first node that does not conserve. */
  readonly violation: NodeBalance | undefined;
}

/** @param shape of x, without the batch axis */
export function explainPair(
  body: Body,
  shape: readonly number[],
  x: readonly number[],
  b: readonly number[],
  rule: DeepLiftRule,
): Explained {
  const inner = new GraphBuilder('function');
  const plain = inner.finish([body(inner, inner.input('x', 'float32', [1, ...shape]))]);
  const attach = (builder: GraphBuilder, input: string): string => emit(builder, plain, [input])[0]!;
  const graph = twinGraph({ name: 'twins', shape, attach }, 1);
  const laws: NodeLaw[] = [];
  const m = addMultipliers(graph, rule, laws);
  const { builder, f, twin } = graph;
  const numbers = laws.flatMap(({ received, handed, size }) => [received, handed, size]);
  const values = interpret(builder.finish([m, f, twin(f), ...numbers]), {
    [graph.x]: toValue(floats([1, ...shape], x)),
    [graph.b]: toValue(floats([1, ...shape], b)),
  });
  const at = (name: string): number => values.get(name)!.data[0]!;
  const multipliers = [...values.get(m)!.data];
  const balances = laws.map(({ node, received, handed, size }) => ({
    node: node.name,
    operator: node.operator,
    received: at(received),
    handed: at(handed),
    size: at(size),
    kept: {},
  }));
  return {
    contributions: multipliers.map((value, i) => value * (Math.fround(x[i]!) - Math.fround(b[i]!))),
    multipliers,
    difference: at(f) - at(twin(f)),
    violation: firstViolation([balances]),
  };
}
