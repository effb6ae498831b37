/** The settings `explainome.*`; package.json documents them. */
import { workspace } from 'vscode';
import type { ServerOptions } from '../../server/src/protocol.js';

export const SECTION = 'explainome';

/** What the server must know of settings and trust. */
export function serverOptions(): ServerOptions {
  const settings = workspace.getConfiguration(SECTION);
  const threads = settings.get<number>('engine.threads', 0);
  return {
    trusted: workspace.isTrusted,
    engineNode: settings.get('engine.node', '').trim(),
    // settings.json may hold anything, and the server refuses what is no number of threads.
    threads: Number.isInteger(threads) && threads > 0 ? threads : 0,
  };
}

export const stripsEnabled = (): boolean => workspace.getConfiguration(SECTION).get('strips.enabled', true);
