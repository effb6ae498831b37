/**
 * Motifs as logos: what a pattern's bases contribute, how often they are there, and the known motif that it is most like, on one
 * axis; positions outside the pattern's span are faint.
 */
import { quantity } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';
import { describe, element } from './element.js';
import { exports, type Cells } from './exports.js';
import type { Figure } from './figure.js';
import { LETTERS } from './letters.js';
import { note } from './notes.js';
import { drawPositionAxis, drawTitle, GUTTER, MARGIN, type PositionAxis } from './plot.js';
import { surface, type Frame } from './surface.js';
import type { Surroundings } from './surroundings.js';
import { table, tableBehind } from './table.js';
import type { ResultTable } from './tables.js';
import type { Palette } from './theme.js';
import { drawTrack, scoreRange } from './track.js';

type Motifs = NonNullable<ResultTable['motifs']>;
type Track = Motifs['tracks'][number];

const HEIGHT = 74;
/** Room for the positions, and for the name of a pattern in a saved picture. */
const AXIS = 20;
const HEAD = 26;
const BASES = ['A', 'C', 'G', 'T'];
/** Patterns beyond these are in the table alone. */
const DRAWN = 20;
/** Widest column: a motif of few positions is not stretched over the whole page. */
const WIDEST_COLUMN = 26;

export function patterns(
  surroundings: Surroundings,
  result: ResultTable,
  _values: Float32Array,
  arrays: Arrays,
): HTMLElement {
  const { motifs, rows, axes } = result;
  const width = axes[1]?.size ?? 0;
  if (!motifs) return element('div');
  const drawn = motifs.rows.slice(0, DRAWN);
  const behind = tableBehind(`Table: ${rows.length === 1 ? 'the pattern' : `${rows.length} patterns`}`, () =>
    table(
      `The patterns of ${result.name}`,
      ['pattern', 'seqlets or sites', 'consensus', 'known motif', 'E-value', 'q-value'],
      motifs.rows.map((row, i) => [
        rows[i] ?? '',
        row.sites === undefined ? '' : quantity(row.sites, 'count'),
        consensus(probabilitiesOf(motifs, arrays, i, width), row),
        row.match ? motifName(row.match) : '',
        row.match ? quantity(row.match.e, 'number') : '',
        row.match ? quantity(row.match.q, 'number') : '',
      ]),
    ),
  );
  const left = motifs.rows.length - drawn.length;
  const drawingsOf = (index: number): Drawing[] => {
    const row = drawn[index]!;
    return motifs.tracks
      .filter(({ array }) => array !== 'matched' || row.match)
      .map(track => ({ track, row, name: rows[index] ?? '', width, index }));
  };
  const figure = (node: HTMLElement): Figure => {
    const each = drawn.map((row, i) => ({ title: [rows[i] ?? '', factsOf(row)].join('   '), tracks: drawingsOf(i) }));
    return {
      width: node.clientWidth,
      height: each.reduce((sum, { tracks }) => sum + HEAD + HEIGHT * tracks.length + AXIS, 0),
      background: surroundings.theme.palette().background,
      draw: ({ context, width: across, ratio }) => {
        const palette = surroundings.theme.palette();
        let top = 0;
        for (const { title, tracks } of each) {
          drawTitle(context, palette, title, top, HEAD);
          top += HEAD;
          for (const drawing of tracks) {
            context.save();
            context.translate(0, top);
            drawLetters({ context, width: across, height: HEIGHT, ratio }, palette, drawing, arrays);
            context.restore();
            top += HEIGHT;
          }
          drawPositionAxis(context, palette, positions(across, width), top, across);
          top += AXIS;
        }
      },
    };
  };
  const cells = (): Cells => [
    ['pattern', 'position', ...motifs.tracks.flatMap(({ title }) => BASES.map(base => `${title} ${base}`))],
    ...motifs.rows.flatMap((_, i) =>
      Array.from({ length: width }, (_at, at) => [
        rows[i] ?? '',
        at + 1,
        ...motifs.tracks.flatMap(({ name: of }) => [...rowOf(arrays, of, i, width).subarray(4 * at, 4 * at + 4)]),
      ]),
    ),
  ];
  const node: HTMLElement = element(
    'div',
    {},
    ...drawn.map((row, i) => {
      const name = rows[i] ?? '';
      const facts = factsOf(row);
      return element(
        'div',
        { class: 'pattern' },
        element('p', {}, element('strong', {}, name), facts === '' ? '' : ` · ${facts}`),
        ...drawingsOf(i).map(drawing => trackOf(surroundings, drawing, motifs, arrays)),
        axisOf(surroundings, width),
      );
    }),
    left > 0 ? note('information', `${left} more patterns are in the table.`) : undefined,
    element(
      'div',
      { class: 'under' },
      behind.node,
      exports(surroundings, { name: result.name, table: cells, picture: () => figure(node) }),
    ),
  );
  return node;
}

interface Drawing {
  readonly track: Track;
  readonly row: Motifs['rows'][number];
  readonly name: string;
  readonly width: number;
  readonly index: number;
}

const unitOf = ({ is }: Track): string => (is === 'probabilities' ? 'bit' : 'target');

/** One track of a pattern: its letters, what was trimmed behind a veil of the background. */
function drawLetters(frame: Frame, palette: Palette, { track, row, width, index }: Drawing, arrays: Arrays): void {
  const values = rowOf(arrays, track.name, index, width);
  const bases = track.is === 'probabilities' ? byInformation(values) : values;
  const scores = Float32Array.from({ length: width }, (_, at) => sumOf(bases.subarray(4 * at, 4 * at + 4)));
  const range = track.is === 'probabilities' ? ([-0.15, 2.1] as const) : scoreRange(scores, { bases });
  const letters = new Uint8Array(width).fill(4);
  const { context } = frame;
  const axis = positions(frame.width, width);
  drawTrack(frame, palette, axis, { scores, letters, bases, range, hovered: undefined });
  context.fillStyle = palette.background;
  context.globalAlpha = 0.65;
  const column = (axis.right - axis.left) / width;
  context.fillRect(axis.left, 0, row.from * column, HEIGHT);
  context.fillRect(axis.left + row.to * column, 0, (width - row.to) * column, HEIGHT);
  context.globalAlpha = 1;
}

function trackOf({ theme }: Surroundings, drawing: Drawing, motifs: Motifs, arrays: Arrays): HTMLElement {
  const { track, row, name, width, index } = drawing;
  const values = rowOf(arrays, track.name, index, width);
  const { canvas } = surface(HEIGHT, frame => drawLetters(frame, theme.palette(), drawing, arrays));
  const known = track.array === 'matched' && row.match ? ` ${motifName(row.match)}` : '';
  const unit = unitOf(track);
  const read = consensus(track.is === 'probabilities' ? values : probabilitiesOf(motifs, arrays, index, width), row);
  describe(canvas, { role: 'img', 'aria-label': `${track.title}${known} of ${name} (${unit}): ${read}` });
  return element(
    'div',
    { class: 'track' },
    element('div', { class: 'title dim' }, `${track.title}${known}, ${unit}`),
    canvas,
  );
}

function axisOf({ theme }: Surroundings, width: number): HTMLElement {
  const { canvas } = surface(AXIS, frame =>
    drawPositionAxis(frame.context, theme.palette(), positions(frame.width, width), 0, frame.width),
  );
  canvas.setAttribute('aria-hidden', 'true');
  return element('div', { class: 'track' }, element('div', { class: 'title' }), canvas);
}

function positions(available: number, width: number): PositionAxis {
  const right = Math.min(available - MARGIN, GUTTER + width * WIDEST_COLUMN);
  return { from: 0, to: width, left: GUTTER, right };
}

function factsOf({ sites, match }: Motifs['rows'][number]): string {
  const many = sites === undefined ? [] : [`${quantity(sites, 'count')} ${sites === 1 ? 'site' : 'sites'}`];
  const known = match ? [`${motifName(match)}, q ${quantity(match.q, 'number')}`] : [];
  return [...many, ...known].join(' · ');
}

const motifName = ({ id, name }: { id: string; name: string }): string => (id === name ? id : `${name} (${id})`);

/** [position × base] of one pattern; zeros where the array is not there. */
function rowOf(arrays: Arrays, name: string, row: number, width: number): Float32Array {
  const values = arrays.get(name);
  const size = 4 * width;
  return values instanceof Float32Array && values.length >= (row + 1) * size
    ? values.subarray(row * size, (row + 1) * size)
    : new Float32Array(size);
}

function probabilitiesOf({ tracks }: Motifs, arrays: Arrays, row: number, width: number): Float32Array {
  return rowOf(arrays, tracks.find(({ array }) => array === 'array')?.name ?? '', row, width);
}

/** Each base's share of its position's information, in bits. Schneider & Stephens 1990, Nucleic Acids Res. 18:6097. */
function byInformation(probabilities: Float32Array): Float32Array {
  return probabilities.map((p, at) => {
    const column = probabilities.subarray(at - (at % 4), at - (at % 4) + 4);
    if (sumOf(column) === 0) return 0;
    return p * column.reduce((bits, q) => bits + (q > 0 ? q * Math.log2(q) : 0), 2);
  });
}

/** The commonest base of each position in the span, in small letters below a half. */
function consensus(probabilities: Float32Array, { from, to }: Motifs['rows'][number]): string {
  return Array.from({ length: to - from }, (_, i) => {
    const column = [...probabilities.subarray(4 * (from + i), 4 * (from + i) + 4)];
    const most = Math.max(...column);
    const letter = LETTERS[column.indexOf(most)] ?? 'N';
    return most === 0 ? '-' : most < 0.5 ? letter.toLowerCase() : letter;
  }).join('');
}

function sumOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
