/** Quick fixes of expectations that are not met: honest ones, after which the text is as sound as before. */
import { CodeAction, DiagnosticSeverity } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { expect, test } from 'vitest';
import { findings, open, PRELUDE } from '../memory.js';

const declared = (method: string, sampled = 'peaks'): string => `${PRELUDE}data some = ${sampled}
attribution ig = ${method} of binding on some
attribution corrected = ig
metric gap = completeness of corrected
`;

/** The titles of the fixes of the last line, and the text after the first of them. */
async function fixes(text: string, code: string, severity: DiagnosticSeverity = DiagnosticSeverity.Error) {
  const { workspace, document } = await open(text);
  const uri = document.uri.toString();
  const line = text.split('\n').length - 1;
  const range = { start: { line, character: 0 }, end: { line, character: 100 } };
  const diagnostics = [{ range, code, severity, message: '' }];
  const answer = await workspace.xome.lsp.CodeActionProvider?.getCodeActions(document, {
    textDocument: { uri },
    range,
    context: { diagnostics },
  });
  const actions = (answer ?? []).filter(CodeAction.is);
  const after = TextDocument.applyEdits(document.textDocument, actions[0]?.edit?.changes?.[uri] ?? []);
  expect([...findings(document), ...findings((await open(after)).document)]).toEqual([]);
  return { titles: actions.map(({ title }) => title), after, command: actions.at(-1)?.command };
}

test.each([
  [
    'integrated_gradients(zeros, steps: 20)',
    '< 2%',
    'Let `steps: auto` find the number, to 2%',
    'steps: auto, tolerance: 2%',
  ],
  ['integrated_gradients(zeros)', '< 0.5%', 'Let `steps: auto` go on to 0.5%', '(zeros, tolerance: 0.5%)'],
  ['integrated_gradients(zeros)', '< 1%', undefined, 'integrated_gradients(zeros)'],
  ['integrated_gradients(zeros, steps: 20)', '> 2%', undefined, 'steps: 20'],
  ['deep_lift(zeros)', '< 1%', undefined, 'deep_lift(zeros)'],
])('%s with gaps that are not %s', async (method, bound, title, written) => {
  const { titles, after } = await fixes(`${declared(method)}expect gap.max ${bound}`, 'expect/failed');
  expect(titles).toEqual([...(title === undefined ? [] : [title]), 'Show `gap` in the panel']);
  expect(after).toContain(written);
});

test('an interval that reaches across: more examples, or the claim at a confidence, never another threshold', async () => {
  const text = `${declared('integrated_gradients(zeros)', 'peaks | sample(500, seed: 1)')}metric few = sparseness of corrected\nexpect few > 50%`;
  const { titles, after } = await fixes(text, 'expect/met-not-shown', DiagnosticSeverity.Hint);
  expect(titles).toEqual([
    'Explain 4 times as many examples (2000): about half the interval',
    'Demand it `at 95%`',
    'Show `few` in the panel',
  ]);
  expect(after).toContain('sample(2000, seed: 1)');
  expect((await fixes(`${text} at 95%`, 'expect/not-shown')).titles).toHaveLength(2);
});

test('what is told of an earlier text can only be looked at', async () => {
  const text = `${declared('integrated_gradients(zeros, steps: 20)')}expect gap.max < 1%`;
  const { titles, command } = await fixes(text, 'expect/failed', DiagnosticSeverity.Information);
  expect(titles).toEqual(['Show `gap` in the panel']);
  expect(command).toMatchObject({ command: 'explainome.show', arguments: ['file:///w/main.xome', 'gap'] });
});
