/** A workspace in a window of VS Code for the tests of one `describe`, and a picture of the screen after each of them. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { launchBrowser, openFile, openWorkbench, PROJECT, releases, startServer } from './vscode.js';
import type { VSCodeServer } from './vscode.js';
import { makeWorkspace, type Workspace } from './workspace.js';

/** Milliseconds for the start and for what is done before the first test. */
const BEGIN = 300_000;

export interface Session {
  readonly workspace: Workspace;
  readonly server: VSCodeServer;
  readonly browser: Browser;
  readonly page: Page;
}

export interface SessionOptions {
  /** Files of the example that the workspace has; the example where it is left out. */
  readonly examples?: readonly string[];
  /** Puts the other files into the workspace. */
  readonly fill: (folder: string) => void;
  /** The file of the workspace that is open from the start; none where it is left out. */
  readonly file?: string;
  readonly viewport?: { width: number; height: number };
  /** Called when it is shown, before the first test. */
  readonly shown: (session: Session) => void | Promise<void>;
}

/** Pictures of tests go to dist/host-pictures, of those that failed to dist/host-failures. */
export function inVSCode({ examples, fill, file, viewport, shown }: SessionOptions): void {
  let session: Session | undefined;
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    const [release] = releases;
    if (release === undefined) throw new Error('No release of VS Code is installed.');
    const workspace = makeWorkspace(examples);
    ends.unshift(() => workspace.remove());
    fill(workspace.folder);
    const server = await startServer({ release, workspace: workspace.folder, extensions: [PROJECT] });
    ends.unshift(() => server.stop());
    const browser = await launchBrowser();
    ends.unshift(() => browser.close());
    const page =
      file === undefined
        ? await openWorkbench(server, browser, [], viewport)
        : await openFile(server, browser, join(workspace.folder, file), viewport);
    session = { workspace, server, browser, page };
    await shown(session);
  }, BEGIN);

  afterAll(async () => {
    for (const end of ends) await end();
  });

  afterEach(async ({ task }) => {
    const folder = task.result?.state === 'fail' ? 'host-failures' : 'host-pictures';
    await session?.page.screenshot({ path: join(PROJECT, 'dist', folder, `${task.name}.png`) });
  });
}
