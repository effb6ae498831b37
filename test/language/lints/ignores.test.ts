/** Ignores: what each covers, and what is said of those that are not needed, not known or without a reason. */
import { describe, expect, test } from 'vitest';
import { ignoreOf, ignoresIn } from '../../../server/src/language/lints/ignores.js';
import { findings, lints, open, PRELUDE } from '../memory.js';

const ZEROS = 'attribution a = occlusion(zeros) of binding on peaks';

const codes = async (text: string): Promise<string[]> => {
  const { document } = await open(PRELUDE + text);
  return [...findings(document), ...lints(document)].map(finding => finding.replace(/: .*/s, ''));
};

describe('a lint is ignored', () => {
  test.each([
    ['at the end of its line', `${ZEROS} // xome-ignore GA006: as published`],
    ['above it', `// xome-ignore GA006: as published\n${ZEROS}`],
    ['above it, with documentation between', `// xome-ignore GA006: as published\n/// Text.\n\n${ZEROS}`],
    ['anywhere in a declaration of several lines', `// xome-ignore GA006: as published\n${ZEROS.replace('(', '(\n')}`],
    ['above its line within one', ZEROS.replace('(', '(\n// xome-ignore GA006: as published\n')],
    ['in the whole file', `${ZEROS}\n// xome-ignore-file GA006: as published`],
    ['with others', `${ZEROS.replace('a =', 'ig =')} // xome-ignore GA004, GA006: as published`],
  ])('%s', async (_where, text) => {
    expect(await codes(text)).toEqual([]);
  });

  test.each([
    ['on another line', `// xome-ignore GA006: too early\nmethod m = saliency\n${ZEROS}`, ['ignore/unused', 'GA006']],
    ['in a text', `data b = fasta("// xome-ignore-file GA006: x.fa")\n${ZEROS}`, ['file/missing', 'GA006']],
  ])('but not by what stands %s', async (_where, text, found) => {
    expect(await codes(text)).toEqual(found);
  });
});

test.each([
  ['of nothing', '// xome-ignore GA006: because', ['ignore/unused']],
  ['of no lint', '// xome-ignore GA999: because', ['ignore/unknown']],
  ['without a code', '// xome-ignore', ['ignore/unknown']],
  ['without a reason', `${ZEROS} // xome-ignore GA006`, ['ignore/no-reason']],
  ['of what only a result shows', '// xome-ignore GA003: only corrected maps are used\nmethod m = saliency', []],
])('an ignore %s', async (_what, text, found) => {
  expect(await codes(text)).toEqual(found);
});

test('findings of results are covered by the line or by the declaration', () => {
  const ignores = ignoresIn('// xome-ignore GA013: errors are the question\nattribution a =\n  saliency');
  const range = (line: number) => ({ start: { line, character: 0 }, end: { line, character: 1 } });
  expect(ignoreOf(ignores, 'GA013', range(1))?.reason).toBe('errors are the question');
  expect(ignoreOf(ignores, 'GA013', range(2), range(1))).toBeDefined();
  expect(ignoreOf(ignores, 'GA013', range(2))).toBeUndefined();
  expect(ignoreOf(ignores, 'GA005', range(1))).toBeUndefined();
});
