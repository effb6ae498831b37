/** Curves: lines over one axis, with bands where limits are known, and the numbers in a table behind. */
import { areaY, dot, lineY, tickX } from '@observablehq/plot';
import { quantity, Statistic, type Curve } from '../../server/src/protocol.js';
import { chart } from './chart.js';
import { chartFigure } from './chart-figure.js';
import { element } from './element.js';
import { legendEntry } from './legend.js';
import type { Surroundings } from './surroundings.js';
import { table, tableBehind } from './table.js';

/** Colours that lines have of their own; further ones share the last. */
const COLOURS = ['accent', 'positive', 'base-A', 'base-T', 'negative-extreme', 'dim'].map(name => `var(--${name})`);

/** What else a chart may show. */
interface Beside {
  /** Name of exported files, where the title is not enough. */
  readonly name?: string;
  /** Where data lie, as ticks at the foot. */
  readonly rug?: readonly number[];
  /** Further curves at the same points, thin and without a name. */
  readonly thin?: readonly (readonly number[])[];
  /** Ends of the vertical axis, where several charts share it. */
  readonly domain?: readonly [number, number];
  /** In CSS pixels: as wide as the place that it will have, so that its text is as large as other text. */
  readonly width?: number;
}

const HEIGHT = 200;
const TOP = 10;
const FOOT = 36;
/** Height of a tick at the foot, in CSS pixels. */
const RUG = 6;
/** Curves of at most so many points show them. */
const DOTTED = 12;

export function lines(
  surroundings: Surroundings,
  curve: Curve,
  { name, rug = [], thin = [], domain, width = 420 }: Beside = {},
): HTMLElement {
  const { title, x: axis, unit, series } = curve;
  const colourOf = (line: number): string => COLOURS[Math.min(line, COLOURS.length - 1)] ?? '';
  const drawing = chart(title, 'lines', {
    width,
    height: HEIGHT,
    marginLeft: 52,
    marginRight: 14,
    marginTop: TOP,
    marginBottom: FOOT,
    x: {
      label: axis.title,
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: Math.round(width / 70),
      tickSize: 0,
      tickFormat: (at: number) => shown(at, axis.unit),
    },
    y: {
      label: null,
      ticks: 4,
      tickSize: 0,
      tickFormat: (value: number) => shown(value, unit),
      grid: true,
      ...(domain && { domain: [...domain] }),
    },
    marks: [
      ...thin.map(values =>
        lineY(
          values.map((value, at) => ({ at: axis.values[at], value })),
          {
            x: 'at',
            y: 'value',
            stroke: 'var(--dim)',
            strokeWidth: 0.75,
            strokeOpacity: Math.max(0.1, Math.min(0.4, 12 / thin.length)),
          },
        ),
      ),
      ...series.flatMap(({ values, low, high }, i) => {
        const points = values.map((value, at) => ({ at: axis.values[at], value, low: low?.[at], high: high?.[at] }));
        return [
          ...(low && high
            ? [areaY(points, { x: 'at', y1: 'low', y2: 'high', fill: colourOf(i), fillOpacity: 0.18 })]
            : []),
          lineY(points, { x: 'at', y: 'value', stroke: colourOf(i), strokeWidth: 1.75 }),
          // A line through few points hides where they are, and one through a single point is none.
          ...(points.length <= DOTTED ? [dot(points, { x: 'at', y: 'value', r: 2.5, fill: colourOf(i) })] : []),
        ];
      }),
      ...(rug.length > 0
        ? [tickX(rug, { x: (at: number) => at, stroke: 'var(--dim)', insetTop: HEIGHT - TOP - FOOT - RUG })]
        : []),
    ],
  });
  const behind = tableBehind('Table: values', () =>
    table(
      title,
      [axis.title, ...series.map(({ name: of }) => of)],
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
    ...(series.length > 1 && {
      legend: element(
        'div',
        { class: 'legend' },
        ...series.map(({ name: of }, i) => legendEntry(`line line${Math.min(i, COLOURS.length - 1)}`, 'line', of)),
      ),
    }),
    behind: behind.node,
    name: name ?? title,
    numbers: () => [
      [axis.title, ...series.flatMap(({ name: of, low }) => [of, ...(low ? [`${of} low`, `${of} high`] : [])])],
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

/** What training gives, [member, epoch, field]: the losses, of several members their mean between the lowest and the highest. */
export function trainingCurve(
  epochs: number,
  fields: readonly string[],
  members: readonly string[],
  values: Float32Array,
): Curve {
  const series = fields.flatMap((field, index) => {
    if (!field.includes('loss')) return [];
    const known = Array.from({ length: epochs }, (_, epoch) =>
      members.map((_, row) => values[(row * epochs + epoch) * fields.length + index] ?? NaN).filter(Number.isFinite),
    );
    // An ensemble of which none has come so far ends.
    const all = known.slice(0, known.findLastIndex(own => own.length > 0) + 1);
    return [
      {
        name: field.replaceAll('_', ' '),
        values: all.map(own => own.reduce((sum, value) => sum + value, 0) / own.length),
        ...(members.length > 1 && { low: all.map(own => Math.min(...own)), high: all.map(own => Math.max(...own)) }),
      },
    ];
  });
  return {
    title: members.length > 1 ? `Loss by epoch, mean and range of ${members.length} networks` : 'Loss by epoch',
    x: { title: 'epoch', unit: 'count', values: Array.from({ length: epochs }, (_, epoch) => epoch + 1) },
    unit: 'number',
    series: series.filter(({ values: own }) => own.length > 0),
  };
}
