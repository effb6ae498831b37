/** Completion offers what fits at the cursor (▮) and nothing else. */
import { describe, expect, test } from 'vitest';
import { entriesOf, findEntry, KINDS } from '../../../server/src/catalog/index.js';
import type { Category } from '../../../server/src/catalog/index.js';
import { snippetOf } from '../../../server/src/language/editor/completion.js';
import { openAt, PRELUDE } from '../memory.js';

const names = (category: Category): string[] => entriesOf(category).map(({ name }) => name);

async function labels(text: string, texts: Record<string, string> = {}): Promise<string[]> {
  const { workspace, document, params } = await openAt(text, texts);
  const list = await workspace.xome.lsp.CompletionProvider?.getCompletion(document, params);
  return (list?.items ?? [])
    .toSorted((a, b) => (a.sortText ?? '').localeCompare(b.sortText ?? ''))
    .map(({ label }) => label);
}

describe('statements', () => {
  test('an empty line offers every kind and the actions', async () => {
    const found = await labels('▮');
    expect(found).toEqual(expect.arrayContaining([...KINDS, 'view', 'export', 'expect', 'import']));
    expect(found).not.toContain('of');
  });

  test('a new line offers statements, also after an unfinished one', async () => {
    expect(await labels(`${PRELUDE}da▮`)).toContain('data');
    expect(await labels(`${PRELUDE}data x = fasta("peaks.fa", \nmodel m = ▮\n`)).toEqual(names('format'));
  });

  test('names are the author’s', async () => {
    expect(await labels('data ▮')).toEqual([]);
  });
});

describe('values', () => {
  test.each([
    ['a head', 'reference r = ▮', names('reference')],
    ['a half-written head', 'reference r = zer▮', names('reference')],
    ['data are sources and other data', 'data x = ▮', ['peaks', ...names('source')]],
    ['`of` a target is models', 'target t = logit of ▮', ['ctcf']],
    ['`of` an attribution is targets', 'attribution a = saliency of ▮', ['binding']],
    ['`on` is data', 'attribution a = saliency of binding on ▮', ['peaks']],
    ['stages of an attribution', 'attribution a = saliency of binding on peaks | ▮', names('correction')],
    ['`of` a metric is what its entry measures', 'metric m = prediction_summary of ▮', ['binding']],
    ['views', 'view ▮', names('view')],
    ['keyword values', 'method m = integrated_gradients(zeros, rule: ▮)', ['gauss_legendre', 'trapezoid', 'riemann']],
    ['keywords of a half-written value', 'method m = integrated_gradients(zeros, steps: au▮)', ['auto']],
    ['a nested call', 'model m = onnx("ctcf.onnx", input: ▮)', names('alphabet')],
    ['inside a nested call', 'model m = onnx("ctcf.onnx", input: dna(▮))', ['length:']],
    ['a declared parameter', 'data x = peaks | only_correct(target: ▮)', ['binding']],
    ['after a finished call, its clauses', 'attribution a = saliency ▮', ['of', 'on', '|']],
    ['after the data, stages', 'attribution a = saliency of binding on peaks ▮', ['|']],
    ['units of a number', 'model m = onnx("ctcf.onnx", dna(2 ▮))', ['bp', 'kb']],
    ['shares and amounts', 'method m = smooth_grad(saliency, seed: 1, noise: 10 ▮', ['%', 'alleles', 'counts']],
    ['true or false', 'network n = layers([batch_norm(scale: ▮)])', ['true', 'false']],
    ['numbers are the author’s', 'data x = peaks | take(size: ▮)', []],
    ['comments are the author’s', '// reference r = ▮', []],
  ])('%s', async (_what, line, expected) => {
    expect(await labels(PRELUDE + line)).toEqual(expected);
  });

  test('own declarations come before the catalog, and imported ones count', async () => {
    const texts = { '/w/shared.xome': 'reference shuffled = dinucleotide_shuffle(seed: 1)' };
    const found = await labels('import "shared.xome"\nmethod m = integrated_gradients(baseline: ▮)', texts);
    expect(found).toEqual(['shuffled', ...names('reference')]);
  });

  test('parameters that are not given yet', async () => {
    expect(await labels('method m = integrated_gradients(zeros, steps: 50, ▮)')).toEqual(['rule:', 'tolerance:']);
    expect(await labels('reference r = dinucleotide_shuffle(▮)')).toEqual(['copies:', 'seed:']);
  });
});

describe('expectations', () => {
  const metric = `${PRELUDE}metric level = prediction_summary of binding on peaks\n`;
  test('metrics by name, then their statistics with the headline first', async () => {
    expect(await labels(`${metric}expect ▮`)).toEqual(['level']);
    expect((await labels(`${metric}expect level.▮`)).slice(0, 2)).toEqual(['mean', 'median']);
  });

  test.each([
    ['a comparison behind the metric', 'expect level ▮', ['<', '<=', '>', '>=', 'in']],
    ['or behind its statistic', 'expect level.mean ▮', ['<', '<=', '>', '>=', 'in']],
    ['the bound is the author’s', 'expect level > ▮', []],
    ['the confidence behind the bound', 'expect level > 50% ▮', ['at']],
    ['the upper end of a range', 'expect level in 1 ▮', ['..']],
    ['the confidence behind a range', 'expect level in 1..2 ▮', ['at']],
    ['nothing behind the confidence', 'expect level > -1 at 95% ▮', []],
  ])('%s', async (_what, line, expected) => {
    expect(await labels(metric + line)).toEqual(expected);
  });
});

describe('files', () => {
  test('of the kind that the parameter takes, and folders', async () => {
    expect(await labels('model m = onnx("▮")')).toEqual(['ctcf.onnx', 'models/']);
    expect(await labels('model m = onnx("models/▮')).toEqual(['deep.onnx']);
    expect(await labels('data d = fasta("▮")')).toEqual(['other.fa.gz', 'peaks.fa', 'models/']);
    expect(await labels('data d = anndata("▮")')).toEqual(['cells.zarr', 'models/']);
  });

  test('experiments in imports', async () => {
    expect(await labels('import "▮"', { '/w/shared.xome': '' })).toEqual(['main.xome', 'shared.xome', 'models/']);
  });

  test('a text that is no path has none', async () => {
    expect(await labels('data d = one_hot_hdf5("weights.h5", inputs: "▮")')).toEqual([]);
  });
});

test('a completion replaces the whole word', async () => {
  const { workspace, document, params } = await openAt('reference r = ze▮ro');
  const list = await workspace.xome.lsp.CompletionProvider?.getCompletion(document, params);
  expect(list?.items.find(({ label }) => label === 'zeros')?.textEdit).toEqual({
    newText: 'zeros',
    range: { start: { line: 0, character: 14 }, end: { line: 0, character: 18 } },
  });
});

describe('snippets', () => {
  test.each([
    ['method', 'saliency', 'saliency'],
    ['method', 'integrated_gradients', 'integrated_gradients(${1})$0'],
    ['source', 'fasta', 'fasta("$1")$0'],
    ['stage', 'sample', 'sample(${1}, seed: ${2})$0'],
  ] as const)('of a %s %s hold what has to be given', (category, name, expected) => {
    expect(snippetOf(findEntry(category, name)!)).toBe(expected);
  });

  test('are not sent to editors that do not understand them', async () => {
    const { workspace, document, params } = await openAt('reference r = ▮');
    const list = await workspace.xome.lsp.CompletionProvider?.getCompletion(document, params);
    const item = list?.items.find(({ label }) => label === 'dinucleotide_shuffle');
    expect(item).toMatchObject({ textEdit: { newText: 'dinucleotide_shuffle' } });
  });
});
