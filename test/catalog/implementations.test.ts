/** The catalog and the engine are the same set of names, and every default is a value that its own type allows. */
import { describe, expect, it } from 'vitest';
import {
  CATALOG,
  entriesOf,
  findEntry,
  type Category,
  type PlainValue,
  type ValueType,
} from '../../server/src/catalog/index.js';
import { GENOMES } from '../../server/src/engine/data/genome.js';
import { SOURCES } from '../../server/src/engine/data/sources.js';
import { STAGES } from '../../server/src/engine/data/stages.js';
import { EXPORTS } from '../../server/src/engine/export/exports.js';
import { CORRECTIONS } from '../../server/src/engine/methods/corrections/corrections.js';
import { METHODS } from '../../server/src/engine/methods/methods.js';
import { REFERENCES } from '../../server/src/engine/methods/references/references.js';
import { METRICS } from '../../server/src/engine/metrics/metrics.js';
import { MOTIF_STAGES } from '../../server/src/engine/motifs/stages.js';
import { FORMATS } from '../../server/src/engine/models/model.js';
import { LAYERS } from '../../server/src/engine/models/network/layers.js';
import { MEASURES } from '../../server/src/engine/steps/measures/measures.js';
import { TARGETS } from '../../server/src/engine/transforms/target.js';

const IMPLEMENTATIONS: readonly [Category, object][] = [
  ['format', FORMATS],
  ['layer', LAYERS],
  ['target', TARGETS],
  ['genome', GENOMES],
  ['source', SOURCES],
  ['stage', STAGES],
  ['reference', REFERENCES],
  ['method', METHODS],
  ['correction', { ...CORRECTIONS, ...MOTIF_STAGES }],
  ['export', EXPORTS],
  ['metric', METRICS],
  ['metric', MEASURES],
];

it.each(IMPLEMENTATIONS)('every %s of the catalog has its implementation, and no other exists', (category, found) => {
  expect(Object.keys(found).sort()).toEqual(
    entriesOf(category)
      .map(entry => entry.name)
      .sort(),
  );
});

/** Whether a plain value is one of this type. */
function satisfies(value: PlainValue, type: ValueType): boolean {
  switch (type.is) {
    case 'integer':
    case 'number':
    case 'share':
      return (
        typeof value === 'number' &&
        (type.is !== 'integer' || Number.isInteger(value)) &&
        value >= (type.min ?? -Infinity) &&
        value <= (type.max ?? Infinity)
      );
    case 'amount':
      return typeof value === 'object' && ('share' in value || 'absolute' in value);
    case 'word':
    case 'text':
    case 'path':
    case 'output':
      return typeof value === 'string';
    case 'truth':
      return typeof value === 'boolean';
    case 'keyword':
      return typeof value === 'string' && type.values.includes(value);
    case 'wrapper':
    case 'call':
      return (
        typeof value === 'object' &&
        'call' in value &&
        typeof value['call'] === 'string' &&
        findEntry(type.is === 'wrapper' ? 'method' : type.category, value['call']) !== undefined
      );
    case 'declared':
      // A default cannot name what only an experiment declares.
      return false;
    case 'list':
      return Array.isArray(value) && value.every((item: PlainValue) => satisfies(item, type.of));
    case 'record':
      return (
        typeof value === 'object' &&
        !Array.isArray(value) &&
        Object.values(value).every((item: PlainValue) => satisfies(item, type.of))
      );
    case 'either':
      return type.of.some(option => satisfies(value, option));
  }
}

describe('entries', () => {
  const parameters = CATALOG.flatMap(entry =>
    Object.entries(entry.parameters).map(
      ([name, parameter]) => [`${entry.category} ${entry.name}`, name, parameter] as const,
    ),
  );

  it('have defaults of their own types', () => {
    const wrong = parameters
      .filter(([, , { default: value, type }]) => value !== undefined && !satisfies(value, type))
      .map(([entry, name]) => `${entry}: ${name}`);
    expect(wrong).toEqual([]);
  });

  it('say of no parameter both a default and that it may be left out', () => {
    expect(parameters.filter(([, , p]) => p.default !== undefined && p.optional)).toEqual([]);
  });

  it('have one name each in their category, a summary that ends like a sentence, and a revision', () => {
    expect(new Set(CATALOG.map(entry => `${entry.category} ${entry.name}`)).size).toBe(CATALOG.length);
    for (const { name, summary, revision } of CATALOG) {
      expect(summary, name).toMatch(/^[A-Z0-9¼].*\.$/);
      expect(Number.isInteger(revision) && revision >= 1, name).toBe(true);
    }
  });

  it('headline a statistic that they have', () => {
    for (const { name, headline, statistics } of entriesOf('metric')) expect(statistics, name).toHaveProperty(headline);
  });

  it('produce with corrections and methods the kind of map that the catalog promises', () => {
    for (const [name, { produces }] of Object.entries(CORRECTIONS))
      expect(produces).toBe(findEntry('correction', name)?.produces);
  });
});
