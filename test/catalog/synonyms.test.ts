import { expect, test } from 'vitest';
import { CATALOG } from '../../server/src/catalog/index.js';
import { namesFor, plainName, SYNONYMS } from '../../server/src/catalog/synonyms.js';

const names = new Set(CATALOG.flatMap(({ name, parameters }) => [name, ...Object.keys(parameters)]));

test('synonyms are of names that there are', () => {
  expect(Object.keys(SYNONYMS).filter(name => !names.has(name))).toEqual([]);
});

test('a synonym is in plain form, is no other way to write its own name, and stands once', () => {
  for (const [name, words] of Object.entries(SYNONYMS)) {
    expect(words.filter(word => word !== plainName(word) || word === plainName(name))).toEqual([]);
    expect(new Set(words).size).toBe(words.length);
  }
});

test('a word leads to all that it is for, however it is written', () => {
  expect(namesFor('Deep_SHAP')).toEqual(['deep_lift']);
  expect(namesFor('h5')).toEqual(['keras', 'arrays', 'hdf5']);
  expect(namesFor('deep_lift')).toEqual([]);
});
