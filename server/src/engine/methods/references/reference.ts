/** What every reference offers: inputs with which an example is compared. */
import type { Note } from '../../../protocol.js';
import type { Origin } from '../../data/examples.js';
import type { Files } from '../../data/source.js';
import type { StoredExamples } from '../../data/stored-examples.js';

/** One example, as references see it. */
export interface ReferenceExample {
  /** Letter codes, [position]; empty where the reference does not read them. */
  readonly letters: Uint8Array;
  readonly origin: Origin;
  /** Its row among the explained examples. */
  readonly row: number;
}

/** What a reference may read: the explained examples, other data sets by their keys, and files by the hash of their content. */
export interface Surroundings {
  readonly examples: StoredExamples;
  readonly open: (data: string) => Promise<StoredExamples>;
  readonly files: Files;
}

export interface Reference {
  /** References per example, the same for all. */
  readonly copies: number;
  /** Whether it is made from the example's letters. */
  readonly reads?: 'letters';
  /** What a reader should know of the references of all examples. */
  readonly notes?: readonly Note[];
  /**
   * Writes the references of one example; they depend on nothing but the reference's parameters and the example.
   *
   * @param out [copies, …shape of an example]; every element is written
   * @returns how many of the copies are different
   */
  fill(example: ReferenceExample, out: Float32Array): number;
}

/**
 * What a reader should know of the references of all examples. Only shuffles are counted: a sequence that has too few of
 * them is at fault, while rows that are drawn twice from data are chance.
 *
 * @param distinct what `fill` returned, [example]
 */
export function referenceNotes(
  { copies, reads, notes = [] }: Pick<Reference, 'copies' | 'reads' | 'notes'>,
  distinct: ArrayLike<number>,
): Note[] {
  let affected = 0;
  let fewest = copies;
  for (let example = 0; example < distinct.length; example++) {
    if (distinct[example]! < copies) affected++;
    fewest = Math.min(fewest, distinct[example]!);
  }
  if (reads !== 'letters' || affected === 0) return [...notes];
  return [
    ...notes,
    {
      level: 'warning',
      code: 'GA041',
      message:
        `${affected} of ${distinct.length} examples have fewer than ${copies} different references (the fewest: ${fewest}), ` +
        'because their sequences are short or repetitive. Ask for fewer copies, or use longer sequences or another reference.',
    },
  ];
}
