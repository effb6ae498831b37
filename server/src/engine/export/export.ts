/** What every export offers, and what it works with. */
import type { ExportEntry, ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import type { ResultStore } from '../../store/store.js';
import type { Files } from '../data/source.js';
import type { OutputFile } from './output.js';
import type { OutputFolder } from './output-folder.js';

export interface ExportContext {
  readonly store: ResultStore;
  readonly files: Files;
  /** Absolute path of the file that was asked for. */
  readonly path: string;
  /** Begins a file: that one, or another beside it. */
  readonly create: (path: string) => Promise<OutputFile>;
  /** Begins a folder. */
  readonly createFolder: (path: string) => Promise<OutputFolder>;
  /** Lets messages through. @throws Cancelled */
  readonly checkpoint: () => Promise<void>;
}

/**
 * Writes complete results to files. The files get their names when it has returned.
 *
 * @returns what the reader of the files should know
 * @throws Failure where the result cannot be written in this form
 */
export type Export<E extends ExportEntry> = (parameters: ParametersOf<E>, context: ExportContext) => Promise<Note[]>;
