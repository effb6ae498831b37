/**
 * The results view as a whole, from one snapshot: first whether the explanation can be believed, then what it says, then
 * how it was measured and from what.
 */
import { quantity, type Snapshot, type Statistic } from '../../server/src/protocol.js';
import { scoredMapOf, sequencesOf, type Arrays, type DataSet, type ScoredMap } from './arrays.js';
import { element } from './element.js';
import { explanation } from './explanation.js';
import { histogram } from './histogram.js';
import { intervalDomain, intervalPicture } from './intervals.js';
import { table } from './table.js';
import type { Theme } from './theme.js';

type Expectation = Snapshot['expectations'][number];
type Metric = Snapshot['metrics'][number];

/** How outcomes look: a mark and a word as well as a colour. */
const OUTCOMES: Readonly<Record<Expectation['outcome'], { mark: string; style: string }>> = {
  met: { mark: '✓', style: 'met' },
  'met, not shown': { mark: '✓', style: 'doubtful' },
  failed: { mark: '✗', style: 'failed' },
  'not shown': { mark: '?', style: 'doubtful' },
  'not run': { mark: '–', style: 'none' },
};

/** The whole view; everything in it is new, nothing is kept from an earlier snapshot. */
export function page(theme: Theme, snapshot: Snapshot, arrays: Arrays): HTMLElement {
  return element(
    'main',
    { class: 'view' },
    header(snapshot),
    expectations(snapshot),
    ...missing(snapshot),
    ...snapshot.data.map(data => dataSection(theme, snapshot, data, arrays)),
    ...metrics(snapshot),
    element('section', {}, element('h2', {}, 'The experiment'), element('pre', { tabindex: 0 }, snapshot.source)),
    provenance(snapshot),
  );
}

/** The verdict in one sentence. */
export function verdict(expectations: readonly Pick<Expectation, 'outcome'>[]): { text: string; style: string } {
  if (expectations.length === 0) {
    return {
      text: 'Nothing was expected: this experiment states no threshold that its explanation must pass.',
      style: 'none',
    };
  }
  const count = (...outcomes: readonly Expectation['outcome'][]): number =>
    expectations.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const failed = count('failed');
  const open = count('not shown');
  const idle = count('not run');
  const met = count('met', 'met, not shown');
  const rest = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(open > 0 ? [`${open} not shown`] : []),
    ...(idle > 0 ? [`${idle} not run`] : []),
  ];
  const all = expectations.length;
  const text =
    met === all
      ? all === 1
        ? 'The expectation is met.'
        : `All ${all} expectations are met.`
      : `${met} of ${all} expectations ${met === 1 ? 'is' : 'are'} met: ${rest.join(', ')}.`;
  return { text, style: failed > 0 ? 'failed' : met === all ? 'met' : 'doubtful' };
}

/** Maps that views of a kind name, in their order; all maps where no view names any. */
export function viewedMaps(snapshot: Snapshot, call: string, otherwise: readonly string[]): readonly string[] {
  const named = snapshot.views.filter(view => view.call === call).flatMap(view => view.maps);
  return named.length > 0 ? [...new Set(named)] : otherwise;
}

function header(snapshot: Snapshot): HTMLElement {
  const facts = [
    ...snapshot.data.map(
      data => `${data.name}: ${quantity(data.examples, 'count')} × ${quantity(data.length, 'count')} nt`,
    ),
    `${snapshot.maps.length} ${snapshot.maps.length === 1 ? 'map' : 'maps'}`,
    `${seconds(snapshot.maps.reduce((sum, map) => sum + map.seconds, 0))} of computing`,
    moment(snapshot.created),
  ];
  return element(
    'header',
    {},
    element('h1', {}, snapshot.file),
    snapshot.documentation === undefined ? undefined : element('p', {}, snapshot.documentation),
    element(
      'p',
      { class: 'dim small facts' },
      ...facts.flatMap((fact, index) => [index > 0 ? ' · ' : '', element('span', { class: 'fact' }, fact)]),
    ),
  );
}

function expectations(snapshot: Snapshot): HTMLElement {
  const { text, style } = verdict(snapshot.expectations);
  return element(
    'section',
    {},
    element('h2', {}, 'Is the explanation to be believed?'),
    element('p', { class: `outcome verdict ${style}` }, text),
    snapshot.expectations.length === 0
      ? undefined
      : table(
          'Expectations',
          ['outcome', 'expectation', 'value', 'interval and threshold', 'n'],
          snapshot.expectations.map(entry => expectationCells(entry, statisticOf(snapshot, entry))),
          'stacked expectations',
        ),
  );
}

function statisticOf(snapshot: Snapshot, { metric, statistic }: Expectation): Statistic | undefined {
  return snapshot.metrics.find(entry => entry.name === metric)?.statistics.find(entry => entry.name === statistic);
}

function expectationCells(entry: Expectation, statistic: Statistic | undefined): (Node | string)[] {
  const { mark, style } = OUTCOMES[entry.outcome];
  const show = (value: number): string => quantity(value, statistic?.unit ?? 'logit');
  const { value, interval, low, high } = entry;
  const range = interval && `${show(interval[0])} to ${show(interval[1])}`;
  const label = [
    `${entry.metric}.${entry.statistic}`,
    value === undefined ? 'no value' : show(value),
    ...(range ? [`${percent(entry.confidence)} interval ${range}`] : []),
    ...(low === undefined ? [] : [`at least ${show(low)}`]),
    ...(high === undefined ? [] : [`at most ${show(high)}`]),
  ].join(', ');
  return [
    element('span', { class: `outcome ${style}` }, `${mark} ${entry.outcome}`),
    element(
      'div',
      {},
      element('code', {}, entry.text),
      entry.outcome === 'met' ? undefined : element('div', { class: 'message' }, entry.message),
    ),
    value === undefined
      ? '–'
      : element(
          'span',
          { class: 'numbers' },
          element('strong', {}, show(value)),
          range
            ? element('span', { class: 'dim nowrap' }, `${percent(entry.confidence)}: ${range}`)
            : element('span', { class: 'dim' }, withheld(statistic)),
        ),
    value === undefined
      ? ''
      : intervalPicture(
          {
            value,
            interval,
            low,
            high,
            domain: intervalDomain([{ value, interval, low, high }], boundsOf(statistic?.unit)),
            labels: [low, high].flatMap(at => (at === undefined ? [] : [{ at, text: show(at) }])),
          },
          style,
          label,
        ),
    element('span', { class: 'nowrap' }, statistic ? quantity(statistic.n, 'count') : ''),
  ];
}

/** What values of a unit can be. */
function boundsOf(unit: Statistic['unit'] | undefined): [number, number] {
  if (unit === 'share') return [0, 1];
  if (unit === 'correlation') return [-1, 1];
  if (unit === 'logit' || unit === undefined) return [-Infinity, Infinity];
  return [0, Infinity];
}

/** The axis of a metric's statistics of one unit: from a fixed point, so that a wide interval looks wide. */
export function statisticDomain(unit: Statistic['unit'], values: readonly number[]): [number, number] {
  const high = Math.max(0, ...values.filter(Number.isFinite));
  const low = Math.min(0, ...values.filter(Number.isFinite));
  if (unit === 'correlation') return [-1, 1];
  if (unit === 'degrees') return [0, 90];
  if (unit === 'share' && high > 0.1) return [0, 1];
  return [low < 0 ? -roundedUp(-low) : 0, high > 0 || low === 0 ? roundedUp(high) : 0];
}

/** The next number that is 1, 2 or 5 times a power of ten; 1 for 0. */
function roundedUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return Number(([1, 2, 5].map(factor => factor * power).find(step => step >= value) ?? 10 * power).toPrecision(3));
}

const withheld = (statistic: Statistic | undefined): string =>
  statistic?.withheld === undefined ? 'no interval' : `no interval: ${statistic.withheld}`;

function missing(snapshot: Snapshot): HTMLElement[] {
  if (snapshot.missing.length === 0) return [];
  return [
    element(
      'section',
      {},
      element('h2', {}, 'Without a result'),
      table(
        'Declarations without a result',
        ['declaration', 'kind', 'reason'],
        snapshot.missing.map(entry => [element('code', {}, entry.name), entry.kind, entry.reason]),
        'stacked missing',
      ),
    ),
  ];
}

function dataSection(theme: Theme, snapshot: Snapshot, data: DataSet, arrays: Arrays): HTMLElement {
  const every = snapshot.maps.filter(map => map.data === data.key);
  const names = every.map(map => map.name);
  const logoNames = viewedMaps(snapshot, 'logo', names);
  const heatmapNames = viewedMaps(snapshot, 'heatmap', logoNames);
  const problems: HTMLElement[] = [];
  const drawn = attempt(problems, () => {
    const sequences = sequencesOf(data, arrays);
    const scored = every.flatMap(map => attempt(problems, () => scoredMapOf(map, sequences, arrays)) ?? []);
    const chosen = (wanted: readonly string[]): ScoredMap[] =>
      wanted.flatMap(name => scored.filter(entry => entry.map.name === name));
    return explanation(theme, sequences, chosen(logoNames), chosen(heatmapNames));
  });
  const left = data.examples - data.names.length;
  return element(
    'section',
    {},
    element('h2', {}, 'What the model relies on in ', element('code', {}, data.name)),
    left > 0
      ? note(
          'information',
          `This file holds the first ${quantity(data.names.length, 'count')} of ${quantity(data.examples, 'count')} examples; metrics cover all of them.`,
        )
      : undefined,
    every.length === 0 ? element('p', { class: 'dim' }, 'No map explains this data set.') : drawn,
    ...problems,
    ...data.notes.map(entry => note(entry.level, entry.message, `${data.name} · ${entry.code}`)),
    ...every.flatMap(map => map.notes.map(entry => note(entry.level, entry.message, `${map.name} · ${entry.code}`))),
  );
}

/** A picture that cannot be drawn leaves its reason in its place, and the rest of the report stands. */
function attempt<Result>(problems: HTMLElement[], act: () => Result): Result | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push(note('warning', error.message));
    return undefined;
  }
}

function metrics(snapshot: Snapshot): HTMLElement[] {
  if (snapshot.metrics.length === 0) return [];
  return [element('section', {}, element('h2', {}, 'Measurements'), ...snapshot.metrics.map(metricArticle))];
}

function metricArticle(metric: Metric): HTMLElement {
  const headlineFirst = [...metric.statistics].sort(
    (a, b) => Number(b.name === metric.headline) - Number(a.name === metric.headline),
  );
  return element(
    'article',
    {},
    element('h3', {}, element('code', {}, metric.name), ' ', element('code', { class: 'dim' }, `= ${metric.written}`)),
    metric.documentation === undefined ? undefined : element('p', { class: 'dim' }, metric.documentation),
    element(
      'div',
      { class: 'metric' },
      table(
        `Statistics of ${metric.name}`,
        ['statistic', 'value', '95 % interval', 'n', 'better'],
        headlineFirst.map(statistic => statisticCells(statistic, metric)),
        'stacked statistics',
      ),
      metric.distribution ? histogram(metric.distribution) : undefined,
    ),
    ...metric.notes.map(entry => note(entry.level, entry.message, entry.code)),
  );
}

function statisticCells(statistic: Statistic, metric: Metric): (Node | string)[] {
  const { name, summary, value, unit, interval, better, n } = statistic;
  const strong = name === metric.headline;
  const domain = statisticDomain(
    unit,
    metric.statistics.filter(entry => entry.unit === unit).flatMap(entry => [entry.value, ...(entry.interval ?? [])]),
  );
  const range = interval && `${quantity(interval[0], unit)} to ${quantity(interval[1], unit)}`;
  const label = `${name} ${quantity(value, unit)}${range ? `, 95 % interval ${range}` : ''}`;
  return [
    element(
      'div',
      {},
      element('code', {}, strong ? element('strong', {}, name) : name),
      element('div', { class: 'message' }, summary),
    ),
    element(
      'span',
      { class: 'numbers' },
      element('strong', { class: 'nowrap' }, quantity(value, unit)),
      range ? element('span', { class: 'dim nowrap' }, range) : undefined,
    ),
    interval
      ? intervalPicture(
          { value, interval, domain, labels: domain.map(at => ({ at, text: quantity(at, unit) })) },
          'plain',
          label,
        )
      : element('span', { class: 'dim small' }, withheld(statistic)),
    element('span', { class: 'nowrap' }, quantity(n, 'count')),
    element('span', { class: 'dim nowrap' }, { lower: '↓ lower', higher: '↑ higher', neither: '–' }[better]),
  ];
}

function note(level: 'information' | 'warning', message: string, code?: string): HTMLElement {
  return element(
    'div',
    { class: `note ${level}`, role: 'note' },
    level === 'warning' ? element('strong', {}, 'Warning: ') : undefined,
    message,
    code === undefined ? undefined : element('code', {}, ` ${code}`),
  );
}

function provenance(snapshot: Snapshot): HTMLElement {
  const entries: [string, string][] = [['written', moment(snapshot.created)], ...Object.entries(snapshot.versions)];
  const keys = [...snapshot.data, ...snapshot.maps, ...snapshot.metrics].map(entry => [entry.name, entry.key]);
  return element(
    'section',
    {},
    element('h2', {}, 'Provenance'),
    element('dl', {}, ...entries.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])),
    element(
      'details',
      { class: 'behind' },
      element('summary', {}, `Keys of ${keys.length} results`),
      element(
        'dl',
        { class: 'mono' },
        ...keys.flatMap(([name = '', key = '']) => [element('dt', {}, name), element('dd', {}, key)]),
      ),
    ),
  );
}

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;

/** `2026-05-01 12:30 UTC`; what is no date stays as it is. */
function moment(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function seconds(value: number): string {
  if (value < 100) return `${quantity(value, 'logit')} s`;
  return value < 6000 ? `${Math.round(value / 60)} min` : `${(value / 3600).toFixed(1)} h`;
}
