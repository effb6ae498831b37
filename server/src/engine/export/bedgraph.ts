/** Position scores as bedGraph text. https://genome.ucsc.edu/goldenPath/help/bedgraph.html */
import type { bedgraph as specification } from '../../catalog/exports.js';
import type { Export } from './export.js';
import { float32Text } from './number-text.js';
import { ScoreTrack } from './score-track.js';

export const bedgraph: Export<typeof specification> = async ({ of, overlaps }, { store, path, create, checkpoint }) => {
  const track = await ScoreTrack.open(store, of, overlaps);
  const file = await create(path);
  let run: { chromosome: string; start: number; end: number; value: number } | undefined;
  const finish = async (): Promise<void> => {
    if (run) await file.write(`${run.chromosome}\t${run.start}\t${run.end}\t${float32Text(run.value)}\n`);
  };
  for await (const { chromosome, start, values } of track.stretches()) {
    await checkpoint();
    for (const [offset, value] of values.entries()) {
      const at = start + offset;
      if (run?.chromosome === chromosome && run.end === at && run.value === value) run.end++;
      else {
        await finish();
        run = { chromosome, start: at, end: at + 1, value };
      }
    }
  }
  await finish();
  return track.notes;
};
