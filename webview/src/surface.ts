/** A canvas that stays sharp: it follows its width, the device pixel ratio and the theme, and redraws once per frame. */
import { element } from './element.js';
import type { Pen } from './pen.js';
import { THEME_CHANGED } from './theme.js';

export interface Surface {
  readonly canvas: HTMLCanvasElement;
  /** Draws again in the next frame. */
  readonly redraw: () => void;
}

/** What a drawing function gets: a pen in CSS pixels, cleared, and the size of the drawing. */
export interface Frame {
  readonly context: Pen;
  readonly width: number;
  readonly height: number;
  /** Device pixels per CSS pixel. */
  readonly ratio: number;
}

/**
 * @param height in CSS pixels
 * @param draw called for every change of size, theme or data
 */
export function surface(height: number, draw: (frame: Frame) => void): Surface {
  const canvas = element('canvas');
  // Before it is drawn as well: a view that replaces another must be as tall at once, or the reader is scrolled away.
  canvas.style.height = `${height}px`;
  let waiting = false;
  const paint = (): void => {
    waiting = false;
    const width = canvas.clientWidth;
    const context = canvas.getContext('2d');
    if (width === 0 || !context) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    draw({ context, width, height, ratio });
  };
  const redraw = (): void => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(paint);
  };
  // Painted at once in the observer, not a frame later, so that a resize never shows a stretched picture.
  let last = 0;
  new ResizeObserver(() => {
    if (canvas.clientWidth === last) return;
    last = canvas.clientWidth;
    paint();
  }).observe(canvas);
  canvas.addEventListener(THEME_CHANGED, redraw);
  return { canvas, redraw };
}
