/**
 * Sequence logos of one example: one letter per position, its height the position score, negative scores hanging below
 * the line; several methods above each other on one position axis. Sequences too long for readable letters are shown
 * through a window, with an overview of the whole sequence below.
 */
import { quantity } from '../../server/src/protocol.js';
import type { ScoredMap, Sequences } from './arrays.js';
import { breakable, describe, element } from './element.js';
import { exports, type Cells } from './exports.js';
import type { Figure } from './figure.js';
import { LETTERS } from './letters.js';
import { overview } from './overview.js';
import { drawPositionAxis, drawTitle, GUTTER, MARGIN, positionAt, TITLES, type PositionAxis } from './plot.js';
import { bestWindow, rowOf, windowWidth } from './rows.js';
import { surface, type Frame } from './surface.js';
import { table, tableBehind } from './table.js';
import type { Surroundings } from './surroundings.js';
import { drawTrack, READABLE, scoreRange, TRACK_HEIGHT, type Track } from './track.js';
import type { Viewing } from './viewpoint.js';

/** Width of a column where a window is needed. */
const COMFORTABLE = 10;
/** Positions in the closest view. */
const CLOSEST = 12;
const TABLE_ROWS = 10;
/** Room for the example's name above a saved picture. */
const HEAD = 22;
/** Positions that a screen reader is told without opening the table. */
const NAMED = 3;

/** A map with what is known about its trust, for the title of its track. */
export interface TitledMap extends ScoredMap {
  readonly figures: readonly string[];
}

export interface LogoView {
  readonly node: HTMLElement;
  /** Shows another example, or the same again through another window. */
  readonly show: (row: number) => void;
  /** Marks a position. */
  readonly hover: (position: number | undefined) => void;
}

/** Positions that are visible at once in a plot of this width, before the reader zooms. */
export function fittingPositions(length: number, width: number): number {
  return length * READABLE <= width ? length : Math.min(length, Math.max(CLOSEST, Math.floor(width / COMFORTABLE)));
}

/** A window of `visible` positions around `centre`, moved inside the sequence: [from, to). */
export function windowAround(centre: number, visible: number, length: number): [number, number] {
  const from = Math.max(0, Math.min(length - visible, Math.round(centre - visible / 2)));
  return [from, Math.min(length, from + visible)];
}

/** Between what the scores differ, in words. */
export const spreadText = ({ over, count }: NonNullable<ScoredMap['map']['spread']>): string =>
  `${quantity(count, 'count')} ${over}`;

/** Positions of largest magnitude, largest first. */
export function topPositions(scores: Float32Array, count: number): number[] {
  return Array.from(scores.keys())
    .filter(position => Number.isFinite(scores[position]))
    .sort((a, b) => Math.abs(scores[b] ?? 0) - Math.abs(scores[a] ?? 0))
    .slice(0, count);
}

/**
 * @param maps one track each, the first one leads: it places the window and ranks the positions; at least one
 * @param further controls that stand beside its own
 * @param onHover told the position under the pointer; whoever is told calls `hover` of this view too
 */
export function logos(
  surroundings: Surroundings,
  sequences: Sequences,
  maps: readonly [TitledMap, ...TitledMap[]],
  { at, changed }: Viewing,
  onHover: (position: number | undefined) => void,
  further: readonly (HTMLElement | undefined)[] = [],
): LogoView {
  const { theme, controls, name } = surroundings;
  const { data } = sequences;
  const length = data.length;
  const [leading] = maps;
  let row = 0;
  let hovered: number | undefined;

  const letters = (): Uint8Array => sequences.letters.subarray(row * length, (row + 1) * length);
  const letterAt = (position: number): string => LETTERS[letters()[position] ?? 4] ?? 'N';
  const scoreAt = (map: ScoredMap, position: number): string =>
    quantity(rowOf(map.scores, row)[position] ?? NaN, 'logit');
  const axisOf = (width: number): PositionAxis => {
    const site = windowWidth(length);
    const centre = at.centre ?? bestWindow(rowOf(leading.scores, row), site) + site / 2;
    const visible = Math.min(length, at.visible ?? fittingPositions(length, width - GUTTER - MARGIN));
    const [from, to] = windowAround(centre, visible, length);
    return { from, to, left: GUTTER, right: width - MARGIN };
  };
  const partsOf = ({ spread, bases }: ScoredMap): Pick<Track, 'spread' | 'bases'> => ({
    spread: spread && at.uncertainty !== false ? rowOf(spread, row) : undefined,
    bases: bases?.subarray(4 * row * length, 4 * (row + 1) * length),
  });
  const rangeOf = (map: ScoredMap): [number, number] => {
    const ranges = (at.shared ? maps : [map]).map(each => scoreRange(rowOf(each.scores, row), partsOf(each)));
    return [Math.min(...ranges.map(range => range[0])), Math.max(...ranges.map(range => range[1]))];
  };

  const trackOf = (map: ScoredMap): Track => {
    const scores = rowOf(map.scores, row);
    return { scores, letters: letters(), range: rangeOf(map), hovered: undefined, ...partsOf(map) };
  };
  const tracks = maps.map(map => {
    const picture = surface(TRACK_HEIGHT, frame =>
      drawTrack(frame, theme.palette(), axisOf(frame.width), { ...trackOf(map), hovered }),
    );
    return { map, ...picture };
  });
  const strip = overview(
    theme,
    length,
    axisOf,
    () => rowOf(leading.scores, row),
    centre => {
      at.centre = Math.max(0, Math.min(length, centre));
      redraw();
      changed();
    },
  );
  const axis = surface(20, ({ context, width }) => {
    const shown = axisOf(width);
    strip.canvas.hidden = shown.to - shown.from >= length;
    drawPositionAxis(context, theme.palette(), shown, 0, width);
  });
  axis.canvas.setAttribute('aria-hidden', 'true');
  strip.canvas.hidden = true;

  const readout = element('output', { class: 'readout', 'aria-live': 'off' });
  const behind = tableBehind(`Table: ${Math.min(TABLE_ROWS, length)} strongest positions`, () =>
    table(
      `Strongest positions of ${data.names[row] ?? 'the example'}, by ${leading.map.name}`,
      ['position', 'base', ...maps.map(({ map }) => map.name)],
      topPositions(rowOf(leading.scores, row), TABLE_ROWS).map(position => [
        String(position + 1),
        letterAt(position),
        ...maps.map(map => scoreAt(map, position)),
      ]),
    ),
  );

  function redraw(): void {
    for (const each of [...tracks, axis, strip]) each.redraw();
  }
  // Only of the own pointer: a text that comes and goes while the pointer is elsewhere would move the page under it.
  const tell = (position: number | undefined): void => {
    onHover(position);
    readout.textContent =
      position === undefined
        ? ''
        : [
            `position ${position + 1}, ${letterAt(position)}`,
            ...maps.map(map => `${map.map.name} ${scoreAt(map, position)}`),
          ].join('   ');
  };
  const magnify = (factor: number): void => {
    const { from, to } = axisOf(axis.canvas.clientWidth);
    at.centre ??= (from + to) / 2;
    at.visible = Math.min(length, Math.max(Math.min(CLOSEST, length), Math.round((to - from) * factor)));
    redraw();
    changed();
  };
  const share = (on: boolean): void => {
    at.shared = on;
    redraw();
    changed();
  };
  for (const { canvas } of tracks) {
    canvas.addEventListener('pointermove', event => tell(positionAt(axisOf(canvas.clientWidth), event.offsetX)));
    canvas.addEventListener('pointerleave', () => tell(undefined));
  }

  /** All tracks with their names on one axis, as they are on the screen. */
  const figure = (): Figure => {
    const palette = theme.palette();
    const inner = axis.canvas.clientWidth;
    const draw = (frame: Frame): void => {
      const { context } = frame;
      drawTitle(context, palette, data.names[row] ?? '', 0, HEAD);
      context.save();
      context.translate(0, HEAD);
      for (const map of maps) {
        drawTitle(context, palette, map.map.name, 0, TRACK_HEIGHT);
        context.save();
        context.translate(TITLES, 0);
        drawTrack({ ...frame, width: inner, height: TRACK_HEIGHT }, palette, axisOf(inner), trackOf(map));
        context.restore();
        context.translate(0, TRACK_HEIGHT);
      }
      context.translate(TITLES, 0);
      drawPositionAxis(context, palette, axisOf(inner), 0, inner);
      context.restore();
    };
    const height = HEAD + maps.length * TRACK_HEIGHT + 20;
    return { width: TITLES + inner, height, background: palette.background, draw };
  };
  const cells = (): Cells => [
    ['position', 'base', ...maps.flatMap(({ map, spread }) => [map.name, ...(spread ? [`${map.name} sd`] : [])])],
    ...Array.from({ length }, (_, position) => [
      position + 1,
      letterAt(position),
      ...maps.flatMap(({ scores, spread }) =>
        [scores, ...(spread ? [spread] : [])].map(matrix => rowOf(matrix, row)[position] ?? NaN),
      ),
    ]),
  ];

  const line = (title: HTMLElement | undefined, picture: HTMLElement, declaration?: string): HTMLElement =>
    element('div', { class: 'track', 'data-declaration': declaration }, title ?? element('span'), picture);
  const node = element(
    'div',
    { class: 'picture' },
    ...tracks.map(({ map: { map, figures, declaration }, canvas }) =>
      line(
        element(
          'div',
          { class: 'title', title: `${map.name} = ${map.written}` },
          element('strong', {}, declaration === undefined ? name(map.name) : name(declaration, map.name)),
          element('span', { class: 'dim written' }, ...breakable(map.written)),
          element('span', { class: 'figures' }, ...figures.map(figure => element('span', {}, figure))),
          map.spread && element('span', { class: 'dim small' }, `band ± 1 SD, ${spreadText(map.spread)}`),
        ),
        canvas,
        declaration ?? map.name,
      ),
    ),
    line(undefined, axis.canvas),
    line(undefined, strip.canvas),
    line(
      undefined,
      element(
        'div',
        { class: 'under' },
        element(
          'div',
          { class: 'bar controls' },
          controls.button('−', 'Show more positions', () => magnify(2)),
          controls.button('+', 'Show fewer positions', () => magnify(0.5)),
          maps.length > 1 ? controls.toggle('one scale for all methods', at.shared ?? false, share) : undefined,
          ...further,
        ),
        behind.node,
        exports(surroundings, { name: `logo of ${data.name}`, table: cells, picture: figure }),
        readout,
      ),
    ),
  );
  return {
    node,
    show: next => {
      row = next;
      for (const { map, canvas } of tracks) {
        const strongest = topPositions(rowOf(map.scores, row), NAMED).map(
          position => `${position + 1} ${letterAt(position)} ${scoreAt(map, position)}`,
        );
        describe(canvas, {
          role: 'img',
          'aria-label': `Logo of ${data.names[row] ?? 'the example'} by ${map.map.name}. Strongest positions: ${strongest.join(', ')}.`,
        });
      }
      behind.refresh();
      redraw();
    },
    hover: position => {
      if (position === hovered) return;
      hovered = position;
      redraw();
    },
  };
}
