/** A distribution as bars, with what chance would give drawn over it as a line. */
import { lineY, rectY, ruleY } from '@observablehq/plot';
import { quantity, type Distribution } from '../../server/src/protocol.js';
import { chart } from './chart.js';
import { chartFigure } from './chart-figure.js';
import { element } from './element.js';
import { legendEntry } from './legend.js';
import type { Surroundings } from './surroundings.js';
import { table, tableBehind } from './table.js';

export function histogram(surroundings: Surroundings, distribution: Distribution): HTMLElement {
  const { title, unit, edges, counts, expected, expectedTitle } = distribution;
  const bins = counts.map((count, bin) => ({ from: edges[bin] ?? 0, to: edges[bin + 1] ?? 1, count }));
  const level = expected && edges.map((edge, bin) => ({ edge, count: expected[bin] ?? expected.at(-1) ?? 0 }));
  const drawing = chart(title, 'histogram', {
    width: 300,
    height: 160,
    marginLeft: 14,
    marginRight: 14,
    marginTop: 16,
    marginBottom: 22,
    x: { label: null, ticks: 5, tickSize: 0, tickFormat: (value: number) => tickText(value, unit) },
    y: { axis: null },
    marks: [
      rectY(bins, { x1: 'from', x2: 'to', y: 'count', fill: 'var(--accent)', fillOpacity: 0.75, inset: 0.5 }),
      ...(level
        ? [lineY(level, { x: 'edge', y: 'count', curve: 'step-after', stroke: 'var(--foreground)', strokeWidth: 1.75 })]
        : []),
      ruleY([0], { stroke: 'var(--line)' }),
    ],
  });
  const behind = tableBehind('Table: counts per bin', () =>
    table(
      title,
      ['from', 'to', 'count', ...(expected ? ['expected'] : [])],
      bins.map(({ from, to, count }, bin) => [
        tickText(from, unit),
        tickText(to, unit),
        quantity(count, 'count'),
        ...(expected ? [quantity(expected[bin] ?? NaN, 'count')] : []),
      ]),
    ),
  );
  return chartFigure(surroundings, {
    title,
    drawing,
    legend: element(
      'div',
      { class: 'legend histogram' },
      legendEntry('count', 'bar', 'observed'),
      expected ? legendEntry('expected', 'line', expectedTitle ?? 'expected by chance') : undefined,
    ),
    behind: behind.node,
    name: title,
    numbers: () => [
      ['from', 'to', 'count', ...(expected ? ['expected'] : [])],
      ...bins.map(({ from, to, count }, bin) => [from, to, count, ...(expected ? [expected[bin] ?? NaN] : [])]),
    ],
  });
}

/** Bin borders as their unit is read; shares as percent. */
function tickText(value: number, unit: string): string {
  if (unit === 'share') return `${Number((100 * value).toPrecision(4))} %`;
  const number = String(Number(value.toPrecision(4))).replace('-', '−');
  return unit === 'degrees' ? `${number}°` : number;
}
