/** What is shipped: the package, installed into VS Code as a user installs it, runs the example. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { colours, command, line, panel, pressLens, strips } from './screen.js';
import {
  launchBrowser,
  openFile,
  openWorkbench,
  PROJECT,
  releases,
  startServer,
  unavailable,
  type VSCodeServer,
} from './vscode.js';
import { until } from './waiting.js';
import { makeWorkspace, type Workspace } from './workspace.js';

describe.skipIf(unavailable !== undefined)(`the package in VS Code (${unavailable ?? 'code-server'})`, () => {
  let workspace: Workspace;
  let browser: Browser;
  let vsix: string;
  let server: VSCodeServer | undefined;

  beforeAll(async () => {
    execFileSync('npm', ['run', '--silent', 'package'], { cwd: PROJECT });
    const built = readdirSync(join(PROJECT, 'dist')).find(name => name.endsWith('.vsix'));
    if (built === undefined) throw new Error('`npm run package` made no .vsix in dist/.');
    vsix = join(PROJECT, 'dist', built);
    workspace = makeWorkspace();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await server?.stop();
    workspace.remove();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const [index, page] of browser
      .contexts()
      .flatMap(context => context.pages())
      .entries())
      await page.screenshot({ path: join(PROJECT, 'dist', 'host-failures', `${task.name} ${index}.png`) });
  });

  it('installs, runs the example and shows it', async () => {
    const [release] = releases;
    if (release === undefined) throw new Error('No release of VS Code is installed.');
    server = await startServer({ release, workspace: workspace.folder, vsix: [vsix] });
    const page = await openFile(server, browser, join(workspace.folder, 'planted-motifs.xome'));
    await pressLens(page, 'Run all');
    await until('strip', async () => (await strips(page, 'attribution ism')).length === 1, 90_000);
    await line(page, '✓').waitFor({ timeout: 90_000 });
    await pressLens(page, 'Show');
    const logo = panel(page).locator('canvas:visible').first();
    await logo.waitFor({ timeout: 60_000 });
    await until('logo', async () => (await colours(browser, logo)) > 10);
    expect(await page.locator('.squiggly-error').count()).toBe(0);
    await page.context().close();
  }, 240_000);

  it('leads by its walkthrough from an empty folder to the first heatmap', async () => {
    if (server === undefined) throw new Error('The package was not installed.');
    const folder = join(workspace.outside, 'empty');
    mkdirSync(folder);
    const page = await openWorkbench(server, browser, [], undefined, folder);
    const walkthrough = async (): Promise<void> => {
      await command(page, 'Welcome: Open Walkthrough');
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Explain a genomics model' }).first().click();
      // It slides in.
      await page.waitForTimeout(2_000);
    };
    const press = async (title: string, button: string): Promise<void> => {
      // Opened anew: the page may have gone back to its list of walkthroughs while it was covered.
      await walkthrough();
      const step = page.locator('.getting-started-step', { hasText: title }).first();
      if (!/expanded/.test((await step.getAttribute('class')) ?? ''))
        await step.locator('.step-title').click({ force: true });
      await page.waitForTimeout(2_000);
      await step.locator('.monaco-button', { hasText: button }).first().click({ force: true });
    };
    await press('Open the sample project', 'Open Sample Project');
    await page.locator('.quick-input-widget').getByText('Put Sample Here').first().click();
    await line(page, 'attribution ism').waitFor({ timeout: 60_000 });
    await page.locator('.codelens-decoration a', { hasText: 'Run all' }).first().waitFor({ timeout: 60_000 });
    // The walkthrough covers the experiment, which is brought back.
    await press('Run it', 'Run All');
    await until('strip', async () => (await strips(page, 'attribution ism')).length === 1, 90_000);
    await press('See the first heatmap', 'Show Results');
    const heatmap = panel(page).locator(':has(> canvas[aria-label^="Heatmap of ig"])').first();
    await heatmap.scrollIntoViewIfNeeded({ timeout: 60_000 });
    await until('heatmap', async () => (await colours(browser, heatmap)) > 20);
    await page.screenshot({ path: join(PROJECT, 'dist', 'host-pictures', 'walkthrough.png') });
    // What was done is ticked off.
    await walkthrough();
    expect(await page.locator('.getting-started-step .codicon-getting-started-step-checked').count()).toBeGreaterThan(
      2,
    );
  }, 240_000);
});
