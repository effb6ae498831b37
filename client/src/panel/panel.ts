/**
 * The results panel beside the editor. There is one; it follows the active experiment and its cursor. The page may be
 * thrown away while hidden and built again: it says `ready`, and only then gets the whole view.
 */
import { randomBytes } from 'node:crypto';
import type { Disposable, ExtensionContext, Memento, TextEditor, WebviewPanel } from 'vscode';
import { env, Position, Range, Selection, TextEditorRevealType, Uri, ViewColumn, window, workspace } from 'vscode';
import { FromPanel, ToPanel } from '../../../server/src/protocol.js';
import { readViewArrays } from '../../../server/src/store/view-arrays.js';
import { ResultStore } from '../../../server/src/store/store.js';
import { Coalescer } from '../coalescer.js';
import { markAt } from '../marks.js';
import { reasonOf } from '../server.js';
import type { Views } from '../views.js';
import { isExperiment } from '../views.js';
import { MAXIMUM_ROWS, PanelArrays, withRows } from './arrays.js';
import { panelPage } from './page.js';

/** Also the name under which the editor keeps the panel over a reload of the window. */
export const PANEL_TYPE = 'explainome.results';
/** Where the address of the last shown experiment is kept. */
const LAST_SHOWN = 'explainome.panel.document';
/** Milliseconds between two views: each carries its arrays. */
const PAUSE = 200;

/** What the panel's buttons ask for. */
export interface PanelActions {
  readonly run: (uri: Uri, only?: readonly string[]) => void;
  readonly cancel: (uri: Uri) => void;
  readonly report: (uri: Uri) => void;
}

export class ResultsPanel implements Disposable {
  private panel: WebviewPanel | undefined;
  private ready = false;
  private document: Uri | undefined;
  /** Address of the document whose view the present page shows. */
  private shown: string | undefined;
  /** Names of the arrays that the page has. */
  private sent: ReadonlySet<string> = new Set();
  /** The declaration that the page was told to select last: it is told once, so that it does not scroll back. */
  private selected: string | undefined;
  /** To be selected when the view is there: asked for by a command, wins over the cursor. */
  private asked: string | undefined;
  /** To be compared when the view is there. */
  private compared: readonly [string, string] | undefined;
  private readonly root: Uri;
  private readonly memory: Memento;
  private readonly arrays = new PanelArrays(async (folder, selection, rows) =>
    readViewArrays(await ResultStore.open(folder), selection, rows),
  );
  private readonly updates = new Coalescer(() => this.update(), PAUSE);
  private readonly subscriptions: Disposable[];

  constructor(
    context: ExtensionContext,
    private readonly views: Views,
    private readonly actions: PanelActions,
  ) {
    this.root = Uri.joinPath(context.extensionUri, 'dist/webview');
    this.memory = context.workspaceState;
    this.subscriptions = [
      views.onDidChange(uri => {
        if (uri === this.document?.toString()) this.updates.request('');
      }),
      window.onDidChangeActiveTextEditor(editor => {
        if (this.panel && editor && isExperiment(editor.document)) this.follow(editor.document.uri);
      }),
      window.onDidChangeTextEditorSelection(({ textEditor }) => this.selectAtCursor(textEditor)),
      window.registerWebviewPanelSerializer(PANEL_TYPE, {
        deserializeWebviewPanel: async panel => {
          const last = this.memory.get<string>(LAST_SHOWN);
          const active = window.activeTextEditor?.document;
          if (active && isExperiment(active)) this.document = active.uri;
          else if (last !== undefined) this.document = Uri.parse(last);
          this.adopt(panel);
        },
      }),
    ];
  }

  /** Opens the panel beside the editor, or brings it to the front, and selects a declaration. */
  show(uri: Uri, name?: string): void {
    this.asked = name;
    if (this.panel) {
      this.panel.reveal(undefined, true);
      this.follow(uri);
      return;
    }
    this.document = uri;
    const place = { viewColumn: ViewColumn.Beside, preserveFocus: true };
    this.adopt(window.createWebviewPanel(PANEL_TYPE, 'Results', place));
  }

  /** Shows what one result says more than another. */
  compare(uri: Uri, names: readonly [string, string]): void {
    this.compared = names;
    this.show(uri, names[0]);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.panel?.dispose();
  }

  private adopt(panel: WebviewPanel): void {
    this.panel?.dispose();
    this.panel = panel;
    this.leavePage();
    const { webview } = panel;
    panel.iconPath = {
      dark: Uri.joinPath(this.root, '../../client/media/xome-dark.svg'),
      light: Uri.joinPath(this.root, '../../client/media/xome-light.svg'),
    };
    panel.onDidDispose(() => {
      if (this.panel !== panel) return;
      this.panel = undefined;
      this.views.watched = undefined;
    });
    panel.onDidChangeViewState(() => {
      // A hidden page is thrown away; the next one says that it is ready.
      if (!panel.visible) this.leavePage();
    });
    webview.onDidReceiveMessage((message: unknown) => this.receive(message));
    webview.options = { enableScripts: true, localResourceRoots: [this.root] };
    webview.html = panelPage({
      source: webview.cspSource,
      nonce: randomBytes(16).toString('base64'),
      script: webview.asWebviewUri(Uri.joinPath(this.root, 'panel.js')).toString(),
    });
    if (this.document) this.follow(this.document);
  }

  private leavePage(): void {
    this.ready = false;
    this.shown = undefined;
    this.sent = new Set();
  }

  /** Shows another document, or the same again. */
  private follow(uri: Uri): void {
    this.document = uri;
    this.views.watched = uri.toString();
    void this.memory.update(LAST_SHOWN, uri.toString());
    if (this.panel) this.panel.title = `Results: ${uri.path.slice(uri.path.lastIndexOf('/') + 1)}`;
    void this.refresh();
  }

  /** Posts the view of the document as soon as there is one. */
  private async refresh(): Promise<void> {
    const { document } = this;
    this.updates.request('');
    if (!document || this.views.get(document.toString())) return;
    try {
      // The server knows open documents only; a panel that came back with the window may be alone.
      await workspace.openTextDocument(document);
      this.views.request(document.toString());
    } catch (error) {
      this.post({ type: 'empty', message: reasonOf(error) });
    }
  }

  /** Posts the view of the document, or why there is none. */
  private async update(): Promise<void> {
    const { document } = this;
    if (!this.panel || !this.ready) return;
    if (!document) {
      this.post({ type: 'empty', message: 'Open an experiment (a .xome file) to see its results here.' });
      return;
    }
    const uri = document.toString();
    const view = this.views.get(uri);
    if (!view) {
      // A document that was closed keeps its picture.
      if (this.shown !== uri) this.post({ type: 'empty', message: this.views.problem ?? 'Looking for results …' });
      return;
    }
    const arrays = await this.arrays.of(view);
    if (document !== this.document) return;
    const unknown = arrays.filter(({ name }) => !this.sent.has(name));
    this.post({ type: 'view', view: withRows(view, MAXIMUM_ROWS), arrays: unknown });
    this.sent = new Set(arrays.map(({ name }) => name));
    if (this.shown !== uri) this.selected = undefined;
    this.shown = uri;
    const editor = window.visibleTextEditors.find(each => each.document.uri.toString() === uri);
    if (this.asked !== undefined) this.select(this.asked, true);
    else if (editor) this.selectAtCursor(editor);
    this.asked = undefined;
    if (this.compared) this.post({ type: 'compare', names: [...this.compared] });
    this.compared = undefined;
  }

  private selectAtCursor({ document, selection }: TextEditor): void {
    const uri = document.uri.toString();
    if (uri !== this.document?.toString()) return;
    const mark = markAt(this.views.get(uri), selection.active.line);
    if (mark) this.select(mark.name, false);
  }

  private select(name: string, again: boolean): void {
    // Before its view the page knows no declaration.
    if (this.shown !== this.document?.toString() || (name === this.selected && !again)) return;
    this.selected = name;
    this.post({ type: 'select', name });
  }

  private post(message: ToPanel): void {
    if (this.panel && this.ready) void this.panel.webview.postMessage(ToPanel.parse(message));
  }

  private receive(raw: unknown): void {
    const read = FromPanel.safeParse(raw);
    // Only our own page can post here; what it should not say is a fault of the program.
    if (!read.success) throw new Error(`The results panel sent an unknown message: ${read.error.message}`);
    const message = read.data;
    if (message.type === 'ready') {
      this.leavePage();
      this.ready = true;
      void this.refresh();
      return;
    }
    if (!this.document) return;
    if (message.type === 'run') this.actions.run(this.document, message.only);
    else if (message.type === 'cancel') this.actions.cancel(this.document);
    else if (message.type === 'report') this.actions.report(this.document);
    else if (message.type === 'save') void this.save(this.document, message.name, message.content);
    else if (message.type === 'copy') void env.clipboard.writeText(message.text);
    else void this.reveal(this.document, message.name);
  }

  /** Writes a picture or a table where the reader wants it, beside the experiment unless they say otherwise. */
  private async save(uri: Uri, name: string, content: string | Uint8Array): Promise<void> {
    const target = await window.showSaveDialog({ defaultUri: Uri.joinPath(uri, '..', name) });
    if (!target) return;
    try {
      await workspace.fs.writeFile(target, typeof content === 'string' ? new TextEncoder().encode(content) : content);
    } catch (error) {
      void window.showErrorMessage(`${name} cannot be written: ${reasonOf(error)}`);
    }
  }

  /** Puts the cursor on a declaration, in the editor that shows it already where there is one. */
  private async reveal(uri: Uri, name: string): Promise<void> {
    const mark = this.views.get(uri.toString())?.marks.find(one => one.name === name);
    const shown = window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
    const editor = await window.showTextDocument(await workspace.openTextDocument(uri), {
      viewColumn: shown?.viewColumn ?? ViewColumn.One,
    });
    if (!mark) return;
    const { start, end } = mark.range;
    const position = new Position(start.line, start.character);
    editor.selection = new Selection(position, position);
    editor.revealRange(
      new Range(position, new Position(end.line, end.character)),
      TextEditorRevealType.InCenterIfOutsideViewport,
    );
  }
}
