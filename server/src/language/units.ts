/** Units that quantities carry in the text, and how they convert. */
import type { Unit } from '../catalog/index.js';

/** Each unit's dimension and its size in the dimension's base unit (bp, s). */
const UNITS: {
  readonly [U in Unit]: { readonly dimension: 'length' | 'duration' | 'alleles' | 'counts'; readonly size: number };
} = {
  bp: { dimension: 'length', size: 1 },
  kb: { dimension: 'length', size: 1000 },
  s: { dimension: 'duration', size: 1 },
  min: { dimension: 'duration', size: 60 },
  h: { dimension: 'duration', size: 3600 },
  alleles: { dimension: 'alleles', size: 1 },
  counts: { dimension: 'counts', size: 1 },
};

function isUnit(text: string): text is Unit {
  return Object.hasOwn(UNITS, text);
}

/** The units in which inputs are counted: those of an absolute amount. */
export const INPUT_UNITS: readonly Unit[] = ['alleles', 'counts'];

/** How many of `into` one `unit` is; undefined when the word is no unit or measures something else. */
export function conversion(unit: string, into: Unit): number | undefined {
  if (!isUnit(unit) || UNITS[unit].dimension !== UNITS[into].dimension) return undefined;
  return UNITS[unit].size / UNITS[into].size;
}

/** The units that may stand where `unit` is expected. */
export function unitsLike(unit: Unit): Unit[] {
  return (Object.keys(UNITS) as Unit[]).filter(other => UNITS[other].dimension === UNITS[unit].dimension);
}
