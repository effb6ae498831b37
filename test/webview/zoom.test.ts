/** A zoom never leaves the picture, keeps what it is asked to keep, and can always be undone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brushed } from '../../webview/src/heatmap-gestures.js';
import { levelOf } from '../../webview/src/tiles.js';
import { isWhole, magnified, moved, showing, whole, width, within, type Zoom } from '../../webview/src/zoom.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const scene = fc
  .record({ rows: fc.integer({ min: 1, max: 10_000 }), length: fc.integer({ min: 1, max: 5000 }), a: share, b: share })
  .map(({ rows, length, a, b }) => ({
    rows,
    length,
    zoom: within(
      {
        places: [Math.floor(a * rows), Math.ceil(a * rows + b * rows)],
        positions: [Math.floor(b * length), Math.ceil(b * length + a * length)],
      },
      rows,
      length,
    ),
  }));

function expectInside({ places, positions }: Zoom, rows: number, length: number): void {
  for (const [[from, to], size] of [
    [places, rows],
    [positions, length],
  ] as const) {
    expect(Number.isInteger(from) && Number.isInteger(to)).toBe(true);
    expect(from).toBeGreaterThanOrEqual(0);
    expect(to).toBeGreaterThan(from);
    expect(to).toBeLessThanOrEqual(size);
  }
}

describe('a zoom', () => {
  it('stays inside the picture whatever is done', () => {
    fc.assert(
      fc.property(scene, share, share, fc.double({ min: 0.1, max: 10, noNaN: true }), (known, x, y, factor) => {
        const { rows, length, zoom } = known;
        expectInside(zoom, rows, length);
        expectInside(magnified(zoom, factor, { x, y }, rows, length), rows, length);
        expectInside(brushed(zoom, { x, y }, { x: y, y: x }, rows, length), rows, length);
        const panned = moved(zoom, (x - 0.5) * 3 * rows, (y - 0.5) * 3 * length, rows, length);
        expectInside(panned, rows, length);
        expect([width(panned.places), width(panned.positions)]).toEqual([width(zoom.places), width(zoom.positions)]);
      }),
      { seed: 41 },
    );
  });

  it('shows a place that it is moved to, and does not move without need', () => {
    fc.assert(
      fc.property(scene, share, ({ rows, length, zoom }, where) => {
        const place = Math.min(rows - 1, Math.floor(where * rows));
        const found = showing(zoom, place, rows, length);
        expect(found.places[0] <= place && place < found.places[1]).toBe(true);
        expect(showing(found, place, rows, length)).toBe(found);
      }),
      { seed: 42 },
    );
  });

  it('comes back to everything', () => {
    let zoom: Zoom = { places: [100, 104], positions: [500, 512] };
    for (let step = 0; step < 20; step++) zoom = magnified(zoom, 2, { x: 0.5, y: 0.5 }, 10_000, 1000);
    expect(isWhole(zoom, 10_000, 1000)).toBe(true);
  });

  it('is what is marked, and keeps a direction in which nothing is', () => {
    const marked = brushed(whole(1000, 400), { x: 0.5, y: 0.301 }, { x: 0.25, y: 0.3 }, 1000, 400);
    expect(marked).toEqual({ places: [0, 1000], positions: [100, 200] });
  });
});

describe('the level of a picture', () => {
  it('has no cell smaller than a pixel, and the finest such', () => {
    const area = { width: 700, height: 360, places: [0, 10_000] as const, positions: [100, 800] as const };
    expect(levelOf(area, 1)).toEqual({ places: 28, positions: 1 });
    expect(levelOf(area, 2)).toEqual({ places: 14, positions: 1 });
  });
});
