/** What reading a document's meaning needs from outside: where problems go, and whether a file is there. */
import type { AstNode, FileSystemProvider } from 'langium';
import { AstUtils, UriUtils } from 'langium';
import type { Report } from '../problems.js';

export interface Context {
  readonly report: Report;
  readonly files: FileSystemProvider;
}

/** Address of a file named in a document: relative to the document's folder, or absolute. */
export function resolveFile(node: AstNode, path: string) {
  const document = AstUtils.getDocument(node).uri;
  return path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)
    ? document.with({ path: path.startsWith('/') ? path.replace(/^\/+/, '/') : `/${path.replaceAll('\\', '/')}` })
    : UriUtils.resolvePath(UriUtils.dirname(document), path);
}

/** Whether it is the folder of a Zarr store. */
export function isStore(files: FileSystemProvider, uri: ReturnType<typeof resolveFile>): boolean {
  try {
    return uri.path.toLowerCase().endsWith('.zarr') && files.statSync(uri).isDirectory;
  } catch {
    return false;
  }
}

/** True for an existing file; folders and unreadable paths are not. */
export function isFile(files: FileSystemProvider, uri: ReturnType<typeof resolveFile>): boolean {
  try {
    return files.existsSync(uri) && files.statSync(uri).isFile;
  } catch {
    return false;
  }
}
