/** The commands `explainome.*`: by palette, key, title button, or with arguments by a code lens. */
import type { Disposable, ExtensionContext } from 'vscode';
import { commands, env, Uri, window, workspace } from 'vscode';
import { comparableWith } from '../../server/src/protocol.js';
import { markAt } from './marks.js';
import type { PanelActions, ResultsPanel } from './panel/panel.js';
import type { Pins } from './pins.js';
import type { Server } from './server.js';
import { reasonOf } from './server.js';
import type { Views } from './views.js';
import { isExperiment } from './views.js';

/** What both the commands and the panel's buttons do. */
export function resultActions(server: Server, context: ExtensionContext): PanelActions {
  return {
    run: (uri, only) =>
      void guarded(async () => {
        const { started, reason } = await server.request('run', {
          uri: uri.toString(),
          ...(only && { only: [...only] }),
        });
        if (!started) await window.showWarningMessage(reason ?? 'The experiment was not started.');
      }),
    cancel: uri =>
      void guarded(async () => {
        await server.request('cancel', { uri: uri.toString() });
      }),
    report: uri =>
      void guarded(async () => {
        const { openReport } = await import('./report.js');
        await openReport(uri, context);
      }),
  };
}

export function registerCommands(
  server: Server,
  views: Views,
  panel: ResultsPanel,
  { run, cancel, report }: PanelActions,
  pins: Pins,
): Disposable[] {
  /** A command on an experiment: of its first argument, else the active one. */
  const onExperiment = (id: string, act: (uri: Uri, name: string | undefined) => void): Disposable =>
    commands.registerCommand(id, async (...[uri, name]: unknown[]) => {
      const found = addressOf(uri) ?? activeExperiment(views) ?? (await lastExperiment(views));
      if (found) act(found, typeof name === 'string' ? name : uri === undefined ? nameAtCursor(views) : undefined);
      else void window.showInformationMessage('Open an experiment (a .xome file) first.');
    });
  const copy = async (uri: Uri, name: string, as: 'table' | 'python'): Promise<void> => {
    const found = await server.request('copy', { uri: uri.toString(), name, as });
    if (!found) throw new Error(`${name} has no result to copy: run it first.`);
    await env.clipboard.writeText(found.text);
    window.setStatusBarMessage(`${name} is on the clipboard.`, 5000);
  };
  const compare = async (uri: Uri, name: string): Promise<void> => {
    const snapshot = views.get(uri.toString())?.snapshot;
    const others = snapshot ? comparableWith(snapshot, name) : [];
    if (!snapshot || others.length === 0)
      throw new Error(
        `There is nothing to compare ${name} with: another attribution of its sequences, or a like metric.`,
      );
    const written = new Map([...snapshot.maps, ...snapshot.metrics].map(one => [one.name, one.written]));
    const items = others.map(label => ({ label, description: written.get(label) ?? '' }));
    const title = `Compare ${name} with`;
    // A hover that goes gives the focus back to the editor, which would close the choice.
    const options = { title, matchOnDescription: true, ignoreFocusOut: true };
    const chosen = items.length === 1 ? items[0] : await window.showQuickPick(items, options);
    if (chosen) panel.compare(uri, [name, chosen.label]);
  };
  return [
    onExperiment('explainome.run', (uri, name) => run(uri, name === undefined ? undefined : [name])),
    onExperiment('explainome.runAll', uri => run(uri)),
    onExperiment('explainome.cancel', cancel),
    onExperiment('explainome.show', (uri, name) => panel.show(uri, name)),
    onExperiment('explainome.openReport', report),
    onExperiment('explainome.compare', (uri, name) => onResult(name, () => compare(uri, name ?? ''))),
    onExperiment('explainome.pin', (uri, name) => onResult(name, () => pins.toggle(uri, name ?? ''))),
    onExperiment('explainome.copyTable', (uri, name) => onResult(name, () => copy(uri, name ?? '', 'table'))),
    onExperiment('explainome.copyPython', (uri, name) => onResult(name, () => copy(uri, name ?? '', 'python'))),
    commands.registerCommand('explainome.restartServer', () => server.restart()),
    commands.registerCommand('explainome.showOutput', () => server.showOutput()),
  ];
}

/** A command on one result needs its name. */
function onResult(name: string | undefined, act: () => Promise<void>): void {
  void guarded(async () => {
    if (name === undefined) throw new Error('Put the cursor on a declaration that has a result.');
    await act();
  });
}

/** Code lenses give an address as text, title buttons as an object. */
function addressOf(argument: unknown): Uri | undefined {
  if (argument instanceof Uri) return argument;
  return typeof argument === 'string' ? Uri.parse(argument, true) : undefined;
}

/** The experiment in the active editor, else the one in the panel. */
function activeExperiment(views: Views): Uri | undefined {
  const document = window.activeTextEditor?.document;
  if (document && isExperiment(document)) return document.uri;
  return views.watched === undefined ? undefined : Uri.parse(views.watched);
}

/** The experiment that was last in front, brought to the front again: a page such as the walkthrough may cover it. */
async function lastExperiment({ lastActive }: Views): Promise<Uri | undefined> {
  const document = workspace.textDocuments.find(({ uri }) => uri.toString() === lastActive);
  if (!document) return undefined;
  await window.showTextDocument(document);
  return document.uri;
}

function nameAtCursor(views: Views): string | undefined {
  const editor = window.activeTextEditor;
  return editor && markAt(views.get(editor.document.uri.toString()), editor.selection.active.line)?.name;
}

/** Says what went wrong where nobody looks at the outcome. */
export async function guarded(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    void window.showErrorMessage(`Explainome: ${reasonOf(error)}`);
  }
}
