/** What the server can do, as it tells editors: what Langium knows of, and what is served beside it. */
import { DefaultLanguageServer } from 'langium/lsp';
import type { InitializeParams, InitializeResult } from 'vscode-languageserver';

export class XomeLanguageServer extends DefaultLanguageServer {
  protected override buildInitializeResult(params: InitializeParams): InitializeResult {
    const { capabilities, ...rest } = super.buildInitializeResult(params);
    return { ...rest, capabilities: { ...capabilities, selectionRangeProvider: true } };
  }
}
