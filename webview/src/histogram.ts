/** A distribution as bars, with what chance would give drawn over it as a line. */
import { quantity, type Distribution } from '../../server/src/protocol.js';
import { element, svg } from './element.js';
import { legendEntry } from './legend.js';
import { ticks } from './scale.js';
import { table, tableBehind } from './table.js';

const WIDTH = 300;
const HEIGHT = 160;
const PLOT = { left: 8, right: WIDTH - 8, top: 16, bottom: HEIGHT - 22 } as const;

export function histogram(distribution: Distribution): HTMLElement {
  const { title, unit, edges, counts, expected, expectedTitle } = distribution;
  const low = edges[0] ?? 0;
  const high = edges.at(-1) ?? 1;
  const most = Math.max(...counts, ...(expected ?? []), 1e-12);
  const x = (value: number): number =>
    Number((PLOT.left + ((value - low) / (high - low || 1)) * (PLOT.right - PLOT.left)).toFixed(2));
  const y = (count: number): number => Number((PLOT.bottom - (count / most) * (PLOT.bottom - PLOT.top)).toFixed(2));

  const drawing = svg('svg', {
    class: 'histogram',
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'aria-label': title,
  });
  counts.forEach((count, bin) => {
    const left = x(edges[bin] ?? low);
    const width = x(edges[bin + 1] ?? high) - left;
    const gap = width > 4 ? 1 : 0;
    drawing.append(
      svg('rect', {
        class: 'count',
        x: left + gap / 2,
        y: y(count),
        width: Math.max(0.5, width - gap),
        height: PLOT.bottom - y(count),
      }),
    );
  });
  if (expected)
    drawing.append(
      svg('path', {
        class: 'expected',
        d: stepLine(expected.map((count, bin) => [x(edges[bin] ?? low), x(edges[bin + 1] ?? high), y(count)])),
      }),
    );
  drawing.append(svg('path', { class: 'axis', d: `M${PLOT.left} ${PLOT.bottom + 0.5}H${PLOT.right}` }));
  const marks = ticks(low, high, 5);
  for (const tick of marks) {
    const place = x(tick);
    const anchor = place < 16 ? 'start' : place > WIDTH - 16 ? 'end' : 'middle';
    drawing.append(svg('text', { x: place, y: HEIGHT - 6, 'text-anchor': anchor }, tickText(tick, unit)));
  }

  const behind = tableBehind('Table: counts per bin', () =>
    table(
      title,
      ['from', 'to', 'count', ...(expected ? ['expected'] : [])],
      counts.map((count, bin) => [
        tickText(edges[bin] ?? low, unit),
        tickText(edges[bin + 1] ?? high, unit),
        quantity(count, 'count'),
        ...(expected ? [quantity(expected[bin] ?? NaN, 'count')] : []),
      ]),
    ),
  );
  return element(
    'figure',
    {},
    element('figcaption', { class: 'small' }, title),
    drawing,
    element(
      'div',
      { class: 'legend histogram' },
      legendEntry('count', 'bar', 'observed'),
      expected ? legendEntry('expected', 'line', expectedTitle ?? 'expected by chance') : undefined,
    ),
    behind.node,
  );
}

/** A line that is level over each bin: [left, right, height] of every bin. */
export function stepLine(bins: readonly (readonly [number, number, number])[]): string {
  return bins.map(([left, right, height], bin) => `${bin === 0 ? 'M' : 'L'}${left} ${height}H${right}`).join('');
}

/** Bin borders as their unit is read; shares as percent. */
function tickText(value: number, unit: string): string {
  if (unit === 'share') return `${Number((100 * value).toPrecision(4))} %`;
  const number = String(Number(value.toPrecision(4))).replace('-', '−');
  return unit === 'degrees' ? `${number}°` : number;
}
