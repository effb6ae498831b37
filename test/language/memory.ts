/** A workspace in memory for language tests: files by path, the services over them, and texts with marked places. */
import { DocumentState, EmptyFileSystemProvider, URI, UriUtils } from 'langium';
import type { FileSystemNode, LangiumDocument } from 'langium';
import type { Diagnostic } from 'vscode-languageserver';
import type { HeaderReader } from '../../server/src/language/headers.js';
import { createXomeServices } from '../../server/src/language/module.js';
import type { XomeServices } from '../../server/src/language/module.js';
import { loadCatalog } from '../../server/src/language/workspace.js';

/** The declarations that most tests build on. */
export const PRELUDE = `model ctcf = onnx("ctcf.onnx", input: dna(100))
target binding = logit of ctcf
data peaks = fasta("peaks.fa")
`;

/** Files that exist beside every test document. */
const BESIDE = {
  '/w/ctcf.onnx': '',
  '/w/peaks.fa': '',
  '/w/other.fa.gz': '',
  '/w/models/deep.onnx': '',
  '/w/weights.h5': '',
  '/w/cells.zarr/.zgroup': '',
};

/** A file system that holds what it is given. */
export class MemoryFiles extends EmptyFileSystemProvider {
  constructor(readonly files: Map<string, string>) {
    super();
  }

  override existsSync(uri?: URI): boolean {
    return uri !== undefined && (this.files.has(uri.path) || this.isFolder(uri));
  }

  override statSync(uri: URI): FileSystemNode {
    if (!this.existsSync(uri)) throw new Error(`ENOENT ${uri.path}`);
    return { uri, isFile: this.files.has(uri.path), isDirectory: this.isFolder(uri) };
  }

  override stat(uri: URI): Promise<FileSystemNode> {
    return Promise.resolve(this.statSync(uri));
  }

  override readFile(uri?: URI): Promise<string> {
    const text = uri && this.files.get(uri.path);
    return text === undefined ? Promise.reject(new Error(`ENOENT ${uri?.path ?? ''}`)) : Promise.resolve(text);
  }

  override readDirectory(uri?: URI): Promise<FileSystemNode[]> {
    if (uri === undefined || !this.isFolder(uri)) return Promise.reject(new Error('ENOENT'));
    const folder = uri.path.replace(/\/$/, '');
    const names = [...this.files.keys()]
      .filter(path => path.startsWith(`${folder}/`))
      .map(path => path.slice(folder.length + 1).split('/')[0] ?? '');
    return Promise.resolve([...new Set(names)].map(name => this.statSync(UriUtils.joinPath(uri, name))));
  }

  private isFolder(uri: URI): boolean {
    const folder = uri.path.replace(/\/$/, '');
    return [...this.files.keys()].some(path => path.startsWith(`${folder}/`));
  }
}

export interface Workspace extends XomeServices {
  readonly files: Map<string, string>;
  /** Loads and builds a file of the workspace. */
  open(path: string): Promise<LangiumDocument>;
  /** Replaces a file's text and rebuilds what that concerns. */
  change(path: string, text: string): Promise<void>;
}

/** Services over files in `/w`, with the model and data files of `PRELUDE` beside them. */
export function workspaceOf(texts: Record<string, string>, headers?: HeaderReader): Workspace {
  const files = new Map(Object.entries({ ...BESIDE, ...texts }));
  const services = createXomeServices({ fileSystemProvider: () => new MemoryFiles(files) }, headers);
  const { LangiumDocuments: documents, DocumentBuilder: builder } = services.shared.workspace;
  loadCatalog(services.shared);
  builder.updateBuildOptions = { validation: true };
  return {
    ...services,
    files,
    async open(path) {
      const document = await documents.getOrCreateDocument(URI.file(path));
      if (document.state < DocumentState.Validated) {
        await builder.build([loadCatalog(services.shared), document], { validation: true });
      }
      return document;
    },
    async change(path, text) {
      files.set(path, text);
      await builder.update([URI.file(path)], []);
    },
  };
}

/** One experiment, `/w/main.xome`, opened. */
export async function open(text: string, texts: Record<string, string> = {}, headers?: HeaderReader) {
  const workspace = workspaceOf({ ...texts, '/w/main.xome': text }, headers);
  return { workspace, document: await workspace.open('/w/main.xome') };
}

const isLint = ({ code }: { readonly code?: number | string | undefined }): boolean => /^GA\d{3}$/.test(String(code));

/** Every finding of a document but lints as `code: marked text`. */
export function findings(document: LangiumDocument): string[] {
  return listed(document, diagnostic => !isLint(diagnostic));
}

/** Every lint of a document as `code: marked text`. */
export function lints(document: LangiumDocument): string[] {
  return listed(document, isLint);
}

function listed(document: LangiumDocument, kept: (diagnostic: Diagnostic) => boolean): string[] {
  return (document.diagnostics ?? [])
    .filter(kept)
    .toSorted((a, b) => a.range.start.line - b.range.start.line || a.range.start.character - b.range.start.character)
    .map(({ code, range }) => `${code ?? ''}: ${document.textDocument.getText(range)}`);
}

/** A text with one `▮` where the cursor is. */
export async function openAt(marked: string, texts: Record<string, string> = {}) {
  const offset = marked.indexOf('▮');
  if (offset < 0) throw new Error('The text has no cursor mark ▮.');
  const { workspace, document } = await open(marked.replace('▮', ''), texts);
  const position = document.textDocument.positionAt(offset);
  return { workspace, document, params: { textDocument: { uri: document.uri.toString() }, position } };
}
