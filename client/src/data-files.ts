/**
 * Data files that experiments explain: hovering a sequence, a variant, an interval or a row shows what was found about it, and a command
 * paints the nucleotides of an open FASTA file by their contribution. Only what is on screen is asked for and painted, so
 * that a file may hold as many sequences as it likes. Results come from experiments that are open.
 */
import type { Disposable, TextEditor, TextEditorDecorationType } from 'vscode';
import { commands, Hover, languages, MarkdownString, Range, TabInputText, TabInputCustom, Uri, window } from 'vscode';
import type { FileExplanation } from '../../server/src/protocol.js';
import { MOST_PAINTED } from '../../server/src/protocol.js';
import { Coalescer } from './coalescer.js';
import { guarded } from './commands.js';
import { formOf, positionAt, recordsBetween, rowIndex, rowNames, stretchesOf } from './data-rows.js';
import type { Server } from './server.js';
import type { Views } from './views.js';

const PATTERN = '**/*.{fa,fasta,fna,vcf,bed,bed10,narrowPeak,narrowpeak,tsv,csv,txt,raw}';

/** Milliseconds between two paintings of one file, while it scrolls. */
const PAUSE = 50;
/** Lines around those on screen that are painted too: slow scrolling shows no bare ones. */
const MARGIN = 20;

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
  /** Address of each file that is painted at the moment, and by what. */
  private readonly painted = new Map<string, FileExplanation>();
  private readonly paints = new Coalescer(uri => this.paint(uri), PAUSE);
  private readonly subscriptions: readonly Disposable[];

  constructor(
    private readonly server: Server,
    views: Views,
  ) {
    const repaint = (): void => {
      for (const uri of this.painted.keys()) this.paints.request(uri);
    };
    this.subscriptions = [
      languages.registerHoverProvider(
        { scheme: 'file', pattern: PATTERN },
        {
          provideHover: async (document, { line, character }) => {
            const form = formOf(document.uri.fsPath);
            const lineAt = (at: number): string => document.lineAt(at).text;
            if (form === undefined || server.state.is !== 'ready') return undefined;
            const rows = rowNames(form, line, lineAt);
            const index = rowIndex(form, line, lineAt);
            if (rows.length === 0 && index === undefined) return undefined;
            const position = form === 'fasta' ? positionAt(line, character, lineAt) : undefined;
            const row = { rows, ...(index !== undefined && { index }), ...(position !== undefined && { position }) };
            const found = await server
              .request('rowHover', { uri: document.uri.toString(), ...row })
              .catch(() => undefined);
            if (!found) return undefined;
            const markdown = new MarkdownString(found.markdown);
            markdown.supportHtml = true;
            return new Hover(markdown);
          },
        },
      ),
      commands.registerCommand('explainome.paint', () => guarded(() => this.toggle(window.activeTextEditor))),
      views.onDidChange(repaint),
      window.onDidChangeVisibleTextEditors(repaint),
      window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
        const uri = textEditor.document.uri.toString();
        if (this.painted.has(uri)) this.paints.request(uri);
      }),
    ];
  }

  dispose(): void {
    for (const each of [...this.subscriptions, ...this.types.values()]) each.dispose();
  }

  private async toggle(editor: TextEditor | undefined): Promise<void> {
    if (!editor || formOf(editor.document.uri.fsPath) !== 'fasta') throw new Error(whyNothingToPaint());
    const uri = editor.document.uri.toString();
    if (this.painted.delete(uri)) {
      for (const type of this.types.values()) editor.setDecorations(type, []);
      return;
    }
    const { attributions } = await this.server.request('explanations', { uri });
    if (attributions.length === 0)
      throw new Error(
        'No open experiment has a present attribution of the sequences of this file. Open the experiment that reads it, and run it.',
      );
    const chosen = attributions.length === 1 ? attributions[0] : await choose(attributions);
    if (!chosen) return;
    this.painted.set(uri, chosen);
    this.paints.request(uri);
    window.setStatusBarMessage(
      `Painted by ${chosen.name} of ${fileName(chosen.experiment)}: orange speaks for the target, blue against it.`,
      10_000,
    );
  }

  private async paint(uri: string): Promise<void> {
    for (const editor of window.visibleTextEditors)
      if (editor.document.uri.toString() === uri) await this.paintOn(editor).catch(() => undefined);
  }

  /** Paints what is on screen; nothing where the attribution is not present any more. */
  private async paintOn(editor: TextEditor): Promise<void> {
    const { document } = editor;
    const by = this.painted.get(document.uri.toString());
    if (!by) return;
    const records = editor.visibleRanges
      .flatMap(({ start, end }) =>
        recordsBetween(
          Math.max(0, start.line - MARGIN),
          Math.min(document.lineCount - 1, end.line + MARGIN),
          line => document.lineAt(line).text,
        ),
      )
      .slice(0, MOST_PAINTED);
    const rows = records.map(({ names, from, to }) => ({ names, from, to }));
    const { version } = document;
    const found = await this.server.request('painted', { uri: document.uri.toString(), by, rows });
    if (document.version !== version) return;
    const stretches = records.flatMap((record, index) => stretchesOf(record, found?.levels[index] ?? ''));
    for (const [level, type] of this.types)
      editor.setDecorations(
        type,
        stretches.filter(one => one.level === level).map(({ line, from, to }) => new Range(line, from, line, to)),
      );
  }
}

async function choose(attributions: readonly FileExplanation[]): Promise<FileExplanation | undefined> {
  const picked = await window.showQuickPick(
    attributions.map(one => ({
      label: one.name,
      description: fileName(one.experiment),
      detail: one.written,
      one,
    })),
    { title: 'Paint nucleotides by', matchOnDetail: true },
  );
  return picked?.one;
}

/** What is wrong with the file in front of the reader. */
function whyNothingToPaint(): string {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  const path = input instanceof TabInputText || input instanceof TabInputCustom ? input.uri.path : '';
  if (/\.(gz|bgz)$/i.test(path))
    return `${fileName(path)} is compressed: the editor cannot show its text. Unpack it and let the experiment read the unpacked file.`;
  if (formOf(path) === 'fasta')
    return `${fileName(path)} is too large: the editor gives extensions no text of more than 50 MB. The results panel shows every sequence that was explained.`;
  return 'Open a FASTA file first: its nucleotides are painted.';
}

function fileName(address: string): string {
  return Uri.parse(address).path.split('/').at(-1) ?? address;
}
