/** Selection that grows with the structure: word, value, argument, call, pipeline, statement, document. */
import { CstUtils, DocumentState, URI } from 'langium';
import type { CstNode, LangiumDocument } from 'langium';
import type { LangiumSharedServices } from 'langium/lsp';
import type { Position, SelectionRange } from 'vscode-languageserver';

/** Langium has no such service: the request is answered here. */
export function serveSelectionRanges(shared: LangiumSharedServices): void {
  const { LangiumDocuments: documents, DocumentBuilder: builder } = shared.workspace;
  shared.lsp.Connection?.onSelectionRanges(async ({ textDocument, positions }, cancelled) => {
    const uri = URI.parse(textDocument.uri);
    await builder.waitUntil(DocumentState.Parsed, uri, cancelled);
    const document = documents.getDocument(uri);
    return document ? positions.map(position => selectionAt(document, position)) : null;
  });
}

export function selectionAt({ parseResult, textDocument }: LangiumDocument, position: Position): SelectionRange {
  const whole = { start: textDocument.positionAt(0), end: textDocument.positionAt(textDocument.getText().length) };
  const root = parseResult.value.$cstNode;
  const leaf = root && CstUtils.findLeafNodeBeforeOffset(root, textDocument.offsetAt(position));
  const nodes: CstNode[] = [];
  for (let node: CstNode | undefined = leaf; node; node = node.container) nodes.unshift(node);
  return nodes.reduce<SelectionRange>(
    (parent, { offset, end }) => {
      const range = { start: textDocument.positionAt(offset), end: textDocument.positionAt(end) };
      return sameRange(range, parent.range) ? parent : { range, parent };
    },
    { range: whole },
  );
}

function sameRange(a: SelectionRange['range'], b: SelectionRange['range']): boolean {
  return JSON.stringify([a.start, a.end]) === JSON.stringify([b.start, b.end]);
}
