/** Commands that need no experiment: they make one. */
import type { Disposable, ExtensionContext } from 'vscode';
import { commands, Uri } from 'vscode';
import { guarded } from './commands.js';

export function registerFileCommands(context: ExtensionContext): Disposable[] {
  /** A command on a file or folder: its first argument, which explorer menus give, else one that is asked for. */
  const onFile = (id: string, act: (uri: Uri | undefined) => Promise<unknown>): Disposable =>
    commands.registerCommand(id, (uri: unknown) => guarded(() => act(uri instanceof Uri ? uri : undefined)));
  return [
    onFile('explainome.newExperiment', async uri => {
      const { newExperiment } = await import('./new-experiment.js');
      return newExperiment(context, uri);
    }),
    onFile('explainome.openSample', async uri => {
      const { openSample } = await import('./new-experiment.js');
      return openSample(context, uri);
    }),
  ];
}
