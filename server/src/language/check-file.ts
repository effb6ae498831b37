/** Checks an experiment file outside any editor: for the command line and for whatever runs experiments. */
import { DocumentState, URI } from 'langium';
import type { FileSystemProvider, LangiumDocument } from 'langium';
import { NodeFileSystem } from 'langium/node';
import { resolve } from 'node:path';
import type { Diagnostic } from 'vscode-languageserver';
import { buildExperiment } from './build-experiment.js';
import type { Experiment, SourceRange } from './experiment.js';
import type { HeaderReader } from './headers.js';
import { importClosure } from './imports.js';
import type { LintLevels } from './lints/lint.js';
import { createXomeServices } from './module.js';
import { isProblemData } from './problems.js';
import type { ProblemData, Severity } from './problems.js';
import { loadCatalog } from './workspace.js';

/** A finding as plain data, with zero-based positions. */
export interface FileDiagnostic {
  /** Absolute path. */
  readonly file: string;
  readonly range: SourceRange;
  readonly severity: Severity;
  /** Stable identifier, for example `parameter/missing`. */
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

export interface CheckedFile {
  /** Present when neither the file nor its imports have errors. */
  readonly experiment?: Experiment;
  /** Findings of the file and of everything it imports, by file (the checked one last) and position. */
  readonly diagnostics: readonly FileDiagnostic[];
  /** Text of every file that took part, by absolute path. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface CheckOptions {
  /** Reads headers of models and data; without it lengths and shapes are not checked. */
  readonly headers?: HeaderReader;
  /** Severity of lints by code, where it is not their own. */
  readonly lints?: LintLevels;
  /** Where files are read from; the disk by default. */
  readonly files?: () => FileSystemProvider;
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info', 'hint'];

/**
 * Parses, links and checks a file with its imports. Never throws: a file that cannot be read is a finding with the code
 * `file/unreadable`.
 *
 * @param path of a `.xome` file, absolute or relative to the working directory
 */
export async function checkFile(path: string, options: CheckOptions = {}): Promise<CheckedFile> {
  const absolute = resolve(path);
  const files = options.files === undefined ? NodeFileSystem : { fileSystemProvider: options.files };
  const { shared, xome } = createXomeServices(files, options.headers, undefined, { levels: () => options.lints ?? {} });
  const { LangiumDocuments: documents, DocumentBuilder: builder } = shared.workspace;
  if (!absolute.endsWith('.xome')) return unreadable(absolute, 'its name does not end in `.xome`.');
  let document: LangiumDocument;
  try {
    document = await documents.getOrCreateDocument(URI.file(absolute));
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^[A-Z]+: /, '') : String(error);
    return unreadable(absolute, `${reason}.`);
  }
  await builder.build([loadCatalog(shared), document], { validation: true });
  const closure = importClosure(document, documents);
  // Files that were loaded as imports are built and checked with the importer.
  await builder.build(
    closure.filter(member => member.state < DocumentState.Validated),
    { validation: true },
  );
  const diagnostics = closure.flatMap(member =>
    (member.diagnostics ?? []).map(found => plain(member, found)).sort(byPosition),
  );
  const experiment = diagnostics.some(({ severity }) => severity === 'error')
    ? undefined
    : await buildExperiment(document, xome);
  return {
    ...(experiment !== undefined && { experiment }),
    diagnostics,
    texts: new Map(closure.map(member => [member.uri.fsPath, member.textDocument.getText()])),
  };
}

function plain(document: LangiumDocument, { range, severity, message, code, data }: Diagnostic): FileDiagnostic {
  const known: ProblemData = isProblemData(data) ? data : { code: String(code ?? 'language'), message };
  return {
    file: document.uri.fsPath,
    range,
    severity: SEVERITIES[(severity ?? 1) - 1] ?? 'error',
    code: known.code,
    message: known.message,
    ...(known.remedy !== undefined && { remedy: known.remedy }),
  };
}

function byPosition(a: FileDiagnostic, b: FileDiagnostic): number {
  return a.range.start.line - b.range.start.line || a.range.start.character - b.range.start.character;
}

function unreadable(file: string, reason: string): CheckedFile {
  const start = { line: 0, character: 0 };
  const finding: FileDiagnostic = {
    file,
    range: { start, end: start },
    severity: 'error',
    code: 'file/unreadable',
    message: `The file cannot be read: ${reason}`,
    remedy: 'Give the path of an experiment, a file that ends in `.xome`.',
  };
  return { diagnostics: [finding], texts: new Map() };
}
