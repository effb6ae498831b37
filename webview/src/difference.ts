/** What one map says more than another about the same examples: the difference of their scores, as a map of its own. */
import type { ScoredMap } from './arrays.js';
import type { TitledMap } from './logo.js';
import { robustMagnitude } from './scale.js';

/** A difference that can be chosen; it is computed when it is. */
export interface Difference {
  readonly label: string;
  readonly map: () => TitledMap;
}

/** What the difference of two maps is called, wherever it is chosen. */
export const differenceLabel = (a: string, b: string): string => `${a} − ${b}`;

/** Every pair of maps, and each map with what an earlier run gave under its name. */
export function differencesOf(maps: readonly ScoredMap[], earlier: readonly ScoredMap[]): Difference[] {
  const pairs = maps.flatMap((a, i) => maps.slice(i + 1).map(b => [a, b] as const));
  const runs = earlier.flatMap(before => {
    const now = maps.find(({ map }) => map.name === before.map.name);
    return now ? [[now, { ...before, map: { ...before.map, name: `${before.map.name} before` } }] as const] : [];
  });
  return [...pairs, ...runs].map(([a, b]) => ({
    label: differenceLabel(a.map.name, b.map.name),
    map: () => ({ ...differenceOf(a, b), figures: [] }),
  }));
}

/**
 * a − b. Maps in different units have no difference: each is divided by its typical largest magnitude first, and the title
 * says so.
 *
 * @throws RangeError when the maps do not belong to the same examples
 */
export function differenceOf(a: ScoredMap, b: ScoredMap): ScoredMap {
  const { rows, length } = a.scores;
  if (rows !== b.scores.rows || length !== b.scores.length)
    throw new RangeError(`${a.map.name} and ${b.map.name} cannot be compared: their examples differ.`);
  const scaled = a.map.unit !== b.map.unit || a.map.kind !== b.map.kind;
  const factor = ({ scores }: ScoredMap): number => (scaled ? 1 / (robustMagnitude(scores.values, length) || 1) : 1);
  const [first, second] = [factor(a), factor(b)];
  const values = a.scores.values.map((score, i) => first * score - second * b.scores.values[i]!);
  const { bases: _bases, spread: _spread, documentation: _documentation, ...map } = a.map;
  return {
    declaration: a.map.name,
    map: {
      ...map,
      name: differenceLabel(a.map.name, b.map.name),
      written: scaled ? 'difference, each divided by its typical largest magnitude' : 'difference',
      unit: scaled ? 'of the typical largest' : a.map.unit,
    },
    scores: { rows, length, values },
    ...(a.predictions && { predictions: a.predictions }),
  };
}
