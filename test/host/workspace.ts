/** Folders for the tests to work in: the example's model and experiments, in a temporary place. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from './vscode.js';

export interface Workspace {
  /** Folder to open. */
  folder: string;
  /** A folder beside it, for what the tests write down. */
  outside: string;
  remove(): void;
}

/** A folder with a copy of the example: its model and its experiment, or these files of it. */
export function makeWorkspace(files: readonly string[] = ['planted-motifs.xome', 'planted_motifs.onnx']): Workspace {
  // A short, resolved name: it is part of every address.
  const outside = realpathSync(mkdtempSync(join(tmpdir(), 'xome-')));
  const folder = join(outside, 'work');
  mkdirSync(folder);
  for (const name of files) cpSync(join(PROJECT, 'examples', name), join(folder, name));
  return { folder, outside, remove: () => rmSync(outside, { recursive: true, force: true }) };
}
