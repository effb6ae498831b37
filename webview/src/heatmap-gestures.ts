/**
 * How a reader moves through a heatmap. Dragging marks what is to be magnified; in a magnified picture it moves the picture,
 * and marks with Shift. The wheel magnifies with Ctrl or Cmd alone, so that it never holds the page back. Every gesture has
 * a key: + and −, 0 for everything, Shift with the arrows; the arrows alone choose an example.
 */
import { isWhole, magnified, moved, whole, width, within, type Zoom } from './zoom.js';

/** A picture of cells on a canvas. */
export interface Stage {
  readonly canvas: HTMLCanvasElement;
  readonly rows: number;
  readonly length: number;
  readonly zoom: () => Zoom;
  /** Where the cells are, in CSS pixels. */
  readonly area: () => DOMRectReadOnly;
}

export interface Wishes {
  readonly zoom: (zoom: Zoom) => void;
  /** Marks what would be magnified, or nothing any more. */
  readonly mark: (rectangle: DOMRectReadOnly | undefined) => void;
  /** A click at this height. */
  readonly click: (y: number) => void;
}

/** Pixels that a pointer may tremble during a click. */
const STILL = 4;
const FINER = 0.5;

export function gestures({ canvas, rows, length, zoom, area }: Stage, { zoom: show, mark, click }: Wishes): void {
  let start: { x: number; y: number; zoom: Zoom; marks: boolean } | undefined;
  let dragged = false;
  const shares = (x: number, y: number): { x: number; y: number } => {
    const { left, top, width: wide, height } = area();
    return { x: clamped((x - left) / wide), y: clamped((y - top) / height) };
  };
  const pan = (event: PointerEvent, from: { x: number; y: number; zoom: Zoom }): void => {
    const [a, b] = [shares(from.x, from.y), shares(event.offsetX, event.offsetY)];
    const { places, positions } = from.zoom;
    show(moved(from.zoom, (a.y - b.y) * width(places), (a.x - b.x) * width(positions), rows, length));
  };
  const finish = (): void => {
    start = undefined;
    mark(undefined);
  };
  canvas.addEventListener('pointerdown', event => {
    if (event.button !== 0) return;
    const marks = event.shiftKey || isWhole(zoom(), rows, length);
    start = { x: event.offsetX, y: event.offsetY, zoom: zoom(), marks };
    dragged = false;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', event => {
    if (!start) return;
    dragged ||= Math.hypot(event.offsetX - start.x, event.offsetY - start.y) > STILL;
    if (!dragged) return;
    if (start.marks) mark(between(start, event, area()));
    else pan(event, start);
  });
  canvas.addEventListener('pointerup', event => {
    if (dragged && start?.marks)
      show(brushed(zoom(), shares(start.x, start.y), shares(event.offsetX, event.offsetY), rows, length));
    finish();
  });
  canvas.addEventListener('pointercancel', finish);
  canvas.addEventListener('click', event => {
    if (!dragged) click(event.offsetY);
  });
  canvas.addEventListener('dblclick', () => show(whole(rows, length)));
  canvas.addEventListener(
    'wheel',
    event => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      show(magnified(zoom(), 2 ** (event.deltaY / 200), shares(event.offsetX, event.offsetY), rows, length));
    },
    { passive: false },
  );
  canvas.addEventListener('keydown', event => {
    const wanted = keyed(event, zoom(), rows, length);
    if (!wanted) return;
    event.preventDefault();
    event.stopPropagation();
    show(wanted);
  });
}

/** Half as much in both directions, or twice as much, around the middle. */
export const step = (zoom: Zoom, closer: boolean, rows: number, length: number): Zoom =>
  magnified(zoom, closer ? FINER : 1 / FINER, { x: 0.5, y: 0.5 }, rows, length);

function keyed(event: KeyboardEvent, zoom: Zoom, rows: number, length: number): Zoom | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.key === '+' || event.key === '=') return step(zoom, true, rows, length);
  if (event.key === '-') return step(zoom, false, rows, length);
  if (event.key === '0') return whole(rows, length);
  const quarter = {
    ArrowLeft: [0, -0.25],
    ArrowRight: [0, 0.25],
    ArrowUp: [-0.25, 0],
    ArrowDown: [0.25, 0],
  }[event.key];
  if (!event.shiftKey || !quarter) return undefined;
  const [down = 0, right = 0] = quarter;
  return moved(zoom, down * width(zoom.places), right * width(zoom.positions), rows, length);
}

/** What lies between two corners, as shares of the picture; a flat mark keeps the other direction as it is. */
export function brushed(
  { places, positions }: Zoom,
  a: { x: number; y: number },
  b: { x: number; y: number },
  rows: number,
  length: number,
): Zoom {
  const part = ([from, to]: readonly [number, number], one: number, two: number): readonly [number, number] =>
    Math.abs(one - two) < 0.02
      ? [from, to]
      : [Math.floor(from + Math.min(one, two) * (to - from)), Math.ceil(from + Math.max(one, two) * (to - from))];
  return within({ places: part(places, a.y, b.y), positions: part(positions, a.x, b.x) }, rows, length);
}

/** The rectangle between where the pointer went down and where it is, inside of the picture. */
function between(start: { x: number; y: number }, event: PointerEvent, area: DOMRectReadOnly): DOMRectReadOnly {
  const x = [start.x, event.offsetX].map(at => Math.max(area.left, Math.min(area.right, at)));
  const y = [start.y, event.offsetY].map(at => Math.max(area.top, Math.min(area.bottom, at)));
  const [left, top] = [Math.min(...x), Math.min(...y)];
  return new DOMRectReadOnly(left, top, Math.max(...x) - left, Math.max(...y) - top);
}

const clamped = (share: number): number => Math.max(0, Math.min(1, share));
