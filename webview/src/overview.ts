/**
 * A strip that shows the scores of a whole sequence and, as a frame in it, the window of positions that the logos show.
 * For pointer, keyboard and screen readers it is a slider of the window's place.
 */
import { describe } from './element.js';
import type { PositionAxis } from './plot.js';
import { firstOf } from './rows.js';
import { surface, type Frame, type Surface } from './surface.js';
import type { Palette, Theme } from './theme.js';
import { scoreRange } from './track.js';

const HEIGHT = 34;

/**
 * @param axis the positions that the logos show in a canvas of this width
 * @param scores of the whole sequence, of the example that is shown
 * @param move told the middle (zero-based position) to which the reader moves the window
 */
export function overview(
  theme: Theme,
  length: number,
  axis: (width: number) => PositionAxis,
  scores: () => Float32Array,
  move: (centre: number) => void,
): Surface {
  const say = ({ from, to }: PositionAxis): void =>
    describe(canvas, { 'aria-valuenow': from + 1, 'aria-valuetext': `positions ${from + 1} to ${to} of ${length}` });
  const strip = surface(HEIGHT, frame => {
    const shown = axis(frame.width);
    drawScores(frame, theme.palette(), shown, scores());
    drawWindow(frame, theme.palette(), shown, length);
    say(shown);
  });
  const { canvas } = strip;
  describe(canvas, {
    role: 'slider',
    tabindex: 0,
    'aria-label': 'Window of the sequence that is shown',
    'aria-valuemin': 1,
    'aria-valuemax': length,
  });
  const follow = (event: PointerEvent): void => {
    const { left, right } = axis(canvas.clientWidth);
    move(((event.offsetX - left) / (right - left)) * length);
  };
  canvas.addEventListener('pointerdown', event => {
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  });
  canvas.addEventListener('pointermove', event => {
    if (event.buttons === 1) follow(event);
  });
  canvas.addEventListener('keydown', event => {
    const { from, to } = axis(canvas.clientWidth);
    const centre = (from + to) / 2;
    const step = Math.max(1, Math.round((to - from) / 4));
    const target = { ArrowLeft: centre - step, ArrowRight: centre + step, Home: 0, End: length }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(target);
  });
  return {
    canvas,
    redraw: () => {
      // At once: the next frame would be too late for a screen reader that asks after the key was pressed.
      say(axis(canvas.clientWidth));
      strip.redraw();
    },
  };
}

/** Bars from the lowest to the highest score of the positions that share a pixel: nothing strong is averaged away. */
function drawScores(
  { context, height }: Frame,
  palette: Palette,
  { left, right }: PositionAxis,
  scores: Float32Array,
): void {
  const [low, high] = scoreRange(scores);
  const scale = (height - 4) / (high - low);
  const columns = Math.min(scores.length, Math.floor(right - left));
  const step = (right - left) / columns;
  context.fillStyle = palette.dim;
  for (let column = 0; column < columns; column++) {
    let below = 0;
    let above = 0;
    const end = firstOf(column + 1, columns, scores.length);
    for (const score of scores.subarray(firstOf(column, columns, scores.length), end)) {
      if (!Number.isFinite(score)) continue;
      below = Math.min(below, score);
      above = Math.max(above, score);
    }
    const tall = Math.max(0.5, (above - below) * scale);
    context.fillRect(left + column * step, 2 + (high - above) * scale, Math.max(1, step - 0.5), tall);
  }
}

function drawWindow({ context, height }: Frame, palette: Palette, shown: PositionAxis, length: number): void {
  const scale = (shown.right - shown.left) / length;
  const left = shown.left + shown.from * scale;
  const width = (shown.to - shown.from) * scale;
  context.globalAlpha = 0.14;
  context.fillStyle = palette.accent;
  context.fillRect(left, 0, width, height);
  context.globalAlpha = 1;
  context.strokeStyle = palette.accent;
  context.lineWidth = 1.5;
  context.strokeRect(left + 0.75, 0.75, Math.max(2, width - 1.5), height - 1.5);
}
