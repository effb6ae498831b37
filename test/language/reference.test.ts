/** docs/reference.md and docs/typology.md are what the catalog says. `UPDATE=1` rewrites them. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { CATALOG, entriesOf } from '../../server/src/catalog/index.js';
import { referenceText } from '../../server/src/language/reference.js';
import { typologyText } from '../../server/src/language/typology.js';

test.each([
  ['reference.md', referenceText],
  ['typology.md', typologyText],
])('docs/%s is generated from the catalog as it is', async (name, text) => {
  const file = resolve(import.meta.dirname, '../../docs', name);
  if (process.env['UPDATE'] === '1') await writeFile(file, text());
  expect(await readFile(file, 'utf8'), 'run with UPDATE=1 to rewrite it').toBe(text());
});

test('every entry has its section', () => {
  const sections = referenceText().match(/^### .+$/gm) ?? [];
  expect(sections.toSorted()).toEqual(CATALOG.map(({ name }) => `### ${name}`).toSorted());
});

test('every method has one row in the typology, and no cell breaks the table', () => {
  const rows = typologyText()
    .split('\n')
    .filter(line => line.startsWith('| [`'));
  const names = rows.map(row => /^\| \[`(\w+)`\]/.exec(row)?.[1]);
  expect(names.toSorted()).toEqual(
    entriesOf('method')
      .map(({ name }) => name)
      .toSorted(),
  );
  for (const row of rows) expect(row.split(' | ').length, row).toBe(6);
});
