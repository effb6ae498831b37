/** The experiments that README shows are sound, and raise no doubt that a warning would tell of. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { open } from './memory.js';

const shown = [...readFileSync('README.md', 'utf8').matchAll(/```xome\n(.*?)```/gs)].map(([, text]) => text ?? '');

test.each(shown)('%s', async text => {
  const { document } = await open(text, { '/w/model.onnx': '', '/w/peaks.fa.gz': '' });
  const found = (document.diagnostics ?? []).filter(({ severity }) => severity === 1 || severity === 2);
  expect(found.map(({ code, message }) => `${code ?? ''}: ${message}`)).toEqual([]);
});

test('there is one', () => {
  expect(shown.length).toBeGreaterThan(0);
});
