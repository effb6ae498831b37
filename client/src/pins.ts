/**
 * "Pin between the lines": the picture and the numbers of a result stay open below its declaration, as a comment of the
 * editor, which screen readers read and a key folds.
 */
import type { CommentThread, Disposable, Hover, Uri } from 'vscode';
import {
  CommentMode,
  comments,
  CommentThreadCollapsibleState,
  commands,
  MarkdownString,
  Position,
  Range,
  workspace,
} from 'vscode';
import type { Views } from './views.js';

/** What the server puts between a result and the documentation. */
const RULE = '\n\n---\n\n';

export class Pins implements Disposable {
  private readonly controller = comments.createCommentController('explainome', 'Explainome results');
  /** By address and name. */
  private readonly threads = new Map<
    string,
    { readonly uri: Uri; readonly name: string; readonly thread: CommentThread }
  >();
  private readonly subscription: Disposable;

  constructor(private readonly views: Views) {
    this.subscription = views.onDidChange(changed => {
      for (const [id, { uri, name }] of this.threads)
        if (uri.toString() === changed && this.markOf(uri, name)?.state === 'done') void this.fill(id);
    });
  }

  dispose(): void {
    this.subscription.dispose();
    this.controller.dispose();
  }

  /** Pins a result, or takes it off again. */
  async toggle(uri: Uri, name: string): Promise<void> {
    const id = `${uri.toString()} ${name}`;
    const known = this.threads.get(id);
    if (known) {
      known.thread.dispose();
      this.threads.delete(id);
      return;
    }
    const mark = this.markOf(uri, name);
    if (!mark) throw new Error(`There is no result of ${name} to pin.`);
    const { end } = mark.range;
    const thread = this.controller.createCommentThread(uri, new Range(end.line, 0, end.line, 0), []);
    thread.canReply = false;
    thread.label = name;
    thread.collapsibleState = CommentThreadCollapsibleState.Expanded;
    this.threads.set(id, { uri, name, thread });
    await this.fill(id);
  }

  private markOf(uri: Uri, name: string) {
    return this.views.get(uri.toString())?.marks.find(mark => mark.name === name);
  }

  /** What the hover at the name says. */
  private async fill(id: string): Promise<void> {
    const pinned = this.threads.get(id);
    const mark = pinned && this.markOf(pinned.uri, pinned.name);
    if (!pinned || !mark) return;
    const { line, character } = mark.range.start;
    const text = (await workspace.openTextDocument(pinned.uri)).lineAt(line).text;
    const at = new Position(line, text.indexOf(mark.name, character + mark.kind.length));
    const hovers = await commands.executeCommand<Hover[]>('vscode.executeHoverProvider', pinned.uri, at);
    const words = hovers
      .flatMap(({ contents }) => contents)
      .flatMap(part => (part instanceof MarkdownString ? [part.value] : []));
    // A result stands above what the language says of the name.
    const result = words.find(part => part.includes(RULE))?.split(RULE)[0] ?? '';
    const body = new MarkdownString(result);
    body.supportHtml = true;
    pinned.thread.comments = [{ author: { name: 'Explainome' }, body, mode: CommentMode.Preview }];
  }
}
