/** Links from imports and file parameters to the files that they name. */
import type { AstNode, FileSystemProvider, LangiumDocument } from 'langium';
import type { DocumentLinkProvider, LangiumServices } from 'langium/lsp';
import type { DocumentLink } from 'vscode-languageserver';
import { valueType } from '../expected.js';
import { isImport, isText } from '../generated/ast.js';
import { importedUri } from '../imports.js';
import { isFile, resolveFile } from '../interpret/context.js';
import { nodesOf, partOf } from '../tree.js';

export class XomeDocumentLinkProvider implements DocumentLinkProvider {
  private readonly files: FileSystemProvider;

  constructor(services: LangiumServices) {
    this.files = services.shared.workspace.FileSystemProvider;
  }

  getDocumentLinks(document: LangiumDocument): DocumentLink[] {
    return nodesOf(document.parseResult.value)
      .map(node => this.linkOf(node))
      .filter(link => link !== undefined);
  }

  private linkOf(node: AstNode): DocumentLink | undefined {
    const uri = isImport(node)
      ? importedUri(node)
      : isText(node) && valueType(node)?.is === 'path'
        ? resolveFile(node, node.text)
        : undefined;
    const range = uri && partOf(node, isImport(node) ? 'path' : 'text')?.range;
    if (uri === undefined || range === undefined || !isFile(this.files, uri)) return undefined;
    return { range, target: uri.toString() };
  }
}
