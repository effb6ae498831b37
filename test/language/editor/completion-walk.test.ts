/**
 * Completion in every position of every example: what the author has written there is among what is offered. What only the
 * author can know (names, numbers, texts, keys) and punctuation are the exceptions.
 */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { IToken } from 'chevrotain';
import { CstUtils, URI } from 'langium';
import type { LangiumDocument } from 'langium';
import { NodeFileSystem } from 'langium/node';
import { expect, test } from 'vitest';
import { isArgument, isDefinition, isPair } from '../../../server/src/language/generated/ast.js';
import { createXomeServices } from '../../../server/src/language/module.js';
import { propertyOf } from '../../../server/src/language/tree.js';
import { loadCatalog } from '../../../server/src/language/workspace.js';

const { shared, xome } = createXomeServices(NodeFileSystem);
const { LangiumDocuments: documents, DocumentBuilder: builder } = shared.workspace;

/** What is to be offered at a token; undefined for what only its author knows. */
function wanted({ image, tokenType }: IToken, document: LangiumDocument, offset: number) {
  const leaf = CstUtils.findLeafNodeAtOffset(document.parseResult.value.$cstNode!, offset);
  const node = leaf?.astNode;
  if (!leaf || !node || ['NUMBER', 'STRING'].includes(tokenType.name) || /^[([{)\]},:=%.-]+$/.test(image))
    return undefined;
  const property = [leaf, leaf.container, leaf.container?.container]
    .filter(part => part?.astNode === node)
    .map(part => part && propertyOf(part))
    .find(found => found !== undefined);
  if (isPair(node) && property === 'key') return undefined;
  if (isDefinition(node) && property === 'name') return undefined;
  return isArgument(node) && property === 'parameter' ? `${image}:` : image;
}

const examples = readdirSync('examples').filter(name => /\w\.xome$/.test(name));

test.each(examples)('%s', async name => {
  await builder.build([loadCatalog(shared)]);
  const document = await documents.getOrCreateDocument(URI.file(resolve('examples', name)));
  await builder.build([document]);
  const { textDocument } = document;
  const missing: string[] = [];
  for (const token of xome.parser.Lexer.tokenize(textDocument.getText()).tokens) {
    const word = wanted(token, document, token.startOffset);
    if (word === undefined) continue;
    const position = textDocument.positionAt(token.startOffset);
    const params = { textDocument: { uri: document.uri.toString() }, position };
    const list = await xome.lsp.CompletionProvider!.getCompletion(document, params);
    if (!list?.items.some(({ label }) => label === word))
      missing.push(`${position.line + 1}:${position.character + 1} ${word}`);
  }
  expect(missing).toEqual([]);
});
