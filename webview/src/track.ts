/** One method's track of a logo: letters standing on or hanging from the zero line of one example. */
import { quantity } from '../../server/src/protocol.js';
import { drawLetter } from './letters.js';
import { axisTicks, columnWidth, placeOf, textFont, type PositionAxis } from './plot.js';
import type { Frame } from './surface.js';
import type { Palette } from './theme.js';

export const TRACK_HEIGHT = 92;
/** Narrowest column in which a letter can be told from another. */
export const READABLE = 6;
/** Room above and below the scores. */
const ROOM = 7;
/** Scores closer to zero than this have no number on the axis: it would touch the zero. */
const LABEL_ROOM = 14;

export interface Track {
  /** [length] */
  readonly scores: Float32Array;
  /** [length], 0–3 for A, C, G, T, 4 for anything else. */
  readonly letters: Uint8Array;
  /** Scores at the lower and upper end of the track. */
  readonly range: readonly [number, number];
  /** Zero-based position under the pointer. */
  readonly hovered: number | undefined;
}

/** The range of scores a track shows: zero inside, and room on both sides of it. */
export function scoreRange(scores: Float32Array): [number, number] {
  let low = 0;
  let high = 0;
  for (const score of scores) {
    if (!Number.isFinite(score)) continue;
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  const room = 0.08 * (high - low || 1);
  return [Math.min(low, -room), Math.max(high, room)];
}

export function drawTrack(frame: Frame, palette: Palette, axis: PositionAxis, track: Track): void {
  const { context, height, ratio } = frame;
  const [low, high] = track.range;
  const scale = (height - 2 * ROOM) / (high - low);
  // On a device pixel, or the line would be blurred.
  const zero = Math.round((ROOM + high * scale) * ratio) / ratio;

  drawGuides(frame, palette, axis, track.hovered);
  context.fillStyle = palette.line;
  context.fillRect(axis.left, zero, axis.right - axis.left, 1);
  drawScores(context, palette, axis, track, zero, scale);

  context.font = textFont(palette);
  context.fillStyle = palette.dim;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const labels: [number, number][] = [[0, zero]];
  if (high * scale > LABEL_ROOM) labels.push([high, ROOM]);
  if (-low * scale > LABEL_ROOM) labels.push([low, height - ROOM]);
  for (const [value, y] of labels) context.fillText(quantity(value, 'logit'), axis.left - 7, y);
}

/** Faint lines at the labelled positions, and the column under the pointer. */
function drawGuides({ context, height, ratio }: Frame, palette: Palette, axis: PositionAxis, hovered?: number): void {
  context.fillStyle = palette.guide;
  for (const tick of axisTicks(axis)) context.fillRect(Math.round(placeOf(axis, tick)), 0, 1 / ratio, height);
  if (hovered !== undefined && hovered >= axis.from && hovered < axis.to) {
    const column = columnWidth(axis);
    context.fillStyle = palette.accent;
    context.globalAlpha = 0.16;
    context.fillRect(axis.left + (hovered - axis.from) * column, 0, column, height);
  }
  context.globalAlpha = 1;
}

function drawScores(
  context: CanvasRenderingContext2D,
  palette: Palette,
  axis: PositionAxis,
  { scores, letters }: Track,
  zero: number,
  scale: number,
): void {
  const column = columnWidth(axis);
  const readable = column >= READABLE - 1;
  const width = readable ? column * 0.92 : column;
  for (let position = axis.from; position < axis.to; position++) {
    const value = scores[position] ?? NaN;
    const size = Math.abs(value) * scale;
    if (!(size > 0 && size < Infinity)) continue;
    const code = letters[position] ?? 4;
    const x = axis.left + (position - axis.from) * column + (column - width) / 2;
    const y = value > 0 ? zero - size : zero + 1;
    context.fillStyle = palette.bases[code] ?? palette.foreground;
    // Below two pixels a letter is a smudge: a bar in its colour says the same more clearly.
    if (readable && size >= 2) drawLetter(context, code, x, y, width, size);
    else context.fillRect(x, y, width, size);
  }
}
