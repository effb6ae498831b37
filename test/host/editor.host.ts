/** The extension as a person meets it on the screen of VS Code: pressed lenses, drawn strips and hovers, and the panel. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { colours, line, notes, panel, pressLens, strips } from './screen.js';
import { inVSCode } from './session.js';
import { SMALL } from './suite/experiments.js';
import { unavailable, type VSCodeServer } from './vscode.js';
import { until } from './waiting.js';

describe.skipIf(unavailable !== undefined)(`on the screen of VS Code (${unavailable ?? 'code-server'})`, () => {
  let server: VSCodeServer;
  let browser: Browser;
  let page: Page;
  inVSCode({
    fill: folder => writeFileSync(join(folder, 'small.xome'), SMALL),
    file: 'small.xome',
    shown: session => {
      ({ server, browser, page } = session);
    },
  });

  it('runs from the lens and draws a strip after each attribution', async () => {
    await pressLens(page, 'Run all');
    for (const name of ['raw', 'grad', 'ism'])
      await until(`strip of ${name}`, async () => (await strips(page, `attribution ${name}`)).length === 1, 60_000);
    await line(page, '✗').waitFor();
  });

  it('underlines the failed expectation only', async () => {
    await page.locator('.squiggly-error').first().waitFor();
    const failed = await line(page, 'expect angle.over_30').boundingBox();
    const marks = await page
      .locator('.squiggly-error')
      .evaluateAll(found => found.map(mark => mark.getBoundingClientRect().y));
    expect(marks).toHaveLength(1);
    expect(Math.abs((marks[0] ?? 0) - (failed?.y ?? 0))).toBeLessThan(20);
  });

  it.each([
    ['metric angle', 'a metric'],
    ['attribution ism', 'an attribution'],
  ])('draws a picture when the pointer rests on %s', async text => {
    // On the name, which follows the first word.
    const { length } = text.split(' ')[0] ?? '';
    await line(page, text).hover({ position: { x: (length + 2) * 8, y: 9 } });
    const picture = page.locator('.monaco-hover:visible img').first();
    await picture.waitFor();
    expect((await picture.boundingBox())?.width).toBeGreaterThan(50);
    expect(await colours(browser, picture)).toBeGreaterThan(3);
    await page.keyboard.press('Escape');
    await page.mouse.move(5, 5);
  });

  it('draws the panel', async () => {
    await pressLens(page, 'Show');
    await drawn();
  });

  it('compares two results: the panel draws what one says more than the other', async () => {
    await line(page, 'attribution ism').hover({ position: { x: 108, y: 9 } });
    await page.locator('.monaco-hover:visible').getByText('Compare').first().click();
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'grad' }).first().click();
    const difference = panel(page).locator('[aria-label^="Logo of simulated"][aria-label*="grad − ism"]').first();
    await difference.scrollIntoViewIfNeeded({ timeout: 60_000 });
    await until('logo', async () => (await colours(browser, difference)) > 20);
    // Both that are compared stay above their difference.
    const above = (name: string) => panel(page).locator(`[aria-label^="Logo of simulated"][aria-label*="${name}"]`);
    expect(await above('grad').count()).toBeGreaterThan(1);
    await page.mouse.move(5, 5);
  });

  it('brings panel and results back after the window is reloaded, without a run', async () => {
    // A workbench in a browser saves what is open every few seconds, not when it is left.
    await page.waitForTimeout(8_000);
    // Without the file to open, which would keep the window from restoring its editors.
    await page.goto(server.address(), { waitUntil: 'domcontentloaded' });
    await until(
      'strip',
      async () =>
        (await line(page, 'attribution ism').isVisible()) && (await strips(page, 'attribution ism')).length === 1,
      60_000,
    );
    await drawn();
  });

  it('shows a changed experiment as stale, and makes it current again', async () => {
    await line(page, 'data  planted').click();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('7');
    await until('note', async () => (await notes(page, 'attribution ism')).includes('stale'));
    await panel(page).getByText(/stale/i).first().waitFor();
    expect(await strips(page, 'attribution ism')).toHaveLength(1);
    await pressLens(page, 'Run all');
    await until('end of it', async () => !(await notes(page, 'attribution ism')).includes('stale'));
    await until('strip', async () => (await strips(page, 'attribution ism')).length === 1);
  });

  it('has its commands in the palette', async () => {
    await page.keyboard.press('F1');
    await page.locator('.quick-input-widget .input').first().fill('>Explainome');
    const offered = page.locator('.quick-input-list .monaco-list-row');
    await offered.first().waitFor();
    const titles = (await offered.allTextContents()).join('\n');
    for (const title of ['Run', 'Report', 'Restart']) expect(titles).toContain(title);
    await page.keyboard.press('Escape');
  });

  /** Every visible canvas of the panel holds a picture, not one colour. */
  async function drawn(): Promise<void> {
    const canvases = panel(page).locator('canvas:visible');
    await canvases.first().waitFor({ timeout: 60_000 });
    await until('logo', async () => (await colours(browser, canvases.first())) > 10);
    expect(await canvases.count()).toBeGreaterThan(1);
  }
});
