/** Curves: lines over one axis, with bands where limits are known, and the numbers in a table behind. */
import { quantity, Statistic, type Curve } from '../../server/src/protocol.js';
import { element, svg } from './element.js';
import { legendEntry } from './legend.js';
import { ticks } from './scale.js';
import { table, tableBehind } from './table.js';

const WIDTH = 420;
const HEIGHT = 200;
const PLOT = { left: 48, right: WIDTH - 10, top: 10, bottom: HEIGHT - 36 } as const;
/** Colours that lines have of their own; further ones share the last. */
const COLOURS = 6;

export function lines(curve: Curve): HTMLElement {
  const { title, x: axis, unit, series } = curve;
  const values = series
    .flatMap(({ values: own, low = [], high = [] }) => [...own, ...low, ...high])
    .filter(Number.isFinite);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const span = highest > lowest ? highest - lowest : 1;
  const [from, to] = [Math.min(...axis.values), Math.max(...axis.values)];
  const x = (value: number): number => place(PLOT.left, PLOT.right, (value - from) / (to > from ? to - from : 1));
  const y = (value: number): number => place(PLOT.bottom, PLOT.top, (value - lowest) / span);
  const drawing = svg('svg', { class: 'lines', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': title });
  for (const tick of ticks(lowest, lowest + span, 4)) {
    drawing.append(
      svg('path', { class: 'guide', d: `M${PLOT.left} ${y(tick)}H${PLOT.right}` }),
      svg('text', { x: PLOT.left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, shown(tick, unit)),
    );
  }
  for (const tick of ticks(from, to, 6))
    drawing.append(svg('text', { x: x(tick), y: PLOT.bottom + 16, 'text-anchor': 'middle' }, shown(tick, axis.unit)));
  drawing.append(svg('text', { x: (PLOT.left + PLOT.right) / 2, y: HEIGHT - 4, 'text-anchor': 'middle' }, axis.title));
  series.forEach(({ values: own, low, high }, i) => {
    const points = (of: readonly number[]): [number, number][] =>
      of.flatMap((value, at) => (Number.isFinite(value) ? [[x(axis.values[at] ?? 0), y(value)]] : []));
    const kind = `line${Math.min(i, COLOURS - 1)}`;
    if (low && high) drawing.append(svg('path', { class: `band ${kind}`, d: closed(points(low), points(high)) }));
    drawing.append(svg('path', { class: `line ${kind}`, d: path(points(own)) }));
  });
  const behind = tableBehind('Table: values', () =>
    table(
      title,
      [axis.title, ...series.map(({ name }) => name)],
      axis.values.map((at, row) => [
        shown(at, axis.unit),
        ...series.map(({ values: own }) => shown(own[row] ?? NaN, unit)),
      ]),
    ),
  );
  return element(
    'figure',
    { class: 'wide' },
    element('figcaption', { class: 'small' }, title),
    drawing,
    element(
      'div',
      { class: 'legend' },
      ...series.map(({ name }, i) => legendEntry(`line line${Math.min(i, COLOURS - 1)}`, 'line', name)),
    ),
    behind.node,
  );
}

const place = (low: number, high: number, share: number): number => Number((low + share * (high - low)).toFixed(2));

const path = (points: readonly (readonly [number, number])[]): string =>
  points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');

const closed = (low: readonly [number, number][], high: readonly [number, number][]): string =>
  low.length === 0 ? '' : `${path([...low, ...high.toReversed()])}Z`;

/** A number in the unit of a statistic, or as it is. */
function shown(value: number, unit: string): string {
  const known = Statistic.shape.unit.safeParse(unit);
  return quantity(Number(value.toPrecision(12)), known.success ? known.data : 'number');
}

/** What training gives, [member, epoch, field]: the loss of each member, on training and on validation examples. */
export function trainingCurve(
  epochs: number,
  fields: readonly string[],
  members: readonly string[],
  values: Float32Array,
): Curve {
  const several = members.length > 1;
  const drawn = fields.flatMap((field, index) => (field.includes('loss') ? [{ field, index }] : []));
  return {
    title: 'Loss by epoch',
    x: { title: 'epoch', unit: 'count', values: Array.from({ length: epochs }, (_, epoch) => epoch + 1) },
    unit: 'number',
    series: members.flatMap((member, row) =>
      drawn.map(({ field, index }) => ({
        name: several ? `${member}, ${field}` : field,
        values: Array.from(
          { length: epochs },
          (_, epoch) => values[(row * epochs + epoch) * fields.length + index] ?? NaN,
        ),
      })),
    ),
  };
}
