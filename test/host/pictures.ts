/**
 * The pictures of the editor in docs/images and of the walkthrough, drawn anew from the example:
 * `UPDATE=1 npx vitest run --config test/host/vitest.config.ts`. Those of data files and of the Testing view are kept from what the
 * tests in data-files.host.ts and inline.host.ts leave in dist/host-pictures.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { it } from 'vitest';
import { command, line, panel, pressLens, runEnded } from './screen.js';
import { launchBrowser, openFile, PROJECT, releases, startServer } from './vscode.js';
import { makeWorkspace } from './workspace.js';

/** The ending of a picture's name, and the theme that it shows. */
const THEMES = [
  ['', 'Default Dark Modern'],
  ['-light', 'Default Light Modern'],
  ['-hc-dark', 'Default High Contrast'],
] as const;

it.each(THEMES)(
  'draws the editor%s',
  async (ending, theme) => {
    const [release] = releases;
    if (release === undefined) throw new Error('No release of VS Code is installed.');
    const workspace = makeWorkspace();
    const file = join(workspace.folder, 'planted-motifs.xome');
    // The failing claim of the pictures: the raw gradient is no better than noise.
    const text = readFileSync(file, 'utf8').replace(
      'metric agree ',
      'expect angle.over_30 < 39.1% at 95%\nmetric agree ',
    );
    writeFileSync(file, text);
    const settings = { 'workbench.colorTheme': theme };
    const server = await startServer({ release, workspace: workspace.folder, extensions: [PROJECT], settings });
    const browser = await launchBrowser();
    try {
      const page = await openFile(server, browser, file, { width: 1400, height: 860 });
      await command(page, 'View: Toggle Primary Side Bar Visibility');
      await pressLens(page, 'Run all');
      await runEnded(page);
      await line(page, '✗').waitFor({ timeout: 30_000 });
      const picture = (name: string, clip?: { x: number; y: number; width: number; height: number }) =>
        page.screenshot({ path: join(PROJECT, 'docs/images', `${name}${ending}.png`), ...(clip && { clip }) });

      await line(page, 'attribution ism').hover({ position: { x: 108, y: 9 } });
      await page.locator('.monaco-hover:visible img').first().waitFor();
      await page.waitForTimeout(1_000);
      await picture('editor-hover', { x: 50, y: 260, width: 1100, height: 560 });
      await page.keyboard.press('Escape');
      await page.mouse.move(5, 5);

      await pressLens(page, 'Show');
      await panel(page).locator('canvas:visible').first().waitFor({ timeout: 60_000 });
      await page.waitForTimeout(1_500);
      await picture('editor-inline');
    } finally {
      await browser.close();
      await server.stop();
      workspace.remove();
    }
  },
  240_000,
);

it('draws the walkthrough', async () => {
  const [release] = releases;
  if (release === undefined) throw new Error('No release of VS Code is installed.');
  const workspace = makeWorkspace();
  const file = join(workspace.folder, 'planted-motifs.xome');
  const doubtful = join(workspace.folder, 'doubtful.xome');
  writeFileSync(doubtful, DOUBTFUL);
  const server = await startServer({ release, workspace: workspace.folder, extensions: [PROJECT] });
  const browser = await launchBrowser();
  try {
    const folder = join(PROJECT, 'client/media/walkthrough');
    mkdirSync(folder, { recursive: true });
    const size = { width: 1000, height: 620 };
    const checked = await openFile(server, browser, doubtful, size);
    const save = (page: Page, name: string) => page.screenshot({ path: join(folder, `${name}.png`) });
    await command(checked, 'View: Toggle Primary Side Bar Visibility');
    await checked.locator('.squiggly-warning').first().waitFor({ timeout: 60_000 });
    // Lenses that are drawn later would move the line away from the pointer.
    await checked.locator('.codelens-decoration a', { hasText: 'passes' }).first().waitFor({ timeout: 60_000 });
    await line(checked, 'metric agree').hover({ position: { x: 320, y: 9 } });
    await checked.locator('.monaco-hover:visible').getByText('Quick Fix').first().waitFor();
    await save(checked, 'check');

    const page = await openFile(server, browser, file, size);
    await page.locator('.codelens-decoration a', { hasText: 'Run all' }).first().waitFor({ timeout: 60_000 });
    await page.getByRole('treeitem', { name: 'planted_motifs.onnx' }).click({ button: 'right' });
    await page.waitForTimeout(1500);
    await save(page, 'own');
    await page.keyboard.press('Escape');
    await command(page, 'View: Toggle Primary Side Bar Visibility');
    await page.locator('.codelens-decoration a', { hasText: 'Run all' }).first().waitFor({ timeout: 60_000 });
    await page.waitForTimeout(1000);
    await save(page, 'sample');
    await pressLens(page, 'Run all');
    await page.locator('.codelens-decoration a', { hasText: 'Running' }).first().waitFor({ timeout: 60_000 });
    await save(page, 'run');
    await page
      .locator('.codelens-decoration a', { hasText: 'Cancel' })
      .first()
      .waitFor({ state: 'detached', timeout: 120_000 });
    await pressLens(page, 'Show');
    await panel(page).locator('canvas:visible').first().waitFor({ timeout: 60_000 });
    await page.waitForTimeout(1500);
    await save(page, 'heatmap');
  } finally {
    await browser.close();
    await server.stop();
    workspace.remove();
  }
}, 300_000);

/** An experiment with a doubt that has a quick fix. */
const DOUBTFUL = `/// Can this explanation be believed?
model     net   = onnx("planted_motifs.onnx", input: dna(100))
target    score = logit of net
data      peaks = simulate_motifs(["TGASTCA"], sequences: 200, seed: 1)

reference blank = zeros
attribution ig   = integrated_gradients(baseline: blank, steps: 20) of score on peaks
attribution grad = saliency of score on peaks

metric agree = rank_agreement of ig, grad
expect agree.median > 60% at 95%
`;
