/** Whether maps rank positions alike: the mean rank correlation of each pair, as a matrix. */
import { cell, text } from '@observablehq/plot';
import { quantity } from '../../server/src/protocol.js';
import type { ScoredMap } from './arrays.js';
import { chart } from './chart.js';
import { chartFigure } from './chart-figure.js';
import { element } from './element.js';
import { rowOf } from './rows.js';
import type { Surroundings } from './surroundings.js';
import { table, tableBehind } from './table.js';

/** Scores of a map that are ranked: a glance needs no more, metrics cover all. */
const RANKED = 20_000;
const FEWEST = 20;
/** Size of a cell, in CSS pixels. */
const SIDE = 58;
const LINE = 30;
/** Milliseconds after which the first pictures are on the screen. */
const LATER = 100;

/** Mean over examples of Spearman's correlation of each pair of maps; examples without variation count for nothing. */
export function rankCorrelations(maps: readonly ScoredMap[]): { matrix: number[][]; examples: number } {
  const { rows = 0, length = 1 } = maps[0]?.scores ?? {};
  const examples = Math.min(rows, Math.max(FEWEST, Math.floor(RANKED / length)));
  const sums = maps.map(() => maps.map(() => 0));
  const counts = maps.map(() => maps.map(() => 0));
  for (let i = 0; i < examples; i++) {
    const row = Math.floor((i * rows) / examples);
    const ranks = maps.map(({ scores }) => centredRanks(rowOf(scores, row)));
    ranks.forEach((a, x) =>
      ranks.forEach((b, y) => {
        const correlation = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
        if (!Number.isFinite(correlation)) return;
        sums[x]![y]! += correlation;
        counts[x]![y]!++;
      }),
    );
  }
  return { matrix: sums.map((line, x) => line.map((sum, y) => sum / counts[x]![y]!)), examples };
}

/** Ranks around zero; equal scores share their mean rank. */
function centredRanks(scores: Float32Array): Float64Array {
  const order = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]!);
  const ranks = new Float64Array(scores.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + to - 1) / 2 - (scores.length - 1) / 2;
    from = to;
  }
  return ranks;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/**
 * The matrix, a moment after the other pictures: ranking is slower than drawing.
 *
 * @param maps at least two, of the same examples
 */
export function agreement(surroundings: Surroundings, maps: readonly ScoredMap[]): HTMLElement {
  const holder = element('div');
  // What replaces another view must be as tall at once, or the reader is scrolled away.
  holder.style.minHeight = `${110 + LINE * maps.length}px`;
  setTimeout(() => holder.replaceChildren(matrixOf(surroundings, maps)), LATER);
  return holder;
}

function matrixOf(surroundings: Surroundings, maps: readonly ScoredMap[]): HTMLElement {
  const names = maps.map(({ map }) => map.name);
  const { matrix, examples } = rankCorrelations(maps);
  const cells = names.flatMap((a, x) => names.map((b, y) => ({ a, b, value: matrix[x]![y]! })));
  const title = `Agreement: mean rank correlation of position scores over ${quantity(examples, 'count')} examples`;
  const width = 90 + SIDE * names.length;
  const drawing = chart(title, 'agreement', {
    width,
    height: 28 + LINE * names.length,
    marginLeft: 90,
    marginTop: 22,
    marginRight: 0,
    marginBottom: 6,
    padding: 0.04,
    x: { axis: 'top', label: null, tickSize: 0, domain: names, tickFormat: shortened },
    y: { label: null, tickSize: 0, domain: names, tickFormat: shortened },
    marks: [
      cell(cells, { x: 'b', y: 'a', fill: ({ value }: { value: number }) => colourOf(value) }),
      text(cells, {
        x: 'b',
        y: 'a',
        text: ({ value }: { value: number }) => quantity(value, 'correlation'),
        fill: 'var(--foreground)',
      }),
    ],
  });
  drawing.style.maxWidth = `${width}px`;
  const rows = (shown: (value: number) => string | number): (string | number)[][] =>
    names.map((name, x) => [name, ...matrix[x]!.map(shown)]);
  const behind = tableBehind('Table: correlations', () =>
    table(
      title,
      ['map', ...names],
      rows(value => quantity(value, 'correlation')).map(line => line.map(String)),
    ),
  );
  return chartFigure(surroundings, {
    title,
    drawing,
    kind: 'agreement',
    behind: behind.node,
    name: 'agreement of maps',
    numbers: () => [['map', ...names], ...rows(value => value)],
  });
}

/** The colour of a sign, faint enough for the number that stands on it; zero is the background. */
const colourOf = (value: number): string =>
  `color-mix(in srgb, var(--${value < 0 ? 'negative' : 'positive'}) ${Math.round(55 * Math.abs(value || 0))}%, var(--background))`;

const shortened = (name: string): string => (name.length > 11 ? `${name.slice(0, 10)}…` : name);
