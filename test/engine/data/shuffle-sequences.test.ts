import { describe, expect, it } from 'vitest';
import type { Sequences } from '../../../server/src/engine/data/examples.js';
import { applyStage } from '../../../server/src/engine/data/stages.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { call } from '../methods/workbench.js';

const random = new Stream(1, 'test');
const examples: Sequences = {
  alphabet: 'dna',
  length: 60,
  letters: Uint8Array.from({ length: 180 }, () => random.integer(4)),
  names: ['chr1:0-60', 'b', 'c'],
  labels: [1, 0, undefined],
  origins: [0, 1, 2].map(index => ({ source: '00000001', index })),
  truth: new Float32Array(180).fill(2),
  notes: [],
};
const inputs = {
  data: () => Promise.reject(new Error('no other data')),
  outputs: () => Promise.reject(new Error('no model')),
  classes: () => Promise.reject(new Error('no model')),
};
const shuffled = async (given: Record<string, number>, of: Sequences = examples): Promise<Sequences> =>
  (await applyStage(call('stage', 'shuffle_sequences', given), of, inputs)) as Sequences; // DNA stays DNA

const words = (letters: Uint8Array, k: number): string[] =>
  Array.from({ length: letters.length - k + 1 }, (_, at) => letters.subarray(at, at + k).join('')).sort();

describe('shuffle_sequences', () => {
  it.each([1, 2, 3])('keeps the words of %i letters of each sequence, and not their order', async k => {
    const { letters, names, labels, truth } = await shuffled({ seed: 4, k });
    for (let from = 0; from < 180; from += 60) {
      const [own, before] = [letters.subarray(from, from + 60), examples.letters.subarray(from, from + 60)];
      expect(words(own, k)).toEqual(words(before, k));
      expect([...own]).not.toEqual([...before]);
    }
    expect([names[0], labels, truth]).toEqual(['shuffled chr1:0-60', [1, 0, undefined], undefined]);
  });

  it('shuffles each example by its origin and the seed alone', async () => {
    const second: Sequences = {
      ...examples,
      letters: examples.letters.slice(60, 120),
      names: ['b'],
      labels: [0],
      origins: [examples.origins[1]!],
      truth: new Float32Array(60),
    };
    const all = (await shuffled({ seed: 4 })).letters.subarray(60, 120);
    expect([...(await shuffled({ seed: 4 }, second)).letters]).toEqual([...all]);
    expect([...(await shuffled({ seed: 5 }, second)).letters]).not.toEqual([...all]);
  });
});
