/**
 * What is asked for at every key, answered without a build: what is being written is read from the tokens of the text as it
 * is, and the names that it may use from the last text that was parsed. Langium would link the whole document first.
 */
import { DocumentState, URI } from 'langium';
import type { LangiumDocument } from 'langium';
import type { LangiumServices, LangiumSharedServices } from 'langium/lsp';
import type { CancellationToken, Connection } from 'vscode-languageserver';

/** To be called when Langium has registered its own handlers, which these replace. */
export function answerWhileTyping(connection: Connection, shared: LangiumSharedServices, xome: LangiumServices): void {
  const { LangiumDocuments: documents, DocumentBuilder: builder, WorkspaceManager: manager } = shared.workspace;
  const documentAt = async (
    address: { readonly uri: string },
    cancelled: CancellationToken,
  ): Promise<LangiumDocument | undefined> => {
    await manager.ready;
    const uri = URI.parse(address.uri);
    // One that has just been opened has no tree at all.
    if (documents.getDocument(uri)?.parseResult.value.$cstNode === undefined)
      await builder.waitUntil(DocumentState.Parsed, uri, cancelled).catch(() => undefined);
    return documents.getDocument(uri);
  };
  connection.onCompletion(async (params, cancelled) => {
    const document = await documentAt(params.textDocument, cancelled);
    return document && xome.lsp.CompletionProvider?.getCompletion(document, params, cancelled);
  });
  connection.onSignatureHelp(async (params, cancelled) => {
    const document = await documentAt(params.textDocument, cancelled);
    return document && xome.lsp.SignatureHelp?.provideSignatureHelp(document, params, cancelled);
  });
}
