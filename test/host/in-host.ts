/** Runs suites inside the extension host of a real VS Code, the way `@vscode/test-electron` does on a desktop. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { launchBrowser, PROJECT, startServer, type Release } from './vscode.js';
import type { Workspace } from './workspace.js';

const Results = z.array(
  z.object({ title: z.string(), state: z.enum(['passed', 'failed', 'skipped']), error: z.string().optional() }),
);
export type HostResult = z.infer<typeof Results>[number];

/** Milliseconds for one start of VS Code with its suites. */
const LIMIT = 240_000;

/**
 * @param suites names of files in suite/
 * @returns what came of every test
 * @throws Error when VS Code does not start, hangs, or its extension host ends before the suite
 */
export async function runInHost(
  release: Release,
  suites: readonly string[],
  workspace: Workspace,
  trusted = true,
): Promise<HostResult[]> {
  const results = join(workspace.outside, 'results.json');
  const server = await startServer({
    release,
    workspace: workspace.folder,
    trusted,
    testing: true,
    env: { HOST_SUITE: suites.join(), HOST_RESULTS: results },
  });
  const browser = await launchBrowser();
  const printed: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    const ended = new Promise<void>((resolved, rejected) => {
      timer = setTimeout(() => rejected(new Error(`The suite does not end within ${LIMIT / 1000} s.`)), LIMIT);
      server.process.once('exit', code => rejected(new Error(`code-server ended with ${code}.`)));
      page.once('crash', () => rejected(new Error('The page of the workbench crashed.')));
      void page.exposeFunction('codeAutomationExit', () => resolved());
      void page.exposeFunction('codeAutomationLog', (_: string, parts: unknown[]) => printed.push(parts.join(' ')));
    });
    await page.goto(
      server.address([
        ['extensionDevelopmentPath', server.uri(PROJECT)],
        ['extensionTestsPath', server.uri(join(PROJECT, 'dist', 'test-host', 'index.cjs'))],
      ]),
    );
    await ended;
    if (!existsSync(results)) throw new Error('The extension host ended before the suite did.');
    return Results.parse(JSON.parse(readFileSync(results, 'utf8')));
  } catch (error) {
    throw new Error(`VS Code ${release.vscode}: ${String(error)}\n${printed.slice(-30).join('\n')}`, { cause: error });
  } finally {
    clearTimeout(timer);
    await browser.close();
    await server.stop();
  }
}
