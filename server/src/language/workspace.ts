/**
 * How documents come together: the catalog is loaded first, imports are loaded from disk before linking (also outside the
 * workspace and without one), and a change is felt by everything that imports it.
 */
import {
  DefaultDocumentBuilder,
  DefaultIndexManager,
  DefaultWorkspaceManager,
  DocumentState,
  interruptAndCheck,
  UriUtils,
} from 'langium';
import type { BuildOptions, LangiumDocument } from 'langium';
import { DefaultDocumentUpdateHandler } from 'langium/lsp';
import type { LangiumSharedServices } from 'langium/lsp';
import type {
  CancellationToken,
  DidChangeWatchedFilesParams,
  FileSystemWatcher,
  WorkspaceFolder,
} from 'vscode-languageserver';
import { CATALOG } from '../catalog/index.js';
import type { ValueType } from '../catalog/index.js';
import { importedUris } from './imports.js';
import { isFile } from './interpret/context.js';
import { CATALOG_URI, catalogText } from './library.js';

/** The catalog's document, loaded once per set of services. */
export function loadCatalog(services: LangiumSharedServices): LangiumDocument {
  const { LangiumDocuments: documents, LangiumDocumentFactory: factory } = services.workspace;
  const present = documents.getDocument(CATALOG_URI);
  if (present !== undefined) return present;
  const created = factory.fromString(catalogText(), CATALOG_URI);
  documents.addDocument(created);
  return created;
}

/** Loads the catalog beside the documents of the workspace folders. */
export class XomeWorkspaceManager extends DefaultWorkspaceManager {
  constructor(private readonly services: LangiumSharedServices) {
    super(services);
  }

  protected override loadAdditionalDocuments(
    _folders: WorkspaceFolder[],
    collector: (document: LangiumDocument) => void,
  ): Promise<void> {
    collector(loadCatalog(this.services));
    return Promise.resolve();
  }
}

/** Milliseconds by which a build lets go first what an editor asks for together with a key. */
const ANSWERS_FIRST = 30;

/** Builds documents together with what they import. */
export class XomeDocumentBuilder extends DefaultDocumentBuilder {
  constructor(private readonly services: LangiumSharedServices) {
    super(services);
  }

  protected override async buildDocuments(
    documents: LangiumDocument[],
    options: BuildOptions,
    cancelToken: CancellationToken,
  ): Promise<void> {
    const { TextDocuments: open } = this.services.workspace;
    const typedIn = documents.some(({ uri, state }) => state < DocumentState.Parsed && open.get(uri) !== undefined);
    if (typedIn) await new Promise(settle => setTimeout(settle, ANSWERS_FIRST));
    await interruptAndCheck(cancelToken);
    await super.buildDocuments(await this.withImports(documents, cancelToken), options, cancelToken);
  }

  /** The documents and those that they import and that nothing has loaded yet, read from disk. */
  private async withImports(documents: LangiumDocument[], cancelToken: CancellationToken): Promise<LangiumDocument[]> {
    const { LangiumDocuments: loaded, FileSystemProvider: files } = this.services.workspace;
    const all = [...documents];
    // `all` grows while it is walked: imports of imports are loaded too.
    for (const document of all) {
      if (document.state < DocumentState.Parsed) {
        await this.langiumDocumentFactory.update(document, cancelToken);
        // Whoever waits for the tree: the builder tells of parses of its own only.
        await this.notifyDocumentPhase(document, DocumentState.Parsed, cancelToken);
      }
      for (const uri of importedUris(document)) {
        if (loaded.hasDocument(uri) || !isFile(files, uri)) continue;
        try {
          all.push(await loaded.getOrCreateDocument(uri, cancelToken));
        } catch {
          // It vanished or cannot be read: the import is reported as missing when the importer is checked.
        }
      }
    }
    return all;
  }
}

/**
 * Watches experiments and the kinds of files that they name, and nothing else: a run writes thousands of files into the
 * store, and every change that the builder hears of stops a check that is under way.
 */
export class XomeDocumentUpdateHandler extends DefaultDocumentUpdateHandler {
  protected override getWatchers(): FileSystemWatcher[] {
    const endings = CATALOG.flatMap(entry => Object.values(entry.parameters).flatMap(({ type }) => endingsOf(type)));
    return ['**/?*.xome', `**/*{${[...new Set(endings)].join(',')}}`].map(globPattern => ({ globPattern }));
  }

  override didChangeWatchedFiles({ changes }: DidChangeWatchedFilesParams): void {
    const experiments = changes.filter(({ uri }) => uri.endsWith('.xome'));
    const others = changes.filter(({ uri }) => !uri.endsWith('.xome'));
    if (experiments.length > 0) super.didChangeWatchedFiles({ changes: experiments });
    if (others.length > 0) this.onWatchedFilesChangeEmitter.fire({ changes: others });
  }
}

function endingsOf(type: ValueType): readonly string[] {
  if (type.is === 'either') return type.of.flatMap(endingsOf);
  return type.is === 'path' ? type.extensions : [];
}

/** Relinks and checks again whatever imports a changed document, directly or not. */
export class XomeIndexManager extends DefaultIndexManager {
  override isAffected(document: LangiumDocument, changedUris: Set<string>): boolean {
    return super.isAffected(document, changedUris) || this.imports(document, changedUris, new Set());
  }

  private imports(document: LangiumDocument, changed: Set<string>, seen: Set<LangiumDocument>): boolean {
    if (seen.has(document)) return false;
    seen.add(document);
    return importedUris(document).some(uri => {
      if (changed.has(UriUtils.normalize(uri))) return true;
      const imported = this.documents.getDocument(uri);
      return imported !== undefined && this.imports(imported, changed, seen);
    });
  }
}
