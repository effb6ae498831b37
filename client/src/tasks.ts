/** Tasks of the type `xome`: the command line on an experiment, in the terminal, with its findings as problems. */
import type { Disposable, ExtensionContext, TaskDefinition, Uri } from 'vscode';
import { ProcessExecution, Task, TaskGroup, tasks, TaskScope, window, workspace } from 'vscode';
import * as z from 'zod';
import { commandLine } from './command-line.js';
import { isExperiment } from './views.js';

const TYPE = 'xome';
const COMMANDS = ['check', 'run', 'report'] as const;

/** What tasks.json may say. The file is relative to the folder of the task. */
const Definition = z.object({
  type: z.literal(TYPE),
  command: z.enum(COMMANDS),
  file: z.string(),
  args: z.array(z.string()).default([]),
});
type Definition = z.output<typeof Definition>;

export function provideTasks(context: ExtensionContext): Disposable {
  return tasks.registerTaskProvider(TYPE, {
    provideTasks: () => {
      const document = window.activeTextEditor?.document;
      if (!document || !isExperiment(document) || document.uri.scheme !== 'file') return [];
      const file = workspace.asRelativePath(document.uri, false);
      return COMMANDS.map(command => taskOf({ type: TYPE, command, file, args: [] }, document.uri, context));
    },
    resolveTask: task => {
      const read = Definition.safeParse(task.definition);
      const folder = typeof task.scope === 'object' ? task.scope.uri : workspace.workspaceFolders?.[0]?.uri;
      // The editor demands the definition itself back, not one that equals it.
      return read.success ? taskOf(read.data, folder, context, task.definition) : undefined;
    },
  });
}

function taskOf(
  definition: Definition,
  near: Uri | undefined,
  context: ExtensionContext,
  given: TaskDefinition = definition,
): Task {
  const { command, file, args } = definition;
  const folder = near && workspace.getWorkspaceFolder(near);
  const { command: program, operands, environment } = commandLine(context, command, file, ...args);
  const task = new Task(
    given,
    folder ?? TaskScope.Workspace,
    `${command} ${file}`,
    TYPE,
    new ProcessExecution(program, [...operands], {
      ...(folder && { cwd: folder.uri.fsPath }),
      env: { ...environment },
    }),
    ['$xome', '$xome-expect'],
  );
  if (command === 'check') task.group = TaskGroup.Build;
  if (command === 'run') task.group = TaskGroup.Test;
  return task;
}
