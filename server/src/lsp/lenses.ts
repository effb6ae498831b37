/** Code lenses: run and show a declaration, run everything, cancel. */
import type { CodeLens } from 'vscode-languageserver';
import type { SourceRange } from '../language/experiment.js';
import { Task } from '../protocol.js';
import type { PassKind } from './costs.js';
import { costOf, costWords, kindOf } from './costs.js';
import type { Session } from './session.js';
import type { Shown } from './shown.js';

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
    else if (state !== 'done')
      lenses.push(lens(range, `$(play) Run${costWordsOf(session, name)}`, COMMANDS.run, uri, name));
    if (state === 'done' || session.stale.has(name))
      lenses.push(lens(range, '$(graph) Show', COMMANDS.show, uri, name));
  }
  return lenses;
}

/** What a run of an attribution costs, for its lens; empty where that cannot be told. */
function costWordsOf({ checked: { experiment }, shown }: Session, name: string): string {
  const cost =
    experiment &&
    costOf(experiment, name, { examples: data => shown?.snapshot.data.find(set => set.name === data)?.examples });
  return cost ? costWords(cost, shown && secondsPerPass(shown, cost.kind)) : '';
}

/** How long passes of a kind took in the results that are there. */
function secondsPerPass({ results }: Shown, kind: PassKind): number | undefined {
  const done = [...results.values()].flatMap(result => {
    if (result.status !== 'complete' || result.meta.passes === 0) return [];
    const task = Task.safeParse(result.meta.task).data;
    return task?.kind === 'attribution' && kindOf(task.method.call) === kind ? [result.meta] : [];
  });
  const passes = done.reduce((sum, meta) => sum + meta.passes, 0);
  return passes > 0 ? done.reduce((sum, meta) => sum + meta.seconds, 0) / passes : undefined;
}

function lens({ start, end }: SourceRange, title: string, command: string, ...args: string[]): CodeLens {
  return { range: { start: { ...start }, end: { ...end } }, command: { title, command, arguments: args } };
}
