/** The references by their catalog names. */
import type { ParametersOf, PlainCall } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/references.js';
import { Failure } from '../../failure.js';
import { uniform, zeros } from './constant.js';
import { mean, mode, samples } from './data.js';
import { anotherClass, gcMatched } from './drawn.js';
import { fromFile } from './file.js';
import { kmerShuffle } from './kmer-shuffle.js';
import type { Reference, Surroundings } from './reference.js';
import { shuffle } from './shuffle.js';

/** One implementation per reference of the catalog. */
export const REFERENCES: {
  readonly [Name in keyof typeof specifications]: (
    parameters: ParametersOf<(typeof specifications)[Name]>,
    surroundings: Surroundings,
  ) => Reference | Promise<Reference>;
} = {
  zeros: () => zeros,
  uniform: () => uniform,
  mean,
  mode,
  samples,
  shuffle,
  dinucleotide_shuffle: parameters => kmerShuffle({ ...parameters, k: 2 }),
  kmer_shuffle: kmerShuffle,
  gc_matched: gcMatched,
  another_class: anotherClass,
  from_file: fromFile,
};

/**
 * The reference that a call stands for.
 *
 * @param call a reference of the catalog with all its parameters
 * @throws Failure
 */
export async function referenceOf(
  call: Pick<PlainCall, 'call' | 'parameters'>,
  surroundings: Surroundings,
): Promise<Reference> {
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const make = REFERENCES[call.call as keyof typeof REFERENCES] as
    ((parameters: unknown, surroundings: Surroundings) => Reference | Promise<Reference>) | undefined;
  if (!make) throw new Failure('method/unknown-reference', `"${call.call}" is no reference`);
  return make(call.parameters, surroundings);
}
