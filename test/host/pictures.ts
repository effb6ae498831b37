/**
 * The pictures of the editor in docs/images, drawn anew from the example:
 * `UPDATE=1 npx vitest run --config test/host/vitest.config.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { command, line, panel, pressLens, strips } from './screen.js';
import { launchBrowser, openFile, PROJECT, releases, startServer } from './vscode.js';
import { until } from './waiting.js';
import { makeWorkspace } from './workspace.js';

it('draws the editor', async () => {
  const [release] = releases;
  if (release === undefined) throw new Error('No release of VS Code is installed.');
  const workspace = makeWorkspace();
  const file = join(workspace.folder, 'planted-motifs.xome');
  // The failing claim of the pictures: the raw gradient is no better than noise.
  const text = readFileSync(file, 'utf8').replace(
    'expect gap.max < 1%',
    'expect gap.max < 1%\nexpect angle.over_30 < 39.1% at 95%',
  );
  writeFileSync(file, text);
  const server = await startServer({ release, workspace: workspace.folder, extensions: [PROJECT] });
  const browser = await launchBrowser();
  try {
    const page = await openFile(server, browser, file, { width: 1560, height: 980 });
    await command(page, 'View: Toggle Primary Side Bar Visibility');
    await pressLens(page, 'Run all');
    await until('strip', async () => (await strips(page, 'attribution ism')).length === 1, 90_000);
    await line(page, '✗').waitFor({ timeout: 90_000 });
    await page.locator('.codelens-decoration a', { hasText: 'Cancel' }).first().waitFor({ state: 'detached' });
    const picture = (name: string) => page.screenshot({ path: join(PROJECT, 'docs/images', `${name}.png`) });

    await line(page, 'metric angle').hover({ position: { x: 80, y: 9 } });
    await page.locator('.monaco-hover:visible img').first().waitFor();
    await picture('editor-hover');
    await page.keyboard.press('Escape');
    await page.mouse.move(5, 5);

    await pressLens(page, 'Show');
    await panel(page).locator('canvas:visible').first().waitFor({ timeout: 60_000 });
    await page.waitForTimeout(1500);
    await picture('editor-inline');
  } finally {
    await browser.close();
    await server.stop();
    workspace.remove();
  }
}, 240_000);
