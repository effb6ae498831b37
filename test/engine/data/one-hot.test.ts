import { expect, it } from 'vitest';
import { LETTERS, NO_BASE, type Sequences } from '../../../server/src/engine/data/examples.js';
import { oneHot, writeOneHot } from '../../../server/src/engine/data/one-hot.js';

function examplesOf(...sequences: string[]): Sequences {
  return {
    alphabet: 'dna',
    length: sequences[0]!.length,
    letters: Uint8Array.from(sequences.join(''), letter => (letter === '.' ? NO_BASE : LETTERS.indexOf(letter))),
    names: sequences,
    labels: sequences.map(() => undefined),
    origins: sequences.map((_, index) => ({ source: '00000000', index })),
    notes: [],
  };
}

it('writes bases, shares of ambiguity codes and unknown bases', () => {
  const third = Math.fround(1 / 3);
  expect([...oneHot(examplesOf('ACGT', 'NRB.'), 0, 2)]).toEqual(
    [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
      [0.25, 0.25, 0.25, 0.25],
      [0.5, 0, 0.5, 0],
      [0, third, third, third],
      [0, 0, 0, 0],
    ].flat(),
  );
});

it('takes a range of examples', () => {
  const examples = examplesOf('AC', 'GT', 'NN');
  expect(oneHot(examples, 1, 3)).toEqual(oneHot(examples, 0, 3).subarray(8));
});

it('gives every letter shares that sum to one', () => {
  const shares = oneHot(examplesOf(LETTERS), 0, 1);
  for (let letter = 0; letter < LETTERS.length; letter++) {
    expect(shares.subarray(letter * 4, letter * 4 + 4).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
  }
});

it('writes the same at any place of the array', () => {
  const { letters } = examplesOf(`${LETTERS}.`);
  const [even, odd] = [new Float32Array(80), new Float32Array(81)];
  writeOneHot(letters, even, 8);
  writeOneHot(letters, odd, 9);
  expect(odd.subarray(1)).toEqual(even);
});
