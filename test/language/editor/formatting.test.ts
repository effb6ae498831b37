/** Formatting: what it changes, what it leaves, and that a second time changes nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { expect, test } from 'vitest';
import { open } from '../memory.js';

async function format(text: string): Promise<string> {
  const { workspace, document } = await open(text);
  const edits = await workspace.xome.lsp.Formatter?.formatDocument(document, {
    textDocument: { uri: document.uri.toString() },
    options: { tabSize: 4, insertSpaces: true },
  });
  return TextDocument.applyEdits(document.textDocument, edits ?? []);
}

test.each([
  [
    'spaces',
    'data x=fasta( "a.fa" ,label :1 )|sample(500,seed:1)',
    'data x = fasta("a.fa", label: 1) | sample(500, seed: 1)\n',
  ],
  ['numbers', 'expect a . b in - 2 .. 35 %  at 95 %', 'expect a.b in -2..35% at 95%\n'],
  ['units keep their space', 'model m = onnx("a.onnx", dna( 2   kb ))', 'model m = onnx("a.onnx", dna(2 kb))\n'],
  [
    'lists and records',
    'data d = f([ "a","b" ],{A:"B",C : "D"},{ })',
    'data d = f(["a", "b"], { A: "B", C: "D" }, {})\n',
  ],
  ['columns stay', 'data      peaks    = fasta("a.fa")   // why\nreference shuffled = zeros\n', undefined],
  [
    'line breaks stay, indented',
    'data x = fasta(\n"a.fa",\n  // why\nlabel: 1\n  )\n| take(3)',
    'data x = fasta(\n    "a.fa",\n    // why\n    label: 1\n)\n    | take(3)\n',
  ],
  [
    'statements begin at the margin',
    '  /// why\n  data x = zeros\n\n\n\n data y = zeros',
    '/// why\ndata x = zeros\n\ndata y = zeros\n',
  ],
  [
    'kinds as parameters and statistics',
    'data x = y | only_correct(target :t)\nexpect m.target<1',
    'data x = y | only_correct(target: t)\nexpect m.target < 1\n',
  ],
  ['what does not parse is left alone', 'data  x ==  y', 'data  x ==  y'],
  ['nothing', '', ''],
])('%s', async (_what, before, after) => {
  const once = await format(before);
  expect(once).toBe(after ?? before);
  expect(await format(once)).toBe(once);
});

test('a well-formatted experiment stays as it is', async () => {
  const text = await readFile(join(import.meta.dirname, '../fixture/ctcf.xome'), 'utf8');
  expect(await format(text)).toBe(text);
});
