import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entriesOf } from '../../../server/src/catalog/index.js';
import { LETTERS, NO_BASE } from '../../../server/src/engine/data/examples.js';
import { uniform, zeros } from '../../../server/src/engine/methods/references/constant.js';
import { kmerShuffle, kmerShuffler } from '../../../server/src/engine/methods/references/kmer-shuffle.js';
import {
  referenceNotes,
  type Reference,
  type Surroundings,
} from '../../../server/src/engine/methods/references/reference.js';
import { REFERENCES } from '../../../server/src/engine/methods/references/references.js';
import { shuffle } from '../../../server/src/engine/methods/references/shuffle.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const origin = { source: '00c0ffee', index: 3 };
const row = 0;

/** For references that look at nothing but the example. */
const nowhere: Surroundings = {
  get examples(): never {
    throw new Error('it reads no data');
  },
  open: () => Promise.reject(new Error('it opens no data')),
  files: {},
};

function codes(sequence: string): Uint8Array {
  return Uint8Array.from(sequence, letter => LETTERS.indexOf(letter));
}

function text(letters: Uint8Array): string {
  return Array.from(letters, code => LETTERS[code] ?? '.').join('');
}

/** How often each word of k letters occurs. */
function words(sequence: string, k: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let at = 0; at + k <= sequence.length; at++) {
    const word = sequence.slice(at, at + k);
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

/** Every sequence with the same beginning and words of k letters, by trying all ways (the end follows). */
function everyShuffle(sequence: string, k: number): Set<string> {
  const left = words(sequence, k);
  const found = new Set<string>();
  const extend = (prefix: string): void => {
    if (prefix.length === sequence.length) found.add(prefix);
    for (const word of Object.keys(left)) {
      if (!prefix.endsWith(word.slice(0, -1)) || left[word] === 0) continue;
      left[word]!--;
      extend(prefix + word.slice(-1));
      left[word]!++;
    }
  };
  extend(sequence.slice(0, k - 1));
  return found;
}

/** Upper 0.1 % point of chi-square (Wilson & Hilferty 1931). */
function chiSquareLimit(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 3.09 * Math.sqrt(spread)) ** 3;
}

describe('kmer_shuffle', () => {
  it('keeps the exact words and both ends, whatever the letters', () => {
    const letter = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 3 }) },
      fc.constantFrom(4, 9, 14, NO_BASE),
    );
    // Few letters, so that long words repeat and there is something to shuffle.
    const sequence = fc.oneof(fc.array(letter, { maxLength: 60 }), fc.array(fc.nat(1), { maxLength: 60 }));
    fc.assert(
      fc.property(sequence, fc.integer({ min: 1, max: 5 }), fc.nat(1000), (list, k, draw) => {
        const letters = Uint8Array.from(list);
        const out = new Uint8Array(letters.length);
        kmerShuffler(letters, k)(new Stream(1, 'test', origin, draw), out);
        expect(words(text(out), k)).toEqual(words(text(letters), k));
        expect(out.slice(0, k - 1)).toEqual(letters.slice(0, k - 1));
        if (k > 1) expect(out.slice(1 - k)).toEqual(letters.slice(1 - k));
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it.each([
    [1, 'AACGC'],
    [2, 'AACCAACACA'],
    [2, 'GATTACATTAG'],
    [2, 'AAAACAAAGAT'],
    [2, 'ACGTACAGCTGA'],
    [2, 'ANCNACANNC'],
    [2, 'TACGATCAGT'],
    [3, 'AACAAGAACTAAGAAC'],
    [3, 'ACAGACATACAGACCAGA'],
    [4, 'AAACAAAGAAATAAAC'],
  ])('draws every shuffle by k = %d of %s equally often', (k, sequence) => {
    const all = everyShuffle(sequence, k);
    expect(all.size).toBeGreaterThan(5);
    const draws = 200 * all.size;
    const counts = new Map<string, number>();
    const shuffle = kmerShuffler(codes(sequence), k);
    const out = new Uint8Array(sequence.length);
    for (let draw = 0; draw < draws; draw++) {
      shuffle(new Stream(7, 'test', origin, draw), out);
      counts.set(text(out), (counts.get(text(out)) ?? 0) + 1);
    }
    expect(new Set(counts.keys())).toEqual(all);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(chiSquare).toBeLessThan(chiSquareLimit(all.size - 1));
  });

  const call = (copies: number, seed: number, k = 3): Reference => kmerShuffle({ k, copies, seed });

  it('fills copies that depend on example, copy and seed only', () => {
    const letters = codes('ACGACATGCACGAAGCATGCACGA');
    const size = letters.length * 4;
    const few = new Float32Array(2 * size);
    const many = new Float32Array(5 * size);
    expect(call(2, 1).fill({ letters, origin, row }, few)).toBe(2);
    call(5, 1).fill({ letters, origin, row }, many);
    expect(many.slice(0, 2 * size)).toEqual(few);
    expect(many.slice(0, size)).not.toEqual(many.slice(size, 2 * size));
    const other = new Float32Array(2 * size);
    call(2, 2).fill({ letters, origin, row }, other);
    expect(other).not.toEqual(few);
    call(2, 1).fill({ letters, origin: { ...origin, index: 4 }, row }, other);
    expect(other).not.toEqual(few);
  });

  it('is dinucleotide_shuffle for words of two, byte for byte as in results that were stored long ago', async () => {
    const letters = codes('ACGTTGCAAGCTTGCACGATNNACGTAAAC');
    const filled = [await REFERENCES.dinucleotide_shuffle({ copies: 4, seed: 1 }, nowhere), call(4, 1, 2)].map(made => {
      const out = new Float32Array(4 * letters.length * 4);
      made.fill({ letters, origin, row }, out);
      return createHash('sha256').update(new Uint8Array(out.buffer)).digest('hex');
    });
    expect(filled).toEqual(new Array(2).fill('b50dc46a2cdc6d9f7519cbe08e8d116af755653fa3c48d9010a2fb66c6419b61'));
  });

  it('counts the copies that differ, and says when they are too few', () => {
    const distinct = call(50, 1, 2).fill({ letters: codes('AACAA'), origin, row }, new Float32Array(50 * 20));
    expect(distinct).toBe(everyShuffle('AACAA', 2).size);
    expect(referenceNotes({ copies: 50, reads: 'letters' }, [50, distinct, 50])).toMatchObject([
      {
        level: 'warning',
        message: expect.stringContaining(
          `1 of 3 examples have fewer than 50 different references (the fewest: ${distinct})`,
        ),
      },
    ]);
    expect(referenceNotes({ copies: 50, reads: 'letters' }, [50, 50])).toEqual([]);
    // Rows that are drawn twice are chance, and no fault of an example.
    expect(referenceNotes({ copies: 50 }, [50, distinct, 50])).toEqual([]);
  });
});

describe('shuffle', () => {
  it('draws every order of the letters equally often, and nothing else', () => {
    const draws = 200 * 12;
    const counts = new Map<string, number>();
    const out = new Float32Array(draws * 16);
    expect(shuffle({ copies: draws, seed: 7 }).fill({ letters: codes('AACG'), origin, row }, out)).toBe(12);
    for (let draw = 0; draw < draws; draw++) {
      const columns = Array.from({ length: 4 }, (_, at) => out.subarray(draw * 16 + 4 * at, draw * 16 + 4 * at + 4));
      const order = columns.map(column => 'ACGT'[column.indexOf(1)]!).join('');
      expect([...order].sort().join('')).toBe('AACG');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(chiSquare).toBeLessThan(chiSquareLimit(11));
  });

  it('gives copies that depend on example, copy and seed only', () => {
    const letters = codes('ACGTTGCAAGCTTGCACGAT');
    const filled = (copies: number, seed: number, index: number): Float32Array => {
      const out = new Float32Array(copies * 80);
      shuffle({ copies, seed }).fill({ letters, origin: { ...origin, index }, row }, out);
      return out;
    };
    expect(filled(5, 1, 3).slice(0, 160)).toEqual(filled(2, 1, 3));
    expect(filled(2, 1, 3)).not.toEqual(filled(2, 2, 3));
    expect(filled(2, 1, 3)).not.toEqual(filled(2, 1, 4));
  });
});

describe('references', () => {
  it('are those of the catalog', () => {
    expect(Object.keys(REFERENCES).sort()).toEqual(
      entriesOf('reference')
        .map(entry => entry.name)
        .sort(),
    );
  });

  it.each([
    ['zeros', 0, zeros],
    ['uniform', 0.25, uniform],
  ])('%s is %d everywhere', (_, share, reference) => {
    const out = new Float32Array(12).fill(9);
    expect(reference.fill({ letters: codes('ACG'), origin, row }, out)).toBe(1);
    expect(reference.copies).toBe(1);
    expect([...out]).toEqual(new Array(12).fill(share));
  });
});
