/** A step of motif discovery: a stored map, seqlets or patterns in, a result with rows of its own out. */
import type { Task } from '../../protocol.js';
import type { MotifResult } from '../motifs/stage.js';
import { MOTIF_STAGES } from '../motifs/stages.js';
import { commonFacts, type StepContext } from './step.js';

type CorrectionTask = Extract<Task, { kind: 'correction' }>;

/** Whether a stage of an attribution finds motifs, and is no correction row by row. */
export function isMotifStage({ correction }: CorrectionTask): boolean {
  return correction.call in MOTIF_STAGES;
}

/** @throws Failure, Cancelled */
export async function runMotifStage(task: CorrectionTask, context: StepContext): Promise<void> {
  const started = performance.now();
  const { store, key, signal, checkpoint, progress } = context;
  await checkpoint();
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const stage = MOTIF_STAGES[task.correction.call as keyof typeof MOTIF_STAGES] as (
    parameters: unknown,
    source: string,
    context: StepContext,
  ) => Promise<MotifResult>;
  const { form, rows, arrays, notes } = await stage(task.correction.parameters, task.attribution, context);
  const count = rows.rows.length;
  const layouts = arrays.map(({ layout }) => layout);
  const writer = await store.begin(key, { arrays: layouts, rows: count, blockRows: count }, signal);
  if (writer === 'complete') return;
  try {
    await writer.writeRows(rows);
    for (const { layout, data } of arrays) await writer.write(layout.name, 0, data);
    await writer.finishBlock(0, {});
    progress(count, count);
    await writer.complete({
      ...commonFacts(context, task),
      map: form,
      notes: [...notes],
      seconds: (performance.now() - started) / 1000,
      passes: 0,
    });
  } finally {
    await writer.release();
  }
}
