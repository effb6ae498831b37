/**
 * Numbers over two axes as a heatmap: interactions of pairs, attention of queries to keys, values of a layer. Other axes
 * (example, layer, head) are chosen; over examples the mean comes first. More cells than pixels show the strongest of each
 * group, because what interacts is rare and a mean would hide it.
 */
import { quantity } from '../../server/src/protocol.js';
import { describe, element } from './element.js';
import { exports } from './exports.js';
import { divergingLegend, drawScale } from './legend.js';
import { drawTitle, fitted, GUTTER, MARGIN, textFont } from './plot.js';
import { labelOf, planeOf, strongestCells, strongestPlaces, type Axis } from './plane.js';
import { colourTable, robustMagnitude, tablePlace, ticks } from './scale.js';
import { surface, type Frame } from './surface.js';
import type { Surroundings } from './surroundings.js';
import { table, tableBehind } from './table.js';
import type { ResultTable } from './tables.js';
import type { Palette } from './theme.js';

/** Most cells on a side of what is drawn. */
const SIDE = 360;
const TALLEST_ROW = 22;
/** Room for the names of rows at most, and the share of the picture that they may take. */
const NAMES = { most: 130, share: 0.25 } as const;
/** Room for numbers or names under the cells. */
const AXIS = 22;
/** Room for name and scale above a saved picture. */
const HEAD = 26;
const TABLE_ROWS = 20;
/** Most rows of one axis that can be chosen from. */
const CHOICES = 200;

/** What is drawn of a result; `rows` names its first axis. */
type Shown = Pick<ResultTable, 'name' | 'axes' | 'rows' | 'unit'>;

/** @param values [row, …axes] of the rows that are here */
export function matrix(surroundings: Surroundings, result: Shown, values: Float32Array): HTMLElement {
  const { theme, controls } = surroundings;
  const [row, ...inner] = result.axes;
  const axes: Axis[] = [{ name: row?.name ?? 'row', size: result.rows.length, labels: result.rows }, ...inner];
  const others = axes.slice(0, -2);
  const chosen: (number | undefined)[] = others.map((_, i) => (i === 0 && result.rows.length > 1 ? undefined : 0));
  let plane = planeOf(axes, values, chosen);
  const { rows, columns } = plane;
  const [lines, across] = [Math.min(SIDE, rows.size), Math.min(SIDE, columns.size)];
  const line = Math.max(1, Math.min(TALLEST_ROW, Math.floor(SIDE / lines)));
  const height = lines * line;
  const legend = divergingLegend(theme, result.unit);
  const inCell = [rows.size / lines, columns.size / across] as const;
  let limit = 0;
  let cells: Float32Array = new Float32Array();
  let image: { readonly canvas: HTMLCanvasElement; readonly palette: Palette } | undefined;
  const take = (): void => {
    cells = strongestCells(plane, lines, across);
    limit = robustMagnitude(plane.values, columns.size);
    image = undefined;
    legend.show(limit, 1, 1);
  };
  take();
  // Moving over the cells redraws their frame alone.
  const imageIn = (palette: Palette): HTMLCanvasElement => {
    if (image?.palette !== palette) image = { canvas: painted(cells, lines, limit, palette), palette };
    return image.canvas;
  };
  let pointed: readonly [number, number] | undefined;
  /** Where the cells begin: behind the names of the rows. */
  let left = GUTTER;

  const draw = ({ context, width }: Frame, top = 0): void => {
    const palette = theme.palette();
    left = leftOf(context, palette, rows, width);
    const across = width - left - MARGIN;
    context.imageSmoothingEnabled = false;
    context.drawImage(imageIn(palette), left, top, across, height);
    context.strokeStyle = palette.line;
    context.lineWidth = 1;
    context.strokeRect(left - 0.5, top - 0.5, across + 1, height + 1);
    drawAxes(context, palette, { rows, columns, left, top, height, across, width });
    if (!pointed) return;
    const [r, c] = pointed;
    context.strokeStyle = palette.foreground;
    context.strokeRect(
      left + (c / columns.size) * across - 0.5,
      top + (r / rows.size) * height - 0.5,
      across / columns.size + 1,
      height / rows.size + 1,
    );
  };
  const picture = surface(height + AXIS, frame => draw(frame));
  const { canvas } = picture;
  const readout = element('output', { class: 'readout', 'aria-live': 'off' });
  const textOf = (r: number, c: number): string =>
    `${rows.name} ${labelOf(rows, r)}, ${columns.name} ${labelOf(columns, c)}   ${quantity(plane.values[r * columns.size + c] ?? NaN, 'logit')} ${result.unit}`;
  const point = (at: readonly [number, number] | undefined): void => {
    pointed = at;
    readout.textContent = at ? textOf(...at) : '';
    if (at) describe(canvas, { 'aria-valuenow': at[0] * columns.size + at[1] + 1, 'aria-valuetext': textOf(...at) });
    picture.redraw();
  };
  const inside = (place: number, size: number): number => Math.max(0, Math.min(size - 1, place));
  canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => {
    const c = Math.floor(((offsetX - left) / (canvas.clientWidth - left - MARGIN)) * columns.size);
    const r = Math.floor((offsetY / height) * rows.size);
    point(r >= 0 && r < rows.size && c >= 0 && c < columns.size ? [r, c] : undefined);
  });
  canvas.addEventListener('pointerleave', () => point(undefined));
  canvas.addEventListener('keydown', event => {
    const [r, c] = pointed ?? [0, 0];
    const target = {
      ArrowUp: [r - 1, c],
      ArrowDown: [r + 1, c],
      ArrowLeft: [r, c - 1],
      ArrowRight: [r, c + 1],
      Home: [0, 0],
      End: [rows.size - 1, columns.size - 1],
    }[event.key];
    if (!target) return;
    event.preventDefault();
    point([inside(target[0]!, rows.size), inside(target[1]!, columns.size)]);
  });
  describe(canvas, {
    role: 'slider',
    tabindex: 0,
    'aria-label': `${result.name}: ${rows.name} by ${columns.name}; arrow keys move through the cells`,
    'aria-valuemin': 1,
    'aria-valuemax': plane.values.length,
    'aria-valuenow': 1,
    'aria-valuetext': textOf(0, 0),
  });
  const behind = tableBehind(`Table: ${Math.min(TABLE_ROWS, plane.values.length)} strongest cells`, () =>
    table(
      `The strongest cells of ${result.name}`,
      [rows.name, columns.name, result.unit],
      strongestPlaces(plane, TABLE_ROWS).map(([r, c]) => [
        labelOf(rows, r),
        labelOf(columns, c),
        quantity(plane.values[r * columns.size + c]!, 'logit'),
      ]),
    ),
  );
  const choices = others.flatMap((axis, i) => {
    if (axis.size < 2) return [];
    const names = [...Array(Math.min(CHOICES, axis.size)).keys()].map(place => labelOf(axis, place));
    const mean = i === 0 ? [`mean of ${quantity(axis.size, 'count')}`] : [];
    return controls.choice(axis.name, [...mean, ...names], 0, index => {
      chosen[i] = i === 0 ? (index === 0 ? undefined : index - 1) : index;
      plane = planeOf(axes, values, chosen);
      take();
      point(undefined);
      behind.refresh();
    });
  });
  const figure = () => ({
    width: canvas.clientWidth,
    height: HEAD + height + AXIS,
    background: theme.palette().background,
    draw: (frame: Frame) => {
      drawTitle(frame.context, theme.palette(), result.name, 0, HEAD);
      drawScale(frame.context, theme.palette(), { right: frame.width - MARGIN, limit, unit: result.unit });
      draw(frame, HEAD);
    },
  });
  return element(
    'div',
    { class: rows.name === columns.name && rows.size === columns.size ? 'matrix square' : 'matrix' },
    element('div', { class: 'bar' }, ...choices, element('span', { class: 'push' }, legend.node)),
    Math.max(...inCell) > 1
      ? element(
          'p',
          { class: 'dim small' },
          `Each cell is the strongest of ${inCell.map(of => quantity(Math.ceil(of), 'count')).join(' × ')}.`,
        )
      : undefined,
    canvas,
    element(
      'div',
      { class: 'under' },
      behind.node,
      exports(surroundings, {
        name: result.name,
        table: () => [
          [rows.name, columns.name, result.unit],
          ...Array.from(plane.values, (value, i) => [
            labelOf(rows, Math.floor(i / columns.size)),
            labelOf(columns, i % columns.size),
            value,
          ]),
        ],
        picture: figure,
      }),
      readout,
    ),
  );
}

/** Cells as an image, one pixel each. */
function painted(cells: Float32Array, lines: number, limit: number, palette: Palette): HTMLCanvasElement {
  const canvas = element('canvas', { width: cells.length / lines, height: lines });
  const image = new ImageData(canvas.width, canvas.height);
  const colours = colourTable(palette.diverging);
  cells.forEach((value, i) => {
    const place = tablePlace(limit > 0 ? value / limit : 0);
    image.data.set(colours.subarray(place, place + 4), 4 * i);
  });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

interface Box {
  readonly rows: Axis;
  readonly columns: Axis;
  readonly left: number;
  readonly top: number;
  readonly height: number;
  readonly across: number;
  readonly width: number;
}

/** Room that the names of the rows need. */
function leftOf(context: Frame['context'], palette: Palette, rows: Axis, width: number): number {
  context.font = textFont(palette);
  const longest = (rows.labels ?? [])
    .slice(0, SIDE)
    .reduce((most, label) => (label.length > most.length ? label : most), '');
  const wanted = context.measureText(longest).width + 8;
  return Math.max(GUTTER, Math.min(wanted, NAMES.most, width * NAMES.share));
}

/** Names or numbers of rows and columns, as many as have room. */
function drawAxes(
  context: Frame['context'],
  palette: Palette,
  { rows, columns, left, top, height, across, width }: Box,
): void {
  context.font = textFont(palette);
  context.fillStyle = palette.dim;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const place of shownPlaces(rows, height / 16))
    context.fillText(
      fitted(context, labelOf(rows, place), left - 6),
      left - 6,
      top + ((place + 0.5) / rows.size) * height,
    );
  context.textBaseline = 'top';
  context.textAlign = 'center';
  const room = Math.max(1, across / 64);
  for (const place of shownPlaces(columns, room)) {
    const text = fitted(context, labelOf(columns, place), across / Math.min(room, columns.size) - 4);
    const half = context.measureText(text).width / 2;
    const x = left + ((place + 0.5) / columns.size) * across;
    context.fillText(text, Math.min(Math.max(x, left + half), width - half), top + height + 6);
  }
}

/** All places of an axis where there is room, else round numbers of them. */
function shownPlaces({ size }: Axis, room: number): number[] {
  if (size <= room) return [...Array(size).keys()];
  return ticks(1, size, room).flatMap(tick => (Number.isInteger(tick) && tick >= 1 ? [tick - 1] : []));
}
