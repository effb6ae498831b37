/**
 * The reference interpreter: one short loop per operator in float64. The oracle for every operator and gradient, the
 * judge of finite differences, and the folder of constants at import. Slow and plain on purpose.
 */
import { int64, numbersOf, type ElementType, type Graph, type Tensor } from '../graph/graph.js';
import type { Value } from '../ops/operator.js';
import { operatorOf } from '../ops/registry.js';
import type { Executor } from './executor.js';

export const toValue = (tensor: Tensor): Value => ({
  type: tensor.type,
  shape: tensor.shape,
  data: numbersOf(tensor),
});

/** The value in its element type. Integers beyond the type's range saturate. */
export function toTensor({ type, shape, data }: Value): Tensor {
  return { type, shape, data: CONVERT[type](data) };
}

const INT32_LIMIT = 2 ** 31;

const CONVERT: Readonly<Record<ElementType, (data: Float64Array) => Tensor['data']>> = {
  float32: data => Float32Array.from(data),
  float64: data => data,
  int32: data => Int32Array.from(data, v => Math.max(-INT32_LIMIT, Math.min(INT32_LIMIT - 1, v))),
  int64: data => BigInt64Array.from(data, int64),
  bool: data => Uint8Array.from(data),
  uint8: data => Uint8Array.from(data),
};

/**
 * Evaluates a graph in float64.
 *
 * @param inputs values of the graph's inputs
 * @returns every value of the graph by name
 */
export function interpret(graph: Graph, inputs: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>([...graph.initializers].map(([name, tensor]) => [name, toValue(tensor)]));
  for (const { name } of graph.inputs) {
    const value = inputs[name];
    if (value === undefined) throw new Error(`input ${name} of ${graph.name} is not given`);
    values.set(name, value);
  }
  for (const node of graph.nodes) {
    const results = operatorOf(node).evaluate(
      node,
      node.inputs.map(name => (name === '' ? undefined : values.get(name))),
    );
    node.outputs.forEach((output, i) => values.set(output, results[i]!));
  }
  return values;
}

export const referenceExecutor: Executor = {
  name: 'reference',
  version: '1',
  load: graph =>
    Promise.resolve({
      run: inputs => {
        const values = interpret(
          graph,
          Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, toValue(tensor)])),
        );
        return Promise.resolve(
          Object.fromEntries(
            graph.outputs.map(({ name }) => [name, { ...values.get(name)!, type: 'float64' as const }]),
          ),
        );
      },
      release: () => Promise.resolve(),
    }),
};
