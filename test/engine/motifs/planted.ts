/** Maps in which motifs were planted: noise everywhere, and at known places and strands what a model would see in a motif. */
import type { Stream } from '../../../server/src/engine/random/philox.js';

export interface PlantedSite {
  readonly example: number;
  readonly motif: number;
  /** First position, whatever the strand. */
  readonly start: number;
  readonly minus: boolean;
}

export interface PlantedMaps {
  readonly length: number;
  /** [example, position, base] */
  readonly hypothetical: Float32Array;
  /** One-hot. */
  readonly letters: Float32Array;
  /** Hypothetical contribution of the base that is there, [example, position]. */
  readonly scores: Float32Array;
  readonly sites: readonly PlantedSite[];
}

/**
 * One motif in each example, in turn, at a random place of a random strand.
 *
 * @param motifs letters; a base of the motif contributes 1, another −1/3
 * @param noise standard deviation of the hypothetical contribution of every base
 */
export function plantedMaps(
  motifs: readonly string[],
  { examples, length, noise }: { examples: number; length: number; noise: number },
  random: Stream,
): PlantedMaps {
  const hypothetical = Float32Array.from({ length: examples * length * 4 }, () => noise * random.normal());
  const letters = new Float32Array(hypothetical.length);
  const sites: PlantedSite[] = [];
  for (let example = 0; example < examples; example++) {
    const codes = Array.from({ length }, () => random.integer(4));
    const motif = [...motifs[example % motifs.length]!].map(letter => 'ACGT'.indexOf(letter));
    const minus = random.integer(2) === 1;
    const start = random.integer(length - motif.length + 1);
    const placed = minus ? motif.map(code => 3 - code).reverse() : motif;
    placed.forEach((code, i) => {
      codes[start + i] = code;
      for (let base = 0; base < 4; base++)
        hypothetical[(example * length + start + i) * 4 + base]! += base === code ? 1 : -1 / 3;
    });
    codes.forEach((code, position) => (letters[(example * length + position) * 4 + code] = 1));
    sites.push({ example, motif: example % motifs.length, start, minus });
  }
  const scores = Float32Array.from({ length: examples * length }, (_, at) =>
    hypothetical.subarray(4 * at, 4 * at + 4).reduce((sum, value, base) => sum + value * letters[4 * at + base]!, 0),
  );
  return { length, hypothetical, letters, scores, sites };
}
