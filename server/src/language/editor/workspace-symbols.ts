/** Symbols of the workspace: the declarations of every experiment, without the catalog, whose names are everywhere. */
import type { AstNodeDescription } from 'langium';
import { DefaultWorkspaceSymbolProvider } from 'langium/lsp';
import type { WorkspaceSymbol } from 'vscode-languageserver';
import { CATALOG_URI } from '../library.js';
import { symbolKindOf } from './outline.js';

export class XomeWorkspaceSymbolProvider extends DefaultWorkspaceSymbolProvider {
  protected override getWorkspaceSymbol(description: AstNodeDescription): WorkspaceSymbol | undefined {
    if (description.documentUri.toString() === CATALOG_URI.toString()) return undefined;
    const symbol = super.getWorkspaceSymbol(description);
    return symbol && { ...symbol, kind: symbolKindOf(description.node) };
  }
}
