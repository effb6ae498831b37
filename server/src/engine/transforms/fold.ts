/** Constant folding: a node whose outputs are known before anything runs becomes constants, by the float64 interpreter. */
import { toTensor, toValue } from '../backends/reference.js';
import type { GraphBuilder } from '../graph/builder.js';
import { sizeOf, type Node } from '../graph/graph.js';
import { operatorOf } from '../ops/registry.js';

/** Their outputs follow from the shape of a value, whatever it holds. */
const OF_SHAPES = new Set(['Shape', 'Size']);

/** Elements beyond which a value that a node only spreads out stays a node: a mask repeated for every example. */
const LARGEST = 2 ** 24;

/**
 * @returns whether the node's outputs now stand in the builder as constants; if not, the node is still to be appended
 * @throws ShapeError when the inputs do not fit
 */
export function fold(builder: GraphBuilder, node: Node): boolean {
  const inputs = node.inputs.map(name => (name === '' ? undefined : builder.header(name)));
  const operator = operatorOf(node, builder.name);
  if (OF_SHAPES.has(node.operator)) {
    builder.constant(operator.infer(node, inputs)[0]!.constant!, node.outputs[0]);
    return true;
  }
  if (!inputs.every(input => input === undefined || input.constant !== undefined)) return false;
  const taken = inputs.reduce((sum, input) => sum + sizeOf(input?.shape ?? []), 0);
  const spread = operator.infer(node, inputs).some(({ type, shape }) => {
    // Integers are shapes and indices, which must be known.
    return !type.startsWith('int') && sizeOf(shape) > Math.max(LARGEST, 2 * taken);
  });
  if (spread) return false;
  const values = operator.evaluate(
    node,
    inputs.map(input => input && toValue(input.constant!)),
  );
  node.outputs.forEach((output, i) => {
    if (output !== '') builder.constant(toTensor(values[i]!), output);
  });
  return true;
}
