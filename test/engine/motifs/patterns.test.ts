import { describe, expect, it } from 'vitest';
import { align, jaccard, scaled } from '../../../server/src/engine/motifs/similarity.js';
import { findPatterns, frequencies, informativeSpan } from '../../../server/src/engine/motifs/patterns.js';
import { cutStrips, placed } from '../../../server/src/engine/motifs/strips.js';
import { findSeqlets } from '../../../server/src/engine/motifs/seqlets.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { plantedMaps, type PlantedMaps } from './planted.js';

const drawn = (positions: number, random: Stream): Float32Array =>
  scaled(Float32Array.from({ length: 4 * positions }, () => random.normal()));
const never = () => Promise.resolve();

describe('the similarity of stretches', () => {
  it('is Σ sign(ab) min(|a|, |b|) ÷ Σ max(|a|, |b|), what hangs over counted as zeros', () => {
    const random = new Stream(1, 'test');
    for (let repeat = 0; repeat < 20; repeat++) {
      const [a, b] = [drawn(6, random), drawn(6, random)];
      const shift = random.integer(9) - 4;
      let [common, all] = [0, 0];
      for (let i = -16; i < 40; i++) {
        const x = a[i] ?? 0;
        const y = b[i + 4 * shift] ?? 0;
        common += Math.sign(x * y) * Math.min(Math.abs(x), Math.abs(y));
        all += Math.max(Math.abs(x), Math.abs(y));
      }
      expect(jaccard(a, b, shift)).toBeCloseTo(common / all, 5);
    }
  });

  it('finds how one stretch lies on the other', () => {
    const random = new Stream(2, 'test');
    const strip = drawn(14, random);
    const a = scaled(strip.slice(0, 40));
    const b = scaled(strip.slice(12, 52));
    expect(align(a, b, 5)).toMatchObject({ shift: -3, turned: false });
    expect(align(a, b.slice().reverse(), 5)).toMatchObject({ shift: -3, turned: true });
    expect(align(a, a, 5).similarity).toBeCloseTo(1, 6);
    expect(align(a, a.slice().reverse(), 5)).toMatchObject({ shift: 0, turned: true });
  });
});

async function discovered(planted: PlantedMaps, window: number, options: { least: number; compared?: number }) {
  const { length, hypothetical, letters, scores } = planted;
  const { seqlets } = findSeqlets({ scores, length }, window, 0.2);
  const of = (array: Float32Array, example: number) => array.slice(4 * length * example, 4 * length * (example + 1));
  const strips = await cutStrips(seqlets, { length, window, flank: 4 }, example =>
    Promise.resolve({ hypothetical: of(hypothetical, example), letters: of(letters, example) }),
  );
  const all = [...seqlets.keys()];
  const patterns = await findPatterns(
    strips,
    all,
    { compared: 1000, neighbours: 10, merge: 0.5, seed: 1, ...options },
    never,
  );
  return { seqlets, strips, patterns };
}

describe('patterns', () => {
  it('lie on the planted motifs: every member at the same distance, on the strand that was planted', async () => {
    const motifs = ['TGACTCAGC', 'CACGTTAGG', 'GGAATTCAA'];
    const planted = plantedMaps(motifs, { examples: 240, length: 120, noise: 0.25 }, new Stream(3, 'test'));
    const { seqlets, strips, patterns } = await discovered(planted, 9, { least: 20 });
    expect(patterns).toHaveLength(3);
    const seen = new Set<number>();
    for (const { members, counts } of patterns) {
      const places = members.map(({ seqlet, moved, turned }) => {
        const { example, start } = seqlets[seqlet]!;
        const site = planted.sites[example]!;
        const first = start - 4 + moved;
        // From the motif's first column to the pattern's, as the pattern reads.
        const offset = turned ? first + strips.width - (site.start + 9) : site.start - first;
        return `${site.motif} ${offset} ${site.minus === turned ? 'same' : 'other'}`;
      });
      const commonest = places.filter(place => place === places[0]).length;
      expect(commonest / places.length).toBeGreaterThanOrEqual(0.97);
      expect(members.length).toBeGreaterThanOrEqual(76);
      seen.add(Number(places[0]!.split(' ')[0]));
      const [from, to] = informativeSpan(counts, 0.3);
      expect(to - from).toBe(9);
      const consensus = Array.from(frequencies(counts).subarray(4 * from, 4 * to));
      const letters = Array.from({ length: 9 }, (_, i) => {
        const column = consensus.slice(4 * i, 4 * i + 4);
        return 'ACGT'[column.indexOf(Math.max(...column))];
      }).join('');
      const turned = [...letters]
        .reverse()
        .map(letter => 'TGCA'['ACGT'.indexOf(letter)])
        .join('');
      expect(motifs.some(motif => motif === letters || motif === turned)).toBe(true);
    }
    expect(seen.size).toBe(3);
  });

  it('are one where windows lie on either end of a long motif, which counts each site once', async () => {
    const motif = 'TGGCCACCAGGGGGCGCTA';
    const planted = plantedMaps([motif], { examples: 150, length: 120, noise: 0.2 }, new Stream(6, 'test'));
    const { length, hypothetical, letters, sites } = planted;
    const of = (array: Float32Array, example: number) => array.slice(4 * length * example, 4 * length * (example + 1));
    // One end of every motif, or both.
    const windows = sites.flatMap(({ example, start }) => [
      ...(example % 3 > 0 ? [{ example, start }] : []),
      ...(example % 3 < 2 ? [{ example, start: start + 9 }] : []),
    ]);
    const strips = await cutStrips(windows, { length, window: 9, flank: 5 }, example =>
      Promise.resolve({ hypothetical: of(hypothetical, example), letters: of(letters, example) }),
    );
    const options = { compared: 1000, neighbours: 10, merge: 0.5, seed: 1, least: 20 };
    const patterns = await findPatterns(strips, [...windows.keys()], options, never);
    expect(patterns).toHaveLength(1);
    const examples = patterns[0]!.members.map(({ seqlet }) => windows[seqlet]!.example);
    expect(new Set(examples).size).toBe(examples.length);
    expect(examples.length).toBeGreaterThanOrEqual(145);
  });

  it('take in seqlets that were not compared, and leave noise out', async () => {
    const planted = plantedMaps(['TGACTCAGC'], { examples: 200, length: 120, noise: 0.25 }, new Stream(4, 'test'));
    const some = await discovered(planted, 9, { least: 10, compared: 40 });
    expect(some.patterns).toHaveLength(1);
    expect(some.patterns[0]!.members.length).toBeGreaterThanOrEqual(190);
    const noise = plantedMaps([''], { examples: 200, length: 120, noise: 0.25 }, new Stream(5, 'test'));
    const windows = Array.from({ length: 150 }, (_, example) => ({ example, start: 40 }));
    const of = (array: Float32Array, example: number) => array.slice(480 * example, 480 * (example + 1));
    const strips = await cutStrips(windows, { length: 120, window: 9, flank: 4 }, example =>
      Promise.resolve({ hypothetical: of(noise.hypothetical, example), letters: of(noise.letters, example) }),
    );
    const options = { compared: 1000, neighbours: 10, merge: 0.5, seed: 1, least: 20 };
    const patterns = await findPatterns(strips, [...windows.keys()], options, never);
    expect(patterns).toEqual([]);
  });

  it('are read from strips that are zeros beyond the ends of an example', async () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => i + 1);
    const strips = await cutStrips([{ example: 0, start: 1 }], { length: 6, window: 3, flank: 1 }, () =>
      Promise.resolve({ hypothetical: values, letters: values }),
    );
    const at = (moved: number, turned: boolean) => [...placed(strips, strips.hypothetical, 0, { moved, turned })];
    expect(at(0, false)).toEqual([...values.slice(0, 20)]);
    expect(at(-2, false)).toEqual([...new Array<number>(8).fill(0), ...values.slice(0, 12)]);
    expect(at(0, true)).toEqual([...values.slice(0, 20)].reverse());
  });
});
