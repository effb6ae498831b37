/** Formatting: what it changes, what it leaves, and that a second time changes nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { EmptyFileSystem, URI } from 'langium';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { expect, test } from 'vitest';
import { createXomeServices } from '../../../server/src/language/module.js';
import { statementStarts } from '../../../server/src/language/statements.js';
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

// ------------------------------------------------------------------------------------- examples, in every layout
const { shared, xome } = createXomeServices(EmptyFileSystem);
let documents = 0;

/** As above, of texts that only have to be parsed. */
async function layOut(text: string): Promise<string> {
  const document = shared.workspace.LangiumDocumentFactory.fromString(text, URI.file(`/w/${++documents}.xome`));
  expect(document.parseResult.parserErrors).toEqual([]);
  const edits = await xome.lsp.Formatter!.formatDocument(document, {
    textDocument: { uri: document.uri.toString() },
    options: { tabSize: 2, insertSpaces: true },
  });
  return TextDocument.applyEdits(document.textDocument, edits);
}

const words = (text: string): string[] => xome.parser.Lexer.tokenize(text).tokens.map(({ image }) => image);
const examples = readdirSync('examples')
  .filter(name => /\w\.xome$/.test(name))
  .map(name => [name, readFileSync(`examples/${name}`, 'utf8')] as const);

test.each(examples)('%s is laid out as it should be, and stays so', async (_name, text) => {
  expect(await layOut(text)).toBe(text);
});

test('any layout becomes one that stays, with the same words', async () => {
  const gaps = fc.array(fc.constantFrom(' ', '  ', '\t', '\n', '\n   ', '\n\n\n', ' // why\n', ' /* so */ ', '\r\n'), {
    minLength: 40,
    maxLength: 40,
  });
  const text = fc.constantFrom(...examples.map(([, whole]) => whole));
  await fc.assert(
    fc.asyncProperty(text, fc.nat(), gaps, async (whole, from, between) => {
      const { tokens } = xome.parser.Lexer.tokenize(whole);
      const starts = statementStarts(tokens);
      const first = from % starts.length;
      const some = tokens.slice(starts[first], starts[first + 3]);
      const messy = some.map(({ image }, index) => image + between[index % between.length]!).join('');
      const once = await layOut(messy);
      expect(words(once)).toEqual(words(messy));
      expect(await layOut(once)).toBe(once);
    }),
    { seed: 1, numRuns: 150 },
  );
});
