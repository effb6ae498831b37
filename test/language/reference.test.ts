/** docs/reference.md is what the catalog says. `UPDATE=1` rewrites it. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { CATALOG } from '../../server/src/catalog/index.js';
import { referenceText } from '../../server/src/language/reference.js';

const FILE = resolve(import.meta.dirname, '../../docs/reference.md');

test('docs/reference.md is generated from the catalog as it is', async () => {
  if (process.env['UPDATE'] === '1') await writeFile(FILE, referenceText());
  expect(await readFile(FILE, 'utf8'), 'run with UPDATE=1 to rewrite it').toBe(referenceText());
});

test('every entry has its section', () => {
  const sections = referenceText().match(/^### .+$/gm) ?? [];
  expect(sections.toSorted()).toEqual(CATALOG.map(({ name }) => `### ${name}`).toSorted());
});
