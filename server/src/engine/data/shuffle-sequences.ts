/** Sequences without motifs but with the words of the examples: the background against which windows are tested. */
import type { shuffle_sequences } from '../../catalog/stages.js';
import type { ParametersOf } from '../../catalog/specification.js';
import { Failure } from '../failure.js';
import { kmerShuffler } from '../methods/references/kmer-shuffle.js';
import { Stream } from '../random/philox.js';
import { SHUFFLED } from './region.js';
import type { Stage } from './stage.js';

export const shuffleSequences: Stage<ParametersOf<typeof shuffle_sequences>> = ({ k, seed }, examples) => {
  if (examples.alphabet !== 'dna')
    throw new Failure('data/alphabet', '`shuffle_sequences`: the examples are no sequences', {
      remedy: 'For rows of numbers take permute_labels.',
    });
  const { names, labels, classes, origins, length, notes } = examples;
  const letters = new Uint8Array(examples.letters.length);
  origins.forEach((origin, i) => {
    const from = i * length;
    const shuffle = kmerShuffler(examples.letters.subarray(from, from + length), k);
    shuffle(new Stream(seed, 'shuffle_sequences', origin), letters.subarray(from, from + length));
  });
  // Under their old names they would be taken for what lies at that place of the genome.
  const shuffled = names.map(name => `${SHUFFLED}${name}`);
  return { alphabet: 'dna', length, letters, labels, ...(classes && { classes }), origins, notes, names: shuffled };
};
