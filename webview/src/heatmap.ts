/**
 * Heatmap of all examples: a row per example, blue below and orange above zero, zero the background. More examples or
 * positions than pixels are averaged with their sign, and the legend says so. A click or the arrow keys choose the
 * example that the logos show.
 */
import { quantity } from '../../server/src/protocol.js';
import type { ScoredMap, Sequences } from './arrays.js';
import { describe, element } from './element.js';
import { LETTERS } from './letters.js';
import { divergingLegend } from './legend.js';
import { drawPositionAxis, fitted, GUTTER, MARGIN, NARROW, positionAt, textFont, TITLES } from './plot.js';
import type { PositionAxis } from './plot.js';
import { aggregate, firstOf, rowOf } from './rows.js';
import { colourTable, robustMagnitude, tablePlace } from './scale.js';
import { surface, type Frame } from './surface.js';
import { table, tableBehind } from './table.js';
import type { Surroundings } from './surroundings.js';
import type { Palette } from './theme.js';

const TALLEST = 360;
const TALL = 260;
const TALLEST_ROW = 22;
/** Rows at least this tall carry their names. */
const NAMED_ROW = 14;
const AXIS = 22;
const TABLE_ROWS = 10;

export interface HeatmapView {
  readonly node: HTMLElement;
  /** Draws the rows in this order and marks one of them. */
  readonly show: (order: readonly number[], row: number) => void;
}

/** Height of the rows together, in CSS pixels: whole pixels per row while there are enough of them. */
export function rowsHeight(rows: number): number {
  return rows > TALLEST ? TALLEST : rows * Math.min(TALLEST_ROW, Math.max(1, Math.floor(TALL / rows)));
}

/**
 * @param onSelect called with the row (index into the data set) that the reader chooses
 */
export function heatmap(
  { theme, name }: Pick<Surroundings, 'theme' | 'name'>,
  sequences: Sequences,
  scored: ScoredMap,
  onSelect: (row: number) => void,
): HeatmapView {
  const { data, letters, rows } = sequences;
  const { map, scores, predictions } = scored;
  let order: readonly number[] = Array.from({ length: rows }, (_, row) => row);
  let selected = 0;
  const legend = divergingLegend(theme, map.unit);
  const height = rowsHeight(rows);

  const axisOf = (width: number): PositionAxis => ({
    from: 0,
    to: data.length,
    left: width > NARROW ? TITLES + GUTTER : GUTTER,
    right: width - MARGIN,
  });
  /** The grid of the last drawing: choosing another example must not average everything again. */
  let last: { order: readonly number[]; lines: number; columns: number; grid: Float32Array } | undefined;
  const gridOf = (lines: number, columns: number): Float32Array => {
    if (last?.order !== order || last.lines !== lines || last.columns !== columns) {
      last = { order, lines, columns, grid: aggregate(scores, order, lines, columns) };
    }
    return last.grid;
  };
  const rowAt = (y: number): number | undefined => order[Math.floor((y / height) * rows)];

  const picture = surface(height + AXIS, frame => {
    const palette = theme.palette();
    const axis = axisOf(frame.width);
    const columns = Math.min(data.length, Math.round((axis.right - axis.left) * frame.ratio));
    const lines = Math.min(rows, Math.round(height * frame.ratio));
    const grid = gridOf(lines, columns);
    const limit = robustMagnitude(grid, columns);
    legend.show(limit, rows / lines, data.length / columns);
    drawGrid(frame, axis, height, grid, columns, lines, limit, palette);
    if (height / rows < NAMED_ROW) {
      if (predictions) drawPredictions(frame, axis, height, order, lines, predictions, palette);
    } else if (frame.width > NARROW) drawNames(frame, axis, height, order, data.names, palette);
    drawSelection(frame, axis, height, order.indexOf(selected), rows, palette);
    drawPositionAxis(frame.context, palette, axis, height + 2, frame.width);
  });
  const { canvas } = picture;

  const readout = element('output', { class: 'readout', 'aria-live': 'off' });
  canvas.addEventListener('pointermove', event => {
    const position = positionAt(axisOf(canvas.clientWidth), event.offsetX);
    const row = rowAt(event.offsetY);
    readout.textContent =
      row === undefined
        ? ''
        : [
            data.names[row] ?? '',
            ...(predictions ? [`target ${quantity(predictions[row] ?? NaN, 'logit')}`] : []),
            ...(position === undefined
              ? []
              : [
                  `position ${position + 1}, ${LETTERS[letters[row * data.length + position] ?? 4] ?? 'N'}`,
                  `score ${quantity(rowOf(scores, row)[position] ?? NaN, 'logit')}`,
                ]),
          ].join('   ');
  });
  canvas.addEventListener('pointerleave', () => (readout.textContent = ''));
  canvas.addEventListener('click', event => {
    const row = rowAt(event.offsetY);
    if (row !== undefined) onSelect(row);
  });
  canvas.addEventListener('keydown', event => {
    const place = order.indexOf(selected);
    const target = {
      ArrowUp: place - 1,
      ArrowDown: place + 1,
      PageUp: place - 10,
      PageDown: place + 10,
      Home: 0,
      End: rows - 1,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const row = order[Math.max(0, Math.min(rows - 1, target))];
    if (row !== undefined) onSelect(row);
  });
  describe(canvas, {
    role: 'slider',
    tabindex: 0,
    'aria-orientation': 'vertical',
    'aria-label': `Heatmap of ${map.name}: example`,
    'aria-valuemin': 1,
    'aria-valuemax': rows,
  });

  const behind = tableBehind(
    `Table: ${Math.min(TABLE_ROWS, data.length)} strongest positions over all examples`,
    () => {
      const means = positionMeans(scored);
      const strongest = [...means.keys()].sort((a, b) => (means[b]?.magnitude ?? 0) - (means[a]?.magnitude ?? 0));
      return table(
        `Positions of ${map.name} with the largest mean magnitude over examples`,
        ['position', 'mean |score|', 'mean score'],
        strongest
          .slice(0, TABLE_ROWS)
          .map(position => [
            String(position + 1),
            quantity(means[position]?.magnitude ?? NaN, 'logit'),
            quantity(means[position]?.mean ?? NaN, 'logit'),
          ]),
      );
    },
  );

  const node = element(
    'div',
    { class: 'picture', 'data-declaration': map.name },
    element('div', { class: 'bar' }, element('h4', {}, name(map.name)), element('div', { class: 'push' }, legend.node)),
    canvas,
    element('div', { class: 'under' }, behind.node, readout),
  );
  return {
    node,
    show: (rowOrder, row) => {
      order = rowOrder;
      selected = row;
      const place = order.indexOf(row) + 1;
      describe(canvas, { 'aria-valuenow': place, 'aria-valuetext': `${data.names[row] ?? ''}, ${place} of ${rows}` });
      picture.redraw();
    },
  };
}

/** Mean of score and of magnitude over the rows at each position; not a number where there are none. */
export function positionMeans({ scores }: ScoredMap): { mean: number; magnitude: number }[] {
  return Array.from({ length: scores.length }, (_, position) => {
    let sum = 0;
    let size = 0;
    let count = 0;
    for (let row = 0; row < scores.rows; row++) {
      const value = scores.values[row * scores.length + position] ?? NaN;
      if (!Number.isFinite(value)) continue;
      sum += value;
      size += Math.abs(value);
      count++;
    }
    return { mean: sum / count, magnitude: size / count };
  });
}

function drawGrid(
  { context }: Frame,
  axis: PositionAxis,
  height: number,
  grid: Float32Array,
  columns: number,
  lines: number,
  limit: number,
  palette: Palette,
): void {
  const image = new ImageData(columns, lines);
  const colours = colourTable(palette.diverging);
  const scale = limit > 0 ? 1 / limit : 0;
  grid.forEach((value, cell) => {
    const from = tablePlace(value * scale);
    for (let part = 0; part < 4; part++) image.data[4 * cell + part] = colours[from + part] ?? 255;
  });
  const cells = element('canvas', { width: columns, height: lines });
  cells.getContext('2d')?.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(cells, axis.left, 0, axis.right - axis.left, height);
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.strokeRect(axis.left - 0.5, 0.5, axis.right - axis.left + 1, height - 1);
}

function drawNames(
  { context }: Frame,
  axis: PositionAxis,
  height: number,
  order: readonly number[],
  names: readonly string[],
  palette: Palette,
): void {
  context.font = textFont(palette);
  context.fillStyle = palette.dim;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  order.forEach((row, place) => {
    const text = fitted(context, names[row] ?? '', axis.left - 22);
    context.fillText(text, 0, ((place + 0.5) * height) / order.length);
  });
}

/** Bars of the explained number beside the rows, from zero; bars of averaged rows show their mean. */
function drawPredictions(
  { context, width }: Frame,
  axis: PositionAxis,
  height: number,
  order: readonly number[],
  lines: number,
  predictions: Float32Array,
  palette: Palette,
): void {
  const wide = width > NARROW;
  const right = axis.left - 16;
  const left = wide ? right - 120 : 0;
  const finite = predictions.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), 0);
  const high = finite.reduce((a, b) => Math.max(a, b), 0);
  const place = (value: number): number => left + ((value - low) / (high - low || 1)) * (right - left);
  const zero = place(0);
  const line = height / lines;
  context.fillStyle = palette.dim;
  context.globalAlpha = 0.45;
  for (let index = 0; index < lines; index++) {
    const members = order
      .slice(firstOf(index, lines, order.length), firstOf(index + 1, lines, order.length))
      .map(row => predictions[row] ?? NaN)
      .filter(Number.isFinite);
    if (members.length === 0) continue;
    const end = place(members.reduce((a, b) => a + b, 0) / members.length);
    context.fillRect(Math.min(zero, end), index * line, Math.abs(end - zero), Math.max(0.5, line - (line > 3 ? 1 : 0)));
  }
  context.globalAlpha = 1;
  context.fillRect(Math.round(zero), 0, 1, height);
  if (!wide) return;
  context.font = textFont(palette);
  context.textBaseline = 'top';
  context.textAlign = 'left';
  context.fillText(low < 0 ? quantity(low, 'logit') : '0', left, height + 8);
  context.textAlign = 'right';
  context.fillText(high > 0 ? quantity(high, 'logit') : '0', right, height + 8);
  context.textAlign = 'center';
  context.fillText('target', (left + right) / 2, height + 8);
}

/** A pointer beside the chosen row, and a frame around it. */
function drawSelection(
  { context }: Frame,
  axis: PositionAxis,
  height: number,
  place: number,
  rows: number,
  palette: Palette,
): void {
  if (rows < 2 || place < 0) return;
  const line = height / rows;
  const middle = (place + 0.5) * line;
  context.fillStyle = palette.accent;
  context.beginPath();
  context.moveTo(axis.left - 3, middle);
  context.lineTo(axis.left - 11, middle - 5);
  context.lineTo(axis.left - 11, middle + 5);
  context.fill();
  context.strokeStyle = palette.foreground;
  context.lineWidth = 1;
  const tall = Math.max(3, line);
  context.strokeRect(axis.left - 0.5, Math.max(0.5, middle - tall / 2 - 0.5), axis.right - axis.left + 1, tall + 1);
}
