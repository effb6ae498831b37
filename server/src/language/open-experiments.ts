/**
 * The experiments that are open in the editor, as plain data: what is written in them now, saved or not, and whether it can
 * be run. For whoever shows results beside the text; nothing outside this folder needs to know Langium.
 */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { DocumentState, URI, UriUtils } from 'langium';
import type { LangiumDocument } from 'langium';
import { DiagnosticSeverity } from 'vscode-languageserver';
import type { CancellationToken } from 'vscode-languageserver';
import { buildExperiment } from './build-experiment.js';
import type { Experiment, SourceRange } from './experiment.js';
import { isDefinition, isExpectation } from './generated/ast.js';
import { experimentOf, importClosure } from './imports.js';
import type { XomeServices } from './module.js';
import { partOf } from './tree.js';

export interface OpenExperiment {
  /** Normalized address. */
  readonly uri: string;
  /** Absolute path; undefined while the document has never been saved. */
  readonly file?: string;
  /** Version of the text that everything here belongs to. */
  readonly version: number;
  /** The document's own declarations, in order. */
  readonly declarations: readonly OpenDeclaration[];
  readonly expectations: readonly OpenExpectation[];
  /** Present when neither the document nor its imports have errors. */
  readonly experiment?: Experiment;
  /** The first error, in words, when there is one. */
  readonly fault?: string;
  /** Text of the document and its imports, by absolute path. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface OpenExpectation {
  readonly text: string;
  readonly range: SourceRange;
  /** What it is about: the statistic, or the metric where none is written. */
  readonly subject: SourceRange;
  /** The name of the metric. */
  readonly metric: string;
}

export interface OpenDeclaration {
  readonly name: string;
  readonly kind: string;
  readonly range: SourceRange;
  readonly nameRange: SourceRange;
}

export interface OpenExperimentsListener {
  /** Checks of a text have ended; its header checks may still follow. */
  checked(experiment: OpenExperiment): void;
  closed(uri: string): void;
  /** Models or data on the disk are not what they were. */
  filesChanged(): void;
}

export class OpenExperiments {
  constructor(private readonly services: XomeServices) {}

  /** The form of an address under which everything here knows it; undefined for what is no address. */
  normalized(uri: string): string | undefined {
    try {
      return UriUtils.normalize(URI.parse(uri, true));
    } catch {
      return undefined;
    }
  }

  /** Tells of every check of an open document, of documents that are closed, and of files that change. */
  listen(listener: OpenExperimentsListener): void {
    const { DocumentBuilder: builder, TextDocuments: open } = this.services.shared.workspace;
    builder.onBuildPhase(DocumentState.Validated, async (documents, cancelToken) => {
      for (const document of documents) {
        const experiment = await this.read(document, cancelToken);
        if (experiment) listener.checked(experiment);
      }
    });
    this.services.shared.lsp.DocumentUpdateHandler.onWatchedFilesChange(({ changes }) => {
      if (changes.some(({ uri }) => !uri.endsWith('.xome'))) listener.filesChanged();
    });
    open.onDidClose(({ document }) => listener.closed(UriUtils.normalize(document.uri)));
  }

  /** The document as it is now, once it has been checked; undefined when it is not open. */
  async current(uri: string): Promise<OpenExperiment | undefined> {
    const {
      DocumentBuilder: builder,
      LangiumDocuments: documents,
      TextDocuments: open,
      WorkspaceManager: manager,
    } = this.services.shared.workspace;
    const parsed = URI.parse(uri);
    while (open.get(uri) !== undefined) {
      await manager.ready;
      const document = documents.getDocument(parsed);
      const experiment = document?.state === DocumentState.Validated ? await this.read(document) : undefined;
      if (experiment) return experiment;
      // A newer text is about to be checked.
      await new Promise<void>(checked => {
        const listening = builder.onBuildPhase(DocumentState.Validated, () => {
          listening.dispose();
          checked();
        });
      });
    }
    return undefined;
  }

  /** Checks open documents again, because the files that they name have changed or may be read now. */
  async checkAgain(): Promise<void> {
    const { DocumentBuilder: builder, TextDocuments: open, WorkspaceLock: lock } = this.services.shared.workspace;
    const uris = open.keys().map(uri => URI.parse(uri));
    await lock.write(cancelled => builder.update(uris, [], cancelled));
  }

  /** Undefined when the document is not open, or when its text is newer than what was checked. */
  private async read(document: LangiumDocument, cancelToken?: CancellationToken): Promise<OpenExperiment | undefined> {
    const { LangiumDocuments: documents, TextDocuments: open } = this.services.shared.workspace;
    const text = open.get(document.uri);
    const root = document.parseResult.value.$cstNode?.root;
    if (!text || root?.fullText !== text.getText()) return undefined;
    const { version } = text;
    const closure = importClosure(document, documents);
    const fault = closure
      .flatMap(member => member.diagnostics ?? [])
      .find(({ severity }) => severity === DiagnosticSeverity.Error)?.message;
    const experiment =
      fault === undefined ? await buildExperiment(document, this.services.xome, cancelToken) : undefined;
    if (open.get(document.uri)?.version !== version) return undefined;
    const items = experimentOf(document)?.items ?? [];
    return {
      uri: UriUtils.normalize(document.uri),
      ...(document.uri.scheme === 'file' && { file: document.uri.fsPath }),
      version,
      declarations: items.filter(isDefinition).flatMap(definition => {
        const name = partOf(definition, 'name');
        if (!name || !definition.$cstNode) return [];
        const { range } = definition.$cstNode;
        return [{ name: definition.name, kind: definition.kind, range, nameRange: name.range }];
      }),
      expectations: items.filter(isExpectation).flatMap(expectation => {
        const { $cstNode: node, metric } = expectation;
        if (!node) return [];
        const subject = partOf(expectation, 'statistic') ?? partOf(expectation, 'metric') ?? node;
        return [{ text: node.text, range: node.range, subject: subject.range, metric: metric?.$refText ?? '' }];
      }),
      ...(experiment && { experiment }),
      ...(fault !== undefined && { fault }),
      texts: new Map(closure.map(member => [member.uri.fsPath, member.textDocument.getText()])),
    };
  }
}
