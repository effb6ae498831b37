/** The explained number at every example of a data set. */
import type { Executor } from '../backends/executor.js';
import type { StoredExamples } from '../data/stored-examples.js';
import type { ScalarModel } from '../models/model.js';
import { Pass, type Passed } from './passes.js';

const ROWS_AT_ONCE = 4096;

/** f at every stored example, [example]. */
export async function predict(
  model: ScalarModel,
  examples: StoredExamples,
  executor: Executor,
  passed: Passed,
): Promise<Float32Array> {
  const pass = await Pass.forward(model, executor);
  try {
    const all = new Float32Array(examples.count);
    for await (const { from, x } of examples.blocks(ROWS_AT_ONCE)) all.set(await pass.run(x, passed), from);
    return all;
  } finally {
    await pass.release();
  }
}

/** The mean over the members of an ensemble, [example]. */
export async function predictAll(
  models: readonly ScalarModel[],
  examples: StoredExamples,
  executor: Executor,
  passed: Passed,
): Promise<Float32Array> {
  const sum = new Float64Array(examples.count);
  for (const model of models)
    (await predict(model, examples, executor, passed)).forEach((value, row) => (sum[row]! += value));
  return Float32Array.from(sum, total => total / models.length);
}
