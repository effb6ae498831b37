/** Every operator that the engine knows. */
import { Failure } from '../failure.js';
import type { Node } from '../graph/graph.js';
import { CONVOLUTIONS } from './convolution.js';
import { ELEMENTWISE } from './elementwise.js';
import { PRODUCTS } from './linear.js';
import { NORMALISATIONS } from './normalisation.js';
import type { Operator } from './operator.js';
import { ORDERS } from './order.js';
import { POOLS } from './pooling.js';
import { REDUCTIONS } from './reduction.js';
import { SELECTIONS } from './selection.js';
import { REARRANGEMENTS } from './shape.js';

export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  [
    ...ELEMENTWISE,
    ...CONVOLUTIONS,
    ...POOLS,
    ...PRODUCTS,
    ...REDUCTIONS,
    ...SELECTIONS,
    ...REARRANGEMENTS,
    ...NORMALISATIONS,
    ...ORDERS,
  ].map(operator => [operator.name, operator]),
);

/**
 * The operator of a node.
 *
 * @param graph the name of its graph, for errors
 * @throws Failure `model/unknown-operator` naming operator and node
 */
export function operatorOf(node: Node, graph?: string): Operator {
  const operator = OPERATORS.get(node.operator);
  if (operator === undefined)
    throw new Failure('model/unknown-operator', `the operator ${node.operator} is not supported`, {
      place: `node ${node.name} (${node.operator})${graph === undefined ? '' : ` of ${graph}`}`,
      remedy: 'Export the model with standard ONNX operators, or explain a target in front of this node.',
    });
  return operator;
}
