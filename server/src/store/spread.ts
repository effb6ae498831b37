/**
 * How far the position scores of a map differ between what it is the mean of: the members of an ensemble, or the references
 * that each example was compared with. Computed from what the result keeps of each, when a view asks for it.
 */
import type { ResultStore } from './store.js';

/** What the numbers of a map mean, which decides how four of them make one score. */
export type ScoreKind = 'gradient' | 'contribution' | 'hypothetical' | 'effect';

export interface SpreadSource {
  readonly key: string;
  /** Key of the examples that the map explains. */
  readonly data: string;
  readonly kind: ScoreKind;
  readonly over: 'members' | 'references';
}

const BASES = 4;
/** Numbers that are read at a time. */
const BLOCK = 2_000_000;

/**
 * @param rows the first examples
 * @returns [rows, position]: sample standard deviation over members or references
 * @throws StoreError when an array is missing or damaged
 */
export async function readSpread(
  store: ResultStore,
  { key, data, kind, over }: SpreadSource,
  rows: number,
): Promise<Float32Array<ArrayBuffer>> {
  const examples = await store.array(data);
  const parts = await store.array(key, over === 'members' ? 'members' : 'multipliers');
  const references = over === 'references' ? await store.array(key, 'references') : undefined;
  const [stored = 0, count = 1, length = 0] = parts.shape;
  const wanted = Math.min(stored, rows);
  const spread = new Float32Array(wanted * length);
  const block = Math.max(1, Math.floor(BLOCK / (count * length * BASES)));
  for (let from = 0; from < wanted; from += block) {
    const to = Math.min(wanted, from + block);
    const [x, part, reference] = await Promise.all([
      examples.read(from, to),
      parts.read(from, to),
      references?.read(from, to),
    ]);
    const scores = new Float64Array(count);
    for (let cell = 0; cell < (to - from) * length; cell++) {
      const row = Math.floor(cell / length);
      const observed = cell * BASES;
      for (let i = 0; i < count; i++) {
        const at = ((row * count + i) * length + (cell % length)) * BASES;
        scores[i] = reference ? contribution(part, reference, at, x, observed) : score(kind, part, at, x, observed);
      }
      spread[from * length + cell] = deviation(scores);
    }
  }
  return spread;
}

type Values = Float32Array | Float64Array;

/** What a position adds compared with one reference: Σ over bases of multiplier · (x − reference). */
function contribution(multipliers: Values, references: Values, at: number, x: Values, observed: number): number {
  let sum = 0;
  for (let base = 0; base < BASES; base++)
    sum += multipliers[at + base]! * (x[observed + base]! - references[at + base]!);
  return sum;
}

/** The position score of a map, as metrics define it. */
function score(kind: ScoreKind, map: Values, at: number, x: Values, observed: number): number {
  let [sum, here, share] = [0, 0, 0];
  for (let base = 0; base < BASES; base++) {
    sum += map[at + base]!;
    here += map[at + base]! * x[observed + base]!;
    share += x[observed + base]!;
  }
  return kind === 'contribution' ? sum : kind === 'effect' ? (here - sum) / (BASES - share) : here;
}

/** Standard deviation, with n − 1. */
export function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
