/** Draws what plan-decorations.ts says into every visible editor of an experiment. */
import type { DecorationOptions, Disposable, ExtensionContext, TextDocument, TextEditor } from 'vscode';
import { DecorationRangeBehavior, Range, ThemeColor, Uri, window, workspace } from 'vscode';
import type { Sign, Strip } from './plan-decorations.js';
import { planDecorations } from './plan-decorations.js';
import { SECTION, stripsEnabled } from './settings.js';
import type { Views } from './views.js';
import { isExperiment } from './views.js';

const SIGNS: readonly Sign[] = ['running', 'waiting', 'failed'];

/** Milliseconds after which a view that is older or newer than the text is asked for again. */
const RETRY = 500;

export class Decorations implements Disposable {
  private readonly strips = window.createTextEditorDecorationType({
    rangeBehavior: DecorationRangeBehavior.ClosedClosed,
  });
  private readonly notes = window.createTextEditorDecorationType({
    rangeBehavior: DecorationRangeBehavior.ClosedClosed,
    after: { color: new ThemeColor('editorCodeLens.foreground'), fontStyle: 'italic', margin: '0 0 0 1em' },
  });
  private readonly signs: Record<Sign, ReturnType<typeof window.createTextEditorDecorationType>>;
  private readonly subscriptions: Disposable[];

  constructor(
    context: ExtensionContext,
    private readonly views: Views,
  ) {
    const sign = (name: Sign): ReturnType<typeof window.createTextEditorDecorationType> => {
      const icon = (theme: string): Uri => Uri.joinPath(context.extensionUri, 'client/media', `${name}-${theme}.svg`);
      return window.createTextEditorDecorationType({
        gutterIconSize: 'contain',
        dark: { gutterIconPath: icon('dark') },
        light: { gutterIconPath: icon('light') },
      });
    };
    this.signs = { running: sign('running'), waiting: sign('waiting'), failed: sign('failed') };
    this.subscriptions = [
      views.onDidChange(uri => this.draw(editor => editor.document.uri.toString() === uri)),
      window.onDidChangeVisibleTextEditors(() => this.draw()),
      workspace.onDidChangeConfiguration(change => {
        if (change.affectsConfiguration(SECTION)) this.draw();
      }),
    ];
  }

  dispose(): void {
    for (const each of [this.strips, this.notes, ...Object.values(this.signs), ...this.subscriptions]) each.dispose();
  }

  private draw(which: (editor: TextEditor) => boolean = () => true): void {
    for (const editor of window.visibleTextEditors) {
      if (isExperiment(editor.document) && which(editor)) this.drawInto(editor);
    }
  }

  private drawInto(editor: TextEditor): void {
    const { document } = editor;
    const uri = document.uri.toString();
    const view = this.views.get(uri);
    if (view && view.version !== document.version) {
      // Lines have moved: what is drawn moves with them until a view of this text comes.
      setTimeout(() => this.views.request(uri), RETRY);
      return;
    }
    const { strips, notes, signs } = planDecorations(view ?? { marks: [] }, stripsEnabled());
    editor.setDecorations(
      this.strips,
      strips.map(strip => stripDecoration(document, strip)),
    );
    editor.setDecorations(
      this.notes,
      notes.map(({ line, text }) => ({
        range: endOf(document, line),
        renderOptions: { after: { contentText: text } },
      })),
    );
    for (const name of SIGNS) {
      editor.setDecorations(
        this.signs[name],
        signs[name].map(line => new Range(line, 0, line, 0)),
      );
    }
  }
}

function stripDecoration(document: TextDocument, { line, dark, light, stale }: Strip): DecorationOptions {
  const after = (picture: string): { after: object } => ({
    after: {
      contentIconPath: Uri.parse(picture, true),
      margin: '0 0 0 1em',
      // As wide as the sequence, also where nothing is coloured.
      backgroundColor: new ThemeColor('editorInlayHint.background'),
      // Decorations have no opacity of their own.
      ...(stale && { textDecoration: 'none; opacity: 0.4' }),
    },
  });
  return { range: endOf(document, line), renderOptions: { dark: after(dark), light: after(light) } };
}

function endOf(document: TextDocument, line: number): Range {
  const { end } = document.lineAt(Math.min(line, document.lineCount - 1)).range;
  return new Range(end, end);
}
