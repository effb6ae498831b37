/** The parser takes one statement at a time: the tree is that of the whole text, an error stays in its statement, and it can be stopped. */
import { readdirSync, readFileSync } from 'node:fs';
import { createLangiumParser, CstUtils, EmptyFileSystem, isReference, OperationCancelled } from 'langium';
import type { AstNode, CstNode } from 'langium';
import { CancellationTokenSource } from 'vscode-languageserver';
import { describe, expect, test } from 'vitest';
import { createXomeServices } from '../../server/src/language/module.js';
import { catalogText } from '../../server/src/language/library.js';
import { findings, open, PRELUDE } from './memory.js';

const { xome } = createXomeServices(EmptyFileSystem);
const { LangiumParser: parser, AsyncParser: stoppable } = xome.parser;
const whole = createLangiumParser(xome);

const texts = [
  ...readdirSync('examples')
    .filter(name => /\w\.xome$/.test(name))
    .map(name => [name, readFileSync(`examples/${name}`, 'utf8')] as const),
  ['the catalog', catalogText()] as const,
  ['comments alone', '// one\n/* two */\n'] as const,
  ['nothing', ''] as const,
  ['two statements in a line', 'data a = fasta("a.fa") data b = a /// of b\n/// of c\ndata c = b'] as const,
];

/** Every node with its place, its type and whose it is. */
function nodes(root: CstNode | undefined): string[] {
  return root === undefined
    ? []
    : CstUtils.streamCst(root)
        .map(node => [node.offset, node.end, node.hidden, node.astNode.$type, node.container?.offset].join(' '))
        .toArray();
}

/** The tree without what leads out of it. */
function tree(root: AstNode): unknown {
  const plain = (key: string, value: unknown): unknown => {
    if (isReference(value)) return value.$refText;
    return key.startsWith('$') && !['$type', '$containerIndex'].includes(key) ? undefined : value;
  };
  return JSON.parse(JSON.stringify(root, plain));
}

test.each(texts)('the tree of %s is that of the whole text', (_name, text) => {
  const [ours, theirs] = [parser.parse(text), whole.parse(text)];
  expect(tree(ours.value)).toEqual(tree(theirs.value));
  expect(nodes(ours.value.$cstNode)).toEqual(nodes(theirs.value.$cstNode));
  const root = ours.value.$cstNode!;
  expect(CstUtils.streamCst(root).every(node => node.root === root)).toBe(true);
  expect(ours.parserErrors).toEqual([]);
});

describe('an error stays in its statement', () => {
  const after = 'attribution raw = saliency of binding on peaks\nmetric agree = rank_agreement of raw, raw2\n';
  test.each([
    ['an unclosed bracket', 'attribution ig = integrated_gradients(baseline: uniform of binding on peaks\n'],
    ['a statement that has no end', 'attribution ig =\n'],
    ['a word that has no place', 'attribution ig = saliency of binding on peaks nonsense here\n'],
  ])('%s', async (_what, broken) => {
    const { document } = await open(PRELUDE + broken + after);
    const found = findings(document);
    expect(found.filter(one => one.startsWith('syntax/'))).toHaveLength(1);
    expect(found).toContain('name/unknown: raw2');
  });
});

test('a text whose author goes on is left', async () => {
  const text = PRELUDE.repeat(400);
  const source = new CancellationTokenSource();
  const parsing = stoppable.parse(text, source.token);
  source.cancel();
  await expect(parsing).rejects.toBe(OperationCancelled);
});
