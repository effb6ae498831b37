/** What the in-host tests share: files of the workspace, what the editor shows of them, and waiting. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { runningOf } from '../processes.js';
import { until } from '../waiting.js';

/** Opens a file of the workspace in an editor; with `text`, writes it there first. */
export async function open(name: string, text?: string): Promise<vscode.TextDocument> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'The suite needs a folder.');
  const uri = vscode.Uri.joinPath(folder.uri, name);
  if (text !== undefined) await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  return document;
}

/** Replaces the only occurrence of `old` in the document. */
export async function replace(document: vscode.TextDocument, old: string, by: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, place(document, old), by);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** Where the text stands in the document. */
export function place(document: vscode.TextDocument, text: string): vscode.Range {
  const at = document.getText().indexOf(text);
  assert.notEqual(at, -1, `${document.fileName} holds no \`${text}\`.`);
  return new vscode.Range(document.positionAt(at), document.positionAt(at + text.length));
}

/** Text of all hovers at the start of `text`. */
export async function hover(document: vscode.TextDocument, text: string): Promise<string> {
  const found = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    document.uri,
    place(document, text).start,
  );
  return found
    .flatMap(({ contents }) => contents)
    .map(content => (content instanceof vscode.MarkdownString ? content.value : ''))
    .join('\n');
}

/** Inlay hints of the document: line (zero-based), text and what its tooltip says. */
export async function hints(document: vscode.TextDocument): Promise<{ line: number; text: string; tooltip: string }[]> {
  const found = await vscode.commands.executeCommand<vscode.InlayHint[]>(
    'vscode.executeInlayHintProvider',
    document.uri,
    new vscode.Range(0, 0, document.lineCount, 0),
  );
  return found.map(({ position, label, tooltip = '' }) => ({
    line: position.line,
    text: typeof label === 'string' ? label : label.map(({ value }) => value).join(''),
    tooltip: typeof tooltip === 'string' ? tooltip : tooltip.value,
  }));
}

/** Hints of the line on which `text` stands, as one string. */
export async function hintOf(document: vscode.TextDocument, text: string): Promise<string> {
  const { line } = place(document, text).start;
  const found = await hints(document);
  return found
    .filter(hint => hint.line === line)
    .map(hint => hint.text)
    .join(' ');
}

/** Commands of the document's code lenses, with their line. */
export async function lenses(document: vscode.TextDocument): Promise<(vscode.Command & { line: number })[]> {
  const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    document.uri,
    100,
  );
  return found.flatMap(({ command, range }) => (command === undefined ? [] : [{ ...command, line: range.start.line }]));
}

/** Presses the lens of this command, in front of `text` where given. */
export async function press(document: vscode.TextDocument, command: string, text?: string): Promise<void> {
  const line = text === undefined ? undefined : place(document, text).start.line;
  const lens = await until(`lens ${command}`, async () =>
    (await lenses(document)).find(found => found.command === command && (line ?? found.line) === found.line),
  );
  await vscode.commands.executeCommand(lens.command, ...((lens.arguments ?? []) as unknown[]));
}

export const severity = vscode.DiagnosticSeverity;

/** Diagnostics on the line on which `text` stands; lints, which have tests of their own, left out. */
export function diagnosticsOf(document: vscode.TextDocument, text: string): vscode.Diagnostic[] {
  const { line } = place(document, text).start;
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter(found => found.range.start.line === line && !/^GA\d/.test(codeOf(found)));
}

export function codeOf({ code }: vscode.Diagnostic): string {
  return String(typeof code === 'object' ? code.value : code);
}

/** Process ids of the engines that this window's language server has started. */
export const engines = (): number[] => runningOf(process.pid, 'engine');
/** Process ids of this window's language server. */
export const servers = (): number[] => runningOf(process.pid, 'server');
