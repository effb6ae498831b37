/**
 * What the server says of each document on screen. The only place where document views live; decorations, status and
 * panel read them here and hear of each new one.
 */
import type { Disposable, TextDocument, TextEditor } from 'vscode';
import { EventEmitter, window } from 'vscode';
import type { DocumentView } from '../../server/src/protocol.js';
import { Coalescer } from './coalescer.js';
import type { Server } from './server.js';
import { reasonOf } from './server.js';

/** Milliseconds between two requests for one document. */
const PAUSE = 100;

export const isExperiment = (document: TextDocument): boolean =>
  document.languageId === 'xome' && (document.uri.scheme === 'file' || document.uri.scheme === 'untitled');

export class Views implements Disposable {
  private readonly views = new Map<string, DocumentView>();
  private readonly changed = new EventEmitter<string>();
  private readonly fetches = new Coalescer(uri => this.fetch(uri), PAUSE);
  private readonly subscriptions: Disposable[];

  /** Fires with the address of a document whose view has come, changed or gone. */
  readonly onDidChange = this.changed.event;
  /** A document that is to be kept up to date although no editor shows it. */
  watched: string | undefined;
  /** Address of the experiment that was last in the active editor. */
  lastActive: string | undefined;
  /** Why the last request was not answered. */
  problem: string | undefined;

  constructor(private readonly server: Server) {
    this.subscriptions = [
      server.onDidChangeDocument(uri => {
        if (this.onScreen(uri)) this.request(uri);
        else this.views.delete(uri);
      }),
      server.onDidChangeState(({ is }) => {
        if (is !== 'ready') return;
        this.requestVisible(() => true);
        if (this.watched !== undefined) this.request(this.watched);
      }),
      window.onDidChangeVisibleTextEditors(() => this.requestVisible(uri => !this.views.has(uri))),
      window.onDidChangeActiveTextEditor(editor => this.remember(editor)),
    ];
    this.remember(window.activeTextEditor);
  }

  get(uri: string): DocumentView | undefined {
    return this.views.get(uri);
  }

  /** Asks the server for a view; the event tells of it. */
  request(uri: string): void {
    this.fetches.request(uri);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }

  private remember(editor: TextEditor | undefined): void {
    if (editor && isExperiment(editor.document)) this.lastActive = editor.document.uri.toString();
  }

  private onScreen(uri: string): boolean {
    return uri === this.watched || window.visibleTextEditors.some(({ document }) => document.uri.toString() === uri);
  }

  private requestVisible(wanted: (uri: string) => boolean): void {
    for (const { document } of window.visibleTextEditors) {
      const uri = document.uri.toString();
      if (isExperiment(document) && wanted(uri)) this.request(uri);
    }
  }

  private async fetch(uri: string): Promise<void> {
    try {
      const view = await this.server.request('view', { uri });
      this.problem = undefined;
      if (view) this.views.set(uri, view);
      else this.views.delete(uri);
    } catch (error) {
      this.problem = reasonOf(error);
      // What the server said last stays on screen until it is back.
      if (this.views.has(uri)) return;
    }
    this.changed.fire(uri);
  }
}
