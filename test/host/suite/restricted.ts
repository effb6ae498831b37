/** A restricted workspace: the language works, and nothing runs. */
import { describe, it } from 'mocha';
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { pause, until } from '../waiting.js';
import { diagnosticsOf, engines, hover, lenses, open, place, severity } from './editing.js';
import { SMALL } from './experiments.js';

describe('a restricted workspace', () => {
  it('is one', () => {
    assert.equal(vscode.workspace.isTrusted, false);
  });

  it('checks, completes and explains', async () => {
    const document = await open(
      'restricted.xome',
      SMALL.replace('on planted\nattribution grad', 'on plantd\nattribution grad'),
    );
    await until('diagnostic', () => diagnosticsOf(document, 'plantd')[0]?.severity === severity.Error);
    assert.match(await hover(document, 'in_silico_mutagenesis'), /Zhou|Alipanahi|substitution/i);
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      place(document, 'plantd').start,
    );
    assert.ok(items.length > 0);
  });

  it('offers no run, and runs nothing when asked all the same', async () => {
    const document = await open('still.xome', SMALL);
    await pause(1_500);
    const offered = (await lenses(document)).map(({ command }) => command);
    assert.deepEqual(
      offered.filter(command => command !== 'explainome.show'),
      [],
    );
    // It may refuse, or say why not: the message waits for nobody here.
    void Promise.resolve(vscode.commands.executeCommand('explainome.runAll', document.uri.toString())).catch(() => 0);
    await pause(3_000);
    assert.deepEqual(engines(), []);
    const folder = vscode.Uri.joinPath(document.uri, '..');
    const names = (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name);
    assert.ok(!names.includes('.xome'), 'A store was made.');
  });
});
