/** The settings `explainome.*`; package.json documents them. */
import { workspace } from 'vscode';
import { ServerOptions } from '../../server/src/protocol.js';

export const SECTION = 'explainome';

/** What the server must know of settings and trust. */
export function serverOptions(): ServerOptions {
  const settings = workspace.getConfiguration(SECTION);
  // settings.json may hold anything.
  const node = settings.get<unknown>('engine.node');
  const threads = settings.get<unknown>('engine.threads');
  return {
    trusted: workspace.isTrusted,
    engineNode: typeof node === 'string' ? node.trim() : '',
    lints: ServerOptions.shape.lints.safeParse(settings.get<unknown>('lints')).data ?? {},
    threads: typeof threads === 'number' && Number.isInteger(threads) && threads > 0 ? threads : 0,
  };
}

export const stripsEnabled = (): boolean => workspace.getConfiguration(SECTION).get('strips.enabled', true);
