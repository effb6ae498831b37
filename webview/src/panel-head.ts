/** The head of the panel: which experiment, how it stands, how large it is, and what can be done. */
import type { DocumentView } from '../../server/src/protocol.js';
import { textButton } from './editor-controls.js';
import { describe, element } from './element.js';
import type { Host } from './host.js';
import { expectationsOf, factsOf, shareDone, statusOf } from './panel-status.js';

export interface PanelHead {
  readonly node: HTMLElement;
  readonly show: (view: DocumentView | undefined) => void;
  /** Shows what went wrong, or nothing. */
  readonly fail: (reason: string | undefined) => void;
}

/** @param onVerdict called when the reader wants to know more of the expectations */
export function panelHead(host: Host, onVerdict: () => void): PanelHead {
  const alert = element('div', { class: 'alert', role: 'alert', hidden: '' });
  const title = element('h1', { class: 'mono' }, 'Explainome');
  const status = element('span', { class: 'chip status' });
  const met = element('span');
  const words = element('span', { class: 'wordy' }, ' expectations');
  const verdict = element(
    'button',
    { type: 'button', title: 'Expectations that are met; show the metrics' },
    met,
    words,
    ' met',
  );
  verdict.addEventListener('click', onVerdict);
  const facts = element('span', { class: 'facts' });
  const cancel = textButton('Cancel', true, () => host.post({ type: 'cancel' }));
  const report = textButton('Report', true, () => host.post({ type: 'report' }));
  const run = textButton('Run all', false, () => host.post({ type: 'run' }));
  const actions = element('span', { class: 'actions' }, report, cancel, run);
  const progress = element('vscode-progress-bar', { 'aria-label': 'Run' });
  const blocked = element('p', { class: 'note warning', role: 'note' });
  const said = element('span', { class: 'unseen', role: 'status' });
  const node = element(
    'header',
    { class: 'head' },
    alert,
    element('div', { class: 'line' }, title, status, verdict, facts, actions),
    blocked,
    said,
    progress,
  );

  const show = (view: DocumentView | undefined): void => {
    for (const part of [status, verdict, facts, actions, progress, blocked]) part.hidden = view === undefined;
    title.textContent = view === undefined ? 'Explainome' : fileOf(view);
    if (!view) return;
    const { blocked: reason, running, marks, snapshot } = view;
    title.title = snapshot?.documentation ?? '';
    const standing = statusOf(view);
    describe(status, { class: `chip status ${standing.style}` });
    status.textContent = standing.text;
    // Spoken when it changes, not at every step of a run.
    const spoken = running ? 'running' : standing.text;
    if (said.textContent !== spoken) said.textContent = spoken;
    const outcome = expectationsOf(view);
    verdict.hidden = outcome === undefined;
    describe(verdict, { class: `chip verdict ${outcome?.style ?? ''}` });
    met.textContent = outcome?.text ?? '';
    facts.textContent = factsOf(view);
    blocked.hidden = reason === undefined;
    blocked.textContent = reason ?? '';
    cancel.hidden = !running;
    run.hidden = running;
    run.disabled = reason !== undefined;
    report.disabled = !snapshot;
    progress.hidden = !running;
    progress.value = 100 * shareDone(marks);
  };
  show(undefined);
  return {
    node,
    show,
    fail: reason => {
      alert.hidden = reason === undefined;
      alert.textContent = reason ?? '';
    },
  };
}

/** File name of the experiment, from the snapshot or from the document's address. */
export function fileOf({ snapshot, uri }: Pick<DocumentView, 'snapshot' | 'uri'>): string {
  if (snapshot) return snapshot.file;
  const last = uri.split('/').at(-1) ?? uri;
  try {
    return decodeURIComponent(last);
  } catch {
    return last; // not an encoded address: shown as it is
  }
}
