/** What is shipped: the package, installed into VS Code as a user installs it, runs the example. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { colours, line, panel, pressLens, strips } from './screen.js';
import { launchBrowser, openFile, PROJECT, releases, startServer, unavailable, type VSCodeServer } from './vscode.js';
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
  }, 240_000);
});
