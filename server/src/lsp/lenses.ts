/** Code lenses: run and show a declaration, run everything, cancel. */
import type { CodeLens } from 'vscode-languageserver';
import type { SourceRange } from '../language/experiment.js';
import type { Session } from './session.js';

/** Commands of the client; a lens carries the address of the document, and a name where it is about one declaration. */
export const COMMANDS = {
  run: 'explainome.run',
  runAll: 'explainome.runAll',
  cancel: 'explainome.cancel',
  show: 'explainome.show',
} as const;

export function lensesOf(session: Session, running: boolean): CodeLens[] {
  const { uri } = session.checked;
  const first = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  if (session.declarations.length === 0) return [];
  const lenses = [
    running
      ? lens(first, '$(stop-circle) Cancel', COMMANDS.cancel, uri)
      : lens(first, '$(run-all) Run all', COMMANDS.runAll, uri),
  ];
  for (const { name, range } of session.declarations) {
    const state = session.stateOf(name);
    const active = state === 'waiting' || state === 'running';
    if (active)
      lenses.push(
        lens(range, `$(loading~spin) ${state === 'running' ? 'Running' : 'Waiting'} · Cancel`, COMMANDS.cancel, uri),
      );
    else if (state !== 'done') lenses.push(lens(range, '$(play) Run', COMMANDS.run, uri, name));
    if (state === 'done' || session.stale.has(name))
      lenses.push(lens(range, '$(graph) Show', COMMANDS.show, uri, name));
  }
  return lenses;
}

function lens({ start, end }: SourceRange, title: string, command: string, ...args: string[]): CodeLens {
  return { range: { start: { ...start }, end: { ...end } }, command: { title, command, arguments: args } };
}
