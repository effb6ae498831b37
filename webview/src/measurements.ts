/** What each metric measured: its statistics with their intervals, and beside them how the values are distributed. */
import { quantity, type Snapshot, type Statistic } from '../../server/src/protocol.js';
import { element } from './element.js';
import { exports } from './exports.js';
import { histogram } from './histogram.js';
import { intervalPicture } from './intervals.js';
import { lines } from './lines.js';
import { note } from './notes.js';
import type { Surroundings } from './surroundings.js';
import { table } from './table.js';

export type Metric = Snapshot['metrics'][number];

export function metricArticle(surroundings: Surroundings, metric: Metric): HTMLElement {
  const { name } = surroundings;
  const { statistics, headline } = metric;
  const headlineFirst = [...statistics].sort((a, b) => Number(b.name === headline) - Number(a.name === headline));
  // Mostly all statistics are of the same examples: their number is said once then.
  const [first] = statistics;
  const common = first && statistics.every(({ n }) => n === first.n) ? first.n : undefined;
  return element(
    'article',
    { 'data-declaration': metric.name },
    element(
      'div',
      { class: 'bar heading' },
      element('h3', {}, name(metric.name), ' ', element('code', { class: 'dim' }, `= ${metric.written}`)),
      common === undefined
        ? undefined
        : element('span', { class: 'dim small push nowrap' }, `n = ${quantity(common, 'count')}`),
    ),
    metric.documentation === undefined ? undefined : element('p', { class: 'dim' }, metric.documentation),
    element(
      'div',
      { class: 'metric' },
      table(
        `Statistics of ${metric.name}`,
        ['statistic', 'value', '95 % interval', ...(common === undefined ? ['n'] : [])],
        headlineFirst.map(statistic => statisticCells(statistic, metric, common === undefined)),
        'stacked statistics',
      ),
      metric.distribution ? histogram(surroundings, metric.distribution) : undefined,
    ),
    metric.curve ? lines(surroundings, metric.curve) : undefined,
    element(
      'div',
      { class: 'under' },
      exports(surroundings, {
        name: metric.name,
        table: () => [
          ['statistic', 'value', 'low', 'high', 'n', 'unit'],
          ...statistics.map(({ name: of, value, interval, n, unit }) => [
            of,
            value,
            interval?.[0] ?? NaN,
            interval?.[1] ?? NaN,
            n,
            unit,
          ]),
        ],
      }),
    ),
    ...metric.notes.map(entry => note(entry.level, entry.message, entry.code)),
  );
}

function statisticCells(statistic: Statistic, metric: Metric, counted: boolean): (Node | string)[] {
  const { name, summary, value, unit, interval, n } = statistic;
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
      direction(statistic, strong),
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
    ...(counted ? [element('span', { class: 'nowrap' }, quantity(n, 'count'))] : []),
  ];
}

/** Which way is better: an arrow, in words beside the headline and for screen readers. */
function direction({ better }: Statistic, inWords: boolean): HTMLElement | undefined {
  if (better === 'neither') return undefined;
  const arrow = better === 'lower' ? '↓' : '↑';
  const words = `${better} is better`;
  if (inWords) return element('span', { class: 'dim small nowrap' }, ` ${arrow} ${words}`);
  return element('span', { class: 'dim small', role: 'img', title: words, 'aria-label': words }, ` ${arrow}`);
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

/** Why a statistic has no interval. */
export const withheld = (statistic: Statistic | undefined): string =>
  statistic?.withheld === undefined ? 'no interval' : `no interval: ${statistic.withheld}`;
