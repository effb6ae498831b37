/**
 * The extension host side: wires server, views, decorations, status, panel and commands. Thin on purpose: what is
 * computed is computed in the server and the engine. Activation waits for nothing and starts no process: a workspace that
 * holds experiments activates it, and most days none of them is opened.
 */
import './validation.js';
import type { ExtensionContext, TextDocument } from 'vscode';
import { workspace } from 'vscode';
import { registerCommands, resultActions } from './commands.js';
import { registerFileCommands } from './file-commands.js';
import { DataFiles } from './data-files.js';
import { Decorations } from './decorations.js';
import { provideLibrary } from './library.js';
import { Pins } from './pins.js';
import { ResultsPanel } from './panel/panel.js';
import { Server } from './server.js';
import { SECTION, serverOptions } from './settings.js';
import { showStatus } from './status.js';
import { provideTasks } from './tasks.js';
import { Expectations } from './tests.js';
import { isExperiment, Views } from './views.js';

let server: Server | undefined;

export function activate(context: ExtensionContext): void {
  server = new Server(context.asAbsolutePath('dist/server.js'), serverOptions);
  const started = server;
  const views = new Views(started);
  const actions = resultActions(started, context);
  const pins = new Pins(views);
  const panel = new ResultsPanel(context, views, actions);
  const wake = (document: TextDocument): void => {
    if (isExperiment(document)) started.wake();
  };
  context.subscriptions.push(
    started,
    views,
    panel,
    pins,
    new DataFiles(started, views),
    new Decorations(context, views),
    ...registerCommands(started, views, panel, actions, pins),
    ...registerFileCommands(context),
    ...showStatus(started, views),
    new Expectations(started, views),
    provideTasks(context),
    provideLibrary(started),
    workspace.onDidOpenTextDocument(wake),
    workspace.onDidGrantWorkspaceTrust(() => started.sendOptions()),
    workspace.onDidChangeConfiguration(change => {
      if (change.affectsConfiguration(`${SECTION}.engine`) || change.affectsConfiguration(`${SECTION}.lints`))
        void started.sendOptions();
    }),
  );
  workspace.textDocuments.forEach(wake);
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
