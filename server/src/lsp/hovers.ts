/** Hovers on results: what a metric found with its distribution, what an attribution shows of its first example. */
import type { Note, Snapshot } from '../protocol.js';
import { quantity, Task } from '../protocol.js';
import { duration } from '../run/wording.js';
import type { ResultMeta } from '../store/result.js';
import type { ResultStore } from '../store/store.js';
import { readViewArrays } from '../store/view-arrays.js';
import { image, plainText, table } from './markdown.js';
import { drawHistogram } from './pictures/histogram.js';
import { drawLogo, LOGO_POSITIONS, strongestPositions } from './pictures/logo.js';
import { BASES } from './pictures/svg.js';
import type { Session } from './session.js';
import { headlineOf } from './values.js';

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
  const metric = snapshot.metrics.find(one => one.name === name);
  if (metric) return joined(stale, metricHover(metric, snapshot));
  const map = snapshot.maps.find(one => one.name === name);
  if (map) return joined(stale, await mapHover(map, snapshot, store));
  const data = snapshot.data.find(one => one.name === name);
  return data && joined(stale, dataHover(data));
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
  return joined(facts, data && (await firstExample(map, data, meta, store)), ...map.notes.map(noteLine));
}

/** Logo, target and strongest positions of the first example: short, because hovers show little at a time. */
async function firstExample(
  map: Snapshot['maps'][number],
  data: Snapshot['data'][number],
  meta: ResultMeta | undefined,
  store: ResultStore,
): Promise<string | undefined> {
  const arrays = await readViewArrays(store, { data: [data], maps: [{ ...map, predictions: undefined }] }, 1);
  const letters = data.letters === undefined ? undefined : arrays.get(data.letters);
  const scores = arrays.get(map.scores);
  if (!(letters instanceof Uint8Array) || !(scores instanceof Float32Array)) return undefined;
  const target = await firstPrediction(meta, store);
  const title = [
    `First example: **${plainText(data.names[0] ?? '1')}**`,
    ...(target === undefined ? [] : [`target ${quantity(target, 'logit')}`]),
  ].join(' · ');
  const strongest = strongestPositions(scores, STRONGEST).map(position => {
    const base = BASES[letters[position] ?? 4] ?? 'N';
    return `${base} at ${quantity(position + 1, 'count')}: **${quantity(scores[position] ?? NaN, 'logit')}**`;
  });
  const described = `Sequence logo of ${map.name}, first example, ${Math.min(scores.length, LOGO_POSITIONS)} positions`;
  return joined(title, image(drawLogo(letters, scores), described), `Strongest: ${strongest.join(' · ')}`);
}

/** The target's value at the first example: corrected maps have it from the attribution that they correct. */
async function firstPrediction(meta: ResultMeta | undefined, store: ResultStore): Promise<number | undefined> {
  if (!meta) return undefined;
  if (meta.arrays.some(({ name }) => name === 'predictions'))
    return (await (await store.array(meta.key, 'predictions')).read(0, 1))[0];
  const task = Task.safeParse(meta.task).data;
  return task?.kind === 'correction' ? firstPrediction(await store.meta(task.attribution), store) : undefined;
}

const LENGTH_WORDS = { dna: 'nt', genotypes: 'variants', expression: 'genes' } as const;

function dataHover({ examples, alphabet, length, labels, notes }: Snapshot['data'][number]): string {
  // The labels of more examples than a view draws are not at hand.
  const positives = labels?.length === examples ? labels.filter(label => label > 0).length : undefined;
  const facts = [
    `${quantity(examples, 'count')} examples of ${quantity(length, 'count')} ${LENGTH_WORDS[alphabet]}`,
    ...(positives === undefined ? [] : [`${quantity(positives, 'count')} with a positive label`]),
  ].join(' · ');
  return joined(facts, ...notes.map(noteLine));
}

function noteLine({ level, message }: Note): string {
  return `${level === 'warning' ? '⚠' : 'ℹ'} ${plainText(message)}`;
}

function joined(...parts: (string | undefined)[]): string {
  return parts.filter(part => part !== undefined && part !== '').join('\n\n');
}
