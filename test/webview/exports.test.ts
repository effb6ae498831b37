/** What readers take away: tables with every digit, pictures that open elsewhere and show the same. */
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tsv } from '../../webview/src/exports.js';
import { chromium } from './browser.js';
import { fixture } from './fixture.js';
import { PanelHost, viewOf, type PanelPage } from './panel-host.js';

describe('tab-separated values', () => {
  it('keep every digit and never break a cell', () => {
    expect(
      tsv([
        ['a\tname\nof two lines', 'value'],
        ['x', 0.1 + 0.2],
        ['y', NaN],
      ]),
    ).toBe('a name of two lines\tvalue\nx\t0.30000000000000004\ny\tNA\n');
  });
});

describe.skipIf(chromium === undefined)('exports of the panel (needs Chromium; set CHROME to its path)', () => {
  const results = fixture(48, 100);
  let host: PanelHost;
  let panel: PanelPage;
  beforeAll(async () => {
    host = await PanelHost.start();
  }, 30_000);
  afterAll(() => host.stop());
  afterEach(async () => {
    expect(await panel.complaints()).toEqual([]);
    await panel.page.close();
  });
  /** Opens what is exported under a name and presses a button; gives the message that the editor gets, bytes as numbers. */
  const pressed = async (name: string, button: string): Promise<{ type: string; name: string; content: string }> => {
    const box = panel.page.locator('details.exports', {
      has: panel.page.getByLabel(`Export ${name}`, { exact: true }),
    });
    if (!(await box.evaluate((node: HTMLDetailsElement) => node.open))) await box.locator('summary').click();
    const count = (): Promise<number> => panel.page.evaluate<number>('posted.length');
    const before = await count();
    await box
      .getByRole('button', { name: button })
      .or(box.getByText(button, { exact: true }))
      .first()
      .click();
    await expect.poll(count).toBeGreaterThan(before);
    return panel.page.evaluate(`(message => ({ ...message,
      content: message.content instanceof Uint8Array ? btoa(Array.from(message.content, byte => String.fromCharCode(byte)).join('')) : message.content ?? message.text,
    }))(posted.at(-1))`);
  };
  const open = async (tab = 0): Promise<void> => {
    panel = await host.open('light', 900, 1000);
    await panel.send(viewOf(results));
    await panel.page.locator('vscode-tab-header').nth(tab).click();
  };

  it('gives the scores of the example that is shown, as they are in the store', async () => {
    await open();
    await panel.page.getByLabel('Next example').click();
    const example = await panel.page.locator('.navigation .example').innerText();
    const row = results.snapshot.data[0]!.names.indexOf(example);
    const { name, content } = await pressed('logo of peaks', 'TSV');
    expect(name).toBe('logo-of-peaks.tsv');
    const lines = content
      .trimEnd()
      .split('\n')
      .map(line => line.split('\t'));
    expect(lines[0]).toEqual(['position', 'base', 'ig', 'grad', 'ism']);
    const ig = results.arrays.get('ig.scores')!.subarray(row * 100, (row + 1) * 100);
    expect(lines.slice(1).map(cells => Number(cells[2]))).toEqual([...ig]);
    expect(await pressed('logo of peaks', 'Copy table')).toMatchObject({ type: 'copy', content });
  });

  it('draws logos as SVG that needs nothing else, letter for letter', async () => {
    await open();
    const { name, content } = await pressed('logo of peaks', 'SVG');
    expect(name).toBe('logo-of-peaks.svg');
    const found = await panel.page.evaluate(text => {
      const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
      return {
        error: parsed.querySelector('parsererror')?.textContent ?? '',
        letters: parsed.querySelectorAll('path[fill-rule=evenodd]').length,
        texts: [...parsed.querySelectorAll('text')].map(node => node.textContent),
        references: [...parsed.querySelectorAll('[href], script, style, foreignObject')].length,
        fills: new Set([...parsed.querySelectorAll('path[fill-rule=evenodd]')].map(node => node.getAttribute('fill')))
          .size,
      };
    }, content);
    expect(found).toMatchObject({ error: '', references: 0 });
    expect(found.letters).toBeGreaterThan(60);
    expect(found.fills).toBeGreaterThanOrEqual(4);
    expect(found.texts).toEqual(expect.arrayContaining(['ig', 'grad', 'ism', '1', '100']));
  });

  it.each([
    ['logo of peaks', 0],
    ['heatmap of ig', 0],
    ['Angle between gradient and simplex', 1],
  ])('draws the PNG of %s like its SVG', async (name, tab) => {
    await open(tab);
    const svg = await pressed(name, 'SVG');
    const png = (await pressed(name, 'PNG')).content;
    const { width, height } = PNG.sync.read(Buffer.from(png, 'base64'));
    const size = /width="(\d+)" height="(\d+)"/.exec(svg.content)!.slice(1).map(Number);
    expect([width, height]).toEqual(size.map(side => 2 * side));
    // Both drawn by the browser: the share of pixels that are clearly different.
    const { different, coloured } = await panel.page.evaluate(
      async ({ sources, width, height }) => {
        const pixels = [];
        for (const source of sources) {
          const image = new Image();
          image.src = source;
          await image.decode();
          const context = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d')!;
          context.drawImage(image, 0, 0, width, height);
          pixels.push(context.getImageData(0, 0, width, height).data);
        }
        const [a, b] = pixels as [Uint8ClampedArray, Uint8ClampedArray];
        let [different, coloured] = [0, 0];
        for (let i = 0; i < a.length; i += 4) {
          if ([0, 1, 2].some(part => Math.abs(a[i + part]! - b[i + part]!) > 96)) different++;
          if (a[i]! < 250 || a[i + 2]! < 250) coloured++;
        }
        return { different: different / (width * height), coloured };
      },
      {
        sources: [
          `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg.content)}`,
          `data:image/png;base64,${png}`,
        ],
        width,
        height,
      },
    );
    expect(coloured).toBeGreaterThan(2000);
    expect(different).toBeLessThan(0.02);
  });
});
