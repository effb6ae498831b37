/** An attribution once more, on other inputs or with another model than those of the stored result. */
import type { Form, MapKind } from '../../catalog/specification.js';
import { Task } from '../../protocol.js';
import type { ResultStore } from '../../store/store.js';
import { StoredExamples } from '../data/stored-examples.js';
import type { Executor } from '../backends/executor.js';
import { axesOf } from '../data/input-space.js';
import { Failure } from '../failure.js';
import { correctionOf, type Correction } from '../methods/corrections/corrections.js';
import { batchSize } from '../methods/batch.js';
import { ensembleOf } from '../methods/ensemble.js';
import type { Block, BlockResult, PreparedMethod } from '../methods/method.js';
import { prepareMethod } from '../methods/methods.js';
import { prepareByClass } from '../methods/by-class.js';
import { sortByClass, targetAt, type Sorting, type TargetAt } from '../methods/class-sorting.js';
import type { Passed } from '../methods/passes.js';
import { isMap } from '../metrics/position-scores.js';
import type { ScalarModel } from '../models/model.js';
import { loadModels } from './models.js';
import { attributionBehind, metaOf } from './results.js';
import type { StepContext } from './step.js';

export interface Explainer {
  readonly kind: MapKind;
  /** Rows that are explained at a time. */
  readonly blockRows: number;
  /** Maps that rows `from` … `to − 1` would have if `x` were their inputs, [row, …shape]; corrected where the result is. */
  explain(block: Block): Promise<Float32Array>;
  release(): Promise<void>;
}

/**
 * The method behind a stored map with its corrections, for its models or for what `change` makes of them. Where the target differs
 * between examples, each is explained for the class that it has in the stored result.
 *
 * @throws Failure what the method refuses
 */
export async function explainerBehind(
  key: string,
  context: StepContext,
  passed: Passed,
  change: (model: ScalarModel) => ScalarModel = model => model,
): Promise<Explainer> {
  const { store, executor, files } = context;
  const { method: call, target, data } = await attributionBehind(store, key);
  const stored = await loadModels(target, context);
  const models = stored.map(change);
  const examples = await StoredExamples.open(store, data);
  const members: { method: PreparedMethod; outputs: Float32Array; forward: TargetAt }[] = [];
  const every = Array.from({ length: examples.count }, (_, row) => row);
  const release = async (): Promise<void> => {
    for (const { method, forward } of members) {
      await method.release();
      await forward.release();
    }
  };
  try {
    for (const [member, model] of models.entries()) {
      const sorting = await sortingOf(stored[member]!, examples, executor, passed);
      const forward = await targetAt(model, executor, sorting);
      // The method finds here the target at the inputs that it is given.
      const outputs = new Float32Array(examples.count);
      for await (const { from, to, x } of examples.blocks())
        outputs.set(await forward.run(x, every.slice(from, to), passed), from);
      const prepare: typeof prepareMethod = (...given) =>
        sorting === undefined ? prepareMethod(...given) : prepareByClass(...given, sorting);
      const method = await prepare(call, {
        model,
        executor,
        examples,
        outputs,
        passed,
        open: other => StoredExamples.open(store, other),
        prepare: prepareMethod,
        files,
      });
      members.push({ method, outputs, forward });
    }
    const all = members.map(({ method }) => method);
    const method = all.length === 1 ? all[0]! : ensembleOf(all, axesOf(models[0]!.space), batchSize(models[0]!));
    const corrections = await correctionsBehind(key, store);
    const kind = corrections.reduce<Form>((of, { produces }) => (produces === 'same' ? of : produces), method.produces);
    if (method.rows !== undefined || !isMap(kind))
      throw new Failure('metric/no-map', `${call.call} gives no maps of examples`, { place: context.title });
    return {
      kind,
      blockRows: method.blockRows,
      async explain(block) {
        for (const { method: own, outputs, forward } of members)
          if (!own.ignoresOutputs)
            outputs.set(await forward.run(block.x, every.slice(block.from, block.to), passed), block.from);
        return corrected(corrections, await method.explain(block), block);
      },
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Examples by class, where the target of a model differs between them. */
export async function sortingOf(
  model: ScalarModel,
  examples: StoredExamples,
  executor: Executor,
  passed: Passed,
): Promise<Sorting | undefined> {
  return model.perExample.length === 0 ? undefined : sortByClass({ model, executor, examples, passed });
}

/** The corrections after an attribution, the first applied first. */
async function correctionsBehind(key: string, store: ResultStore): Promise<Correction[]> {
  const task = Task.parse((await metaOf(store, key)).task);
  if (task.kind !== 'correction') return [];
  const before = await correctionsBehind(task.attribution, store);
  return [...before, correctionOf(task.correction)];
}

async function corrected(
  corrections: readonly Correction[],
  { map, arrays = {} }: BlockResult,
  { from, to, x }: Block,
): Promise<Float32Array> {
  let found = map;
  for (const { correct } of corrections) {
    const read = (name: string) => Promise.resolve(name === 'array' ? found : Float32Array.from(arrays[name]!));
    found = await correct({ rows: to - from, x, read });
  }
  return found;
}
