/**
 * Data files that experiments explain: hovering a sequence, a variant or a row shows what was found about it, and a command
 * paints the nucleotides of an open FASTA file by their contribution. Results come from experiments that are open.
 */
import type { Disposable, TextEditor, TextEditorDecorationType } from 'vscode';
import { commands, Hover, languages, MarkdownString, Range, window } from 'vscode';
import { guarded } from './commands.js';
import { formOf, rowNames, stretchesOf } from './data-rows.js';
import type { Server } from './server.js';

const PATTERN = '**/*.{fa,fasta,fna,vcf,tsv,csv,txt,raw}';

/** Against the target in blue, for it in orange, as everywhere; strength by opacity, so that every theme's text stays legible. */
const COLOURS: Readonly<Record<string, string>> = {
  a: 'rgba(47, 124, 192, 0.75)',
  b: 'rgba(47, 124, 192, 0.55)',
  c: 'rgba(47, 124, 192, 0.35)',
  d: 'rgba(47, 124, 192, 0.18)',
  f: 'rgba(214, 112, 32, 0.18)',
  g: 'rgba(214, 112, 32, 0.35)',
  h: 'rgba(214, 112, 32, 0.55)',
  i: 'rgba(214, 112, 32, 0.75)',
};

export class DataFiles implements Disposable {
  private readonly types = new Map<string, TextEditorDecorationType>(
    Object.entries(COLOURS).map(([level, backgroundColor]) => [
      level,
      window.createTextEditorDecorationType({ backgroundColor }),
    ]),
  );
  /** Addresses of files that are painted at the moment. */
  private readonly painted = new Set<string>();
  private readonly subscriptions: readonly Disposable[];

  constructor(private readonly server: Server) {
    this.subscriptions = [
      languages.registerHoverProvider(
        { scheme: 'file', pattern: PATTERN },
        {
          provideHover: async (document, position) => {
            const form = formOf(document.uri.fsPath);
            const rows = form ? rowNames(form, position.line, line => document.lineAt(line).text) : [];
            if (rows.length === 0 || server.state.is !== 'ready') return undefined;
            const found = await server
              .request('rowHover', { uri: document.uri.toString(), rows })
              .catch(() => undefined);
            if (!found) return undefined;
            const markdown = new MarkdownString(found.markdown);
            markdown.supportHtml = true;
            return new Hover(markdown);
          },
        },
      ),
      commands.registerCommand('explainome.paint', () => guarded(() => this.toggle(window.activeTextEditor))),
      window.onDidChangeVisibleTextEditors(editors => {
        for (const editor of editors) if (this.painted.has(editor.document.uri.toString())) void this.paint(editor);
      }),
    ];
  }

  dispose(): void {
    for (const each of [...this.subscriptions, ...this.types.values()]) each.dispose();
  }

  private async toggle(editor: TextEditor | undefined): Promise<void> {
    if (!editor || formOf(editor.document.uri.fsPath) !== 'fasta')
      throw new Error('Open a FASTA file first: its nucleotides are painted.');
    const uri = editor.document.uri.toString();
    if (this.painted.delete(uri)) {
      for (const type of this.types.values()) editor.setDecorations(type, []);
      return;
    }
    const found = await this.paint(editor);
    if (!found) throw new Error('No open experiment has a present attribution of the sequences of this file.');
    this.painted.add(uri);
    window.setStatusBarMessage(
      `Painted by ${found.name} of ${found.experiment}: orange speaks for the target, blue against it.`,
      10_000,
    );
  }

  private async paint(editor: TextEditor) {
    const { document } = editor;
    const found = await this.server.request('painted', { uri: document.uri.toString() });
    const stretches = found ? stretchesOf(document.getText().split(/\r?\n/), found.rows) : [];
    for (const [level, type] of this.types)
      editor.setDecorations(
        type,
        stretches.filter(one => one.level === level).map(({ line, from, to }) => new Range(line, from, line, to)),
      );
    return found;
  }
}
