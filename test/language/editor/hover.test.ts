/** What hovers say about the name under the cursor (▮). */
import type { MarkupContent } from 'vscode-languageserver';
import { expect, test } from 'vitest';
import { CATALOG } from '../../../server/src/catalog/index.js';
import { signatureOf } from '../../../server/src/language/markdown.js';
import { loadCatalog } from '../../../server/src/language/workspace.js';
import { open, openAt, PRELUDE } from '../memory.js';

const catalog = await open('');

async function hover(text: string, texts: Record<string, string> = {}): Promise<string> {
  const { workspace, document, params } = await openAt(text, texts);
  const found = await workspace.xome.lsp.HoverProvider?.getHoverContent(document, params);
  const contents = found?.contents;
  return typeof contents === 'object' && 'value' in contents ? contents.value : '';
}

test.each([
  ['a catalog entry', 'reference r = dinucleo▮tide_shuffle(seed: 1)', ['copies: 20', 'Altschul', '`seed` (integer']],
  ['a parameter', 'reference r = dinucleotide_shuffle(se▮ed: 1)', ['Seed of the random draws.', 'required']],
  ['a keyword value', 'method m = integrated_gradients(zeros, steps: au▮to)', ['`auto` for `steps`', 'default `auto`']],
  ['a reference', 'method m = integrated_gradients(unif▮orm)', ['¼ A']],
  ['a keyword of the same name', 'data d = fasta("peaks.fa", ambiguous: unif▮orm)', ['for `ambiguous`']],
  [
    'what a method assumes, costs and rests on',
    'method m = salien▮cy',
    [
      'Assumes: The target is differentiable',
      'nothing bounds its error',
      'Cost per example: 1 gradient pass',
      'Source: ',
    ],
  ],
  ['the kind of a map', 'attribution ra▮w = saliency of binding on peaks', ['Map: gradient', 'does not claim']],
])('%s', async (_what, line, parts) => {
  const found = await hover(PRELUDE + line);
  for (const part of parts) expect(found).toContain(part);
});

test('a declaration shows its documentation and how it is written, also where it is used', async () => {
  const documented = '/// Peaks of one day,\n/// unfiltered.\ndata day = fasta("peaks.fa")\n';
  const written = 'data day = fasta("peaks.fa")\n```\n\nPeaks of one day,\nunfiltered.';
  expect(await hover(`${documented}data x = d▮ay | take(3)`)).toContain(written);
  expect(await hover(documented.replace('day =', 'd▮ay ='))).toContain(written);
});

test('a comment apart from a declaration is not its documentation', async () => {
  expect(await hover('/// Elsewhere.\n\n// Nor this.\ndata d▮ay = fasta("peaks.fa")')).not.toMatch(/Elsewhere|Nor/);
});

test('an imported declaration says where it is from', async () => {
  const texts = { '/w/shared.xome': '/// All of them.\ndata all = fasta("peaks.fa")' };
  expect(await hover('import "shared.xome"\ndata x = a▮ll', texts)).toMatch(/All of them\.[^]*from shared\.xome/);
});

test('a statistic', async () => {
  const text = `${PRELUDE}metric level = prediction_summary of binding on peaks\nexpect level.au▮roc > 90%`;
  expect(await hover(text)).toContain('higher is better, with interval');
});

test('nothing on comments and punctuation', async () => {
  expect(await hover('// dna is n▮ice')).toBe('');
  expect(await hover('data day ▮= fasta("peaks.fa")')).toBe('');
});

/** A hover on an entry, where the catalog itself names it. */
const hovered = CATALOG.map(entry => [`${entry.category} ${entry.name}`, entry] as const);

test.each(hovered)('teaches %s', async (_what, entry) => {
  const { workspace } = catalog;
  const library = loadCatalog(workspace.shared);
  const offset = new RegExp(`^catalog \\w+ ${entry.name}$`, 'm').exec(library.textDocument.getText())!;
  const position = library.textDocument.positionAt(offset.index + offset[0].length - 1);
  const found = await workspace.xome.lsp.HoverProvider!.getHoverContent(library, {
    textDocument: { uri: library.uri.toString() },
    position,
  });
  const text = (found!.contents as MarkupContent).value;
  const parts: (string | undefined)[] = [signatureOf(entry), entry.summary, entry.documentation, entry.citation];
  const parameters = Object.entries(entry.parameters).flatMap(([name, { summary }]) => [`\`${name}\` (`, summary]);
  for (const part of [...parts, ...parameters]) expect(text).toContain(part ?? '');
  if (entry.category === 'metric')
    for (const [name, { summary }] of Object.entries(entry.statistics))
      expect(text).toContain(`\`.${name}\` ${summary}`);
  if (entry.category !== 'method') return;
  expect(text).toContain(`Assumes: ${entry.typology.assumptions}`);
  expect(text).toContain(`Cost per example: ${entry.cost}`);
});

test('what a method, a metric or a correction computes is defined somewhere, in symbols or numbers', () => {
  const defined = /[=Σ∫·×⊙|∂‖√ρφ]|\d/;
  const words = CATALOG.filter(({ category }) => ['method', 'metric', 'correction'].includes(category))
    .filter(({ documentation, summary, citation }) => citation === undefined && !defined.test(documentation + summary))
    .map(({ name }) => name);
  expect(words).toEqual(['layer_activation']);
});
