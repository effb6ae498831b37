/**
 * Letter shapes for sequence logos, drawn as outlines instead of text, so that every letter fills its box exactly
 * whatever fonts the machine has.
 */
import { SvgPen, type Pen } from './pen.js';

/** Codes 0–3 are A, C, G, T; 4 is anything else. */
export const LETTERS = 'ACGTN';

/** Outlines in a box of 100 × 100, y downwards, filled by the even-odd rule. */
const OUTLINES = [
  'M0 100L37 0H63L100 100H76L69 77H31L24 100ZM37 59H63L50 18Z',
  'M100 66C97 88 78 100 53 100C20 100 0 80 0 50C0 20 20 0 53 0C78 0 96 12 100 33L78 38C75 25 66 18 53 18C34 18 23 29 23 50C23 71 34 82 53 82C67 82 76 75 78 62Z',
  'M100 84C88 95 73 100 54 100C20 100 0 80 0 50C0 20 20 0 53 0C78 0 95 11 99 32L77 37C74 24 65 18 53 18C34 18 23 29 23 50C23 72 34 82 54 82C64 82 72 79 78 75V63H55V46H100Z',
  'M0 0H100V19H62V100H38V19H0Z',
  'M0 0H24L77 64V0H100V100H76L23 36V100H0Z',
] as const;

let paths: readonly Path2D[] | undefined;

/** Fills a letter into the box whose upper left corner is (x, y), in the current fill style. */
export function drawLetter(context: Pen, code: number, x: number, y: number, width: number, height: number): void {
  if (context instanceof SvgPen) {
    context.outline(OUTLINES[code] ?? OUTLINES[4], x, y, width, height);
    return;
  }
  paths ??= OUTLINES.map(outline => new Path2D(outline));
  const path = paths[code] ?? paths[4];
  if (!path) return;
  context.save();
  context.translate(x, y);
  context.scale(width / 100, height / 100);
  context.fill(path, 'evenodd');
  context.restore();
}
