/**
 * Which names a document sees: its own declarations, those written in the files that it imports, and the catalog, in
 * that order. Nothing else of the workspace.
 */
import { AstUtils, DefaultScopeProvider, EMPTY_SCOPE } from 'langium';
import type { AstNodeDescription, LangiumDocument, ReferenceInfo, Scope } from 'langium';
import type { LangiumServices, LangiumSharedServices } from 'langium/lsp';
import { entriesNamed, findEntry } from '../catalog/index.js';
import type { Kind } from '../catalog/index.js';
import { expectedAt } from './expected.js';
import { isBuiltin, isDefinition, isExpectation } from './generated/ast.js';
import type { Builtin, Definition } from './generated/ast.js';
import { definitionsOf, experimentOf, importedDocuments } from './imports.js';
import { loadCatalog } from './workspace.js';

/** Everything that a document sees; a name may stand in several groups, and the first one wins. */
export interface VisibleNames {
  readonly own: readonly Definition[];
  readonly imported: readonly Definition[];
  readonly catalog: readonly Builtin[];
}

export function visibleNames(document: LangiumDocument, shared: LangiumSharedServices): VisibleNames {
  return {
    own: definitionsOf(document),
    imported: importedDocuments(document, shared.workspace.LangiumDocuments).flatMap(definitionsOf),
    catalog: experimentOf(loadCatalog(shared))?.items.filter(isBuiltin) ?? [],
  };
}

export class XomeScopeProvider extends DefaultScopeProvider {
  private readonly shared: LangiumSharedServices;
  private catalogScope: Scope | undefined;

  constructor(services: LangiumServices) {
    super(services);
    this.shared = services.shared;
  }

  override getScope(info: ReferenceInfo): Scope {
    const document = AstUtils.getDocument(info.container);
    const { own, imported, catalog } = visibleNames(document, this.shared);
    this.catalogScope ??= this.createScope(catalog.map(builtin => this.describe(builtin)));
    if (isExpectation(info.container)) return this.declarations(own, imported, EMPTY_SCOPE);
    // Where only the catalog can be meant, a declaration of the same name does not hide it: `split(train)`.
    const { place, keywords } = expectedAt(info.container);
    const name = info.reference.$refText;
    const meant = keywords.includes(name) || place.categories.some(category => findEntry(category, name) !== undefined);
    if (meant && place.kinds.length === 0) return this.catalogScope;
    return this.declarations(own, imported, this.catalogScope);
  }

  private declarations(own: readonly Definition[], imported: readonly Definition[], outer: Scope): Scope {
    const named = (definition: Definition): boolean => definition.name !== undefined;
    const importedScope = this.createScope(
      imported.filter(named).map(found => this.describe(found)),
      outer,
    );
    return this.createScope(
      own.filter(named).map(found => this.describe(found)),
      importedScope,
    );
  }

  private describe(node: Definition | Builtin): AstNodeDescription {
    return this.descriptions.createDescription(node, node.name);
  }
}

/** What a name stands for, for lists of names: the kind of a declaration or the categories of a catalog entry. */
export function standsFor(node: Definition | Builtin): readonly string[] {
  if (isDefinition(node)) return [node.kind as Kind];
  const categories = entriesNamed(node.name).map(entry => entry.category);
  return categories.length === 0 ? ['keyword'] : categories;
}
