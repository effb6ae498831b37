/** The part of a heatmap that is shown: places in drawing order by positions. Pure. */

/** From (inclusive) to (exclusive). */
export type Span = readonly [number, number];

export interface Zoom {
  /** Places in drawing order, not rows of the data. */
  readonly places: Span;
  readonly positions: Span;
}

/** Fewest places and positions that a zoom shows: below them nothing more is to be seen. */
const FEWEST = { places: 4, positions: 12 } as const;

export const whole = (rows: number, length: number): Zoom => ({ places: [0, rows], positions: [0, length] });

export const width = ([from, to]: Span): number => to - from;

export const isWhole = ({ places, positions }: Zoom, rows: number, length: number): boolean =>
  width(places) >= rows && width(positions) >= length;

/** A span of so many whole steps from `from` on, moved inside [0, size). */
function inside(from: number, count: number, size: number): Span {
  const kept = Math.min(size, Math.max(1, Math.round(count)));
  const start = Math.max(0, Math.min(size - kept, Math.round(from)));
  return [start, start + kept];
}

/** The zoom as it is possible in a picture of this size; a remembered one may belong to other data. */
export function within({ places, positions }: Zoom, rows: number, length: number): Zoom {
  const fit = ([from, to]: Span, fewest: number, size: number): Span => {
    const count = Math.max(fewest, to - from);
    return inside((from + to - count) / 2, count, size);
  };
  return { places: fit(places, FEWEST.places, rows), positions: fit(positions, FEWEST.positions, length) };
}

/**
 * Magnifies around a point that stays where it is.
 *
 * @param factor below 1 shows less
 * @param at shares of the picture's height and width
 */
export function magnified(
  zoom: Zoom,
  factor: number,
  at: { x: number; y: number },
  rows: number,
  length: number,
): Zoom {
  const around = (span: Span, share: number, fewest: number, size: number): Span => {
    const count = Math.min(size, Math.max(fewest, width(span) * factor));
    return inside(span[0] + share * (width(span) - count), count, size);
  };
  return {
    places: around(zoom.places, at.y, FEWEST.places, rows),
    positions: around(zoom.positions, at.x, FEWEST.positions, length),
  };
}

/** Moves by so many places and positions, as far as there are any. */
export function moved(zoom: Zoom, places: number, positions: number, rows: number, length: number): Zoom {
  return {
    places: inside(zoom.places[0] + places, width(zoom.places), rows),
    positions: inside(zoom.positions[0] + positions, width(zoom.positions), length),
  };
}

/** Moves no further than needed so that a place is shown. */
export function showing(zoom: Zoom, place: number, rows: number, length: number): Zoom {
  const [from, to] = zoom.places;
  const by = place < from ? place - from : place >= to ? place - to + 1 : 0;
  return by === 0 ? zoom : moved(zoom, by, 0, rows, length);
}
