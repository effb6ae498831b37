/** Changes of single features after which an example is still valid: one base per position, whole counts of alleles. */
import type { InputSpace } from '../../data/input-space.js';

export interface Change {
  readonly feature: number;
  /** What stands there afterwards: the four shares of a position, or one number. */
  readonly value: Float32Array;
  /** For people: `position 12 A → G`. */
  readonly text: string;
}

type Alphabet = InputSpace['alphabet'];

const BASES = ['A', 'C', 'G', 'T'];
const ONE_HOT = BASES.map((_, base) => Float32Array.from(BASES, (_, i) => Number(i === base)));
const COUNTS = [0, 1, 2].map(count => Float32Array.of(count));

/** What a feature is called: its name, or its position, from 1 as everywhere that people read of one. */
export const featureName = (feature: number, names: readonly string[]): string =>
  names[feature] ?? `position ${feature + 1}`;

/** A value of a feature for people: a base, `mixed` shares of bases, or a number. */
export function valueText(value: Float32Array): string {
  if (value.length === 1) return String(Number(value[0]!.toPrecision(4)));
  return BASES[value.indexOf(1)] ?? 'mixed';
}

/** Every other base at every position, or every other count of alleles of every variant. */
export function changesByValue(example: Float32Array, alphabet: Alphabet, names: readonly string[]): Change[] {
  const values = alphabet === 'dna' ? ONE_HOT : COUNTS;
  return changes(example, values[0]!.length, names, () => values);
}

/**
 * Every different value that the references have for a feature.
 *
 * @param references [copy, …shape]
 * @param length positions, or features
 */
export function changesFromReferences(
  example: Float32Array,
  references: Float32Array,
  length: number,
  names: readonly string[],
): Change[] {
  const width = example.length / length;
  const copies = references.length / example.length;
  return changes(example, width, names, feature =>
    Array.from({ length: copies }, (_, copy) => {
      const start = copy * example.length + feature * width;
      return references.subarray(start, start + width);
    }),
  );
}

function changes(
  example: Float32Array,
  width: number,
  names: readonly string[],
  valuesOf: (feature: number) => readonly Float32Array[],
): Change[] {
  return Array.from({ length: example.length / width }, (_, feature) => {
    const now = example.subarray(feature * width, (feature + 1) * width);
    const others = new Map(valuesOf(feature).map(value => [value.join(), value]));
    others.delete(now.join());
    return [...others.values()].map(value => ({
      feature,
      value,
      text: `${featureName(feature, names)} ${valueText(now)} → ${valueText(value)}`,
    }));
  }).flat();
}
