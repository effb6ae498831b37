/** An attribution step: explains block after block, so that a killed run goes on where it stopped. */
import type { Task } from '../../protocol.js';
import type { ArrayLayout, ResultAxis } from '../../store/result.js';
import type { Json } from '../../store/writer.js';
import { requireSameOrder } from '../data/feature-order.js';
import { axesOf } from '../data/input-space.js';
import { StoredExamples } from '../data/stored-examples.js';
import { activityNotes, measureActivity } from '../methods/activity.js';
import { batchSize } from '../methods/batch.js';
import { prepareByClass } from '../methods/by-class.js';
import { ensembleOf, meanOf } from '../methods/ensemble.js';
import type { PreparedMethod } from '../methods/method.js';
import { differentiates, prepareMethod } from '../methods/methods.js';
import { predict } from '../methods/predictions.js';
import { isMap, scoresOf } from '../metrics/position-scores.js';
import type { ScalarModel } from '../models/model.js';
import { requireFit } from './data.js';
import { loadModels, trainedKey, trainingBehind } from './models.js';
import { commonFacts, type StepContext } from './step.js';

/** What the ledger keeps of a block, beside what the method wants back. */
interface BlockEntry {
  readonly seconds: number;
  readonly passes: number;
  readonly method?: Json;
}

/** @throws Failure, Cancelled */
export async function runAttribution(
  task: Extract<Task, { kind: 'attribution' }>,
  context: StepContext,
): Promise<void> {
  const started = performance.now();
  const { store, key, files, executor, signal, checkpoint, progress } = context;
  const examples = await StoredExamples.open(store, task.data);
  const models = await loadModels(task.target, context);
  const [model] = models as [ScalarModel];
  requireFit(model, examples.space.alphabet, examples.length);
  let rows = examples.count;
  let done = 0;
  let passes = 0;
  const passed = async (count: number): Promise<void> => {
    passes += count;
    progress(done, rows, passes);
    await checkpoint();
  };
  const several = model.perExample.length > 0;
  const training = trainedKey(task.target);
  const trained = training === undefined ? undefined : await trainingBehind(training, store);
  if (trained) requireSameOrder('the training data', await StoredExamples.open(store, trained.data), examples);
  const prepareMember = async (member: ScalarModel, number: number) => {
    const outputs = several ? new Float32Array(examples.count) : await predict(member, examples, executor, passed);
    const method = await (several ? prepareByClass : prepareMethod)(task.method, {
      model: member,
      executor,
      examples,
      outputs,
      passed,
      open: data => StoredExamples.open(store, data),
      prepare: prepareMethod,
      files,
      ...(trained && { trained: { ...trained, member: number } }),
    });
    return { method, outputs };
  };
  const members: Awaited<ReturnType<typeof prepareMember>>[] = [];
  try {
    for (const [number, member] of models.entries()) members.push(await prepareMember(member, number));
    const methods = members.map(member => member.method);
    const method = methods.length === 1 ? methods[0]! : ensembleOf(methods, axesOf(model.space), batchSize(model));
    const outputs = meanOf(members.map(member => member.outputs));
    rows = method.rows?.names.length ?? examples.count;
    const blockRows = method.rows ? Math.max(1, rows) : method.blockRows;
    const arrays = layoutsOf(method, model, rows);
    const writer = await store.begin(key, { arrays, rows, blockRows }, signal);
    if (writer === 'complete') return;
    const entries = new Map([...writer.finished].map(([block, info]) => [block, info as unknown as BlockEntry]));
    try {
      await writer.writeRows(
        method.rows ? { columns: ['name'], rows: method.rows.names.map(name => [name]) } : await store.rows(task.data),
      );
      const before = { seconds: (performance.now() - started) / 1000, passes };
      for (let block = 0; block * blockRows < rows; block++) {
        const from = block * blockRows;
        const to = Math.min(from + blockRows, rows);
        if (!entries.has(block)) {
          const begun = { at: performance.now(), passes };
          const x = method.rows ? new Float32Array(0) : await examples.inputs(from, to);
          const { map, arrays: extra, info } = await method.explain({ from, to, x });
          await writer.write('array', from, map);
          if (isMap(method.produces)) {
            const scores = scoresOf(model.space.alphabet, method.produces, map, x);
            await writer.write('scores', from, Float32Array.from(scores));
            await writer.write('predictions', from, outputs.subarray(from, to));
          }
          for (const [name, data] of Object.entries(extra ?? {})) await writer.write(name, from, data);
          const entry: BlockEntry = {
            seconds: (performance.now() - begun.at) / 1000,
            passes: passes - begun.passes,
            ...(info !== undefined && { method: info }),
          };
          await writer.finishBlock(block, entry as unknown as Json);
          entries.set(block, entry);
        }
        done = to;
        progress(done, rows, passes);
      }
      const all = [...entries].sort(([a], [b]) => a - b).map(([, entry]) => entry);
      await writer.complete({
        ...commonFacts(context, task),
        map: method.produces,
        notes: [
          // What a block says may be a list itself: of an ensemble, what each member says.
          ...method.notes(all.flatMap(entry => (entry.method === undefined ? [] : [entry.method]))),
          ...(differentiates(task.method.call) && !several
            ? activityNotes(await measureActivity({ model, executor, examples }))
            : []),
        ],
        seconds: all.reduce((sum, entry) => sum + entry.seconds, before.seconds),
        passes: all.reduce((sum, entry) => sum + entry.passes, before.passes),
      });
    } finally {
      await writer.release();
    }
  } finally {
    for (const { method } of members) await method.release();
  }
}

/** The arrays of a result: the main one; for maps of the input scores and predictions too; and what the method adds. */
function layoutsOf(method: PreparedMethod, model: ScalarModel, rows: number): ArrayLayout[] {
  const row = { name: method.rows?.axis ?? 'example', size: rows };
  const input = axesOf(model.space);
  const array = (name: string, axes: readonly ResultAxis[], unit = 'target'): ArrayLayout => ({
    name,
    type: 'float32',
    axes: [row, ...axes],
    unit,
  });
  return [
    array('array', method.axes ?? input, method.unit),
    ...(isMap(method.produces) ? [array('scores', input.slice(0, 1)), array('predictions', [])] : []),
    ...method.arrays.map(extra => ({ ...extra, axes: [row, ...extra.axes] })),
  ];
}
