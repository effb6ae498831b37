/** docs/typology.md is what the catalog says. `UPDATE=1` rewrites it. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { entriesOf } from '../../server/src/catalog/index.js';
import { typologyText } from '../../server/src/language/typology.js';

const FILE = resolve(import.meta.dirname, '../../docs/typology.md');

test('docs/typology.md is generated from the catalog as it is', async () => {
  if (process.env['UPDATE'] === '1') await writeFile(FILE, typologyText());
  expect(await readFile(FILE, 'utf8'), 'run with UPDATE=1 to rewrite it').toBe(typologyText());
});

test('every method has one row, and no cell breaks the table', () => {
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
