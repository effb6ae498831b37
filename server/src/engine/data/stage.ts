/** What a stage of a data pipeline is, and what its data sets must have in common. */
import type { PlainTarget } from '../../catalog/specification.js';
import { Failure } from '../failure.js';
import type { Examples } from './examples.js';

/** What a stage may ask for beyond its own examples. */
export interface StageInputs {
  /** The finished data set of that key. */
  data(key: string): Promise<Examples>;
  /** The value of a target at each example. */
  outputs(target: PlainTarget, examples: Examples): Promise<ArrayLike<number>>;
  /**
   * The class that the target's model predicts for each example, by its logits (of an ensemble, their mean); undefined for
   * targets that are the same number for all examples.
   */
  classes(target: PlainTarget, examples: Examples): Promise<readonly number[] | undefined>;
}

export type Stage<Parameters> = (
  parameters: Parameters,
  examples: Examples,
  inputs: StageInputs,
) => Examples | Promise<Examples>;

/**
 * @param what the first data set in words, as the beginning of a sentence: "`concat`: data set 1 of those appended"
 * @throws Failure when two data sets do not have the same alphabet, length and features
 */
export function requireSameForm(part: Examples, other: Examples, what: string): void {
  const unit = other.alphabet === 'dna' ? 'bp' : 'features';
  if (part.alphabet !== other.alphabet)
    throw new Failure('data/alphabet', `${what} holds ${part.alphabet}, the examples before it ${other.alphabet}`, {
      remedy: 'Name data of the same kind.',
    });
  if (part.length !== other.length)
    throw new Failure(
      'data/unequal-lengths',
      `${what} has examples of ${part.length} ${unit}, those before it have ${other.length} ${unit}`,
      { remedy: 'Name data of the same length.' },
    );
  if (part.alphabet === 'dna' || other.alphabet === 'dna') return;
  const at = part.features.findIndex((feature, i) => feature !== other.features[i]);
  if (at >= 0)
    throw new Failure(
      'data/features',
      `${what} has ${part.features[at]} as feature ${at}, the examples before it have ${other.features[at]} there`,
      { remedy: 'Bring the features into the same order.' },
    );
}
