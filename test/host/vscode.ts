/**
 * A real VS Code without a display: code-server serves VS Code's own workbench and Node extension host on the loopback
 * address, a headless Chromium shows it. Nothing of the user's VS Code is read or written, and nothing but loopback can be
 * reached from the page.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import * as z from 'zod';
import { chromium as chromiumPath } from '../webview/browser.js';

/** Root of the project: the extension under development. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

const Installed = z.array(z.object({ vscode: z.string(), node: z.string(), entry: z.string() }));
export type Release = z.infer<typeof Installed>[number];

/** The releases that install.mjs has put on this machine, newest first. */
export const releases: readonly Release[] = readInstalled();

/** Why no VS Code can be shown here, or undefined. */
export const unavailable: string | undefined =
  chromiumPath === undefined
    ? 'no Chromium; set CHROME to its path'
    : releases.length === 0
      ? 'no code-server; run `node test/host/install.mjs`'
      : undefined;

function readInstalled(): Release[] {
  const folder = process.env['EXPLAINOME_HOST'] ?? join(homedir(), '.cache', 'explainome-host');
  try {
    return Installed.parse(JSON.parse(readFileSync(join(folder, 'installed.json'), 'utf8')));
  } catch {
    return [];
  }
}

const SETTINGS = {
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'editor.cursorBlinking': 'solid',
  'editor.hover.delay': 100,
  'editor.minimap.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'security.workspace.trust.banner': 'never',
  'security.workspace.trust.startupPrompt': 'never',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.menuBarVisibility': 'hidden',
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.editor.enablePreview': false,
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

export interface ServerOptions {
  release: Release;
  /** Folder to open. */
  workspace: string;
  /** Folders of unpacked extensions to install. */
  extensions?: readonly string[];
  /** Packaged extensions to install. */
  vsix?: readonly string[];
  settings?: Record<string, unknown>;
  /** Whether folders are trusted without asking, as most people set it for their own work. */
  trusted?: boolean;
  /** Lets the page's address name an extension and its tests; notifications are then not shown. */
  testing?: boolean;
  env?: Record<string, string>;
}

export class VSCodeServer {
  constructor(
    readonly port: number,
    /** Everything that this server keeps: settings, extensions, logs. */
    readonly folder: string,
    readonly process: ChildProcess,
    private readonly workspace: string,
  ) {}

  /** What an address of this server's workbench calls a local file. */
  uri(path: string): string {
    return `vscode-remote://127.0.0.1:${this.port}${path}`;
  }

  /** Address of a workbench on the workspace, or another folder; `payload` holds pairs such as `['openFile', uri]`. */
  address(payload: readonly (readonly [string, string])[] = [], folder = this.workspace): string {
    const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) });
    return `http://127.0.0.1:${this.port}/?${query.toString()}`;
  }

  /** Ends the server with its extension hosts, language servers and engines. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const gone = new Promise(resolved => this.process.once('exit', resolved));
      this.signal('SIGTERM');
      const timer = setTimeout(() => this.signal('SIGKILL'), 5_000);
      await gone;
      clearTimeout(timer);
    }
    this.signal('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** Signals the server's process group. */
  private signal(signal: NodeJS.Signals): void {
    if (this.process.pid === undefined) return;
    try {
      process.kill(-this.process.pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}

/** @throws Error when the server does not listen within 30 s, with what it printed */
export async function startServer(options: ServerOptions): Promise<VSCodeServer> {
  const { release, workspace, extensions = [], vsix = [], trusted = true, testing = false } = options;
  const folder = mkdtempSync(join(tmpdir(), 'explainome-host-'));
  const [user, installed, home] = [join(folder, 'user'), join(folder, 'extensions'), join(folder, 'home')];
  for (const path of [join(user, 'User'), installed, home]) mkdirSync(path, { recursive: true });
  const settings = { ...SETTINGS, 'security.workspace.trust.enabled': !trusted, ...options.settings };
  writeFileSync(join(user, 'User', 'settings.json'), JSON.stringify(settings, undefined, 2));
  const config = join(folder, 'config.yaml');
  writeFileSync(config, '');
  const env = { ...cleanEnvironment(), HOME: home, XDG_CONFIG_HOME: home, EXTENSIONS_GALLERY: '{}', ...options.env };
  const base = [release.entry, '--config', config, '--user-data-dir', user, '--extensions-dir', installed];

  for (const file of vsix)
    await promisify(execFile)(release.node, [...base, '--install-extension', resolve(file)], { env });
  for (const path of extensions) {
    const { publisher, name, version } = Manifest.parse(JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')));
    symlinkSync(resolve(path), join(installed, `${publisher}.${name}-${version}`));
  }

  const port = await freePort();
  const flags = ['--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--disable-telemetry', '--disable-update-check'];
  flags.push('--disable-getting-started-override', '--ignore-last-opened', '--disable-proxy');
  if (trusted) flags.push('--disable-workspace-trust');
  // VS Code 1.100 neither knows nor needs it.
  if (testing && !release.vscode.startsWith('1.100.')) flags.push('--vscode-option', 'enable-smoke-test-driver');
  // A process group of its own, so that stop() reaches the extension host and what it has started.
  const child = spawn(release.node, [...base, ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const server = new VSCodeServer(port, folder, child, workspace);
  try {
    await listening(child);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

const Manifest = z.object({ publisher: z.string(), name: z.string(), version: z.string() });

/** Without what an editor or npm around these tests has set. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(VSCODE_|npm_|ELECTRON_|CODE_SERVER|CS_|VITEST|NODE_OPTIONS$|PORT$|PASSWORD$|HASHED_PASSWORD$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function freePort(): Promise<number> {
  return new Promise((resolved, rejected) => {
    const server = createServer()
      .once('error', rejected)
      .listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolved(typeof address === 'object' && address !== null ? address.port : 0));
      });
  });
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolved, rejected) => {
    let printed = '';
    const fail = (what: string): void => rejected(new Error(`code-server ${what}:\n${printed}`));
    const timer = setTimeout(() => fail('does not listen after 30 s'), 30_000);
    child.once('exit', code => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
        if (!printed.includes('HTTP server listening on')) return;
        clearTimeout(timer);
        resolved();
      });
  });
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--force-color-profile=srgb',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
    ],
  });
}

/** Opens a workbench in a browser profile of its own; `payload` and `folder` as for the address. */
export async function openWorkbench(
  server: VSCodeServer,
  browser: Browser,
  payload: Parameters<VSCodeServer['address']>[0] = [],
  viewport = { width: 1400, height: 900 },
  folder?: string,
): Promise<Page> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  await page.goto(server.address(payload, folder), { waitUntil: 'domcontentloaded' });
  await page.locator('.monaco-workbench .part.editor').first().waitFor({ timeout: 60_000 });
  return page;
}

/** Opens a workbench with a file shown. */
export async function openFile(
  server: VSCodeServer,
  browser: Browser,
  file: string,
  viewport?: { width: number; height: number },
): Promise<Page> {
  const page = await openWorkbench(server, browser, [['openFile', server.uri(file)]], viewport);
  await page.locator('.monaco-workbench .part.editor .view-line').first().waitFor({ timeout: 60_000 });
  return page;
}
