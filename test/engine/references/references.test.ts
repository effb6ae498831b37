import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entriesOf } from '../../../server/src/catalog/index.js';
import { LETTERS, NO_BASE } from '../../../server/src/engine/data/examples.js';
import { uniform, zeros } from '../../../server/src/engine/methods/references/constant.js';
import {
  dinucleotideShuffle,
  shuffleDinucleotides,
} from '../../../server/src/engine/methods/references/dinucleotide-shuffle.js';
import { referenceNotes, type Reference } from '../../../server/src/engine/methods/references/reference.js';
import { REFERENCES } from '../../../server/src/engine/methods/references/references.js';
import { shuffle } from '../../../server/src/engine/methods/references/shuffle.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const origin = { source: '00c0ffee', index: 3 };

function codes(sequence: string): Uint8Array {
  return Uint8Array.from(sequence, letter => LETTERS.indexOf(letter));
}

function text(letters: Uint8Array): string {
  return Array.from(letters, code => LETTERS[code] ?? '.').join('');
}

/** How often each ordered pair of neighbours occurs. */
function dinucleotides(sequence: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let position = 1; position < sequence.length; position++) {
    const pair = sequence.slice(position - 1, position + 1);
    counts[pair] = (counts[pair] ?? 0) + 1;
  }
  return counts;
}

/** Every sequence with the same first letter and dinucleotides, by trying all ways (the last letter follows). */
function everyShuffle(sequence: string): Set<string> {
  const left = dinucleotides(sequence);
  const found = new Set<string>();
  const extend = (prefix: string): void => {
    if (prefix.length === sequence.length) found.add(prefix);
    for (const pair of Object.keys(left)) {
      if (pair[0] !== prefix.at(-1) || left[pair] === 0) continue;
      left[pair]!--;
      extend(prefix + pair.slice(1));
      left[pair]!++;
    }
  };
  extend(sequence[0]!);
  return found;
}

/** Upper 0.1 % point of chi-square (Wilson & Hilferty 1931). */
function chiSquareLimit(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 3.09 * Math.sqrt(spread)) ** 3;
}

describe('dinucleotide_shuffle', () => {
  it('keeps the exact dinucleotides and both ends, whatever the letters', () => {
    const letter = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 3 }) },
      fc.constantFrom(4, 9, 14, NO_BASE),
    );
    fc.assert(
      fc.property(fc.array(letter, { maxLength: 60 }), fc.nat(1000), (list, draw) => {
        const letters = Uint8Array.from(list);
        const out = new Uint8Array(letters.length);
        shuffleDinucleotides(letters, new Stream(1, 'test', origin, draw), out);
        expect(dinucleotides(text(out))).toEqual(dinucleotides(text(letters)));
        expect([out[0], out.at(-1)]).toEqual([letters[0], letters.at(-1)]);
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it.each(['AACCAACACA', 'GATTACATTAG', 'AAAACAAAGAT', 'ACGTACAGCTGA', 'ANCNACANNC', 'TACGATCAGT'])(
    'draws every shuffle of %s equally often',
    sequence => {
      const all = everyShuffle(sequence);
      expect(all.size).toBeGreaterThan(5);
      const draws = 200 * all.size;
      const counts = new Map<string, number>();
      const letters = codes(sequence);
      const out = new Uint8Array(letters.length);
      for (let draw = 0; draw < draws; draw++) {
        shuffleDinucleotides(letters, new Stream(7, 'test', origin, draw), out);
        counts.set(text(out), (counts.get(text(out)) ?? 0) + 1);
      }
      expect(new Set(counts.keys())).toEqual(all);
      const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
      expect(chiSquare).toBeLessThan(chiSquareLimit(all.size - 1));
    },
  );

  const call = (copies: number, seed: number): Reference => dinucleotideShuffle({ copies, seed });

  it('fills copies that depend on example, copy and seed only', () => {
    const letters = codes('ACGTTGCAAGCTTGCACGAT');
    const size = letters.length * 4;
    const few = new Float32Array(2 * size);
    const many = new Float32Array(5 * size);
    expect(call(2, 1).fill({ letters, origin }, few)).toBe(2);
    call(5, 1).fill({ letters, origin }, many);
    expect(many.slice(0, 2 * size)).toEqual(few);
    expect(many.slice(0, size)).not.toEqual(many.slice(size, 2 * size));
    const other = new Float32Array(2 * size);
    call(2, 2).fill({ letters, origin }, other);
    expect(other).not.toEqual(few);
    call(2, 1).fill({ letters, origin: { ...origin, index: 4 } }, other);
    expect(other).not.toEqual(few);
  });

  it('counts the copies that differ, and says when they are too few', () => {
    const distinct = call(50, 1).fill({ letters: codes('AACAA'), origin }, new Float32Array(50 * 20));
    expect(distinct).toBe(everyShuffle('AACAA').size);
    expect(referenceNotes(50, [50, distinct, 50])).toMatchObject([
      {
        level: 'warning',
        message: expect.stringContaining(
          `1 of 3 examples have fewer than 50 different references (the fewest: ${distinct})`,
        ),
      },
    ]);
    expect(referenceNotes(50, [50, 50])).toEqual([]);
  });
});

describe('shuffle', () => {
  it('draws every order of the letters equally often, and nothing else', () => {
    const draws = 200 * 12;
    const counts = new Map<string, number>();
    const out = new Float32Array(draws * 16);
    expect(shuffle({ copies: draws, seed: 7 }).fill({ letters: codes('AACG'), origin }, out)).toBe(12);
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
      shuffle({ copies, seed }).fill({ letters, origin: { ...origin, index } }, out);
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
    expect(reference.fill({ letters: codes('ACG'), origin }, out)).toBe(1);
    expect(reference.copies).toBe(1);
    expect([...out]).toEqual(new Array(12).fill(share));
  });
});
