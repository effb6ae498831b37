/**
 * A heatmap of any size as tiles: the averages that a zoom needs are computed once, a few milliseconds at a time, and moved
 * over the screen afterwards. Until its tile is there a place shows a coarse preview made of every n-th row.
 */
import type { Pen } from './pen.js';
import { element } from './element.js';
import { averageRows, type ScoreMatrix } from './rows.js';
import { colourTable, robustMagnitude, tablePlace, type DivergingColours } from './scale.js';

/** How many places and positions one cell of a tile averages. */
export interface Level {
  readonly places: number;
  readonly positions: number;
}

/** Where cells go on a canvas, in CSS pixels, and what they show: places and positions may be cut anywhere. */
export interface Excerpt {
  readonly places: readonly [number, number];
  readonly positions: readonly [number, number];
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Cells of a tile on each side at most: far below the 4,096 that every canvas can hold. */
const SIDE = 1024;
/** Values that one tile averages: two to three milliseconds of work. */
const WORK = 1 << 18;
/** Cells that are kept; 4 bytes each. */
const KEPT = 4_000_000;
/** Rows that the preview and the limits of the colour scale look at. */
const SAMPLED = 256;

interface Tile {
  readonly canvas: HTMLCanvasElement;
  readonly cells: number;
}

export class Tiles {
  private readonly kept = new Map<string, Tile>();
  private cells = 0;
  private order: readonly number[] = [];
  private colours: DivergingColours | undefined;
  private shades = new Uint32Array();
  private preview: HTMLCanvasElement | undefined;
  private readonly limits = new Map<string, number>();
  private waiting: { level: Level; row: number; column: number }[] = [];

  /**
   * @param matrix the numbers to be drawn
   * @param opacity [rows × length] in 0–1, where uncertain cells fade into the background; none where all are opaque
   */
  constructor(
    private readonly matrix: ScoreMatrix,
    private readonly opacity?: ScoreMatrix,
  ) {}

  /** Takes another order of the rows or other colours; what was drawn for the old ones is forgotten. */
  use(order: readonly number[], colours: DivergingColours): void {
    if (order === this.order && colours === this.colours) return;
    if (order !== this.order) this.limits.clear();
    if (colours !== this.colours) this.shades = new Uint32Array(colourTable(colours).buffer);
    this.order = order;
    this.colours = colours;
    this.kept.clear();
    this.cells = 0;
    this.preview = undefined;
  }

  /** The magnitude at the ends of the colour scale: that of the averages of a level, over the whole data set. */
  limit(level: Level): number {
    const name = `${level.places} ${level.positions}`;
    const known = this.limits.get(name);
    if (known !== undefined) return known;
    const lines = Math.ceil(this.order.length / level.places);
    const columns = Math.ceil(this.matrix.length / level.positions);
    const budget = Math.max(1, Math.floor((4 * WORK) / (level.places * this.matrix.length)));
    const step = Math.ceil(lines / Math.min(lines, Math.max(16, Math.min(SAMPLED, budget))));
    const sample = new Float32Array(Math.ceil(lines / step) * columns);
    for (let line = 0, at = 0; line < lines; line += step, at += columns)
      this.fill(sample.subarray(at, at + columns), level, line, line + 1, 0, columns);
    const limit = robustMagnitude(sample, columns);
    this.limits.set(name, limit);
    return limit;
  }

  /** Draws what is there, and notes what is not. */
  draw(context: Pen, excerpt: Excerpt, level: Level): void {
    this.waiting = [];
    context.save();
    context.beginPath();
    context.rect(excerpt.left, excerpt.top, excerpt.width, excerpt.height);
    context.clip();
    context.imageSmoothingEnabled = false;
    for (const { row, column } of tilesOf(excerpt, level)) {
      const tile = this.kept.get(tileName(level, row, column));
      const area = this.areaOf(level, row, column);
      if (tile) this.put(context, excerpt, tile.canvas, area);
      else {
        this.putPreview(context, excerpt, area, level);
        this.waiting.push({ level, row, column });
      }
    }
    context.restore();
  }

  /**
   * Computes tiles that the last drawing lacked, for about so many milliseconds, one at least.
   *
   * @returns whether there is something new to draw
   */
  work(milliseconds: number): boolean {
    const until = performance.now() + milliseconds;
    let any = false;
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      this.compute(next.level, next.row, next.column);
      any = true;
      if (performance.now() > until) break;
    }
    return any;
  }

  /** Computes everything that a drawing needs, however long it takes. */
  complete(excerpt: Excerpt, level: Level): void {
    for (const { row, column } of tilesOf(excerpt, level))
      if (!this.kept.has(tileName(level, row, column))) this.compute(level, row, column);
  }

  /** Whether the last drawing lacked tiles that are not there yet. */
  unfinished(): boolean {
    return this.waiting.length > 0;
  }

  private compute(level: Level, row: number, column: number): void {
    const area = this.areaOf(level, row, column);
    const [fromLine, toLine] = [area.places[0] / level.places, area.places[1] / level.places];
    const [fromCell, toCell] = [area.positions[0] / level.positions, area.positions[1] / level.positions];
    const size = (toLine - fromLine) * (toCell - fromCell);
    const grid = new Float32Array(size);
    this.fill(grid, level, fromLine, toLine, fromCell, toCell);
    const opacity = this.opacity && new Float32Array(size);
    if (this.opacity && opacity) this.fill(opacity, level, fromLine, toLine, fromCell, toCell, this.opacity);
    const canvas = this.painted(grid, toCell - fromCell, this.limit(level), opacity);
    this.kept.set(tileName(level, row, column), { canvas, cells: size });
    this.cells += size;
    for (const [name, tile] of this.kept) {
      if (this.cells <= KEPT) break;
      this.kept.delete(name);
      this.cells -= tile.cells;
    }
  }

  /** Averages of lines × cells of a level. */
  private fill(
    grid: Float32Array,
    level: Level,
    fromLine: number,
    toLine: number,
    fromCell: number,
    toCell: number,
    matrix = this.matrix,
  ): void {
    const columns = toCell - fromCell;
    for (let line = fromLine; line < toLine; line++)
      averageRows(
        grid.subarray((line - fromLine) * columns, (line - fromLine + 1) * columns),
        matrix,
        this.order.slice(line * level.places, (line + 1) * level.places),
        fromCell * level.positions,
        level.positions,
      );
  }

  private painted(grid: Float32Array, columns: number, limit: number, opacity?: Float32Array): HTMLCanvasElement {
    const lines = grid.length / columns;
    const image = new ImageData(columns, lines);
    const pixels = new Uint32Array(image.data.buffer);
    const scale = limit > 0 ? 1 / limit : 0;
    for (let cell = 0; cell < grid.length; cell++) pixels[cell] = this.shades[tablePlace(grid[cell]! * scale) / 4]!;
    if (opacity) for (let cell = 0; cell < grid.length; cell++) image.data[4 * cell + 3] = 255 * (opacity[cell]! || 0);
    const canvas = element('canvas', { width: columns, height: lines });
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    return canvas;
  }

  /** What a tile shows: whole cells, the last of which may reach beyond the data. */
  private areaOf(level: Level, row: number, column: number): Area {
    const side = sides(level);
    const span = (index: number, cells: number, per: number, size: number): [number, number] => [
      index * cells * per,
      Math.min(Math.ceil(size / per), (index + 1) * cells) * per,
    ];
    return {
      places: span(row, side.rows, level.places, this.order.length),
      positions: span(column, side.columns, level.positions, this.matrix.length),
    };
  }

  /** Draws cells that show these places and positions; edges lie on pixels of the device, or they would be seen. */
  private put(context: Pen, excerpt: Excerpt, image: HTMLCanvasElement, area: Area): void {
    const [left, right] = across(context, excerpt, area);
    const [top, bottom] = down(context, excerpt, area);
    context.drawImage(image, left, top, right - left, bottom - top);
  }

  private putPreview(context: Pen, excerpt: Excerpt, area: Area, level: Level): void {
    this.preview ??= this.previewed(level);
    const [left, right] = across(context, excerpt, area);
    const [top, bottom] = down(context, excerpt, area);
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    this.put(context, excerpt, this.preview, { places: [0, this.order.length], positions: [0, this.matrix.length] });
    context.restore();
  }

  /** Every n-th row alone: quick, and close enough for a moment. */
  private previewed(level: Level): HTMLCanvasElement {
    const lines = Math.min(SAMPLED, this.order.length);
    const per = Math.ceil(this.matrix.length / SIDE);
    const columns = Math.ceil(this.matrix.length / per);
    const grid = new Float32Array(lines * columns);
    for (let line = 0; line < lines; line++) {
      const row = this.order[Math.floor(((line + 0.5) * this.order.length) / lines)] ?? 0;
      averageRows(grid.subarray(line * columns, (line + 1) * columns), this.matrix, [row], 0, per);
    }
    return this.painted(grid, columns, this.limit(level));
  }
}

type Area = Pick<Excerpt, 'places' | 'positions'>;

function across(context: Pen, { positions, left, width }: Excerpt, area: Area): [number, number] {
  return onPixels(context.getTransform().a, area.positions, positions, left, width);
}

function down(context: Pen, { places, top, height }: Excerpt, area: Area): [number, number] {
  return onPixels(context.getTransform().d, area.places, places, top, height);
}

/** Where a span lies in the picture of another, on whole pixels of the device. */
function onPixels(
  ratio: number,
  span: readonly [number, number],
  shown: readonly [number, number],
  start: number,
  size: number,
): [number, number] {
  const place = (value: number): number =>
    Math.round((start + ((value - shown[0]) * size) / (shown[1] - shown[0])) * ratio) / ratio;
  return [place(span[0]), place(span[1])];
}

/** The level at which no cell is smaller than a pixel of the device. */
export function levelOf({ places, positions, width, height }: Omit<Excerpt, 'left' | 'top'>, ratio: number): Level {
  const averaged = (count: number, pixels: number): number =>
    Math.max(1, Math.ceil(count / Math.max(1, pixels * ratio)));
  return { places: averaged(places[1] - places[0], height), positions: averaged(positions[1] - positions[0], width) };
}

/** Cells of a tile: as wide as allowed, as tall as a tile's work allows. */
function sides({ places, positions }: Level): { rows: number; columns: number } {
  const columns = Math.max(1, Math.min(SIDE, Math.floor(WORK / (places * positions))));
  const rows = Math.max(1, Math.min(SIDE, Math.floor(WORK / (columns * places * positions))));
  return { rows, columns };
}

/** The tiles that show these places and positions. */
function tilesOf({ places, positions }: Excerpt, level: Level): { row: number; column: number }[] {
  const { rows, columns } = sides(level);
  const found = [];
  for (let row = Math.floor(places[0] / level.places / rows); row * rows * level.places < places[1]; row++)
    for (
      let column = Math.floor(positions[0] / level.positions / columns);
      column * columns * level.positions < positions[1];
      column++
    )
      found.push({ row, column });
  return found;
}

const tileName = ({ places, positions }: Level, row: number, column: number): string =>
  `${places} ${positions} ${row} ${column}`;
