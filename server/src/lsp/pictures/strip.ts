/**
 * The heatmap strip after an attribution: a few examples, evenly spread over the data set, one line each. Blue below and
 * orange above zero, as in the panel. Where positions are more than columns, the strongest one stands for its
 * neighbours: a mean would wash short motifs out.
 */
import type { ResultStore } from '../../store/store.js';
import { svgUri } from './svg.js';

export interface Strip {
  readonly dark: string;
  readonly light: string;
}

const COLUMNS = 60;
const LINES = 7;
const CELL = 2;

/** From weak to strong; zero is left out and shows the editor's background. */
const COLOURS = {
  dark: {
    negative: ['#1d4568', '#2f7cc0', '#6caadd', '#a9d8ff'],
    positive: ['#6b3f1c', '#c9681c', '#e4985a', '#ffc78f'],
  },
  light: {
    negative: ['#bcd9ee', '#5a9fd6', '#336fa7', '#0b3f78'],
    positive: ['#f5d3b3', '#e58a3c', '#b8611e', '#8a3800'],
  },
} as const;
const LEVELS = 4;

/** @throws StoreError when the map has no position scores */
export async function drawStrip(store: ResultStore, key: string): Promise<Strip> {
  const scores = await store.array(key, 'scores');
  const rows = scores.shape[0] ?? 0;
  const lines: Float64Array[] = [];
  for (let line = 0; line < Math.min(LINES, rows); line++) {
    const row = Math.floor((line * rows) / Math.min(LINES, rows));
    lines.push(condense(await scores.read(row, row + 1), COLUMNS));
  }
  return stripOf(lines);
}

/** A strip of lines with equally many cells. */
export function stripOf(lines: readonly Float64Array[]): Strip {
  const limit = usualMaximum(lines);
  return { dark: paint(lines, limit, 'dark'), light: paint(lines, limit, 'light') };
}

/** Values as at most so many cells, each the strongest of its neighbours. Not a number counts as zero. */
export function condense(values: ArrayLike<number>, columns: number): Float64Array {
  const cells = new Float64Array(Math.min(columns, values.length));
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    const cell = Math.floor((index * cells.length) / values.length);
    if (Math.abs(value) > Math.abs(cells[cell]!)) cells[cell] = value;
  }
  return cells;
}

/** The median over lines of the line's largest magnitude: one outlying example does not bleach the others. */
function usualMaximum(lines: readonly Float64Array[]): number {
  const largest = lines.map(line => Math.max(0, ...line.map(Math.abs).filter(Number.isFinite))).sort((a, b) => a - b);
  return largest[Math.floor(largest.length / 2)] || (largest.at(-1) ?? 0);
}

function paint(lines: readonly Float64Array[], limit: number, theme: keyof typeof COLOURS): string {
  const paths = new Map<string, string>();
  lines.forEach((line, row) => {
    line.forEach((value, column) => {
      const level = limit > 0 ? Math.min(LEVELS, Math.round((LEVELS * Math.abs(value)) / limit)) : 0;
      const colour = COLOURS[theme][value < 0 ? 'negative' : 'positive'][level - 1];
      if (colour === undefined) return;
      const cell = `M${CELL * column} ${CELL * row}h${CELL}v${CELL}h-${CELL}z`;
      paths.set(colour, (paths.get(colour) ?? '') + cell);
    });
  });
  const cells = [...paths].map(([colour, path]) => `<path fill="${colour}" d="${path}"/>`).join('');
  // A faint ground shows where the sequence begins and ends.
  const ground = '<path fill="#808080" fill-opacity="0.13" d="M0 0h120v14h-120z"/>';
  return svgUri(CELL * (lines[0]?.length ?? 0), CELL * LINES, ground + cells);
}
