/**
 * Heatmap of all examples: a row per example, blue below and orange above zero, zero the background. More examples or
 * positions than pixels are averaged with their sign, and the legend says so; a part of them can be magnified. A click or the
 * arrow keys choose the example that the logos show.
 */
import { quantity } from '../../server/src/protocol.js';
import type { ScoredMap, Sequences } from './arrays.js';
import { describe, element } from './element.js';
import { exports } from './exports.js';
import type { Figure } from './figure.js';
import { gestures } from './heatmap-gestures.js';
import { drawBrush, drawHovered, drawNames, drawPredictions, drawSelection, type Rows } from './heatmap-marks.js';
import { LETTERS } from './letters.js';
import { divergingLegend, drawScale } from './legend.js';
import { drawPositionAxis, drawTitle, GUTTER, MARGIN, NARROW, positionAt, TITLES } from './plot.js';
import type { PositionAxis } from './plot.js';
import { rowOf, type ScoreMatrix } from './rows.js';
import { surface, type Frame } from './surface.js';
import { table, tableBehind } from './table.js';
import type { Surroundings } from './surroundings.js';
import type { Palette } from './theme.js';
import { levelOf, Tiles, type Excerpt } from './tiles.js';
import { whole, width as count, type Zoom } from './zoom.js';

const TALLEST = 360;
const TALL = 260;
const TALLEST_ROW = 22;
/** Rows at least this tall carry their names. */
const NAMED_ROW = 14;
const AXIS = 22;
/** Room for name and scale above a saved picture. */
const HEAD = 26;
const TABLE_ROWS = 10;
/** Milliseconds of a frame in which tiles are computed. */
const WORK = 2;

export interface HeatmapView {
  readonly node: HTMLElement;
  /** Draws the rows in this order, or a part of them, and marks one. */
  readonly show: (order: readonly number[], row: number, zoom: Zoom, uncertainty: boolean) => void;
  /** Marks a position. */
  readonly hover: (position: number | undefined) => void;
}

/** What a reader does in a heatmap. */
export interface HeatmapEvents {
  /** Chooses a row (index into the data set). */
  readonly select: (row: number) => void;
  readonly zoom: (zoom: Zoom) => void;
  readonly hover: (position: number | undefined) => void;
}

/** Height of the rows together, in CSS pixels: whole pixels per row while there are enough of them. */
export function rowsHeight(rows: number): number {
  return rows > TALLEST ? TALLEST : rows * Math.min(TALLEST_ROW, Math.max(1, Math.floor(TALL / rows)));
}

export function heatmap(
  surroundings: Surroundings,
  sequences: Sequences,
  scored: ScoredMap,
  events: HeatmapEvents,
): HeatmapView {
  const { theme, name } = surroundings;
  const { data, letters, rows } = sequences;
  const { map, scores, predictions, declaration } = scored;
  let order: readonly number[] = Array.from({ length: rows }, (_, row) => row);
  let selected = 0;
  let zoom = whole(rows, data.length);
  let hovered: number | undefined;
  let brush: DOMRectReadOnly | undefined;
  const legend = divergingLegend(theme, map.unit);
  const height = rowsHeight(rows);
  const plain = new Tiles(scores);
  const faded = scored.spread && new Tiles(scores, certainty(scored.scores, scored.spread));
  let tiles = plain;

  const axisOf = (width: number): PositionAxis => ({
    from: zoom.positions[0],
    to: zoom.positions[1],
    left: width > NARROW ? TITLES + GUTTER : GUTTER,
    right: width - MARGIN,
  });
  const rowAt = (y: number): number | undefined =>
    y < 0 || y >= height ? undefined : order[zoom.places[0] + Math.floor((y / height) * count(zoom.places))];

  const areaOf = (axis: PositionAxis): Excerpt => {
    const { places, positions } = zoom;
    return { places, positions, left: axis.left, top: 0, width: axis.right - axis.left, height };
  };
  const picture = surface(height + AXIS, frame => {
    const palette = theme.palette();
    const axis = axisOf(frame.width);
    const [area, level] = [areaOf(axis), levelOf(areaOf(axis), frame.ratio)];
    tiles.use(order, palette.diverging);
    tiles.draw(frame.context, area, level);
    if (tiles.unfinished()) {
      tiles.work(WORK);
      tiles.draw(frame.context, area, level);
      if (tiles.unfinished()) picture.redraw();
    }
    legend.show(tiles.limit(level), level.places, level.positions);
    drawBeside(frame, axis, palette);
    if (hovered !== undefined) drawHovered(frame, axis, height, hovered, palette);
    if (brush) drawBrush(frame, brush, palette);
  });
  const { canvas } = picture;

  function drawBeside(frame: Frame, axis: PositionAxis, palette: Palette): void {
    const { context } = frame;
    context.strokeStyle = palette.line;
    context.lineWidth = 1;
    context.strokeRect(axis.left - 0.5, 0.5, axis.right - axis.left + 1, height - 1);
    const shown: Rows = { order, places: zoom.places, height };
    const lines = Math.min(count(zoom.places), Math.round(height * frame.ratio));
    if (height / count(zoom.places) < NAMED_ROW) {
      if (predictions) drawPredictions(frame, axis, shown, lines, predictions, palette);
    } else if (frame.width > NARROW) drawNames(frame, axis, shown, data.names, palette);
    drawSelection(frame, axis, shown, order.indexOf(selected), palette);
    drawPositionAxis(context, palette, axis, height + 2, frame.width);
  }

  /** The picture as it is on the screen, complete, with its name and its scale. */
  function figure(): Figure {
    const palette = theme.palette();
    const draw = (frame: Frame): void => {
      const { context, width } = frame;
      const axis = axisOf(width);
      const [area, level] = [areaOf(axis), levelOf(areaOf(axis), frame.ratio)];
      tiles.use(order, palette.diverging);
      tiles.complete(area, level);
      drawTitle(context, palette, map.name, 0, HEAD);
      drawScale(context, palette, { right: axis.right, limit: tiles.limit(level), unit: map.unit });
      context.save();
      context.translate(0, HEAD);
      tiles.draw(context, area, level);
      drawBeside(frame, axis, palette);
      context.restore();
    };
    return { width: canvas.clientWidth, height: HEAD + height + AXIS, background: palette.background, draw };
  }

  const readout = element('output', { class: 'readout', 'aria-live': 'off' });
  const tell = (row: number | undefined, position: number | undefined): void => {
    readout.textContent =
      row === undefined
        ? ''
        : [
            data.names[row] ?? '',
            ...(predictions ? [`target ${quantity(predictions[row] ?? NaN, 'logit')}`] : []),
            ...(position === undefined
              ? []
              : [
                  `position ${position + 1}, ${LETTERS[letters[row * data.length + position] ?? 4] ?? 'N'}`,
                  `score ${quantity(rowOf(scores, row)[position] ?? NaN, 'logit')}`,
                ]),
          ].join('   ');
  };
  canvas.addEventListener('pointermove', event => {
    if (event.buttons !== 0) return; // the picture itself is being moved
    const position = positionAt(axisOf(canvas.clientWidth), event.offsetX);
    tell(rowAt(event.offsetY), position);
    events.hover(position);
  });
  canvas.addEventListener('pointerleave', () => {
    tell(undefined, undefined);
    events.hover(undefined);
  });
  gestures(
    {
      canvas,
      rows,
      length: data.length,
      zoom: () => zoom,
      area: () => {
        const { left, right } = axisOf(canvas.clientWidth);
        return new DOMRectReadOnly(left, 0, right - left, height);
      },
    },
    {
      zoom: events.zoom,
      mark: rectangle => {
        brush = rectangle;
        picture.redraw();
      },
      click: y => {
        const row = rowAt(y);
        if (row !== undefined) events.select(row);
      },
    },
  );
  canvas.addEventListener('keydown', event => {
    const place = order.indexOf(selected);
    const target = {
      ArrowUp: place - 1,
      ArrowDown: place + 1,
      PageUp: place - 10,
      PageDown: place + 10,
      Home: 0,
      End: rows - 1,
    }[event.key];
    if (target === undefined || event.shiftKey) return;
    event.preventDefault();
    const row = order[Math.max(0, Math.min(rows - 1, target))];
    if (row !== undefined) events.select(row);
  });
  describe(canvas, {
    role: 'slider',
    tabindex: 0,
    'aria-orientation': 'vertical',
    'aria-label': `Heatmap of ${map.name}: example`,
    'aria-valuemin': 1,
    'aria-valuemax': rows,
  });

  const behind = tableBehind(
    `Table: ${Math.min(TABLE_ROWS, data.length)} strongest positions over all examples`,
    () => {
      const means = positionMeans(scored);
      const strongest = [...means.keys()].sort((a, b) => (means[b]?.magnitude ?? 0) - (means[a]?.magnitude ?? 0));
      return table(
        `Positions of ${map.name} with the largest mean magnitude over examples`,
        ['position', 'mean |score|', 'mean score'],
        strongest
          .slice(0, TABLE_ROWS)
          .map(position => [
            String(position + 1),
            quantity(means[position]?.magnitude ?? NaN, 'logit'),
            quantity(means[position]?.mean ?? NaN, 'logit'),
          ]),
      );
    },
  );

  const node = element(
    'div',
    { class: 'picture', 'data-declaration': declaration ?? map.name },
    element(
      'div',
      { class: 'bar' },
      element('h4', {}, declaration === undefined ? name(map.name) : name(declaration, map.name)),
      element('div', { class: 'push' }, legend.node),
    ),
    canvas,
    element(
      'div',
      { class: 'under' },
      behind.node,
      exports(surroundings, {
        name: `heatmap of ${map.name}`,
        table: () => [
          ['position', 'mean |score|', 'mean score'],
          ...positionMeans(scored).map(({ mean, magnitude }, position) => [position + 1, magnitude, mean]),
        ],
        picture: figure,
      }),
      readout,
    ),
  );
  return {
    node,
    show: (rowOrder, row, part, uncertainty) => {
      order = rowOrder;
      selected = row;
      zoom = part;
      tiles = (uncertainty ? faded : undefined) ?? plain;
      const place = order.indexOf(row) + 1;
      describe(canvas, { 'aria-valuenow': place, 'aria-valuetext': `${data.names[row] ?? ''}, ${place} of ${rows}` });
      picture.redraw();
    },
    hover: position => {
      if (position === hovered) return;
      hovered = position;
      picture.redraw();
    },
  };
}

/**
 * How sure a score s with the standard deviation d is: s² / (s² + d²), the share of the mean square that is no spread. Cells
 * fade by it; what has no spread, or none that is known, stays as it is.
 */
export function certainty({ rows, length, values }: ScoreMatrix, spread: ScoreMatrix): ScoreMatrix {
  const shares = values.map((score, i) => {
    const squares = score * score + spread.values[i]! ** 2;
    return squares > 0 ? (score * score) / squares : 1;
  });
  return { rows, length, values: shares };
}

/** Mean of score and of magnitude over the rows at each position; not a number where there are none. */
export function positionMeans({ scores }: ScoredMap): { mean: number; magnitude: number }[] {
  return Array.from({ length: scores.length }, (_, position) => {
    let sum = 0;
    let size = 0;
    let count = 0;
    for (let row = 0; row < scores.rows; row++) {
      const value = scores.values[row * scores.length + position] ?? NaN;
      if (!Number.isFinite(value)) continue;
      sum += value;
      size += Math.abs(value);
      count++;
    }
    return { mean: sum / count, magnitude: size / count };
  });
}
