/** docs/lints.md is what the lints say. `UPDATE=1` rewrites it. */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { LINTS } from '../../../server/src/language/lints/lints.js';
import { lintsPage } from '../../../server/src/language/lints/page.js';

const FILE = resolve(import.meta.dirname, '../../../docs/lints.md');

test('docs/lints.md is generated from the lints as they are', async () => {
  if (process.env['UPDATE'] === '1') await writeFile(FILE, lintsPage());
  expect(await readFile(FILE, 'utf8'), 'run with UPDATE=1 to rewrite it').toBe(lintsPage());
});

test('at least 30 lints say why, when they may be ignored and what to do', () => {
  expect(LINTS.length).toBeGreaterThanOrEqual(30);
  for (const { why, fine, remedy, title } of LINTS) {
    for (const text of [why, fine, remedy]) expect(text).toMatch(/^[A-Z0-9`].*\.$/s);
    expect(title).not.toMatch(/\.$/);
  }
});

test('every lint that the engine or a run notes is told of as one of results', () => {
  const sources = ['engine', 'run'].flatMap(room => {
    const folder = resolve(import.meta.dirname, '../../../server/src', room);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
    return files.map(file => readFileSync(join(folder, file), 'utf8'));
  });
  const noted = new Set(sources.flatMap(text => [...text.matchAll(/code: '(GA\d{3})'/g)].map(([, code]) => code)));
  const told = LINTS.filter(({ shows }) => shows.includes('result')).map(({ code }) => code);
  expect([...noted].sort()).toEqual(told);
});
