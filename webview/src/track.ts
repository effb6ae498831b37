/** One method's track of a logo: letters standing on or hanging from the zero line of one example. */
import type { Pen } from './pen.js';
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
  /** [length]: standard deviations that are shown as a band. */
  readonly spread?: Float32Array | undefined;
  /** [length × 4]: what each base would contribute, stacked; the scores alone where absent. */
  readonly bases?: Float32Array | undefined;
  /** Scores at the lower and upper end of the track. */
  readonly range: readonly [number, number];
  /** Zero-based position under the pointer. */
  readonly hovered: number | undefined;
}

/** The range of scores a track shows: zero inside, and room on both sides of it; stacks and bands inside too. */
export function scoreRange(
  scores: Float32Array,
  { spread, bases }: Pick<Track, 'spread' | 'bases'> = {},
): [number, number] {
  let low = 0;
  let high = 0;
  scores.forEach((score, position) => {
    const [below, above] = bases ? stackHeights(bases, position) : [Math.min(0, score), Math.max(0, score)];
    const band = spread?.[position] ?? 0;
    if (!Number.isFinite(below + above + band)) return;
    low = Math.min(low, below, score - band);
    high = Math.max(high, above, score + band);
  });
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
  if (track.spread) drawBand(context, palette, axis, track.scores, track.spread, zero, scale);
  if (track.bases) drawStacks(context, palette, axis, track.bases, zero, scale);
  else drawScores(context, palette, axis, track, zero, scale);

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

/** One standard deviation to both sides of each score. */
function drawBand(
  context: Pen,
  palette: Palette,
  axis: PositionAxis,
  scores: Float32Array,
  spread: Float32Array,
  zero: number,
  scale: number,
): void {
  const column = columnWidth(axis);
  context.fillStyle = palette.foreground;
  context.globalAlpha = 0.16;
  for (let position = axis.from; position < axis.to; position++) {
    const [score, band] = [scores[position] ?? NaN, spread[position] ?? NaN];
    if (!Number.isFinite(score + band)) continue;
    const left = axis.left + (position - axis.from) * column;
    context.fillRect(left, zero - (score + band) * scale, column, 2 * band * scale);
  }
  context.globalAlpha = 1;
}

/** Sums of what the bases of a position add below and above zero. */
function stackHeights(bases: Float32Array, position: number): [number, number] {
  let [below, above] = [0, 0];
  for (const value of bases.subarray(4 * position, 4 * position + 4))
    if (value < 0) below += value;
    else above += value;
  return [below, above];
}

/** Where glyphs stand: letters leave a gap to their neighbours, bars that are too narrow for letters none. */
function glyphColumns(axis: PositionAxis) {
  const column = columnWidth(axis);
  const width = column >= READABLE - 1 ? column * 0.92 : column;
  const left = (position: number): number => axis.left + (position - axis.from) * column + (column - width) / 2;
  return { column, width, left };
}

/** All bases of each position, from zero outwards by size, as hypothetical contributions are drawn. */
function drawStacks(
  context: Pen,
  palette: Palette,
  axis: PositionAxis,
  bases: Float32Array,
  zero: number,
  scale: number,
): void {
  const { column, width, left } = glyphColumns(axis);
  for (let position = axis.from; position < axis.to; position++) {
    const values = bases.subarray(4 * position, 4 * position + 4);
    const x = left(position);
    let [above, below] = [zero, zero + 1];
    for (const code of [0, 1, 2, 3].sort((a, b) => Math.abs(values[a]!) - Math.abs(values[b]!))) {
      const size = Math.abs(values[code]!) * scale;
      if (!(size > 0 && size < Infinity)) continue;
      const positive = values[code]! > 0;
      drawGlyph(context, palette, code, x, positive ? above - size : below, width, size, column);
      if (positive) above -= size;
      else below += size;
    }
  }
}

/** Below two pixels a letter is a smudge: a bar in its colour says the same more clearly. */
function drawGlyph(
  context: Pen,
  palette: Palette,
  code: number,
  x: number,
  y: number,
  width: number,
  height: number,
  column: number,
): void {
  context.fillStyle = palette.bases[code] ?? palette.foreground;
  if (column >= READABLE - 1 && height >= 2) drawLetter(context, code, x, y, width, height);
  else context.fillRect(x, y, width, height);
}

function drawScores(
  context: Pen,
  palette: Palette,
  axis: PositionAxis,
  { scores, letters }: Track,
  zero: number,
  scale: number,
): void {
  const { column, width, left } = glyphColumns(axis);
  for (let position = axis.from; position < axis.to; position++) {
    const value = scores[position] ?? NaN;
    const size = Math.abs(value) * scale;
    if (!(size > 0 && size < Infinity)) continue;
    const code = letters[position] ?? 4;
    const x = left(position);
    const y = value > 0 ? zero - size : zero + 1;
    drawGlyph(context, palette, code, x, y, width, size, column);
  }
}
