/** Definition, references and rename, within a file and across imports. */
import { describe, expect, test } from 'vitest';
import type { Range } from 'vscode-languageserver';
import { CATALOG_URI, catalogText } from '../../../server/src/language/library.js';
import { openAt, PRELUDE } from '../memory.js';

const SHARED = { '/w/shared.xome': 'model ctcf = onnx("ctcf.onnx", dna(100))\ntarget binding = logit of ctcf\n' };
const USE = 'import "shared.xome"\ndata peaks = fasta("peaks.fa")\nattribution raw = saliency of bind▮ing on peaks\n';

const at = ({ start }: Range): string => `${start.line}:${start.character}`;

describe('definition', () => {
  test('of a declaration in another file', async () => {
    const { workspace, document, params } = await openAt(USE, SHARED);
    const links = await workspace.xome.lsp.DefinitionProvider?.getDefinition(document, params);
    expect(links?.map(({ targetUri, targetSelectionRange }) => `${targetUri} ${at(targetSelectionRange)}`)).toEqual([
      'file:///w/shared.xome 1:7',
    ]);
  });

  test('of a catalog name is its line in the catalog', async () => {
    const { workspace, document, params } = await openAt(`${PRELUDE}attribution a = salien▮cy of binding on peaks`);
    const [link] = (await workspace.xome.lsp.DefinitionProvider?.getDefinition(document, params)) ?? [];
    expect(link?.targetUri).toBe(CATALOG_URI.toString());
    expect(catalogText().split('\n')[link?.targetSelectionRange.start.line ?? 0]).toBe('catalog method saliency');
  });
});

test('references are found in every file that imports the name', async () => {
  const { workspace, document, params } = await openAt(USE, SHARED);
  const found = await workspace.xome.lsp.ReferencesProvider?.findReferences(document, {
    ...params,
    context: { includeDeclaration: true },
  });
  expect(found?.map(({ uri, range }) => `${uri} ${at(range)}`).toSorted()).toEqual([
    'file:///w/main.xome 2:30',
    'file:///w/shared.xome 1:7',
  ]);
});

describe('rename', () => {
  const rename = async (text: string, newName: string, texts: Record<string, string> = {}) => {
    const { workspace, document, params } = await openAt(text, texts);
    return workspace.xome.lsp.RenameProvider?.rename(document, { ...params, newName });
  };

  test('changes every use in every file', async () => {
    const edit = await rename(USE, 'score', SHARED);
    expect(Object.keys(edit?.changes ?? {}).toSorted()).toEqual(['file:///w/main.xome', 'file:///w/shared.xome']);
    expect(Object.values(edit?.changes ?? {}).flat()).toHaveLength(2);
  });

  test('is refused for names of the catalog', async () => {
    const text = `${PRELUDE}attribution a = salien▮cy of binding on peaks`;
    await expect(rename(text, 'mine')).rejects.toThrow('catalog cannot be renamed');
    const { workspace, document, params } = await openAt(text);
    expect(await workspace.xome.lsp.RenameProvider?.prepareRename(document, params)).toBeUndefined();
  });

  test.each([
    ['data', 'word of the language'],
    ['2nd', 'is not a name'],
    ['saliency', 'name of the catalog'],
    ['peaks', 'already declared'],
  ])('is refused to %s', async (name, reason) => {
    await expect(rename(USE, name, SHARED)).rejects.toThrow(reason);
  });
});
