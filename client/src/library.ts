/** The catalog as a read-only document, for definitions that lead into it. The server has its text. */
import type { Disposable } from 'vscode';
import { workspace } from 'vscode';
import type { Server } from './server.js';

/** Scheme of the address that the server gives the catalog. */
const SCHEME = 'xome-catalog';

export function provideLibrary(server: Server): Disposable {
  return workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: async () => (await server.request('library', {})).text,
  });
}
