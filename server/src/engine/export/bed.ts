/** Seqlets, or the members of patterns, as BED. https://genome.ucsc.edu/FAQ/FAQformat.html#format1 */
import type { bed as specification } from '../../catalog/exports.js';
import { placeOf } from '../data/region.js';
import { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { storedStretches } from '../motifs/stretches.js';
import { dataOf, metaOf } from '../steps/results.js';
import type { Export } from './export.js';
import { float32Text } from './number-text.js';
import { requireLines, type Cell } from './read-back.js';

export const bed: Export<typeof specification> = async ({ of }, { store, path, create, checkpoint }) => {
  const { map, title, arrays } = await metaOf(store, of);
  if (map !== 'seqlet' && !arrays.some(({ name }) => name === 'members'))
    throw new Failure('export/no-seqlets', 'the result holds no seqlets', {
      place: title,
      remedy: 'Name the result of `| seqlets(…)`, or of `| patterns(…)` behind it.',
    });
  const { names, length } = await StoredExamples.open(store, await dataOf(store, of));
  const rows = (await store.rows(of)).rows;
  const file = await create(path);
  const stretches = await storedStretches(store, of);
  const lineOf = (stretch: (typeof stretches)[number], row: number): readonly Cell[] => {
    const example = names[stretch.example]!;
    const [from, to] = [Math.max(0, stretch.start), Math.min(length, stretch.end)];
    const region = placeOf(example, length);
    // An example without a place in a genome is a sequence of its own.
    const { chromosome, start, end, strand } = region ?? { chromosome: example, start: 0, end: length, strand: '+' };
    const [first, last] = strand === '-' ? [end - to, end - from] : [start + from, start + to];
    const { member } = stretch;
    const turned = member && member.minus !== (strand === '-') ? '-' : '+';
    const [name, score] = member ? [rows[member.pattern]![0]!, member.similarity] : [rows[row]![0]!, 0];
    const fields = [word(chromosome), first, last, word(name), Math.round(1000 * Math.max(0, score))];
    return [...fields, member ? turned : '.', float32Text(Math.fround(stretch.score))];
  };
  const lines = async function* (): AsyncGenerator<readonly Cell[]> {
    for (const [row, stretch] of stretches.entries()) {
      if (row % 1000 === 0) await checkpoint();
      yield lineOf(stretch, row);
    }
  };
  for await (const line of lines()) await file.write(`${line.join('\t')}\n`);
  file.readBack(written => requireLines(written, lines()));
  const unplaced = stretches.filter(({ example }) => !placeOf(names[example]!, length)).length;
  if (unplaced === 0) return [];
  const message = `${unplaced} lines lie in sequences that do not say where in the genome they are; each stands for itself.`;
  return [{ level: 'information', code: 'export/no-place', message }];
};

/** Blanks end a field of BED for many tools. */
const word = (text: string): string => text.replace(/\s+/g, '_');
