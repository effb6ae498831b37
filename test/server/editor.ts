/** The language server over a pair of streams, with the editor's end of the connection and a folder of files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import {
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node.js';
import type { Connection } from 'vscode-languageserver/node.js';
import type { CodeLens, CompletionList, Diagnostic, Hover, InitializeResult, InlayHint } from 'vscode-languageserver';
import type * as z from 'zod';
import type { StartEngine } from '../../server/src/lsp/current-engine.js';
import { LINTS } from '../../server/src/language/lints/lints.js';
import { startServer } from '../../server/src/lsp/server.js';
import type { ServerOptions } from '../../server/src/protocol.js';
import { DocumentView, EDITOR_NOTIFICATIONS, EDITOR_REQUESTS } from '../../server/src/protocol.js';

/** Lints are off where something else is tested. */
const NO_LINTS = Object.fromEntries(LINTS.map(({ code }) => [code, 'off' as const]));

export const OPTIONS: ServerOptions = { trusted: true, engineNode: '', threads: 0, lints: NO_LINTS };

export interface Progress {
  readonly kind: 'begin' | 'report' | 'end';
  readonly title?: string;
  readonly message?: string;
  readonly percentage?: number;
  readonly cancellable?: boolean;
}

/** An editor with one window. `close` ends it and its server. */
export class Editor {
  readonly folder: string;
  readonly published = new Map<string, Diagnostic[]>();
  readonly progress: Progress[] = [];
  /** Times at which the server said that a document had changed, in milliseconds. */
  readonly changes: number[] = [];
  lensRefreshes = 0;
  private token: string | number | undefined;
  private version = 0;

  private constructor(
    folder: string,
    readonly client: Connection,
    private readonly server: Connection,
  ) {
    this.folder = folder;
    client.onNotification('textDocument/publishDiagnostics', ({ uri, diagnostics }: Published) => {
      this.published.set(uri, diagnostics);
    });
    client.onNotification(EDITOR_NOTIFICATIONS.changed.method, () => void this.changes.push(performance.now()));
    client.onRequest('window/workDoneProgress/create', ({ token }: { token: string }) => {
      this.token = token;
      return null;
    });
    client.onNotification('$/progress', ({ value }: { value: Progress }) => void this.progress.push(value));
    client.onRequest('workspace/codeLens/refresh', () => {
      this.lensRefreshes += 1;
      return null;
    });
    client.onRequest('workspace/inlayHint/refresh', () => null);
    client.listen();
  }

  /** @param options initialization options; `null` for an editor that has none */
  static async start(
    startEngine: StartEngine,
    { options = OPTIONS, folder }: { options?: unknown; folder?: string } = {},
  ): Promise<Editor> {
    const [toServer, toClient] = [new PassThrough(), new PassThrough()];
    const server = createConnection(
      ProposedFeatures.all,
      new StreamMessageReader(toServer),
      new StreamMessageWriter(toClient),
    );
    startServer({ connection: server, startEngine });
    const client = createConnection(new StreamMessageReader(toClient), new StreamMessageWriter(toServer));
    const editor = new Editor(folder ?? (await mkdtemp(join(tmpdir(), 'xome-editor-'))), client, server);
    const refreshSupport = true;
    await client.sendRequest<InitializeResult>('initialize', {
      processId: null,
      rootUri: null,
      capabilities: {
        window: { workDoneProgress: true },
        workspace: { codeLens: { refreshSupport }, inlayHint: { refreshSupport } },
      },
      workspaceFolders: [{ name: 'test', uri: pathToFileURL(editor.folder).href }],
      initializationOptions: options,
    });
    await client.sendNotification('initialized', {});
    return editor;
  }

  async close(keepFolder = false): Promise<void> {
    await this.client.sendRequest('shutdown');
    this.client.dispose();
    this.server.dispose();
    if (!keepFolder) await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  uri(name: string): string {
    return pathToFileURL(join(this.folder, name)).href;
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(join(this.folder, name), text);
  }

  async open(name: string, text: string): Promise<void> {
    const uri = name.includes(':') ? name : this.uri(name);
    await this.client.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId: 'xome', version: ++this.version, text },
    });
  }

  async change(name: string, text: string): Promise<void> {
    await this.client.sendNotification('textDocument/didChange', {
      textDocument: { uri: this.uri(name), version: ++this.version },
      contentChanges: [{ text }],
    });
  }

  async closeDocument(name: string): Promise<void> {
    await this.client.sendNotification('textDocument/didClose', { textDocument: { uri: this.uri(name) } });
  }

  run(name: string, only?: readonly string[]): Promise<{ started: boolean; reason?: string }> {
    return this.client.sendRequest(EDITOR_REQUESTS.run.method, { uri: this.uri(name), ...(only && { only }) });
  }

  cancel(name: string): Promise<{ cancelled: boolean }> {
    return this.client.sendRequest(EDITOR_REQUESTS.cancel.method, { uri: this.uri(name) });
  }

  /** The view of a document; its schema is checked. */
  async view(name: string): Promise<DocumentView | null> {
    const raw: unknown = await this.client.sendRequest(EDITOR_REQUESTS.view.method, { uri: this.uri(name) });
    return raw === null ? null : DocumentView.parse(raw);
  }

  /** A request of our own, with its answer checked; undefined for null. */
  private async ask<K extends keyof typeof EDITOR_REQUESTS>(
    name: K,
    params: z.input<(typeof EDITOR_REQUESTS)[K]['params']>,
  ) {
    const { method, result } = EDITOR_REQUESTS[name];
    const raw: unknown = await this.client.sendRequest(method, params);
    // The schema of this very request has checked it, which the compiler cannot follow through the union.
    return (result.parse(raw) ?? undefined) as NonNullable<z.output<(typeof EDITOR_REQUESTS)[K]['result']>> | undefined;
  }

  async copy(document: string, name: string, as: 'table' | 'python'): Promise<string | undefined> {
    return (await this.ask('copy', { uri: this.uri(document), name, as }))?.text;
  }

  async rowHover(file: string, rows: string[], position?: number): Promise<string | undefined> {
    return (await this.ask('rowHover', { uri: this.uri(file), rows, ...(position !== undefined && { position }) }))
      ?.markdown;
  }

  explanations(file: string) {
    return this.ask('explanations', { uri: this.uri(file) });
  }

  painted(file: string, experiment: string, name: string, rows: { names: string[]; from: number; to: number }[]) {
    return this.ask('painted', { uri: this.uri(file), by: { experiment: this.uri(experiment), name }, rows });
  }

  expectations(document: string) {
    return this.ask('expectations', { uri: this.uri(document) });
  }

  /** The state of every declaration that has one. */
  async states(name: string): Promise<Record<string, string>> {
    return Object.fromEntries((await this.view(name))?.marks.map(mark => [mark.name, mark.state]) ?? []);
  }

  options(options: unknown): Promise<void> {
    return this.client.sendNotification(EDITOR_NOTIFICATIONS.options.method, options);
  }

  /** The user presses cancel in the display of progress. */
  cancelProgress(): Promise<void> {
    return this.client.sendNotification('window/workDoneProgress/cancel', { token: this.token });
  }

  diagnostics(name: string): Diagnostic[] {
    return this.published.get(this.uri(name)) ?? [];
  }

  lenses(name: string): Promise<CodeLens[]> {
    return this.client.sendRequest('textDocument/codeLens', { textDocument: { uri: this.uri(name) } });
  }

  hints(name: string): Promise<InlayHint[]> {
    return this.client.sendRequest('textDocument/inlayHint', {
      textDocument: { uri: this.uri(name) },
      range: { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } },
    });
  }

  completion(name: string, line: number, character: number): Promise<CompletionList> {
    return this.client.sendRequest('textDocument/completion', {
      textDocument: { uri: this.uri(name) },
      position: { line, character },
    });
  }

  /** The Markdown of a hover. */
  async hover(name: string, line: number, character: number): Promise<string> {
    const hover = await this.client.sendRequest<Hover | null>('textDocument/hover', {
      textDocument: { uri: this.uri(name) },
      position: { line, character },
    });
    const contents = hover?.contents;
    return typeof contents === 'object' && 'value' in contents ? contents.value : '';
  }
}

interface Published {
  readonly uri: string;
  readonly diagnostics: Diagnostic[];
}
