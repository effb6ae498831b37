/** Curves: lines over one axis, with bands where limits are known, and the numbers in a table behind. */
import { areaY, lineY } from '@observablehq/plot';
import { quantity, Statistic, type Curve } from '../../server/src/protocol.js';
import { chart } from './chart.js';
import { chartFigure } from './chart-figure.js';
import { element } from './element.js';
import { legendEntry } from './legend.js';
import type { Surroundings } from './surroundings.js';
import { table, tableBehind } from './table.js';

/** Colours that lines have of their own; further ones share the last. */
const COLOURS = ['accent', 'positive', 'base-A', 'base-T', 'negative-extreme', 'dim'].map(name => `var(--${name})`);

export function lines(surroundings: Surroundings, curve: Curve): HTMLElement {
  const { title, x: axis, unit, series } = curve;
  const colourOf = (line: number): string => COLOURS[Math.min(line, COLOURS.length - 1)] ?? '';
  const drawing = chart(title, 'lines', {
    width: 420,
    height: 200,
    marginLeft: 52,
    marginRight: 14,
    marginTop: 10,
    marginBottom: 36,
    x: {
      label: axis.title,
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 6,
      tickSize: 0,
      tickFormat: (at: number) => shown(at, axis.unit),
    },
    y: { label: null, ticks: 4, tickSize: 0, tickFormat: (value: number) => shown(value, unit), grid: true },
    marks: series.flatMap(({ values, low, high }, i) => {
      const points = values.map((value, at) => ({ at: axis.values[at], value, low: low?.[at], high: high?.[at] }));
      return [
        ...(low && high
          ? [areaY(points, { x: 'at', y1: 'low', y2: 'high', fill: colourOf(i), fillOpacity: 0.18 })]
          : []),
        lineY(points, { x: 'at', y: 'value', stroke: colourOf(i), strokeWidth: 1.75 }),
      ];
    }),
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
  return chartFigure(surroundings, {
    title,
    drawing,
    kind: 'wide',
    legend: element(
      'div',
      { class: 'legend' },
      ...series.map(({ name }, i) => legendEntry(`line line${Math.min(i, COLOURS.length - 1)}`, 'line', name)),
    ),
    behind: behind.node,
    name: title,
    numbers: () => [
      [axis.title, ...series.flatMap(({ name, low }) => [name, ...(low ? [`${name} low`, `${name} high`] : [])])],
      ...axis.values.map((at, row) => [
        at,
        ...series.flatMap(({ values, low, high }) =>
          [values, ...(low && high ? [low, high] : [])].map(own => own[row] ?? NaN),
        ),
      ]),
    ],
  });
}

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
