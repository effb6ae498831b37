/** A workspace that holds experiments, none of them open: its tests are known, and no process runs for it. */
import { describe, it } from 'mocha';
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { pause, until } from '../waiting.js';
import { engines, open, servers } from './editing.js';

describe('a workspace with experiments', () => {
  it('activates the extension before one is opened, and starts no process', async () => {
    const extension = vscode.extensions.getExtension('explainome.explainome');
    assert.ok(extension, 'The extension is not installed.');
    await until('activation', () => extension.isActive, 40_000);
    // Longer than a server takes to start.
    await pause(2_000);
    assert.deepEqual(
      vscode.workspace.textDocuments.filter(({ languageId }) => languageId === 'xome'),
      [],
    );
    assert.deepEqual([...servers(), ...engines()], []);
  });

  it('starts one server with the first experiment', async () => {
    await open('planted-motifs.xome');
    await until('server', () => servers().length === 1);
  });
});
