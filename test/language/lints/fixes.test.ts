/** Code actions of lints: fixes, ignores, and all fixes at once; and severity by settings. */
import { CodeAction, CodeActionKind } from 'vscode-languageserver';
import type { TextEdit } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { LangiumDocument } from 'langium';
import { expect, test } from 'vitest';
import { createXomeServices } from '../../../server/src/language/module.js';
import { loadCatalog } from '../../../server/src/language/workspace.js';
import type { LintLevels } from '../../../server/src/language/lints/lint.js';
import { findings, lints, MemoryFiles, open, PRELUDE } from '../memory.js';
import { URI } from 'langium';
import type { Workspace } from '../memory.js';

const TEXT = `${PRELUDE}
attribution occluded = occlusion(zeros, window: 5) of binding on peaks
attribution smooth = smooth_grad_squared(saliency, samples: 5, seed: 1) of binding on peaks
`;

async function actions(workspace: Workspace, document: LangiumDocument, only?: string): Promise<CodeAction[]> {
  const found = await workspace.xome.lsp.CodeActionProvider?.getCodeActions(document, {
    textDocument: { uri: document.uri.toString() },
    range: { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } },
    context: { diagnostics: document.diagnostics ?? [], ...(only !== undefined && { only: [only] }) },
  });
  return (found ?? []).filter(CodeAction.is);
}

const applied = (document: LangiumDocument, action: CodeAction | undefined): string => {
  const edits: TextEdit[] = action?.edit?.changes?.[document.uri.toString()] ?? [];
  return TextDocument.applyEdits(document.textDocument, edits);
};

test('each lint offers its fixes, the best first, and to be ignored', async () => {
  const { workspace, document } = await open(TEXT);
  expect((await actions(workspace, document)).map(({ title, isPreferred }) => [title, isPreferred])).toEqual([
    ['Use dinucleotide shuffles', true],
    ['Use equal shares of the four bases', false],
    ['Ignore GA006 here', undefined],
    ['Take 50 samples', true],
    ['Ignore GA009 here', undefined],
    ['Use `smooth_grad`', true],
    ['Ignore GA010 here', undefined],
  ]);
});

test('an ignore is written above the declaration', async () => {
  const { workspace, document } = await open(TEXT);
  const ignore = (await actions(workspace, document)).find(({ title }) => title === 'Ignore GA006 here');
  const after = await open(applied(document, ignore));
  expect(after.document.textDocument.getText()).toContain('// xome-ignore GA006: reason\nattribution occluded');
  expect(lints(after.document).join()).not.toContain('GA006');
});

test('all fixes at once leave a sound text without lints', async () => {
  const { workspace, document } = await open(TEXT);
  const all = await actions(workspace, document, CodeActionKind.SourceFixAll);
  expect(all.map(({ kind }) => kind)).toEqual(['source.fixAll.xome']);
  const after = await open(applied(document, all[0]));
  expect([...findings(after.document), ...lints(after.document)]).toEqual([]);
});

test('settings decide how serious a lint is, and whether it is made', async () => {
  let levels: LintLevels = { GA006: 'error', GA009: 'off' };
  const files = new Map([
    ['/w/a.xome', TEXT],
    ['/w/ctcf.onnx', ''],
    ['/w/peaks.fa', ''],
  ]);
  const context = { fileSystemProvider: () => new MemoryFiles(files) };
  const { shared } = createXomeServices(context, undefined, undefined, { levels: () => levels });
  const { LangiumDocuments: documents, DocumentBuilder: builder } = shared.workspace;
  const document = await documents.getOrCreateDocument(URI.file('/w/a.xome'));
  const severities = async (): Promise<unknown> => {
    await builder.build([loadCatalog(shared), document], { validation: true });
    return document.diagnostics?.map(({ code, severity }) => [code, severity]);
  };
  expect(await severities()).toEqual([
    ['GA006', 1],
    ['GA010', 2],
  ]);
  levels = { GA006: 'off', GA010: 'hint' };
  await builder.update([document.uri], []);
  expect(await severities()).toEqual([
    ['GA009', 2],
    ['GA010', 4],
  ]);
});
