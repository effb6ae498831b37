/**
 * Sequence logos of one example: one letter per position, its height the position score, negative scores hanging below
 * the line; several methods above each other on one position axis. Sequences too long for readable letters are shown
 * through a window, with an overview of the whole sequence below.
 */
import { quantity } from '../../server/src/protocol.js';
import type { ScoredMap, Sequences } from './arrays.js';
import { breakable, element } from './element.js';
import { drawLetter, LETTERS } from './letters.js';
import { axisTicks, columnWidth, drawPositionAxis, GUTTER, MARGIN, placeOf, positionAt, textFont } from './plot.js';
import type { PositionAxis } from './plot.js';
import { bestWindow, firstOf, rowOf, windowWidth } from './rows.js';
import { surface, type Frame, type Surface } from './surface.js';
import { table, tableBehind } from './table.js';
import type { Theme } from './theme.js';

const TRACK_HEIGHT = 92;
const OVERVIEW_HEIGHT = 34;
/** Narrowest column in which a letter can be told from another, and the one chosen when a window is needed. */
const READABLE = 6;
const COMFORTABLE = 10;
/** Positions in the closest view. */
const CLOSEST = 12;
const TABLE_ROWS = 10;

export interface LogoView {
  readonly node: HTMLElement;
  /** Shows another example. */
  readonly show: (row: number) => void;
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

/** The range of scores a track shows: zero inside, and room on both sides of it. */
export function scoreRange(scores: Float32Array): [number, number] {
  let low = 0;
  let high = 0;
  for (const score of scores) {
    if (score < low) low = score;
    if (score > high && score < Infinity) high = score;
  }
  const room = 0.08 * (high - low || 1);
  return [Math.min(low, -room), Math.max(high, room)];
}

/** Positions of largest magnitude, largest first. */
export function topPositions(scores: Float32Array, count: number): number[] {
  return Array.from(scores.keys())
    .filter(position => Number.isFinite(scores[position]))
    .sort((a, b) => Math.abs(scores[b] ?? 0) - Math.abs(scores[a] ?? 0))
    .slice(0, count);
}

export function logos(theme: Theme, sequences: Sequences, maps: readonly ScoredMap[]): LogoView {
  const { data, letters } = sequences;
  const length = data.length;
  let row = 0;
  let zoom: number | undefined;
  /** Middle of the window as the reader has moved it; until then the best window of the first map. */
  let moved: number | undefined;
  let hovered: number | undefined;
  const shared = element('input', { type: 'checkbox' });

  const letterAt = (position: number): number => letters[row * length + position] ?? 4;
  const axisOf = (width: number): PositionAxis => {
    const plot = width - GUTTER - MARGIN;
    const first = maps[0];
    const site = windowWidth(length);
    const centre = moved ?? (first ? bestWindow(rowOf(first.scores, row), site) + site / 2 : 0);
    const [from, to] = windowAround(centre, zoom ?? fittingPositions(length, plot), length);
    return { from, to, left: GUTTER, right: width - MARGIN };
  };
  const rangeOf = (map: ScoredMap): [number, number] => {
    const ranges = (shared.checked ? maps : [map]).map(each => scoreRange(rowOf(each.scores, row)));
    return [Math.min(...ranges.map(range => range[0])), Math.max(...ranges.map(range => range[1]))];
  };

  const drawTrack = (map: ScoredMap, { context, width, height, ratio }: Frame): void => {
    const palette = theme.palette();
    const axis = axisOf(width);
    const column = columnWidth(axis);
    const scores = rowOf(map.scores, row);
    const [low, high] = rangeOf(map);
    const top = 7;
    const scale = (height - 2 * top) / (high - low);
    const zero = Math.round((top + high * scale) * ratio) / ratio;

    context.fillStyle = palette.line;
    context.globalAlpha = 0.45;
    for (const tick of axisTicks(axis)) context.fillRect(Math.round(placeOf(axis, tick)), 0, 1 / ratio, height);
    context.globalAlpha = 1;
    if (hovered !== undefined && hovered >= axis.from && hovered < axis.to) {
      context.globalAlpha = 0.16;
      context.fillStyle = palette.accent;
      context.fillRect(axis.left + (hovered - axis.from) * column, 0, column, height);
      context.globalAlpha = 1;
    }
    context.fillStyle = palette.line;
    context.fillRect(axis.left, zero, axis.right - axis.left, 1);

    for (let position = axis.from; position < axis.to; position++) {
      const value = scores[position] ?? NaN;
      const size = Math.abs(value) * scale;
      if (!(size > 0 && size < Infinity)) continue;
      const code = letterAt(position);
      const x = axis.left + (position - axis.from) * column;
      const y = value > 0 ? zero - size : zero + 1;
      const inset = column >= READABLE ? column * 0.04 : 0;
      context.fillStyle = palette.bases[code] ?? palette.foreground;
      // Below two pixels a letter is a smudge: a bar in its colour says the same more clearly.
      if (column < READABLE - 1 || size < 2) context.fillRect(x + inset, y, column - 2 * inset, size);
      else drawLetter(context, code, x + inset, y, column - 2 * inset, size);
    }

    context.font = textFont(palette);
    context.fillStyle = palette.dim;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    const labels: [number, number][] = [[0, zero]];
    if (high * scale > 14) labels.push([high, top]);
    if (-low * scale > 14) labels.push([low, height - top]);
    for (const [value, y] of labels) context.fillText(quantity(value, 'logit'), GUTTER - 7, y);
  };

  const tracks = maps.map(map =>
    surface(
      theme,
      () => TRACK_HEIGHT,
      frame => drawTrack(map, frame),
    ),
  );
  const axis = surface(
    theme,
    () => 20,
    ({ context, width }) => {
      const shown = axisOf(width);
      overview.canvas.hidden = shown.to - shown.from >= length;
      drawPositionAxis(context, theme.palette(), shown, 0, width);
    },
  );
  axis.canvas.setAttribute('aria-hidden', 'true');

  const overview = surface(
    theme,
    () => OVERVIEW_HEIGHT,
    ({ context, width, height }) => {
      const palette = theme.palette();
      const shown = axisOf(width);
      const first = maps[0];
      if (!first) return;
      const scores = rowOf(first.scores, row);
      const [low, high] = scoreRange(scores);
      const scale = (height - 4) / (high - low);
      const columns = Math.min(length, Math.floor(shown.right - shown.left));
      const step = (shown.right - shown.left) / columns;
      context.fillStyle = palette.dim;
      for (let column = 0; column < columns; column++) {
        const bin = scores.subarray(firstOf(column, columns, length), firstOf(column + 1, columns, length));
        const [below, above] = bin.reduce(([a, b], score) => [Math.min(a, score), Math.max(b, score)], [0, 0]);
        const y = 2 + (high - above) * scale;
        context.fillRect(
          shown.left + column * step,
          y,
          Math.max(1, step - 0.5),
          Math.max(0.5, (above - below) * scale),
        );
      }
      const left = shown.left + ((shown.right - shown.left) * shown.from) / length;
      const right = shown.left + ((shown.right - shown.left) * shown.to) / length;
      context.globalAlpha = 0.14;
      context.fillStyle = palette.accent;
      context.fillRect(left, 0, right - left, height);
      context.globalAlpha = 1;
      context.strokeStyle = palette.accent;
      context.lineWidth = 1.5;
      context.strokeRect(left + 0.75, 0.75, Math.max(2, right - left - 1.5), height - 1.5);
      const slider = overview.canvas;
      slider.setAttribute('aria-valuenow', String(shown.from + 1));
      slider.setAttribute('aria-valuetext', `positions ${shown.from + 1} to ${shown.to} of ${length}`);
    },
  );
  overview.canvas.hidden = true;

  const readout = element('output', { class: 'readout', 'aria-live': 'off' });
  const sayHovered = (): void => {
    const position = hovered;
    readout.textContent =
      position === undefined
        ? ''
        : [
            `position ${position + 1}, ${LETTERS[letterAt(position)] ?? 'N'}`,
            ...maps.map(({ map, scores }) => `${map.name} ${quantity(rowOf(scores, row)[position] ?? NaN, 'logit')}`),
          ].join('   ');
  };
  const behind = tableBehind(`Table: ${Math.min(TABLE_ROWS, length)} strongest positions`, () => {
    const first = maps[0];
    const positions = first ? topPositions(rowOf(first.scores, row), TABLE_ROWS) : [];
    return table(
      `Strongest positions of ${data.names[row] ?? 'the example'}, by ${first?.map.name ?? 'score'}`,
      ['position', 'base', ...maps.map(({ map }) => map.name)],
      positions.map(position => [
        String(position + 1),
        LETTERS[letterAt(position)] ?? 'N',
        ...maps.map(({ scores }) => quantity(rowOf(scores, row)[position] ?? NaN, 'logit')),
      ]),
    );
  });

  const redraw = (): void => {
    for (const each of [...tracks, axis, overview]) each.redraw();
    sayHovered();
  };
  shared.addEventListener('change', redraw);
  const move = (centre: number): void => {
    moved = Math.max(0, Math.min(length, centre));
    redraw();
  };
  const magnify = (factor: number): void => {
    const { from, to } = axisOf(axis.canvas.clientWidth);
    moved ??= (from + to) / 2;
    zoom = Math.min(length, Math.max(Math.min(CLOSEST, length), Math.round((to - from) * factor)));
    redraw();
  };
  steerOverview(overview, () => axisOf(axis.canvas.clientWidth), length, move);
  for (const { canvas } of tracks) {
    const hover = (position: number | undefined): void => {
      if (position === hovered) return;
      hovered = position;
      redraw();
    };
    canvas.addEventListener('pointermove', event => hover(positionAt(axisOf(canvas.clientWidth), event.offsetX)));
    canvas.addEventListener('pointerleave', () => hover(undefined));
  }

  const describe = (): void => {
    maps.forEach((map, index) => {
      const scores = rowOf(map.scores, row);
      const strongest = topPositions(scores, 3).map(
        position =>
          `${position + 1} ${LETTERS[letterAt(position)] ?? 'N'} ${quantity(scores[position] ?? NaN, 'logit')}`,
      );
      const canvas = tracks[index]?.canvas;
      canvas?.setAttribute('role', 'img');
      canvas?.setAttribute(
        'aria-label',
        `Logo of ${data.names[row] ?? 'the example'} by ${map.map.name}. Strongest positions: ${strongest.join(', ')}.`,
      );
    });
  };
  describe();

  const button = (text: string, title: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button', title, 'aria-label': title }, text);
    node.addEventListener('click', act);
    return node;
  };
  const node = element(
    'div',
    { class: 'picture' },
    ...maps.map(({ map }, index) =>
      track(
        element(
          'div',
          { class: 'title', title: `${map.name} = ${map.written}` },
          element('strong', {}, map.name),
          element('span', { class: 'dim' }, ...breakable(map.written)),
        ),
        tracks[index]?.canvas,
      ),
    ),
    track(element('span'), axis.canvas),
    track(element('span'), overview.canvas),
    track(
      element('span'),
      element(
        'div',
        { class: 'under' },
        element(
          'div',
          { class: 'bar controls' },
          button('−', 'Show more positions', () => magnify(2)),
          button('+', 'Show fewer positions', () => magnify(0.5)),
          maps.length > 1 ? element('label', {}, shared, 'one scale for all methods') : undefined,
        ),
        behind.node,
        readout,
      ),
    ),
  );
  return {
    node,
    show: next => {
      row = next;
      describe();
      behind.refresh();
      redraw();
    },
  };
}

const track = (title: HTMLElement, picture: HTMLElement | undefined): HTMLElement =>
  element('div', { class: 'track' }, title, picture);

/** Pointer and keyboard on the overview, which is a slider of the window's place. */
function steerOverview(
  overview: Surface,
  axis: () => PositionAxis,
  length: number,
  move: (centre: number) => void,
): void {
  const { canvas } = overview;
  for (const [name, value] of Object.entries({
    role: 'slider',
    tabindex: '0',
    'aria-label': 'Window of the sequence that is shown',
    'aria-valuemin': '1',
    'aria-valuemax': String(length),
  })) {
    canvas.setAttribute(name, value);
  }
  const follow = (event: PointerEvent): void => {
    const { left, right } = axis();
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
    const { from, to } = axis();
    const centre = (from + to) / 2;
    const step = Math.max(1, Math.round((to - from) / 4));
    const target = { ArrowLeft: centre - step, ArrowRight: centre + step, Home: 0, End: length }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(target);
  });
}
