/** What stands beside and on the cells of a heatmap: names or targets of its rows, the chosen row, the pointer's marks. */
import { quantity } from '../../server/src/protocol.js';
import { columnWidth, fitted, NARROW, textFont, type PositionAxis } from './plot.js';
import { firstOf } from './rows.js';
import type { Frame } from './surface.js';
import type { Palette } from './theme.js';
import { width as count, type Span } from './zoom.js';

/** The rows of a heatmap on the screen. */
export interface Rows {
  readonly order: readonly number[];
  /** Places that are shown. */
  readonly places: Span;
  /** Of all of them together, in CSS pixels. */
  readonly height: number;
}

export function drawNames(
  { context }: Frame,
  axis: PositionAxis,
  { order, places, height }: Rows,
  names: readonly string[],
  palette: Palette,
): void {
  context.font = textFont(palette);
  context.fillStyle = palette.dim;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  const line = height / count(places);
  order.slice(...places).forEach((row, place) => {
    const text = fitted(context, names[row] ?? '', axis.left - 22);
    context.fillText(text, 0, (place + 0.5) * line);
  });
}

/** Bars of the explained number beside the rows, from zero; bars of averaged rows show their mean. */
export function drawPredictions(
  { context, width }: Frame,
  axis: PositionAxis,
  { order, places, height }: Rows,
  lines: number,
  predictions: Float32Array,
  palette: Palette,
): void {
  const wide = width > NARROW;
  const right = axis.left - 16;
  const left = wide ? right - 120 : 0;
  let [low, high] = [0, 0];
  for (const value of predictions) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const place = (value: number): number => left + ((value - low) / (high - low || 1)) * (right - left);
  const zero = place(0);
  const line = height / lines;
  const shown = count(places);
  context.fillStyle = palette.dim;
  context.globalAlpha = 0.45;
  for (let index = 0; index < lines; index++) {
    const members = order
      .slice(places[0] + firstOf(index, lines, shown), places[0] + firstOf(index + 1, lines, shown))
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

/** A pointer beside the chosen row, and a frame around it; nothing where it is not shown. */
export function drawSelection(
  { context }: Frame,
  axis: PositionAxis,
  { order, places, height }: Rows,
  place: number,
  palette: Palette,
): void {
  if (order.length < 2 || place < places[0] || place >= places[1]) return;
  const line = height / count(places);
  const middle = (place - places[0] + 0.5) * line;
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

/** The position under the pointer, here or in a logo. */
export function drawHovered(
  { context }: Frame,
  axis: PositionAxis,
  height: number,
  position: number,
  palette: Palette,
): void {
  if (position < axis.from || position >= axis.to) return;
  const column = columnWidth(axis);
  const middle = axis.left + (position - axis.from + 0.5) * column;
  context.strokeStyle = palette.accent;
  context.lineWidth = 1;
  if (column < 4) context.strokeRect(middle, 0, 0, height);
  else context.strokeRect(middle - column / 2, 0.5, column, height - 1);
}

/** What the reader is about to magnify, as a rectangle on the canvas. */
export function drawBrush({ context }: Frame, { x, y, width, height }: DOMRectReadOnly, palette: Palette): void {
  context.fillStyle = palette.accent;
  context.globalAlpha = 0.16;
  context.fillRect(x, y, width, height);
  context.globalAlpha = 1;
  context.strokeStyle = palette.accent;
  context.lineWidth = 1;
  context.strokeRect(Math.round(x) + 0.5, Math.round(y) + 0.5, width, height);
}
