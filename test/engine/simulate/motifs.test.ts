import { describe, expect, it } from 'vitest';
import { LETTERS } from '../../../server/src/engine/data/examples.js';
import { simulateMotifs } from '../../../server/src/engine/simulate/motifs.js';

const base = { motifs: ['TGASTCA', 'CANNTG'], sequences: 300, length: 40, positives: 0.4, seed: 11 };

function text(letters: Uint8Array): string {
  return Array.from(letters, code => LETTERS[code]).join('');
}

describe('simulateMotifs', () => {
  const data = simulateMotifs(base);
  const row = (array: Uint8Array | Float32Array, index: number) => array.subarray(index * 40, index * 40 + 40);

  it('spreads the exact share of positives evenly', () => {
    for (const n of [5, 10, 300]) expect(data.labels.slice(0, n).filter(label => label === 1)).toHaveLength(n * 0.4);
  });

  it('plants one instance of every motif, on either strand, where the truth says', () => {
    const found = new Set<string>();
    data.labels.forEach((label, index) => {
      const truth = [...row(data.truth!, index)];
      const planted = text(row(data.letters, index) as Uint8Array)
        .split('')
        .map((letter, position) => (truth[position]! > 0 ? letter : '.'))
        .join('');
      if (label === 0) {
        expect(truth.every(bits => bits === 0)).toBe(true);
        return;
      }
      // The central S is drawn anew; either strand of TGASTCA reads TGA[CG]TCA. N has no information.
      expect(planted).toMatch(/^\.*(TGA[CG]TCA\.*CA\.\.TG|CA\.\.TG\.*TGA[CG]TCA)\.*$/);
      found.add(planted.replaceAll('.', ''));
      expect(truth.reduce((sum, bits) => sum + bits, 0)).toBe(6 * 2 + 1 + 4 * 2);
    });
    expect(found.size).toBe(4); // both orders, both instances of S
  });

  it('plants on both strands and uses all places', () => {
    const simulated = simulateMotifs({ motifs: ['AAAA'], sequences: 4000, length: 8, positives: 1, seed: 3 });
    const places = new Map<string, number>();
    for (let index = 0; index < 4000; index++) {
      const start = simulated.truth!.subarray(index * 8, index * 8 + 8).indexOf(2);
      const place = `${start} ${LETTERS[simulated.letters[index * 8 + start]!]}`;
      places.set(place, (places.get(place) ?? 0) + 1);
    }
    expect(places.size).toBe(10);
    const chiSquare = [...places.values()].reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0);
    expect(chiSquare).toBeLessThan(27.9); // 9 degrees of freedom, p = 0.001
  });

  it('gives example i whatever the number of sequences', () => {
    const fewer = simulateMotifs({ ...base, sequences: 7 });
    expect(fewer.letters).toEqual(data.letters.slice(0, 7 * 40));
    expect(fewer.truth).toEqual(data.truth!.slice(0, 7 * 40));
    expect(fewer.origins).toEqual(data.origins.slice(0, 7));
    expect(simulateMotifs({ ...base, seed: 12 }).letters).not.toEqual(data.letters);
  });

  it('refuses more than memory holds', () => {
    expect(() => simulateMotifs({ ...base, sequences: 10_000_000, length: 1000 })).toThrow('10,000,000,000 positions');
  });

  it('fills a sequence that the motifs exactly fit, and refuses a shorter one', () => {
    const exact = simulateMotifs({ ...base, sequences: 1, positives: 1, length: 13 });
    expect(exact.truth!.filter(bits => bits > 0)).toHaveLength(11);
    expect(() => simulateMotifs({ ...base, length: 12 })).toThrow('the motifs take 13 positions together');
    expect(() => simulateMotifs({ ...base, motifs: ['ACX'] })).toThrow('"X" at position 3 of "ACX"');
  });
});
