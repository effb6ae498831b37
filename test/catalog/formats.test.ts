/** docs/formats.md names everything of the catalog that reads or writes files, and nothing else. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOG, type Entry } from '../../server/src/catalog/index.js';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/formats.md'), 'utf8');

/** Whether a value of this type may be a file that is read. */
function isFile(type: Entry['parameters'][string]['type']): boolean {
  return type.is === 'path' || (type.is === 'either' && type.of.some(isFile));
}

/** First cells of the rows of a section. */
function namesIn(section: string): string[] {
  const text = PAGE.split(/^## /m).find(part => part.startsWith(section)) ?? '';
  const cells = [...text.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell!);
  return cells.flatMap(cell => [...cell.matchAll(/`([a-z_0-9]+)`/g)].map(([, name]) => name!));
}

const SECTIONS: Readonly<Record<string, (entry: Entry) => boolean>> = {
  'Sequences and genomes': ({ category }) => category === 'genome',
  Models: ({ category }) => category === 'format',
  Exports: ({ category }) => category === 'export',
};

describe('docs/formats.md', () => {
  it.each(Object.entries(SECTIONS))('%s', (section, belongs) => {
    expect(namesIn(section)).toEqual(expect.arrayContaining(CATALOG.filter(belongs).map(({ name }) => name)));
  });

  it('has a row for every name that takes a file, and no other names', () => {
    const readers = CATALOG.filter(({ parameters }) => Object.values(parameters).some(({ type }) => isFile(type)));
    const withGroups = readers.filter(({ parameters, category }) => category === 'method' && 'groups' in parameters);
    const named = new Set(PAGE.split(/^## /m).flatMap(part => namesIn(part.split('\n', 1)[0]!)));
    const missing = readers.filter(entry => !named.has(entry.name) && !withGroups.includes(entry));
    expect(missing.map(({ name }) => name)).toEqual([]);
    const words = new Set(CATALOG.flatMap(({ name, parameters }) => [name, ...Object.keys(parameters)]));
    expect([...named].filter(name => !words.has(name))).toEqual([]);
  });
});
