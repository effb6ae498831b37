/** A sequence logo of one example: each base as tall as its score, upwards where it speaks for the target. */
import { BASE_COLOURS, BASES, INK, round, svgText, svgUri } from './svg.js';

const WIDTH = 560;
const HEIGHT = 130;
const AXIS = 18;
/** Positions drawn at most; of longer sequences the stretch around the strongest one. */
export const LOGO_POSITIONS = 100;
/** Capitals of the usual sans-serif fonts reach 0.72 of the font size. */
const CAPITAL = 0.72;

/**
 * @param letters codes 0–3 for A, C, G, T, 4 for anything else, one per position
 * @param scores one per position; not a number draws nothing
 */
export function drawLogo(letters: Uint8Array, scores: Float32Array): string {
  const [from, to] = stretch(scores);
  const width = WIDTH / Math.max(1, to - from);
  const shown = scores.subarray(from, to);
  const highest = shown.reduce((most, score) => Math.max(most, score || 0), 0);
  const lowest = shown.reduce((least, score) => Math.min(least, score || 0), 0);
  const scale = (HEIGHT - AXIS) / (highest - lowest || 1);
  const zero = highest * scale;
  let content = '';
  for (let position = from; position < to; position++) {
    const height = (scores[position] || 0) * scale;
    if (Math.abs(height) < 0.5) continue;
    const code = letters[position] ?? 4;
    // The letter stands on zero, or hangs below it upside down, as logos do.
    const size = (height / (100 * CAPITAL)).toFixed(4);
    content += `<text transform="translate(${round((position - from) * width)} ${round(zero)}) scale(${round(width / 72)} ${size})" textLength="72" lengthAdjust="spacingAndGlyphs" fill="${BASE_COLOURS[code] ?? INK}">${BASES[code] ?? 'N'}</text>`;
  }
  const line = `<path stroke="${INK}" stroke-width="0.5" d="M0 ${round(zero)}H${WIDTH}"/>`;
  const ends =
    svgText(0, HEIGHT - 3, String(from + 1)) + svgText(WIDTH, HEIGHT - 3, `position ${to} of ${scores.length}`, 'end');
  return svgUri(
    WIDTH,
    HEIGHT,
    `<g font-family="Arial, Helvetica, sans-serif" font-weight="bold" font-size="100">${content}</g>${line}${ends}`,
  );
}

/** The whole sequence, or as much as is drawn of it around its strongest position. */
function stretch(scores: Float32Array): [number, number] {
  if (scores.length <= LOGO_POSITIONS) return [0, scores.length];
  const strongest = strongestPositions(scores, 1)[0] ?? 0;
  const from = Math.max(0, Math.min(scores.length - LOGO_POSITIONS, strongest - LOGO_POSITIONS / 2));
  return [from, from + LOGO_POSITIONS];
}

/** Indices of the scores of largest magnitude, strongest first, in one pass: sequences may have a million positions. */
export function strongestPositions(scores: Float32Array, count: number): number[] {
  const size = (index: number): number => Math.abs(scores[index] || 0);
  const found: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    if (found.length >= count && size(index) <= size(found[count - 1] ?? 0)) continue;
    const place = found.findIndex(other => size(other) < size(index));
    found.splice(place < 0 ? found.length : place, 0, index);
    if (found.length > count) found.pop();
  }
  return found;
}
