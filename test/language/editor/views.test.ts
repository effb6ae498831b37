/** Outline, folding, links, signature help, semantic tokens and quick fixes. */
import { SemanticTokensDecoder } from 'langium/lsp';
import { CodeAction } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { describe, expect, test } from 'vitest';
import { open, openAt, PRELUDE } from '../memory.js';

test('the outline lists declarations, expectations and views in order', async () => {
  const text = `${PRELUDE}metric level = prediction_summary of binding on peaks\nexpect level > 0\nattribution a = saliency of binding on peaks\nview logo(a)`;
  const { workspace, document } = await open(text);
  const symbols = await workspace.xome.lsp.DocumentSymbolProvider?.getSymbols(document, {
    textDocument: { uri: document.uri.toString() },
  });
  expect(symbols?.map(({ name }) => name)).toEqual([
    'ctcf',
    'binding',
    'peaks',
    'level',
    'expect level > 0',
    'a',
    'view logo(a)',
  ]);
  expect(symbols?.[1]?.detail).toBe('target logit of ctcf');
});

test('calls over several lines fold', async () => {
  const { workspace, document } = await open('data x = fasta(\n  "peaks.fa",\n  label: 1,\n)\n');
  const ranges = await workspace.xome.lsp.FoldingRangeProvider?.getFoldingRanges(document, {
    textDocument: { uri: document.uri.toString() },
  });
  expect(ranges?.map(({ startLine }) => startLine)).toContain(0);
});

test('imports and file parameters link to the files that are there', async () => {
  const text =
    'import "shared.xome"\ndata x = fasta("peaks.fa")\ndata y = fasta("none.fa")\nmodel m = onnx("models/deep.onnx", dna(1), order: "ACGT")';
  const { workspace, document } = await open(text, { '/w/shared.xome': '' });
  const links = await workspace.xome.lsp.DocumentLinkProvider?.getDocumentLinks(document, {
    textDocument: { uri: document.uri.toString() },
  });
  expect(links?.map(({ target, range }) => `${target ?? ''} ${document.textDocument.getText(range)}`)).toEqual([
    'file:///w/shared.xome "shared.xome"',
    'file:///w/peaks.fa "peaks.fa"',
    'file:///w/models/deep.onnx "models/deep.onnx"',
  ]);
});

describe('signature help', () => {
  test.each([
    ['the first parameter', 'reference r = dinucleotide_shuffle(▮', 'dinucleotide_shuffle', 0],
    ['by position', 'data x = peaks | take(3, ▮)', 'take', 1],
    ['by name', 'reference r = dinucleotide_shuffle(seed: ▮)', 'dinucleotide_shuffle', 1],
    ['the innermost call', 'model m = onnx("a.onnx", input: dna(▮))', 'dna', 0],
    ['variadic', 'view logo(a, b, ▮)', 'logo', 0],
  ])('%s', async (_what, line, name, active) => {
    const { workspace, document, params } = await openAt(PRELUDE + line);
    const help = await workspace.xome.lsp.SignatureHelp?.provideSignatureHelp(document, params);
    expect(help?.signatures[0]?.label.split('(')[0]).toBe(name);
    expect(help?.activeParameter).toBe(active);
    // Editors find a parameter in the label by its text.
    for (const { label } of help?.signatures[0]?.parameters ?? []) expect(help?.signatures[0]?.label).toContain(label);
  });

  test('nothing outside of calls', async () => {
    const { workspace, document, params } = await openAt(`${PRELUDE}data x = peaks ▮`);
    expect(await workspace.xome.lsp.SignatureHelp?.provideSignatureHelp(document, params)).toBeUndefined();
  });
});

test('semantic tokens tell declared names, catalog names and keyword values apart', async () => {
  const { workspace, document } = await open('reference r = zeros\nmethod m = integrated_gradients(r, steps: auto)');
  const provider = workspace.xome.lsp.SemanticTokenProvider;
  const tokens = await provider?.semanticHighlight(document, { textDocument: { uri: document.uri.toString() } });
  if (provider === undefined || tokens === undefined) throw new Error('There is no semantic token provider.');
  const decoded = SemanticTokensDecoder.decode(tokens, provider.tokenTypes, document).map(
    ({ text, tokenType }) => `${text} ${tokenType}`,
  );
  expect(decoded).toEqual([
    'reference keyword',
    'r variable',
    'zeros function',
    'method keyword',
    'm variable',
    'integrated_gradients function',
    'r variable',
    'steps parameter',
    'auto enumMember',
  ]);
});

test('quick fixes write what the finding proposes', async () => {
  const { workspace, document } = await open('method m = integrated_gradients(zers, tolerance: 0.01)');
  const diagnostics = document.diagnostics ?? [];
  const [whole] = diagnostics;
  if (whole === undefined) throw new Error('The faults were not found.');
  const actions = await workspace.xome.lsp.CodeActionProvider?.getCodeActions(document, {
    textDocument: { uri: document.uri.toString() },
    range: whole.range,
    context: { diagnostics },
  });
  expect(actions?.map(({ title }) => title)).toEqual(['Replace by `zeros`', 'Replace by `1%`']);
});

test('a bracket that a statement leaves open is closed at its end', async () => {
  const text = 'data x = fasta("peaks.fa", label: 1 // why\nreference r = zeros\n';
  const { workspace, document } = await open(text);
  const diagnostics = document.diagnostics ?? [];
  expect(diagnostics.map(({ message }) => message)).toEqual([
    'The statement ends where `)` is expected.\nClose the bracket.',
  ]);
  const uri = document.uri.toString();
  const range = diagnostics[0]!.range;
  const actions = await workspace.xome.lsp.CodeActionProvider!.getCodeActions(document, {
    textDocument: { uri },
    range,
    context: { diagnostics },
  });
  const [fix] = (actions ?? []).filter(CodeAction.is);
  expect(fix?.title).toBe('Write `)`');
  expect(TextDocument.applyEdits(document.textDocument, fix?.edit?.changes?.[uri] ?? [])).toBe(
    text.replace('1 //', '1) //'),
  );
});
