/** A correction step: rows of a stored map in, rows of the corrected map out; of an ensemble, those of each member too. */
import type { MapKind } from '../../catalog/specification.js';
import type { Task } from '../../protocol.js';
import { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { correctionOf, rowsOfMember, type MapRows } from '../methods/corrections/corrections.js';
import { interleaved } from '../methods/ensemble.js';
import { isMap, scoresOf } from '../metrics/position-scores.js';
import { commonFacts, type StepContext } from './step.js';
import { dataOf, metaOf } from './results.js';

const BLOCK_ROWS = 256;
/** What a corrected map has as well. */
const KEPT = ['array', 'scores', 'predictions', 'members'];

/** @throws Failure, Cancelled */
export async function runCorrection(task: Extract<Task, { kind: 'correction' }>, context: StepContext): Promise<void> {
  const started = performance.now();
  const { store, key, signal, checkpoint, progress, title } = context;
  const source = await metaOf(store, task.attribution);
  const data = await StoredExamples.open(store, await dataOf(store, task.attribution));
  const { unit, ...correction } = correctionOf(task.correction);
  const produces = correction.produces === 'same' ? kindOf(source.map, task, title) : correction.produces;
  const arrays = source.arrays
    .filter(({ name }) => KEPT.includes(name))
    .map(array => (unit === undefined || array.name === 'predictions' ? array : { ...array, unit }));
  const members = source.arrays.find(({ name }) => name === 'members')?.axes[1]?.size ?? 0;
  const { rows } = source;
  const writer = await store.begin(key, { arrays, rows, blockRows: BLOCK_ROWS }, signal);
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
            place: title,
            remedy: 'Apply it directly to a method with a baseline, such as integrated_gradients.',
          });
        return Float32Array.from(await (await store.array(task.attribution, name)).read(from, to));
      };
      const given: MapRows = { rows: to - from, x: await data.inputs(from, to), read };
      const map = await correction.correct(given);
      await writer.write('array', from, map);
      const scores = scoresOf(data.space.alphabet, produces, map, given.x);
      await writer.write('scores', from, Float32Array.from(scores));
      await writer.write('predictions', from, await read('predictions'));
      if (members > 0) {
        const maps: Float32Array[] = [];
        for (let member = 0; member < members; member++)
          maps.push(await correction.correct(rowsOfMember(given, member, members)));
        await writer.write('members', from, interleaved(maps, to - from));
      }
      await writer.finishBlock(block, {});
      progress(to, rows);
    }
    await writer.complete({
      ...commonFacts(context, task),
      map: produces,
      notes: source.notes,
      seconds: (performance.now() - started) / 1000,
      passes: 0,
    });
  } finally {
    await writer.release();
  }
}

/** @throws Failure `correction/map` for a result that is no map */
function kindOf(
  map: Parameters<typeof isMap>[0] | undefined,
  { correction }: { correction: { call: string } },
  place: string,
): MapKind {
  if (map !== undefined && isMap(map)) return map;
  throw new Failure('correction/map', `${correction.call} corrects maps of the input, and this is none`, {
    place,
    remedy: 'Apply it to a method that yields one number for each input value.',
  });
}
