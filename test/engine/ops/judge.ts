/**
 * Three judges of a graph: the native runtime against the float64 interpreter, and the interpreter's gradients against
 * central differences.
 */
import { expect } from 'vitest';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { numbersOf, type Graph, type Tensor } from '../../../server/src/engine/graph/graph.js';

export type Feeds = Readonly<Record<string, Tensor>>;

/** Half the width of a central difference. */
const STEP = 1e-5;

const scaleOf = (values: ArrayLike<number>, floor: number): number =>
  Array.from(values).reduce((top, v) => Math.max(top, Math.abs(v)), floor);

/** Demands that numbers agree within `tolerance` of the greatest of them, but of no less than `floor`. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  label: string,
  floor = 1e-2,
): void {
  expect(actual.length, `${label}: number of elements`).toBe(expected.length);
  const limit = tolerance * scaleOf(expected, floor);
  const worst = Array.from(expected, (v, i) => (Object.is(v, actual[i]) ? 0 : Math.abs(v - actual[i]!)));
  const at = worst.findIndex(distance => !(distance <= limit));
  if (at >= 0) expect.fail(`${label}: element ${at} is ${actual[at]}, expected ${expected[at]} ± ${limit}`);
}

const values = (feeds: Feeds) => Object.fromEntries(Object.entries(feeds).map(([name, t]) => [name, toValue(t)]));

/** The native runtime gives what the interpreter gives, within 1e-4 of the scale of each output. */
export async function expectSameNatively(executor: Executor, graph: Graph, feeds: Feeds): Promise<void> {
  const reference = interpret(graph, values(feeds));
  const used = Object.fromEntries(graph.inputs.map(({ name }) => [name, feeds[name]!]));
  const executable = await executor.load(graph);
  try {
    const results = await executable.run(used);
    for (const { name, type, shape } of graph.outputs) {
      const result = results[name]!;
      expect(result.type, `${name}: element type`).toBe(type);
      expect(result.shape, `${name}: shape`).toEqual(shape);
      expect(reference.get(name)!.shape, `${name}: shape in the interpreter`).toEqual(shape);
      expectClose(numbersOf(result), reference.get(name)!.data, type.startsWith('float') ? 1e-4 : 0, `${name}, native`);
    }
  } finally {
    await executable.release();
  }
}

/**
 * Σ weights · outputs of `forward` differentiated by an input, element by element.
 *
 * @param elements which elements to differentiate by; left out, all of them
 */
export function centralDifferences(
  forward: Graph,
  feeds: Feeds,
  weights: readonly Float64Array[],
  input: string,
  elements?: readonly number[],
): Float64Array {
  const given = values(feeds);
  const point = Float64Array.from(given[input]!.data);
  const total = (): number => {
    const results = interpret(forward, { ...given, [input]: { ...given[input]!, data: point } });
    return forward.outputs.reduce(
      (sum, { name }, k) => results.get(name)!.data.reduce((part, v, i) => part + v * weights[k]![i]!, sum),
      0,
    );
  };
  return Float64Array.from(elements ?? point.keys(), i => {
    const middle = point[i]!;
    point[i] = middle + STEP;
    const above = total();
    point[i] = middle - STEP;
    const below = total();
    point[i] = middle;
    return (above - below) / (2 * STEP);
  });
}
