/** A correction step: rows of a stored map in, rows of the corrected map out. */
import type { Task } from '../../protocol.js';
import { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { correctionOf } from '../methods/corrections/corrections.js';
import { scoresOf } from '../metrics/position-scores.js';
import { commonFacts, type StepContext } from './step.js';
import { dataOf, metaOf } from './results.js';

const BLOCK_ROWS = 256;

/** @throws Failure, Cancelled */
export async function runCorrection(task: Extract<Task, { kind: 'correction' }>, context: StepContext): Promise<void> {
  const started = performance.now();
  const { store, key, signal, checkpoint, progress } = context;
  const source = await metaOf(store, task.attribution);
  const data = await StoredExamples.open(store, await dataOf(store, task.attribution));
  const correction = correctionOf(task.correction);
  const kept = source.arrays.filter(({ name }) => ['array', 'scores', 'predictions'].includes(name));
  const { rows } = source;
  const writer = await store.begin(key, { arrays: kept, rows, blockRows: BLOCK_ROWS }, signal);
  if (writer === 'complete') return;
  try {
    await writer.writeRows(await store.rows(task.attribution));
    for (let from = 0, block = 0; from < rows; from += BLOCK_ROWS, block++) {
      if (writer.finished.has(block)) continue;
      await checkpoint();
      const to = Math.min(from + BLOCK_ROWS, rows);
      const read = async (name: string): Promise<Float32Array> => {
        if (!source.arrays.some(array => array.name === name))
          throw new Failure('correction/array', `${task.correction.call} needs ${name}, which this map does not have`, {
            place: context.title,
            remedy: 'Apply it directly to a method with a baseline, such as integrated_gradients.',
          });
        return Float32Array.from(await (await store.array(task.attribution, name)).read(from, to));
      };
      const map = await correction.correct(read, to - from);
      await writer.write('array', from, map);
      const x = await data.inputs(from, to);
      await writer.write('scores', from, Float32Array.from(scoresOf(data.space.alphabet, correction.produces, map, x)));
      await writer.write('predictions', from, await read('predictions'));
      await writer.finishBlock(block, {});
      progress(to, rows);
    }
    await writer.complete({
      ...commonFacts(context, task),
      map: correction.produces,
      notes: source.notes,
      seconds: (performance.now() - started) / 1000,
      passes: 0,
    });
  } finally {
    await writer.release();
  }
}
