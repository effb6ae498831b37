/**
 * Which names a document sees: its own declarations, those written in the files that it imports, and the catalog, in
 * that order. Nothing else of the workspace.
 */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { AstUtils, DefaultScopeProvider, DocumentState, EMPTY_SCOPE, MapScope, WorkspaceCache } from 'langium';
import type { AstNodeDescription, LangiumDocument, ReferenceInfo, Scope } from 'langium';
import type { LangiumServices, LangiumSharedServices } from 'langium/lsp';
import { entriesNamed, findEntry } from '../catalog/index.js';
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

/** The scopes of one document, made anew whenever any document has been parsed again. */
interface DocumentScopes {
  readonly declared: Scope;
  readonly all: Scope;
}

export class XomeScopeProvider extends DefaultScopeProvider {
  private readonly shared: LangiumSharedServices;
  private readonly scopes: WorkspaceCache<string, DocumentScopes>;
  private catalog: Scope | undefined;

  constructor(services: LangiumServices) {
    super(services);
    this.shared = services.shared;
    this.scopes = new WorkspaceCache(services.shared, DocumentState.ComputedScopes);
  }

  override getScope(info: ReferenceInfo): Scope {
    const document = AstUtils.getDocument(info.container);
    const { declared, all } = this.scopes.get(document.uri.toString(), () => this.scopesOf(document));
    if (isExpectation(info.container)) return declared;
    // Where only the catalog can be meant, a declaration of the same name does not hide it: `split(train)`.
    const { place, keywords } = expectedAt(info.container);
    const name = info.reference.$refText;
    const meant = keywords.includes(name) || place.categories.some(category => findEntry(category, name) !== undefined);
    return meant && place.kinds.length === 0 && this.catalog !== undefined ? this.catalog : all;
  }

  private scopesOf(document: LangiumDocument): DocumentScopes {
    const { own, imported, catalog } = visibleNames(document, this.shared);
    this.catalog ??= new MapScope(catalog.map(builtin => this.describe(builtin)));
    const named = (definitions: readonly Definition[]): AstNodeDescription[] =>
      // The first declaration of a name wins; a map keeps the last.
      definitions
        .filter(({ name }) => name !== undefined)
        .map(found => this.describe(found))
        .reverse();
    const over = (outer: Scope): Scope => new MapScope(named(own), new MapScope(named(imported), outer));
    return { declared: over(EMPTY_SCOPE), all: over(this.catalog) };
  }

  private describe(node: Definition | Builtin): AstNodeDescription {
    return this.descriptions.createDescription(node, node.name);
  }
}

/** What a name stands for, for lists of names: the kind of a declaration or the categories of a catalog entry. */
export function standsFor(node: Definition | Builtin): readonly string[] {
  if (isDefinition(node)) return [node.kind];
  const categories = entriesNamed(node.name).map(entry => entry.category);
  return categories.length === 0 ? ['keyword'] : categories;
}
