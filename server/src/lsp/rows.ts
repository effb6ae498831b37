/**
 * What results say of the rows of a data file: of a sequence in a FASTA file, a line of a table. A result belongs to a file
 * when the step that made its data read it.
 */
import type { PaintedRows, Snapshot } from '../protocol.js';
import { exampleHover } from './hovers.js';
import { plainText } from './markdown.js';
import type { Session } from './session.js';
import type { Shown } from './shown.js';

/** Attributions that a hover shows, and rows that are painted. */
const MOST_MAPS = 3;
const MOST_ROWS = 300;
/** From `a` to `i`, with `e` in the middle. */
const LEVELS = 4;

interface Explained {
  readonly session: Session;
  readonly shown: Shown;
  readonly map: Snapshot['maps'][number];
  readonly data: Snapshot['data'][number];
}

/** The present attributions whose examples come from a file. */
function explained(sessions: readonly Session[], file: string): Explained[] {
  return sessions.flatMap(session => {
    const { shown, stale } = session;
    if (!shown) return [];
    const { maps, data } = shown.snapshot;
    const read = new Set(
      shown.plan.steps.flatMap(({ kind, key, files }) =>
        kind === 'data' && Object.values(files).includes(file) ? [key] : [],
      ),
    );
    return maps.flatMap(map => {
      const set = data.find(({ key }) => key === map.data);
      return set && read.has(set.key) && !stale.has(map.name) ? [{ session, shown, map, data: set }] : [];
    });
  });
}

/**
 * @param names that the row may have in the file
 * @returns Markdown; undefined where no present result explains the row
 * @throws StoreError when an array cannot be read
 */
export async function rowHover(
  sessions: readonly Session[],
  file: string,
  names: readonly string[],
): Promise<string | undefined> {
  const parts: string[] = [];
  for (const { session, shown, map, data } of explained(sessions, file)) {
    const row = names.map(name => data.names.indexOf(name)).find(found => found >= 0);
    if (row === undefined || parts.length >= MOST_MAPS) continue;
    const head = `**${plainText(map.name)}** = ${plainText(map.written)} · ${plainText(nameOf(session))}`;
    parts.push(`${head}\n\n${await exampleHover(map, data, row, shown.store)}`);
  }
  return parts.length === 0 ? undefined : parts.join('\n\n---\n\n');
}

/**
 * The first present attribution of the sequences of a file as levels of colour, each row by its own largest score.
 *
 * @throws StoreError when an array cannot be read
 */
export async function paintedRows(sessions: readonly Session[], file: string): Promise<PaintedRows | undefined> {
  const [first] = explained(sessions, file).filter(({ data }) => data.letters !== undefined);
  if (!first) return undefined;
  const { session, shown, map, data } = first;
  const scores = await shown.store.array(map.key, 'scores');
  const rows: PaintedRows['rows'] = [];
  for (let row = 0; row < Math.min(MOST_ROWS, data.names.length); row++)
    rows.push({ name: data.names[row] ?? '', levels: levelsOf(await scores.read(row, row + 1)) });
  return { name: map.name, experiment: nameOf(session), rows };
}

export function levelsOf(scores: ArrayLike<number>): string {
  const values = Array.from(scores, score => score || 0);
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  return values.map(value => 'abcdefghi'[LEVELS + Math.round((LEVELS * value) / most)]).join('');
}

function nameOf({ checked }: Session): string {
  return checked.uri.slice(checked.uri.lastIndexOf('/') + 1);
}
