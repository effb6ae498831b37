/**
 * Completion that waits for no build: what is being written is read from the tokens of the text as it is, and the names
 * that it may use from the last text that was parsed. Langium would link the whole document first, at every key.
 */
import { DocumentState, URI } from 'langium';
import type { LangiumServices, LangiumSharedServices } from 'langium/lsp';
import type { Connection } from 'vscode-languageserver';

/** To be called when Langium has registered its own handler, which this one replaces. */
export function completeAtOnce(connection: Connection, shared: LangiumSharedServices, xome: LangiumServices): void {
  const { LangiumDocuments: documents, DocumentBuilder: builder, WorkspaceManager: manager } = shared.workspace;
  connection.onCompletion(async (params, cancelled) => {
    await manager.ready;
    const uri = URI.parse(params.textDocument.uri);
    // One that has just been opened has no tree at all.
    if (documents.getDocument(uri)?.parseResult.value.$cstNode === undefined)
      await builder.waitUntil(DocumentState.Parsed, uri, cancelled).catch(() => undefined);
    const document = documents.getDocument(uri);
    return document && xome.lsp.CompletionProvider?.getCompletion(document, params, cancelled);
  });
}
