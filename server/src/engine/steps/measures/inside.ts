/** Running a network with more than its prediction as output: inner values, and inner values that are given. */
import type { Executor } from '../../backends/executor.js';
import type { Graph, Tensor } from '../../graph/graph.js';
import { elements, type Passed } from '../../methods/passes.js';
import type { ScalarModel } from '../../models/model.js';

/** What every look inside works with. */
export interface Inside {
  readonly model: ScalarModel;
  readonly executor: Executor;
  /** Inputs of all examples, [example, …shape]. */
  readonly x: Float32Array;
  readonly passed: Passed;
}

/**
 * Outputs of a graph at all examples; the last batch is filled up with zeros.
 *
 * @param input the examples' name, [batch, …shape]
 * @param more further inputs of a batch, from its first example on
 * @returns by name, [example, …]
 */
export async function runAll(
  { model, executor, x, passed }: Inside,
  graph: Graph,
  input: string,
  more: (from: number) => Readonly<Record<string, Tensor>> = () => ({}),
): Promise<ReadonlyMap<string, Float32Array>> {
  const { size, shape } = model;
  const count = x.length / size;
  const batch = graph.inputs.find(({ name }) => name === input)!.shape[0] as number;
  const found = new Map<string, Float32Array>();
  const executable = await executor.load(graph);
  try {
    for (let from = 0; from < count; from += batch) {
      const rows = Math.min(batch, count - from);
      const data = new Float32Array(batch * size);
      data.set(x.subarray(from * size, (from + rows) * size));
      const outputs = await executable.run({
        [input]: { type: 'float32', shape: [batch, ...shape], data },
        ...more(from),
      });
      for (const { name } of graph.outputs) {
        const part = elements(outputs, name);
        const width = part.length / batch;
        if (from === 0) found.set(name, new Float32Array(count * width));
        found.get(name)!.set(part.subarray(0, rows * width), from * width);
      }
      await passed(rows);
    }
  } finally {
    await executable.release();
  }
  return found;
}
