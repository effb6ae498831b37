/** A benchmark as a table: combinations in rows, metrics in columns; the best of a column stands out where better is known. */
import { bestOf, quantity, type Snapshot } from '../../server/src/protocol.js';
import { element } from './element.js';
import { note } from './notes.js';
import { exports, type Cells } from './exports.js';
import type { Surroundings } from './surroundings.js';
import { table } from './table.js';

export type Benchmark = Snapshot['benchmarks'][number];

const LABELS = ['target', 'method', 'wrapper', 'correction', 'data'] as const;

export function benchmarkArticle(surroundings: Surroundings, benchmark: Benchmark): HTMLElement {
  const { name } = surroundings;
  const { metrics, written, documentation } = benchmark;
  const rows = benchmark.rows.filter(({ cells }) => cells.some(cell => 'value' in cell));
  const left = benchmark.rows.length - rows.length;
  // What is the same in every row is no column.
  const labels = LABELS.filter(label => label === 'method' || new Set(rows.map(row => row[label])).size > 1);
  const best = metrics.map((_, column) => bestOf({ metrics, rows }, column));
  return element(
    'article',
    { 'data-declaration': benchmark.name },
    element('h3', {}, name(benchmark.name), ' ', element('code', { class: 'dim' }, `= ${written}`)),
    documentation === undefined ? undefined : element('p', { class: 'dim' }, documentation),
    element(
      'div',
      { class: 'scroll' },
      table(
        `Benchmark ${benchmark.name}`,
        [...labels, ...metrics.map(({ name: metric, statistic, better }) => heading(metric, statistic, better))],
        rows.map((row, index) => [
          ...labels.map(label => element('code', {}, row[label])),
          ...row.cells.map((cell, column) => shownCell(cell, metrics[column]!, best[column] === index)),
        ]),
        'plain benchmark',
      ),
    ),
    element(
      'div',
      { class: 'under' },
      exports(surroundings, { name: `benchmark ${benchmark.name}`, table: () => cellsOf(benchmark) }),
    ),
    left === 0
      ? undefined
      : element('p', { class: 'dim small' }, `${left} further combinations are not defined for any of these metrics.`),
    ...benchmark.notes.map(({ level, message, code }) => note(level, message, code)),
  );
}

/** All combinations, with intervals. */
const cellsOf = ({ metrics, rows }: Benchmark): Cells => [
  [
    ...LABELS,
    ...metrics.flatMap(({ name, statistic }) => ['', ' low', ' high'].map(end => `${name}.${statistic}${end}`)),
  ],
  ...rows.map(row => [
    ...LABELS.map(label => row[label]),
    ...row.cells.flatMap(cell => ('value' in cell ? [cell.value, ...(cell.interval ?? [NaN, NaN])] : [NaN, NaN, NaN])),
  ]),
];

const heading = (metric: string, statistic: string, better: Benchmark['metrics'][number]['better']): string =>
  `${metric}.${statistic}${better === 'neither' ? '' : better === 'lower' ? ' ↓' : ' ↑'}`;

function shownCell(
  cell: Benchmark['rows'][number]['cells'][number],
  { unit }: Benchmark['metrics'][number],
  best: boolean,
): HTMLElement {
  if ('reason' in cell) return element('span', { class: 'dim small', title: cell.reason }, '–');
  const value = quantity(cell.value, unit);
  const range = cell.interval && `${quantity(cell.interval[0], unit)} to ${quantity(cell.interval[1], unit)}`;
  return element(
    'span',
    { class: 'numbers' },
    element(
      best ? 'strong' : 'span',
      { class: 'nowrap', ...(best && { 'aria-label': `${value}, best` }) },
      value,
      best ? ' ★' : '',
    ),
    range ? element('span', { class: 'dim nowrap' }, range) : undefined,
    cell.spread
      ? element(
          'span',
          { class: 'dim nowrap' },
          `± ${quantity(cell.spread.deviation, unit)} over ${cell.spread.networks} networks`,
        )
      : undefined,
  );
}
