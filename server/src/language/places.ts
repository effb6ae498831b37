/**
 * What may stand where in a declaration: for each kind and clause the catalog categories that can be called and the
 * kinds of declarations that can be named. The one table behind checking, completion and scopes.
 */
import { entriesOf, findEntry } from '../catalog/index.js';
import type { Category, Entry, Kind, ValueType } from '../catalog/index.js';

/** The parts of `head of subjects on data | stages`. */
export type Clause = 'head' | 'of' | 'on' | 'stage';

export interface Place {
  /** Catalog entries of these categories may be called. */
  readonly categories: readonly Category[];
  /** Declarations of these kinds may be named. */
  readonly kinds: readonly Kind[];
}

type Places = { readonly [C in Clause]?: Place };
const call = (category: Category): Place => ({ categories: [category], kinds: [] });
const named = (...kinds: Kind[]): Place => ({ categories: [], kinds });

const PLACES: { readonly [K in Kind]: Places } = {
  model: { head: call('format') },
  target: { head: call('target'), of: named('model', 'ensemble') },
  genome: { head: call('genome') },
  data: { head: { categories: ['source'], kinds: ['data'] }, stage: call('stage') },
  truth: { head: call('truth'), of: named('data') },
  reference: { head: call('reference') },
  network: { head: call('network') },
  ensemble: { head: call('training'), on: named('data') },
  method: { head: call('method') },
  attribution: {
    head: { categories: ['method'], kinds: ['method', 'attribution'] },
    of: named('target'),
    on: named('data'),
    stage: call('correction'),
  },
  metric: { head: call('metric'), of: named('attribution', 'target', 'benchmark'), on: named('data') },
  benchmark: { head: call('benchmark'), of: named('target'), on: named('data') },
};

/** The kind of declaration that holds a call of a category. */
const HOLDERS: { readonly [C in Category]?: Kind } = {
  format: 'model',
  target: 'target',
  genome: 'genome',
  source: 'data',
  truth: 'truth',
  reference: 'reference',
  network: 'network',
  training: 'ensemble',
  method: 'method',
  metric: 'metric',
  benchmark: 'benchmark',
};

/**
 * What may stand in a clause of a declaration.
 *
 * @param head name of the catalog entry in the head, where it is known: a metric's entry decides about its subjects
 * @returns undefined where declarations of that kind have no such clause
 */
export function placeIn(kind: Kind, clause: Clause, head?: string): Place | undefined {
  if (kind === 'metric' && head !== undefined) {
    const metric = findEntry('metric', head);
    if (metric !== undefined && clause === 'of') return named(metric.subjects.kind);
    if (metric !== undefined && clause === 'on' && !metric.on) return undefined;
  }
  return PLACES[kind][clause];
}

/** Where a parameter takes calls or names, what these may be. */
export function placeOfType(type: ValueType): Place {
  switch (type.is) {
    case 'call': {
      const holder = HOLDERS[type.category];
      return { categories: [type.category], kinds: holder === undefined ? [] : [holder] };
    }
    case 'declared':
      return named(type.kind);
    case 'wrapper':
      return call('method');
    case 'word':
      return ANYTHING;
    case 'either': {
      const places = type.of.map(placeOfType);
      return { categories: places.flatMap(place => place.categories), kinds: places.flatMap(place => place.kinds) };
    }
    default:
      return { categories: [], kinds: [] };
  }
}

/** Whatever has a name. */
const ANYTHING: Place = { categories: ['method', 'correction', 'metric'], kinds: ['method', 'target'] };

/** The kind of declaration in which a catalog entry could be written down, if any. */
export function holderOf(entry: Entry): Kind | undefined {
  return HOLDERS[entry.category];
}

/** Whether declarations of a kind and entries of a category can stand in one place, so that one could be taken for the other. */
export function meet(kind: Kind, category: Category): boolean {
  if (HOLDERS[category] === kind || (kind === 'data' && category === 'stage')) return true;
  return Object.values(PLACES)
    .flatMap(places => Object.values(places))
    .some(({ categories, kinds }) => categories.includes(category) && kinds.includes(kind));
}

/** All catalog entries that fit a place. */
export function entriesIn(place: Place): Entry[] {
  return place.categories.flatMap(category => entriesOf(category) as Entry[]);
}
