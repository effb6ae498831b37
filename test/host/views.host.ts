/** Every kind of picture that the panel has, drawn in the webview of VS Code, and taken away from it as a file. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { colours, panel, pressLens, runEnded } from './screen.js';
import { inVSCode } from './session.js';
import { VIEWS } from './suite/experiments.js';
import { unavailable } from './vscode.js';
import { until } from './waiting.js';
import type { Workspace } from './workspace.js';

describe.skipIf(unavailable !== undefined)(`views in VS Code (${unavailable ?? 'code-server'})`, () => {
  let workspace: Workspace;
  let browser: Browser;
  let page: Page;
  let shown: FrameLocator;
  inVSCode({
    examples: ['planted_motifs.onnx'],
    fill: folder => writeFileSync(join(folder, 'views.xome'), VIEWS),
    file: 'views.xome',
    viewport: { width: 1600, height: 1000 },
    shown: async session => {
      ({ workspace, browser, page } = session);
      await pressLens(page, 'Run all');
      await runEnded(page, 180_000);
      await pressLens(page, 'Show');
      shown = panel(page);
      await shown.locator('canvas:visible').first().waitFor({ timeout: 60_000 });
    },
  });

  const tab = (title: string): Promise<void> => shown.locator('vscode-tab-header', { hasText: title }).click();
  /** A picture holds more than text and lines in one colour. */
  const drawn = async (picture: Locator): Promise<void> => {
    await picture.scrollIntoViewIfNeeded();
    await until('picture', async () => (await colours(browser, picture)) > 20);
  };

  it.each([
    ['logos', '[aria-label^="Logo of simulated"]'],
    ['heatmaps', ':has(> canvas[aria-label^="Heatmap of grad"])'],
    ['agreement', 'svg[aria-label^="Agreement"]'],
    ['variants by place', 'article[data-declaration="loci"] canvas'],
    ['features by rank', 'article[data-declaration="genes"]'],
    ['a benchmark', 'article[data-declaration="table"] table'],
    ['training', 'svg[aria-label^="Loss by epoch"]'],
  ])('draws %s', async (_, selector) => {
    await tab('Attributions');
    await drawn(shown.locator(selector).first());
  });

  it('draws the difference of two maps, when it is chosen', async () => {
    await tab('Attributions');
    await shown.locator('.difference vscode-single-select').click();
    await shown.getByRole('option', { name: 'grad − ism' }).click();
    const logo = shown.locator('[aria-label^="Logo of simulated"][aria-label*="grad − ism"]').first();
    await drawn(logo);
  });

  it.each([
    ['intervals', 'article[data-declaration="agree"] svg[aria-label^="median"]'],
    ['a distribution', 'svg[aria-label^="Shared top positions"]'],
    ['a curve', 'svg[aria-label^="Recall of planted variants"]'],
  ])('draws %s among the metrics', async (_, selector) => {
    await tab('Metrics');
    await drawn(shown.locator(selector).first());
  });

  it('shows where everything comes from', async () => {
    await tab('Provenance');
    const provenance = shown.locator('vscode-tab-panel.provenance');
    await provenance.getByText('simulate_genotypes').first().waitFor();
    await provenance.getByText('Copy methods paragraph').first().waitFor();
    expect(await provenance.getByText(/[0-9a-f]{8}/).count()).toBeGreaterThan(3);
  });

  it.each([
    ['SVG', (content: Buffer) => expect(content.toString()).toMatch(/^<svg [^]*<\/svg>\s*$/)],
    ['PNG', (content: Buffer) => expect(content.subarray(1, 4).toString()).toBe('PNG')],
    ['TSV', (content: Buffer) => expect(content.toString().split('\n')[1]).toMatch(/^\S.*\t-?\d/)],
  ])('saves a picture as %s where the reader wants it', async (form, check) => {
    await tab('Attributions');
    const section = shown.locator('details.exports').first();
    await section.scrollIntoViewIfNeeded();
    if (!(await section.evaluate(node => (node as HTMLDetailsElement).open))) await section.locator('summary').click();
    await section.getByText(form, { exact: true }).click();
    const place = page.locator('.quick-input-widget input').first();
    await until('name', async () => (await place.inputValue()).endsWith(`.${form.toLowerCase()}`));
    const path = await place.inputValue();
    expect(path.startsWith(workspace.folder), path).toBe(true);
    await page.keyboard.press('Enter');
    await until('file', () => existsSync(path));
    check(readFileSync(path));
  });
});
