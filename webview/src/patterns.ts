/**
 * Motifs as logos: what a pattern's bases contribute, how often they are there, and the known motif that it is most like, on one
 * axis; positions outside the pattern's span are faint.
 */
import { quantity } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';
import { describe, element } from './element.js';
import { LETTERS } from './letters.js';
import { note } from './notes.js';
import { drawPositionAxis, GUTTER, MARGIN, type PositionAxis } from './plot.js';
import { surface } from './surface.js';
import type { Surroundings } from './surroundings.js';
import { table, tableBehind } from './table.js';
import type { ResultTable } from './tables.js';
import { drawTrack, scoreRange } from './track.js';

type Motifs = NonNullable<ResultTable['motifs']>;
type Track = Motifs['tracks'][number];

const HEIGHT = 74;
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
  return element(
    'div',
    {},
    ...drawn.map((row, i) => {
      const name = rows[i] ?? '';
      const facts = factsOf(row);
      return element(
        'div',
        { class: 'pattern' },
        element('p', {}, element('strong', {}, name), facts === '' ? '' : ` · ${facts}`),
        ...motifs.tracks
          .filter(track => track.array !== 'matched' || row.match)
          .map(track => trackOf(surroundings, { track, row, name, width, index: i }, motifs, arrays)),
        axisOf(surroundings, width),
      );
    }),
    left > 0 ? note('information', `${left} more patterns are in the table.`) : undefined,
    behind.node,
  );
}

interface Drawing {
  readonly track: Track;
  readonly row: Motifs['rows'][number];
  readonly name: string;
  readonly width: number;
  readonly index: number;
}

function trackOf(
  { theme }: Surroundings,
  { track, row, name, width, index }: Drawing,
  motifs: Motifs,
  arrays: Arrays,
): HTMLElement {
  const values = rowOf(arrays, track.name, index, width);
  const bases = track.is === 'probabilities' ? byInformation(values) : values;
  const scores = Float32Array.from({ length: width }, (_, at) => sumOf(bases.subarray(4 * at, 4 * at + 4)));
  const range = track.is === 'probabilities' ? ([-0.15, 2.1] as const) : scoreRange(scores, { bases });
  const letters = new Uint8Array(width).fill(4);
  const { canvas } = surface(HEIGHT, frame => {
    const palette = theme.palette();
    const axis = positions(frame.width, width);
    drawTrack(frame, palette, axis, { scores, letters, bases, range, hovered: undefined });
    // What was trimmed steps back behind a veil of the background.
    frame.context.fillStyle = palette.background;
    frame.context.globalAlpha = 0.65;
    const column = (axis.right - axis.left) / width;
    frame.context.fillRect(axis.left, 0, row.from * column, HEIGHT);
    frame.context.fillRect(axis.left + row.to * column, 0, (width - row.to) * column, HEIGHT);
    frame.context.globalAlpha = 1;
  });
  const known = track.array === 'matched' && row.match ? ` ${motifName(row.match)}` : '';
  const unit = track.is === 'probabilities' ? 'bit' : 'target';
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
  const { canvas } = surface(20, frame =>
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
