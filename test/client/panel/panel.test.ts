/** The panel's side of the handshake, with a webview made by hand; test/host shows the real one. */
import type { ExtensionContext } from 'vscode';
import { beforeEach, expect, test, vi } from 'vitest';
import { ResultsPanel } from '../../../client/src/panel/panel.js';
import type { Views } from '../../../client/src/views.js';
import { ToPanel, type DocumentView } from '../../../server/src/protocol.js';
import { mark, viewOf } from '../marks.js';

/** The webview as the panel sees it, and what the panel did with it. */
const { webview } = vi.hoisted(() => ({
  webview: {
    posted: [] as unknown[],
    say: (_message: unknown): void => undefined,
    hide: (): void => undefined,
    html: '',
  },
}));
vi.mock('vscode', () => {
  class Uri {
    constructor(readonly path: string) {}
    static parse = (text: string): Uri => new Uri(text);
    static joinPath = (base: Uri, ...parts: string[]): Uri => new Uri([base.path, ...parts].join('/'));
    toString = (): string => this.path;
  }
  const nothing = (): { dispose: () => void } => ({ dispose: () => undefined });
  return {
    Uri,
    ViewColumn: { Beside: -2 },
    EventEmitter: class {
      event = nothing;
    },
    window: {
      visibleTextEditors: [],
      onDidChangeActiveTextEditor: nothing,
      onDidChangeTextEditorSelection: nothing,
      registerWebviewPanelSerializer: nothing,
      createWebviewPanel: () => {
        const panel = {
          visible: true,
          reveal: () => undefined,
          onDidDispose: nothing,
          dispose: () => undefined,
          onDidChangeViewState: (listen: () => void) => {
            webview.hide = () => {
              panel.visible = false;
              listen();
            };
          },
          webview: {
            cspSource: 'vscode-resource:',
            asWebviewUri: (uri: Uri) => uri,
            onDidReceiveMessage: (listen: (message: unknown) => void) => (webview.say = listen),
            postMessage: (message: unknown) => Promise.resolve(webview.posted.push(message)),
          },
        };
        return panel;
      },
    },
    workspace: { openTextDocument: () => Promise.resolve({}) },
  };
});

const { Uri } = await import('vscode');
const document = Uri.parse('file:///a.xome');
const done: unknown[][] = [];
let known: DocumentView | undefined;
let changed: (uri: string) => void = () => undefined;
let panel: ResultsPanel;

beforeEach(() => {
  webview.posted.length = 0;
  done.length = 0;
  known = viewOf([mark('ig', [3, 3], {})]);
  const views = {
    watched: undefined,
    problem: undefined,
    get: () => known,
    request: () => undefined,
    onDidChange: (listen: (uri: string) => void) => {
      changed = listen;
      return { dispose: () => undefined };
    },
  };
  const memory = { get: () => undefined, update: () => Promise.resolve() };
  const note = (what: string) => (uri: unknown, only?: unknown) => void done.push([what, String(uri), only]);
  panel = new ResultsPanel(
    // Only what the panel uses; the rest of these is the editor's.
    { extensionUri: Uri.parse('/extension'), workspaceState: memory } as unknown as ExtensionContext,
    views as unknown as Views,
    { run: note('run'), cancel: note('cancel'), report: note('report') },
  );
});

/** Kinds of the messages so far, once the panel has nothing more to say. */
async function posted(): Promise<string[]> {
  await vi.waitFor(() => expect(webview.posted.length).toBeGreaterThan(0));
  return webview.posted.map(message => ToPanel.parse(message).type);
}

test('nothing is posted before the page is ready; then the whole view, then what was asked for', async () => {
  panel.show(document, 'ig');
  await new Promise(resolve => setTimeout(resolve, 20));
  expect(webview.posted).toEqual([]);
  webview.say({ type: 'ready' });
  await new Promise(resolve => setTimeout(resolve, 300));
  expect(await posted()).toEqual(['view', 'select']);
});

test('a comparison that was asked for follows the view, once', async () => {
  panel.compare(document, ['ig', 'ism']);
  webview.say({ type: 'ready' });
  await vi.waitFor(async () => expect(await posted()).toEqual(['view', 'select', 'compare']));
  expect(webview.posted.at(-1)).toEqual({ type: 'compare', names: ['ig', 'ism'] });
  changed(document.toString());
  await vi.waitFor(async () => expect((await posted()).slice(3)).toEqual(['view']));
});

test('a page that was hidden gets nothing until its successor is ready, and then the whole view again', async () => {
  panel.show(document);
  webview.say({ type: 'ready' });
  await posted();
  webview.hide();
  webview.posted.length = 0;
  changed(document.toString());
  await new Promise(resolve => setTimeout(resolve, 500));
  expect(webview.posted).toEqual([]);
  webview.say({ type: 'ready' });
  expect(await posted()).toEqual(['view']);
});

test('a document without a view says so, and one that was closed keeps its picture', async () => {
  known = undefined;
  panel.show(document);
  webview.say({ type: 'ready' });
  expect(await posted()).toEqual(['empty']);
  known = viewOf([]);
  changed(document.toString());
  await vi.waitFor(async () => expect(await posted()).toEqual(['empty', 'view']));
  known = undefined;
  changed(document.toString());
  await new Promise(resolve => setTimeout(resolve, 500));
  expect(await posted()).toEqual(['empty', 'view']);
});

test('buttons of the panel act on its document; a message that the protocol does not have is refused', () => {
  panel.show(document);
  webview.say({ type: 'run', only: ['ig'] });
  webview.say({ type: 'cancel' });
  webview.say({ type: 'report' });
  expect(done).toEqual([
    ['run', 'file:///a.xome', ['ig']],
    ['cancel', 'file:///a.xome', undefined],
    ['report', 'file:///a.xome', undefined],
  ]);
  expect(() => webview.say({ type: 'run', only: 'rm -rf' })).toThrow(/unknown message/);
});
