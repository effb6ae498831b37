/** Position scores as bedGraph text. https://genome.ucsc.edu/goldenPath/help/bedgraph.html */
import type { bedgraph as specification } from '../../catalog/exports.js';
import type { Export } from './export.js';
import { float32Text } from './number-text.js';
import { requireLines, type Cell } from './read-back.js';
import { ScoreTrack } from './score-track.js';

export const bedgraph: Export<typeof specification> = async ({ of, overlaps }, { store, path, create, checkpoint }) => {
  const track = await ScoreTrack.open(store, of, overlaps);
  const file = await create(path);
  for await (const { chromosome, start, end, value } of runsOf(track, checkpoint))
    await file.write(`${chromosome}\t${start}\t${end}\t${float32Text(value)}\n`);
  file.readBack(async written =>
    requireLines(written, cellsOf(await ScoreTrack.open(store, of, overlaps), checkpoint)),
  );
  return track.notes;
};

/** Neighbouring bases with the same score. */
interface Run {
  readonly chromosome: string;
  readonly start: number;
  end: number;
  readonly value: number;
}

async function* runsOf(track: ScoreTrack, checkpoint: () => Promise<void>): AsyncGenerator<Run> {
  let run: Run | undefined;
  for await (const { chromosome, start, values } of track.stretches()) {
    await checkpoint();
    for (const [offset, value] of values.entries()) {
      const at = start + offset;
      if (run?.chromosome === chromosome && run.end === at && run.value === value) run.end++;
      else {
        if (run) yield run;
        run = { chromosome, start: at, end: at + 1, value };
      }
    }
  }
  if (run) yield run;
}

async function* cellsOf(track: ScoreTrack, checkpoint: () => Promise<void>): AsyncGenerator<readonly Cell[]> {
  for await (const { chromosome, start, end, value } of runsOf(track, checkpoint))
    yield [chromosome, start, end, value];
}
