/** Hovers on results: what a metric found with its distribution, what an attribution shows of its first example, what data hold. */
import type { Snapshot } from '../protocol.js';
import { comparableWith, quantity, Task } from '../protocol.js';
import { duration } from '../run/wording.js';
import type { ResultMeta } from '../store/result.js';
import type { ResultStore } from '../store/store.js';
import { lettersOf } from '../store/view-arrays.js';
import { image, joined, noteLine, plainText, table } from './markdown.js';
import { drawHistogram } from './pictures/histogram.js';
import { drawLogo, LOGO_POSITIONS, strongestPositions } from './pictures/logo.js';
import { BASES } from './pictures/svg.js';
import type { Session } from './session.js';
import { benchmarkHover, tableHover } from './table-hovers.js';
import { headlineOf, LENGTH_WORDS } from './values.js';

const STRONGEST = 5;

/**
 * Markdown on the result of a declaration; undefined when it has none.
 *
 * @throws StoreError when its arrays cannot be read
 */
export async function hoverOf(session: Session, name: string): Promise<string | undefined> {
  const { shown } = session;
  if (!shown) return undefined;
  const { snapshot, store } = shown;
  const stale = session.stale.has(name)
    ? '**Stale**: this is the result of an earlier text. Run again to see that of the present one.'
    : undefined;
  const links = linksOf(session.checked.uri, name, comparableWith(snapshot, name).length > 0);
  const metric = snapshot.metrics.find(one => one.name === name);
  if (metric) return joined(stale, links, metricHover(metric, snapshot));
  const map = snapshot.maps.find(one => one.name === name);
  if (map) return joined(stale, links, await mapHover(map, snapshot, store));
  const data = snapshot.data.find(one => one.name === name);
  if (data) return joined(stale, links, dataHover(data));
  const result = snapshot.tables.find(one => one.name === name);
  if (result) return joined(stale, links, await tableHover(result, store));
  const benchmark = snapshot.benchmarks.find(one => one.name === name);
  return benchmark && joined(stale, links, benchmarkHover(benchmark));
}

/** What can be done with a result, as links: above it, for a hover shows little without being scrolled. Editors follow only those commands that their client allows. */
function linksOf(uri: string, name: string, comparable: boolean): string {
  const operands = encodeURIComponent(JSON.stringify([uri, name]));
  return Object.entries({
    'Show in panel': 'explainome.show',
    ...(comparable && { Compare: 'explainome.compare' }),
    'Pin between the lines': 'explainome.pin',
    'Copy as table': 'explainome.copyTable',
    'Copy as Python': 'explainome.copyPython',
  })
    .map(([title, command]) => `[${title}](command:${command}?${operands})`)
    .join(' · ');
}

function metricHover(metric: Snapshot['metrics'][number], snapshot: Snapshot): string {
  const headline = headlineOf(metric);
  const { distribution } = metric;
  const rows = metric.statistics.map(statistic => {
    const { name, value, unit, interval, withheld, n, better, summary } = statistic;
    const spread = interval?.map(bound => quantity(bound, unit)).join(' to ') ?? plainText(withheld ?? '–');
    return [
      name === headline?.name ? `**${name}**` : name,
      `**${quantity(value, unit)}**`,
      spread,
      quantity(n, 'count'),
      better === 'neither' ? '' : better,
      plainText(summary),
    ];
  });
  return joined(
    table(['', 'value', '95 % interval', 'n', 'better', 'meaning'], rows),
    distribution && image(drawHistogram(distribution), `Histogram: ${distribution.title}`),
    distribution &&
      [
        plainText(distribution.title),
        ...(distribution.expected
          ? [`line: ${plainText(distribution.expectedTitle ?? 'what chance would give')}`]
          : []),
      ].join(' · '),
    ...snapshot.expectations
      .filter(({ metric: expected, outcome }) => expected === metric.name && outcome !== 'not run')
      .map(({ outcome, message }) => `${outcome.startsWith('met') ? '✓' : '✗'} ${plainText(message)}`),
    ...metric.notes.map(noteLine),
  );
}

async function mapHover(map: Snapshot['maps'][number], snapshot: Snapshot, store: ResultStore): Promise<string> {
  const meta = await store.meta(map.key);
  const data = snapshot.data.find(({ key }) => key === map.data);
  const cost = meta && meta.passes > 0 ? `, ${quantity(meta.passes, 'count')} model passes` : '';
  const facts = [
    `${map.kind} map`,
    plainText(meta?.title ?? map.written),
    ...(data ? [`${quantity(data.examples, 'count')} examples`] : []),
    `${duration(map.seconds)}${cost}`,
  ].join(' · ');
  return joined(
    facts,
    data && (await exampleHover(map, data, { row: 0, name: data.names[0] ?? '1' }, store)),
    ...map.notes.map(noteLine),
  );
}

/**
 * Logo, target and strongest positions of one example: short, because hovers show little at a time. Rows of numbers have
 * their strongest features in place of the logo.
 */
export async function exampleHover(
  map: Pick<Snapshot['maps'][number], 'name' | 'key'>,
  data: Snapshot['data'][number],
  { row, name, position: at }: { readonly row: number; readonly name: string; readonly position?: number },
  store: ResultStore,
): Promise<string> {
  const scores = Float32Array.from(await (await store.array(map.key, 'scores')).read(row, row + 1));
  const letters = data.letters && lettersOf(await (await store.array(data.key)).read(row, row + 1));
  const target = await predictionOf(await store.meta(map.key), row, store);
  const title = [
    `${row === 0 ? 'First example' : 'Example'}: **${plainText(name)}**`,
    ...(target === undefined ? [] : [`target ${quantity(target, 'logit')}`]),
  ].join(' · ');
  const told = (position: number): string => {
    const place = letters
      ? `${BASES[letters[position] ?? 4] ?? 'N'} at ${quantity(position + 1, 'count')}`
      : plainText(data.features?.[position] ?? `feature ${position + 1}`);
    return `${place}: **${quantity(scores[position] ?? NaN, 'logit')}**`;
  };
  const strongest = strongestPositions(scores, STRONGEST).map(told);
  const described = `Sequence logo of ${map.name}, ${name}, ${Math.min(scores.length, LOGO_POSITIONS)} positions`;
  const here = at !== undefined && at < scores.length ? [`Here: ${told(at)}`] : [];
  const places = [...here, `Strongest: ${strongest.join(' · ')}`].join('\n\n');
  return joined(title, letters && image(drawLogo(letters, scores), described), places);
}

/** The target's value at an example: corrected maps have it from the attribution that they correct. */
async function predictionOf(
  meta: ResultMeta | undefined,
  row: number,
  store: ResultStore,
): Promise<number | undefined> {
  if (!meta) return undefined;
  if (meta.arrays.some(({ name }) => name === 'predictions'))
    return (await (await store.array(meta.key, 'predictions')).read(row, row + 1))[0];
  const task = Task.safeParse(meta.task).data;
  return task?.kind === 'correction' ? predictionOf(await store.meta(task.attribution), row, store) : undefined;
}

function dataHover({ examples, alphabet, length, labels, notes }: Snapshot['data'][number]): string {
  // The labels of more examples than a view draws are not at hand.
  const positives = labels?.length === examples ? labels.filter(label => label > 0).length : undefined;
  const facts = [
    `${quantity(examples, 'count')} examples of ${quantity(length, 'count')} ${LENGTH_WORDS[alphabet]}`,
    ...(positives === undefined ? [] : [`${quantity(positives, 'count')} with a positive label`]),
  ].join(' · ');
  return joined(facts, ...notes.map(noteLine));
}
