/** The language's services on a connection: what the language server consists of, apart from results. */
import { setInterruptionPeriod } from 'langium';
import type { FileSystemProvider } from 'langium';
import { startLanguageServer } from 'langium/lsp';
import { NodeFileSystem } from 'langium/node';
import type { Connection, InitializeParams } from 'vscode-languageserver';
import { checkHeadersWhenIdle } from './editor/idle-headers.js';
import { serveSelectionRanges } from './editor/selection-ranges.js';
import { answerWhileTyping } from './editor/while-typing.js';
import type { ResultSurfaces } from './editor/result-surfaces.js';
import type { HeaderReader } from './headers.js';
import type { LintOptions } from './lints/check.js';
import { createXomeServices } from './module.js';
import { OpenExperiments } from './open-experiments.js';

/**
 * Milliseconds after which a build steps aside. From key to answer a request goes through half a dozen turns of the event loop,
 * and waits for as many pieces of a build that is under way.
 */
const STEP_MS = 2;

export interface ServedLanguage {
  readonly connection: Connection;
  readonly headers: HeaderReader;
  readonly surfaces: ResultSurfaces;
  readonly lints: LintOptions;
  /** Hears of what the editor can do, before anything else happens. */
  readonly onInitialize: (params: InitializeParams) => void;
  /** Where files are read from; the disk by default. */
  readonly files?: () => FileSystemProvider;
}

/** Builds the services. Call `start` when everything else is registered on the connection: it begins to listen. */
export function serveLanguage(options: ServedLanguage): { open: OpenExperiments; start: () => void } {
  const { connection, headers, surfaces, lints, onInitialize, files } = options;
  const fileSystem = files === undefined ? NodeFileSystem : { fileSystemProvider: files };
  const services = createXomeServices({ connection, ...fileSystem }, headers, surfaces, lints);
  services.shared.lsp.LanguageServer.onInitialize(onInitialize);
  checkHeadersWhenIdle(services.shared);
  serveSelectionRanges(services.shared);
  setInterruptionPeriod(STEP_MS);
  const start = (): void => {
    startLanguageServer(services.shared);
    answerWhileTyping(connection, services.shared, services.xome);
  };
  return { open: new OpenExperiments(services), start };
}
