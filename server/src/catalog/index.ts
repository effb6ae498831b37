/** The catalog: every name that an experiment can call, by category. The single source for editor, plan and engine. */
import type { Category, Entry, ValueType } from './specification.js';
import * as benchmarks from './benchmarks.js';
import * as corrections from './corrections.js';
import * as exports from './exports.js';
import * as formats from './formats.js';
import * as genomes from './genomes.js';
import * as layers from './layers.js';
import * as methods from './methods/index.js';
import * as metrics from './metrics/index.js';
import * as motifs from './motifs.js';
import * as references from './references.js';
import * as sources from './sources.js';
import * as stages from './stages.js';
import * as training from './training.js';
import * as targets from './targets.js';
import * as truths from './truths.js';
import * as views from './views.js';

export * from './specification.js';

/** All entries, in the order of the reference documentation. */
export const CATALOG: readonly Entry[] = [
  formats,
  layers,
  training,
  targets,
  genomes,
  sources,
  stages,
  truths,
  references,
  methods,
  corrections,
  motifs,
  metrics,
  benchmarks,
  views,
  exports,
].flatMap(group => Object.values(group) as Entry[]);

const byCategory = new Map<string, Entry>(CATALOG.map(entry => [`${entry.category} ${entry.name}`, entry]));

/** The entry of that name in a category. */
export function findEntry<C extends Category>(category: C, name: string): Extract<Entry, { category: C }> | undefined {
  return byCategory.get(`${category} ${name}`) as Extract<Entry, { category: C }> | undefined;
}

/** All entries of a category. */
export function entriesOf<C extends Category>(category: C): Extract<Entry, { category: C }>[] {
  return CATALOG.filter((entry): entry is Extract<Entry, { category: C }> => entry.category === category);
}

/** All entries of a name, whatever their category. */
export function entriesNamed(name: string): Entry[] {
  return CATALOG.filter(entry => entry.name === name);
}

/** The words that stand for themselves in some parameter (`auto`, `train`). */
export function keywordsOf(type: ValueType): readonly string[] {
  if (type.is === 'keyword') return type.values;
  if (type.is === 'either') return type.of.flatMap(keywordsOf);
  if (type.is === 'list' || type.is === 'record') return keywordsOf(type.of);
  return [];
}

/** Every keyword of every parameter, sorted, once. */
export const KEYWORDS: readonly string[] = [
  ...new Set(
    CATALOG.flatMap(entry => Object.values(entry.parameters).flatMap(parameter => keywordsOf(parameter.type))),
  ),
].sort();
