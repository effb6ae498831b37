/** Rename: declarations across files; refused for catalog names and for new names that could not stand there. */
import { CstUtils, URI } from 'langium';
import type { LangiumDocument } from 'langium';
import { DefaultRenameProvider } from 'langium/lsp';
import type { LangiumServices, LangiumSharedServices } from 'langium/lsp';
import { LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import type { Position, Range, RenameParams, TextDocumentPositionParams, WorkspaceEdit } from 'vscode-languageserver';
import { entriesNamed, KINDS } from '../../catalog/index.js';
import { isBuiltin } from '../generated/ast.js';
import { visibleNames } from '../scope.js';

const RESERVED: ReadonlySet<string> = new Set([
  ...KINDS,
  ...['view', 'export', 'import', 'expect', 'of', 'on', 'in', 'at', 'true', 'false', 'catalog'],
]);

export class XomeRenameProvider extends DefaultRenameProvider {
  private readonly shared: LangiumSharedServices;

  constructor(services: LangiumServices) {
    super(services);
    this.shared = services.shared;
  }

  /** @throws ResponseError, which editors show, when the name cannot be changed or not to that */
  override async rename(document: LangiumDocument, params: RenameParams): Promise<WorkspaceEdit | undefined> {
    const name = params.newName;
    if (this.isCatalogName(document, params.position)) throw refused('Names of the catalog cannot be renamed.');
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw refused(`"${name}" is not a name: names consist of letters, digits and _ and begin with no digit.`);
    }
    if (RESERVED.has(name)) throw refused(`"${name}" is a word of the language.`);
    if (entriesNamed(name).length > 0) throw refused(`"${name}" is a name of the catalog.`);
    const edit = await super.rename(document, params);
    for (const uri of Object.keys(edit?.changes ?? {})) {
      const changed = this.shared.workspace.LangiumDocuments.getDocument(URI.parse(uri));
      const { own, imported } = changed ? visibleNames(changed, this.shared) : { own: [], imported: [] };
      if ([...own, ...imported].some(definition => definition.name === name)) {
        throw refused(`"${name}" is already declared for ${uri.slice(uri.lastIndexOf('/') + 1)}.`);
      }
    }
    return edit;
  }

  override prepareRename(document: LangiumDocument, params: TextDocumentPositionParams): Range | undefined {
    if (this.isCatalogName(document, params.position)) return undefined;
    return this.renameNodeRange(document, params.position);
  }

  private isCatalogName(document: LangiumDocument, position: Position): boolean {
    const root = document.parseResult.value.$cstNode;
    const offset = document.textDocument.offsetAt(position);
    const leaf = root && CstUtils.findDeclarationNodeAtOffset(root, offset, this.grammarConfig.nameRegexp);
    return leaf !== undefined && this.references.findDeclarations(leaf).some(isBuiltin);
  }
}

function refused(message: string): ResponseError {
  return new ResponseError(LSPErrorCodes.RequestFailed, message);
}
