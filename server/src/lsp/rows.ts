/**
 * What results say of the rows of a data file: of a sequence in a FASTA file, a line of a table. A result belongs to a file
 * when the step that made its data read it. Rows are found by their place in the file or their name, of as many as there are;
 * nothing is kept.
 */
import type { FileExplanation, Snapshot } from '../protocol.js';
import { quantity } from '../protocol.js';
import { exampleHover } from './hovers.js';
import { plainText } from './markdown.js';
import type { Session } from './session.js';
import type { Shown } from './shown.js';

/** Results that a hover shows. */
const MOST_RESULTS = 3;
/** Numbers of a row that are told one by one, such as the score of either allele and their difference. */
const MOST_FIELDS = 8;
/** From `a` to `i`, with `e` in the middle. */
const LEVELS = 4;

interface Explained {
  readonly session: Session;
  readonly shown: Shown;
  readonly map: Snapshot['maps'][number];
  readonly data: Snapshot['data'][number];
  /** What examples of the file have as their source. */
  readonly source: string;
}

/** The present attributions whose examples come from a file. */
function explained(sessions: readonly Session[], file: string): Explained[] {
  return sessions.flatMap(session => {
    const { shown, stale } = session;
    if (!shown) return [];
    const { maps, data } = shown.snapshot;
    const read = keysOf(shown, file);
    return maps.flatMap(map => {
      const set = data.find(({ key }) => key === map.data);
      const source = read.get(set?.key ?? '');
      return set && source !== undefined && !stale.has(map.name) ? [{ session, shown, map, data: set, source }] : [];
    });
  });
}

/** Keys of the data that were read from a file, each with what examples of this file have as their source. */
function keysOf({ plan }: Shown, file: string): ReadonlyMap<string, string> {
  return new Map(
    plan.steps.flatMap(({ task, key, files }) => {
      if (task.kind !== 'data') return [];
      const hash = Object.keys(files).find(hash => files[hash] === file);
      // Where examples are columns, no line is one.
      const turned = typeof task.source === 'object' && task.source.parameters['examples'] === 'columns';
      return hash === undefined ? [] : [[key, turned ? '' : hash.slice(0, 8)] as const];
    }),
  );
}

/** A row of a data file. */
interface FileRow {
  /** Those that it may have as an example. */
  readonly names: readonly string[];
  /** How many rows stand above it, where that tells it for sure: an interval has the name of what was cut out, a row may have none. */
  readonly index?: number | undefined;
  /** Of a sequence, from 0, of which to tell more. */
  readonly position?: number | undefined;
}

/**
 * @returns Markdown; undefined where no present result explains the row
 * @throws StoreError when an array cannot be read
 */
export async function rowHover(
  sessions: readonly Session[],
  file: string,
  { names, index, position }: FileRow,
): Promise<string | undefined> {
  const parts: string[] = [];
  const tell = async (result: Result, { key, shown, session, source }: Place, words: (row: Row) => Promise<string>) => {
    if (parts.length >= MOST_RESULTS) return;
    const counted = index === undefined || source === undefined ? undefined : [source, String(index)];
    let rows = counted && (await shown.store.rowsEnding(key, counted));
    // A line of a VCF file may be several rows: one for each alternative allele.
    if (!rows?.size) rows = new Map([...(await shown.store.places(key, names))].map(([name, row]) => [row, name]));
    const found: string[] = [];
    for (const [row, name] of rows) found.push(await words({ row, name, ...(position !== undefined && { position }) }));
    if (found.length === 0) return;
    const head = `**${plainText(result.name)}** = ${plainText(result.written)} · ${plainText(fileOf(session))}`;
    parts.push([head, ...found].join('\n\n'));
  };
  for (const { session, shown, map, data, source } of explained(sessions, file))
    await tell(map, { key: data.key, shown, session, source }, row => exampleHover(map, data, row, shown.store));
  for (const { session, shown, table } of explainedTables(sessions, file))
    await tell(table, { key: table.key, shown, session }, row => fieldsOf(table, row, shown.store));
  return parts.length === 0 ? undefined : parts.join('\n\n---\n\n');
}

type Result = Pick<Snapshot['maps'][number], 'name' | 'written'>;
type Table = Snapshot['tables'][number];
/** Where the names of a result's rows stand. */
type Place = Pick<Explained, 'session' | 'shown'> & Partial<Pick<Explained, 'source'>> & { readonly key: string };
type Row = Parameters<typeof exampleHover>[2];

/** The present results with a few numbers for each example of a file, such as the effects of variants. */
function explainedTables(sessions: readonly Session[], file: string) {
  return sessions.flatMap(session => {
    const { shown, stale } = session;
    if (!shown) return [];
    const read = keysOf(shown, file);
    const data = new Map(
      shown.plan.steps.flatMap(({ key, task }) => (task.kind === 'attribution' ? [[key, task.data] as const] : [])),
    );
    return shown.snapshot.tables
      .filter(({ name, key, axes }) => {
        const numbers = axes.slice(1).reduce((product, { size }) => product * size, 1);
        return read.has(data.get(key) ?? '') && !stale.has(name) && numbers <= MOST_FIELDS;
      })
      .map(table => ({ session, shown, table }));
  });
}

async function fieldsOf({ key, axes, unit }: Table, { row, name }: Row, store: Shown['store']): Promise<string> {
  const values = await (await store.array(key)).read(row, row + 1);
  const told = Array.from(values, (value, field) => {
    const label = axes[1]?.labels?.[field] ?? unit;
    return `${plainText(label)}: **${quantity(value, 'number')}**`;
  });
  return `Example: **${plainText(name)}** · ${told.join(' · ')}`;
}

/** The present attributions of the sequences of a file. */
export function explanationsOf(sessions: readonly Session[], file: string): FileExplanation[] {
  return explained(sessions, file)
    .filter(({ data }) => data.letters !== undefined)
    .map(({ session, map }) => ({ experiment: session.checked.uri, name: map.name, written: map.written }));
}

/** A part of a sequence: positions [from, to) of the row that has one of these names. */
interface Part {
  readonly names: readonly string[];
  readonly from: number;
  readonly to: number;
}

/**
 * Sequences as levels of colour, each by its own largest score.
 *
 * @returns one text for each part, empty where the row is not explained; undefined where the attribution is not present
 * @throws StoreError when an array cannot be read
 */
export async function paintedRows(
  sessions: readonly Session[],
  file: string,
  by: Pick<FileExplanation, 'experiment' | 'name'>,
  parts: readonly Part[],
): Promise<string[] | undefined> {
  const found = explained(sessions, file).find(
    ({ session, map }) => session.checked.uri === by.experiment && map.name === by.name,
  );
  if (!found) return undefined;
  const { shown, map, data } = found;
  const scores = await shown.store.array(map.key, 'scores');
  const places = await shown.store.places(
    data.key,
    parts.flatMap(({ names }) => names),
  );
  const levels: string[] = [];
  for (const { names, from, to } of parts) {
    const row = names.map(name => places.get(name)).find(place => place !== undefined);
    levels.push(row === undefined ? '' : levelsOf(await scores.read(row, row + 1), from, to));
  }
  return levels;
}

/** Positions [from, to) of a row as levels of its largest score. */
export function levelsOf(scores: ArrayLike<number>, from = 0, to = scores.length): string {
  const values = Array.from(scores, score => score || 0);
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  return values
    .slice(from, to)
    .map(value => 'abcdefghi'[LEVELS + Math.round((LEVELS * value) / most)])
    .join('');
}

function fileOf({ checked }: Session): string {
  return checked.uri.slice(checked.uri.lastIndexOf('/') + 1);
}
