/**
 * The panel in a headless Chromium, in the page that the extension makes for it, beside a stub of the editor: real
 * theme colours, the editor's default style, state that outlives a reload, and a record of what the panel posts.
 */
import { buildSync } from 'esbuild';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { panelPage } from '../../client/src/panel/page.js';
import type { DocumentView, FromPanel, ToPanel } from '../../server/src/protocol.js';
import { chromium, countColours } from './browser.js';
import type { Fixture } from './fixture.js';

/** Colours of the default themes of VS Code 1.139, as a webview gets them. */
const THEMES = JSON.parse(readFileSync(new URL('themes.json', import.meta.url), 'utf8')) as Record<ThemeKind, object>;

export const THEME_KINDS = ['dark', 'light', 'hc-dark', 'hc-light'] as const;
export type ThemeKind = (typeof THEME_KINDS)[number];

const CLASSES: Readonly<Record<ThemeKind, string>> = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  'hc-dark': 'vscode-high-contrast',
  'hc-light': 'vscode-high-contrast-light vscode-high-contrast',
};

/** The part of VS Code's default webview style that a panel has to live with. */
const EDITOR_STYLE = `@layer vscode-default {
  body { background-color: transparent; color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family);
    font-weight: var(--vscode-font-weight); font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }
  code { font-family: monospace; color: var(--vscode-textPreformat-foreground); background-color: var(--vscode-textPreformat-background);
    padding: 1px 3px; border-radius: 4px; }
  ::-webkit-scrollbar { width: 10px; height: 10px; }
  ::-webkit-scrollbar-thumb { background-color: var(--vscode-scrollbarSlider-background); }
}`;

const ORIGIN = 'http://panel.test';
const NONCE = 'n0nce';

export interface PanelPage {
  readonly page: Page;
  /** Posts a message, waits until what it changes is drawn, and gives the milliseconds until then. */
  readonly send: (message: Message) => Promise<number>;
  /** What the panel has posted so far. */
  readonly posted: () => Promise<FromPanel[]>;
  /** What the content security policy has refused, and errors nobody caught. */
  readonly complaints: () => Promise<string[]>;
  readonly wear: (theme: ThemeKind) => Promise<void>;
  /** Colours of the pixels on screen, counted. */
  readonly colours: () => Promise<Map<string, number>>;
}

/** A message, or anything else that might be posted; arrays as typed arrays by name. */
export type Message = Exclude<ToPanel, { type: 'view' }> | ViewMessage | object;
export interface ViewMessage {
  readonly type: 'view';
  readonly view: DocumentView;
  readonly arrays: Fixture['arrays'];
}

/** The message that shows a fixture as the finished run of a document. */
export function viewOf({ snapshot, arrays }: Fixture, changes: Partial<DocumentView> = {}): ViewMessage {
  const named = [
    ...snapshot.data.map(({ name }) => ({ name, kind: 'data' })),
    ...snapshot.maps.map(({ name }) => ({ name, kind: 'attribution' })),
    ...snapshot.metrics.map(({ name }) => ({ name, kind: 'metric' })),
  ];
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
  const marks = named.map(entry => ({ ...entry, range, state: 'done' as const }));
  const view = {
    uri: `file:///ws/${snapshot.file}`,
    version: 1,
    running: false,
    marks,
    snapshot,
    store: '/ws',
    stale: [],
  };
  return { type: 'view', view: { ...view, ...changes }, arrays };
}

export class PanelHost {
  private constructor(
    private readonly browser: Browser,
    private readonly script: string,
  ) {}

  static async start(): Promise<PanelHost> {
    const entry = fileURLToPath(new URL('../../webview/src/panel.ts', import.meta.url));
    const built = buildSync({ entryPoints: [entry], bundle: true, minify: true, write: false, format: 'iife' });
    const browser = await playwright.launch({
      executablePath: chromium ?? '',
      args: ['--no-sandbox', '--disable-gpu'],
    });
    return new PanelHost(browser, built.outputFiles[0]?.text ?? '');
  }

  async stop(): Promise<void> {
    await this.browser.close();
  }

  /** A panel that is ready; nothing has been sent to it. */
  async open(theme: ThemeKind, width: number, height = 800): Promise<PanelPage> {
    const page = await this.browser.newPage({ viewport: { width, height } });
    const html = panelPage({ source: ORIGIN, nonce: NONCE, script: `${ORIGIN}/panel.js` })
      .replace(
        '</head>',
        `<style nonce="${NONCE}">${EDITOR_STYLE}</style><script nonce="${NONCE}">${stub(theme)}</script></head>`,
      )
      .replace('<body>', `<body class="vscode-body ${CLASSES[theme]}">`);
    await page.route(`${ORIGIN}/**`, route => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/panel.js') return route.fulfill({ contentType: 'text/javascript', body: this.script });
      return route.fulfill({ contentType: 'text/html', body: html });
    });
    await page.goto(`${ORIGIN}/`);
    await page.waitForFunction('posted.length > 0');
    return {
      page,
      send: message => send(page, message),
      posted: () => page.evaluate<FromPanel[]>('posted'),
      complaints: () => page.evaluate<string[]>('complaints'),
      wear: async kind => {
        await page.evaluate(
          ({ classes, variables }) => {
            document.documentElement.removeAttribute('style');
            for (const [name, value] of Object.entries(variables)) {
              document.documentElement.style.setProperty(name, String(value));
            }
            document.body.className = `vscode-body ${classes}`;
          },
          { classes: CLASSES[kind], variables: THEMES[kind] },
        );
        await settled(page);
      },
      colours: async () => countColours(await page.screenshot(), width),
    };
  }
}

/** What the editor puts into the page before the panel's script runs. */
const stub = (theme: ThemeKind): string => `
  var posted = [], complaints = [];
  addEventListener('securitypolicyviolation', event => complaints.push(event.violatedDirective + ' ' + event.blockedURI));
  addEventListener('error', event => complaints.push(event.message));
  addEventListener('unhandledrejection', event => complaints.push(String(event.reason)));
  for (const [name, value] of Object.entries(${JSON.stringify(THEMES[theme])})) document.documentElement.style.setProperty(name, value);
  function acquireVsCodeApi() {
    return {
      postMessage: message => posted.push(message),
      getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
      setState: state => sessionStorage.setItem('state', JSON.stringify(state)),
    };
  }`;

async function send(page: Page, message: Message): Promise<number> {
  const arrays =
    'arrays' in message && message.arrays instanceof Map ? encoded(message.arrays as Fixture['arrays']) : undefined;
  return page.evaluate(
    ({ message, arrays }) => {
      const data = arrays?.map(({ name, type, text }) => {
        const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
        return { name, type, data: bytes.buffer };
      });
      const sent = performance.now();
      dispatchEvent(new MessageEvent('message', { data: data ? { ...message, arrays: data } : message }));
      // Two frames later everything is drawn.
      return new Promise<number>(drawn =>
        requestAnimationFrame(() => requestAnimationFrame(() => drawn(performance.now() - sent))),
      );
    },
    { message: { ...message, arrays: undefined }, arrays },
  );
}

/** Arrays as text, the form in which they reach the browser. */
function encoded(arrays: Fixture['arrays']): { name: string; type: string; text: string }[] {
  return [...arrays].map(([name, values]) => ({
    name,
    type: values instanceof Uint8Array ? 'uint8' : 'float32',
    text: Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'),
  }));
}

/** Waits until the next frames are drawn. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise<void>(drawn => requestAnimationFrame(() => requestAnimationFrame(() => drawn()))),
  );
}
