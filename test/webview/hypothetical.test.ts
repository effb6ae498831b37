/** Logos of hypothetical contributions show all four bases of a position, on top of each other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium } from './browser.js';
import { fixture } from './fixture.js';
import { PanelHost, viewOf } from './panel-host.js';

describe.skipIf(chromium === undefined)('hypothetical logos (need Chromium; set CHROME to its path)', () => {
  let host: PanelHost;
  beforeAll(async () => {
    host = await PanelHost.start();
  }, 30_000);
  afterAll(() => host.stop());

  it('draw each base in its colour, those against the target below the line', async () => {
    const { snapshot, arrays } = fixture(1, 20);
    const [map] = snapshot.maps;
    const maps = [{ ...map!, kind: 'hypothetical' as const, bases: 'ig.bases' }];
    // A and C speak for the target at every position, G and T against it.
    const bases = Float32Array.from({ length: 80 }, (_, i) => [1, 2, -1, -2][i % 4]!);
    const panel = await host.open('light', 900, 700);
    await panel.send(
      viewOf({ snapshot: { ...snapshot, maps, views: [] }, arrays: new Map([...arrays, ['ig.bases', bases]]) }),
    );
    const rows = await panel.page
      .locator('.track[data-declaration=ig] > canvas')
      .evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        const colours = { A: [27, 127, 69], C: [31, 102, 204], G: [168, 102, 0], T: [204, 51, 48] };
        return Object.values(colours).map(colour => {
          const found: number[] = [];
          for (let i = 0; i < data.length; i += 4)
            if (colour.every((part, at) => data[i + at] === part)) found.push(Math.floor(i / 4 / canvas.width));
          return found.reduce((sum, row) => sum + row, 0) / found.length;
        });
      });
    // From above: C, A, the line, G, T.
    const [a, c, g, t] = rows as [number, number, number, number];
    expect([c, a, g, t]).toEqual([c, a, g, t].sort((x, y) => x - y));
    expect(t - g).toBeGreaterThan(5);
    expect(await panel.complaints()).toEqual([]);
    await panel.page.close();
  });
});
