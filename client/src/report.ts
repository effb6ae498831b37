/** Writes the self-contained report with the command line of the same build, and opens it in the browser. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { env, ProgressLocation, Uri, window, workspace } from 'vscode';
import { commandLine, runProgram } from './command-line.js';

const COPY = 'Copy Path';

/**
 * @throws Error with what the command line said, when it could not write the report
 */
export async function openReport(uri: Uri, context: ExtensionContext): Promise<void> {
  const document = await workspace.openTextDocument(uri);
  if (document.isUntitled) throw new Error('Save the experiment first: a report is written from files.');
  // The command line reads the file, not the editor.
  if (document.isDirty) await document.save();
  const folder = (context.storageUri ?? context.globalStorageUri).fsPath;
  await mkdir(folder, { recursive: true });
  const output = join(folder, `${basename(uri.fsPath, '.xome')}.html`);
  await window.withProgress(
    { location: ProgressLocation.Notification, title: `Writing the report of ${basename(uri.fsPath)}` },
    () => runProgram(commandLine(context, 'report', uri.fsPath, '-o', output)),
  );
  // A browser on another machine cannot open a file of this one.
  if (env.remoteName !== undefined || !(await env.openExternal(Uri.file(output)))) {
    const chosen = await window.showInformationMessage(`The report is written: ${output}`, COPY);
    if (chosen === COPY) await env.clipboard.writeText(output);
  }
}
