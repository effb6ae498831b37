/** Folding: statements and brackets over several lines, and comments. What stands on one line is not walked through. */
import type { AstNode, LangiumDocument } from 'langium';
import { DefaultFoldingRangeProvider } from 'langium/lsp';
import type { FoldingRangeAcceptor } from 'langium/lsp';
import { FoldingRangeKind } from 'vscode-languageserver';
import { commentsIn } from '../lints/ignores.js';

export class XomeFoldingRangeProvider extends DefaultFoldingRangeProvider {
  protected override shouldProcessContent({ $cstNode: node }: AstNode): boolean {
    return node !== undefined && node.range.end.line > node.range.start.line;
  }

  protected override collectCommentFolding(
    { textDocument }: LangiumDocument,
    _node: AstNode,
    accept: FoldingRangeAcceptor,
  ): void {
    for (const { start, text } of commentsIn(textDocument.getText())) {
      if (!text.includes('\n')) continue;
      const [first, last] = [textDocument.positionAt(start), textDocument.positionAt(start + text.length)];
      accept({ startLine: first.line, endLine: last.line, kind: FoldingRangeKind.Comment });
    }
  }
}
