/** An attribution once more, on other inputs or with another model than those of the stored result. */
import type { MapKind } from '../../catalog/specification.js';
import { Task } from '../../protocol.js';
import type { ResultStore } from '../../store/store.js';
import { StoredExamples } from '../data/stored-examples.js';
import { axesOf } from '../data/input-space.js';
import { Failure } from '../failure.js';
import { correctionOf, type Correction } from '../methods/corrections/corrections.js';
import { batchSize } from '../methods/batch.js';
import { ensembleOf } from '../methods/ensemble.js';
import type { Block, BlockResult, PreparedMethod } from '../methods/method.js';
import { prepareMethod } from '../methods/methods.js';
import { Pass, type Passed } from '../methods/passes.js';
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
 * The method behind a stored map with its corrections, for its models or for what `change` makes of them.
 *
 * @throws Failure `metric/per-example` for targets that are another unit for each example, and what the method refuses
 */
export async function explainerBehind(
  key: string,
  context: StepContext,
  passed: Passed,
  change: (model: ScalarModel) => ScalarModel = model => model,
): Promise<Explainer> {
  const { store, executor, files } = context;
  const { method: call, target, data } = await attributionBehind(store, key);
  const models = (await loadModels(target, context)).map(change);
  requireOneTarget(models, context);
  const examples = await StoredExamples.open(store, data);
  const members: { method: PreparedMethod; outputs: Float32Array; forward: Pass }[] = [];
  const release = async (): Promise<void> => {
    for (const { method, forward } of members) {
      await method.release();
      await forward.release();
    }
  };
  try {
    for (const model of models) {
      const forward = await Pass.forward(model, executor);
      // The method finds here the target at the inputs that it is given.
      const outputs = await forward.run(await examples.inputs(0, examples.count), passed);
      const method = await prepareMethod(call, {
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
    const kind = corrections.at(-1)?.produces ?? method.produces;
    if (method.rows !== undefined || !isMap(kind))
      throw new Failure('metric/no-map', `${call.call} gives no maps of examples`, { place: context.title });
    return {
      kind,
      blockRows: method.blockRows,
      async explain(block) {
        for (const { method: own, outputs, forward } of members)
          if (!own.ignoresOutputs) outputs.set(await forward.run(block.x, passed), block.from);
        return corrected(corrections, await method.explain(block), block.to - block.from);
      },
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** @throws Failure `metric/per-example` */
export function requireOneTarget(models: readonly ScalarModel[], { title }: StepContext): void {
  const [several] = models.flatMap(model => model.perExample);
  if (several === undefined) return;
  throw new Failure('metric/per-example', `the target ${several} is another unit for each example`, {
    place: title,
    remedy: 'Explain one class, class("B cell"), or another target that is the same for all examples.',
  });
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
  rows: number,
): Promise<Float32Array> {
  let found = map;
  for (const { correct } of corrections)
    found = await correct(name => Promise.resolve(name === 'array' ? found : Float32Array.from(arrays[name]!)), rows);
  return found;
}
