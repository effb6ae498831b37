/** The language status item in words: one state of server, trust and document → what the status bar says. */
import type { DocumentView } from '../../server/src/protocol.js';
import { percent } from './marks.js';
import type { ServerState } from './server.js';

export interface Status {
  readonly text: string;
  readonly detail?: string;
  readonly severity: 'information' | 'warning' | 'error';
  readonly busy: boolean;
  readonly command?: { readonly command: string; readonly title: string };
}

/** @param view of the active experiment, when there is one */
export function describeStatus(server: ServerState, trusted: boolean, view: DocumentView | undefined): Status {
  if (server.is === 'failed') {
    return {
      text: 'Explainome has failed',
      detail: server.reason,
      severity: 'error',
      busy: false,
      command: { command: 'explainome.restartServer', title: 'Restart' },
    };
  }
  if (server.is === 'starting') return { text: 'Explainome starts', severity: 'information', busy: true };
  if (!trusted) {
    return {
      text: 'Explainome: restricted',
      detail: 'Experiments are checked but do not run until the workspace is trusted.',
      severity: 'warning',
      busy: false,
      command: { command: 'workbench.trust.manage', title: 'Manage Trust' },
    };
  }
  if (view?.running) return running(view);
  const results = view?.marks.filter(({ state }) => state === 'done').length ?? 0;
  const waiting = (view?.marks.length ?? 0) - results;
  const failed = view?.marks.filter(({ state }) => state === 'failed').map(({ name }) => name) ?? [];
  if (failed.length > 0) {
    return {
      text: `Explainome: ${failed.join(', ')} failed`,
      ...(view?.blocked !== undefined && { detail: view.blocked }),
      severity: 'error',
      busy: false,
      command: { command: 'explainome.runAll', title: 'Run All' },
    };
  }
  return {
    text: view ? `Explainome: ${results} of ${results + waiting} results` : 'Explainome',
    ...(view?.blocked !== undefined && { detail: view.blocked }),
    severity: 'information',
    busy: false,
    ...(view && { command: { command: 'explainome.show', title: 'Show Results' } }),
  };
}

/** Share of the whole run: finished declarations and the present one's part, each counted alike. */
function running({ marks }: DocumentView): Status {
  const part = marks.filter(({ state }) => state === 'running' || state === 'waiting');
  const current = marks.find(({ state }) => state === 'running');
  const share = current?.progress === undefined ? '' : ` ${percent(current.progress)}`;
  return {
    text: current ? `Explainome: ${current.name}${share}` : 'Explainome: waiting',
    ...(part.length > 1 && { detail: `${part.length} results to come` }),
    severity: 'information',
    busy: true,
    command: { command: 'explainome.cancel', title: 'Cancel' },
  };
}
