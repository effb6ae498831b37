/** "New experiment for this model": the command line writes it from the model's header, and it is opened. */
import { access, cp, mkdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { ProgressLocation, Uri, window, workspace } from 'vscode';
import { commandLine, runProgram } from './command-line.js';

/** Model files that an experiment can be written for. */
const ENDINGS = ['onnx', 'h5', 'hdf5', 'keras', 'json'];

/**
 * @param model the file; asked for where there is none
 * @returns the experiment; undefined when the user left
 * @throws Error with what the command line said, when it could not read the model
 */
export async function newExperiment(context: ExtensionContext, model: Uri | undefined): Promise<Uri | undefined> {
  if (!workspace.isTrusted) throw new Error('Trust this workspace first: models are opened in trusted windows only.');
  const chosen = model ?? (await askForModel());
  if (!chosen) return undefined;
  const output = await freeName(chosen.fsPath);
  await window.withProgress(
    { location: ProgressLocation.Notification, title: `Reading ${parse(chosen.fsPath).base}` },
    () => runProgram(commandLine(context, 'init', chosen.fsPath, '-o', output)),
  );
  return open(output);
}

async function askForModel(): Promise<Uri | undefined> {
  const found = await window.showOpenDialog({ title: 'Model to explain', filters: { Models: ENDINGS } });
  return found?.[0];
}

/** `model.xome` beside the model, or `model-2.xome` and so on where there is one. */
async function freeName(model: string): Promise<string> {
  const { dir, name } = parse(model);
  for (let number = 1; ; number++) {
    const path = join(dir, `${name}${number === 1 ? '' : `-${number}`}.xome`);
    if (!(await exists(path))) return path;
  }
}

/** Files of the sample project, from the examples that are shipped. */
const SAMPLE = ['planted-motifs.xome', 'planted_motifs.onnx'];

/**
 * Copies the example with its network into a folder of its own, and opens it. What is there already is kept.
 *
 * @param parent where to put it; asked for where it is not given
 */
export async function openSample(context: ExtensionContext, parent: Uri | undefined): Promise<Uri | undefined> {
  const chosen =
    parent ??
    (
      await window.showOpenDialog({
        title: 'Folder to put the sample into',
        openLabel: 'Put Sample Here',
        canSelectFolders: true,
        canSelectFiles: false,
        ...(workspace.workspaceFolders?.[0] && { defaultUri: workspace.workspaceFolders[0].uri }),
      })
    )?.[0];
  if (!chosen) return undefined;
  const folder = join(chosen.fsPath, 'explainome-sample');
  await mkdir(folder, { recursive: true });
  for (const name of SAMPLE)
    await cp(context.asAbsolutePath(join('examples', name)), join(folder, name), { force: false });
  return open(join(folder, SAMPLE[0]!));
}

async function open(path: string): Promise<Uri> {
  const document = await workspace.openTextDocument(Uri.file(path));
  await window.showTextDocument(document);
  return document.uri;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
