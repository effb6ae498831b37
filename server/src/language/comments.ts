/** Documentation of declarations: the `///` lines directly in front of them, as Markdown. */
import { CstUtils } from 'langium';
import type { AstNode, CommentProvider, DocumentationProvider } from 'langium';
import type { LangiumServices } from 'langium/lsp';

export class XomeCommentProvider implements CommentProvider {
  /** The `///` lines in front of a node, without an empty line between; undefined when there are none. */
  getComment(node: AstNode): string | undefined {
    const lines: string[] = [];
    let previous = node.$cstNode && CstUtils.getPreviousNode(node.$cstNode);
    let below = node.$cstNode?.range.start.line ?? 0;
    while (previous?.hidden) {
      if (/\S/.test(previous.text)) {
        const { line } = previous.range.start;
        if (!previous.text.startsWith('///') || previous.text.startsWith('////') || line < below - 1) break;
        lines.unshift(previous.text);
        below = line;
      }
      previous = CstUtils.getPreviousNode(previous);
    }
    return lines.length === 0 ? undefined : lines.join('\n');
  }
}

export class XomeDocumentationProvider implements DocumentationProvider {
  private readonly comments: CommentProvider;

  constructor(services: LangiumServices) {
    this.comments = services.documentation.CommentProvider;
  }

  getDocumentation(node: AstNode): string | undefined {
    return this.comments
      .getComment(node)
      ?.split('\n')
      .map(line => line.replace(/^\/\/\/ ?/, '').trimEnd())
      .join('\n');
  }
}
