/** What logos and heatmaps share, so that one position stands on one vertical line through all pictures of a data set. */
import type { Pen } from './pen.js';
import { positionTicks } from './scale.js';
import type { Palette } from './theme.js';

/** Width of the view below which titles stand above their tracks instead of beside them; as in the stylesheet. */
export const NARROW = 680;
/** Column of titles beside the tracks; as in the stylesheet. */
export const TITLES = 168;
/** Room for the numbers of the vertical axis. */
export const GUTTER = 44;
/** Room right of the last position. */
export const MARGIN = 10;

export const textFont = (palette: Palette): string => `11px ${palette.family}`;

/** Positions from (inclusive, zero-based) to (exclusive) between two places on the canvas. */
export interface PositionAxis {
  readonly from: number;
  readonly to: number;
  readonly left: number;
  readonly right: number;
}

export const columnWidth = (axis: PositionAxis): number => (axis.right - axis.left) / (axis.to - axis.from);

/** Place of the middle of a one-based position. */
export const placeOf = (axis: PositionAxis, position: number): number =>
  axis.left + (position - 0.5 - axis.from) * columnWidth(axis);

/** Zero-based position under a place, none outside of the axis. */
export function positionAt(axis: PositionAxis, place: number): number | undefined {
  if (place < axis.left || place >= axis.right) return undefined;
  return axis.from + Math.floor((place - axis.left) / columnWidth(axis));
}

/** One-based positions to be labelled. */
export function axisTicks(axis: PositionAxis): number[] {
  return positionTicks(axis.from + 1, axis.to, Math.max(2, Math.floor((axis.right - axis.left) / 70)));
}

/** Tick marks from `top` downwards with their numbers; none is cut off at the edge of the canvas. */
export function drawPositionAxis(context: Pen, palette: Palette, axis: PositionAxis, top: number, width: number): void {
  context.font = textFont(palette);
  context.textBaseline = 'top';
  context.textAlign = 'center';
  for (const tick of axisTicks(axis)) {
    const place = placeOf(axis, tick);
    const text = String(tick);
    const half = context.measureText(text).width / 2;
    context.fillStyle = palette.dim;
    context.fillRect(Math.round(place), top, 1, 4);
    context.fillText(text, Math.min(Math.max(place, half), width - half), top + 6);
  }
}

/** A name in bold at the left edge of a saved picture, centred in a band from `top` downwards. */
export function drawTitle(context: Pen, palette: Palette, text: string, top: number, height: number): void {
  context.font = `bold ${textFont(palette)}`;
  context.fillStyle = palette.foreground;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillText(text, 0, top + height / 2);
}

/** A text cut to a width, its end replaced by an ellipsis. */
export function fitted(context: Pen, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let kept = text.length;
  while (kept > 0 && context.measureText(`${text.slice(0, kept)}…`).width > width) kept--;
  return `${text.slice(0, kept)}…`;
}
