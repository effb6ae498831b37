/** Whether the explanation can be believed: the verdict, and each expectation with its value, interval and threshold. */
import { quantity, type Snapshot, type Statistic } from '../../server/src/protocol.js';
import { element } from './element.js';
import { exports } from './exports.js';
import { intervalDomain, intervalPicture } from './intervals.js';
import { withheld } from './measurements.js';
import type { Surroundings } from './surroundings.js';
import { table } from './table.js';

export type Expectation = Snapshot['expectations'][number];

/** Class of the stylesheet that colours an outcome. */
export type OutcomeStyle = 'met' | 'failed' | 'doubtful' | 'none';

/** How outcomes look: a mark and a word as well as a colour. */
const OUTCOMES: Readonly<Record<Expectation['outcome'], { mark: string; style: OutcomeStyle }>> = {
  met: { mark: '✓', style: 'met' },
  'met, not shown': { mark: '✓', style: 'doubtful' },
  failed: { mark: '✗', style: 'failed' },
  'not shown': { mark: '?', style: 'doubtful' },
  'not run': { mark: '–', style: 'none' },
};

/** The verdict in one sentence. */
export function verdict(expectations: readonly Pick<Expectation, 'outcome'>[]): { text: string; style: OutcomeStyle } {
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

export function expectations(surroundings: Surroundings, snapshot: Snapshot): HTMLElement {
  const { name } = surroundings;
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
          snapshot.expectations.map(entry => expectationCells(entry, statisticOf(snapshot, entry), name)),
          'stacked expectations',
        ),
    snapshot.expectations.length === 0
      ? undefined
      : element(
          'div',
          { class: 'under' },
          exports(surroundings, {
            name: 'expectations',
            table: () => [
              ['outcome', 'expectation', 'value', 'low', 'high', 'confidence', 'message'],
              ...snapshot.expectations.map(({ outcome, text, value, interval, confidence, message }) => [
                outcome,
                text,
                value ?? NaN,
                interval?.[0] ?? NaN,
                interval?.[1] ?? NaN,
                confidence,
                message,
              ]),
            ],
          }),
        ),
  );
}

function statisticOf(snapshot: Snapshot, { metric, statistic }: Expectation): Statistic | undefined {
  return snapshot.metrics.find(entry => entry.name === metric)?.statistics.find(entry => entry.name === statistic);
}

function expectationCells(
  entry: Expectation,
  statistic: Statistic | undefined,
  name: Surroundings['name'],
): (Node | string)[] {
  const { mark, style } = OUTCOMES[entry.outcome];
  const show = (value: number): string => quantity(value, statistic?.unit ?? 'logit');
  const { value, interval, low, high } = entry;
  // Rounding must not make a value look like the bound that it has passed or missed.
  const bound = [low, high].find(
    at => at !== undefined && value !== undefined && at !== value && show(at) === show(value),
  );
  const side = bound === undefined || value === undefined ? '' : value < bound ? 'just below ' : 'just above ';
  const range = interval && `${show(interval[0])} to ${show(interval[1])}`;
  const label = [
    `${entry.metric}.${entry.statistic}`,
    value === undefined ? 'no value' : side + show(value),
    ...(range ? [`${percent(entry.confidence)} interval ${range}`] : []),
    ...(low === undefined ? [] : [`at least ${show(low)}`]),
    ...(high === undefined ? [] : [`at most ${show(high)}`]),
  ].join(', ');
  return [
    element('span', { class: `outcome ${style}` }, `${mark} ${entry.outcome}`),
    element(
      'div',
      {},
      name(entry.metric, entry.text),
      entry.outcome === 'met' ? undefined : element('div', { class: 'message' }, entry.message),
    ),
    value === undefined
      ? '–'
      : element(
          'span',
          { class: 'numbers' },
          element('strong', {}, side + show(value)),
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

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
