import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { informationOf, readMotifs } from '../../../server/src/engine/data/motifs.js';
import { MOTIF_COUNTS, simulateMotifCombinations } from '../../../server/src/engine/simulate/motif-combinations.js';
import { PUBLISHED_BACKGROUND, UNFILTERED_BACKGROUND } from '../../../server/src/engine/simulate/published-motifs.js';

const JASPAR = '../shared/data/motifs/jaspar2016_core_vertebrates.pfm';

const inline = {
  core: [
    'CACGTG',
    [
      [9, 1, 0, 0],
      [0, 0, 10, 0],
      [0, 0, 0, 2],
    ],
  ],
  background: ['TGASTCA', 'GATAA'],
  sequences: 6000,
  length: 60,
  positives: 0.5,
  seed: 7,
} as const;

/** What was planted, from the names: [motif with strand, start]. */
function planted(name: string): [string, number][] {
  const [, list = ''] = name.split(': ');
  return list.split(', ').map(one => {
    const [motif = '', start] = one.split(' at ');
    return [motif, Number(start)];
  });
}

describe('simulate_motif_combinations', async () => {
  const data = await simulateMotifCombinations.read(inline, {});
  const { length } = data;

  it('draws 3 to 7 motifs with the published probabilities', () => {
    const counts = new Map<number, number>();
    for (const name of data.names) counts.set(planted(name).length, (counts.get(planted(name).length) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([3, 4, 5, 6, 7]);
    let chiSquare = 0;
    for (const [count, probability] of MOTIF_COUNTS)
      chiSquare += (counts.get(count)! - 6000 * probability) ** 2 / (6000 * probability);
    expect(chiSquare).toBeLessThan(18.5); // 4 degrees of freedom, p = 0.001
  });

  it('takes core motifs alone for positives, and all of both pools on both strands for negatives', () => {
    const motifs = (label: number) => [
      ...new Set(data.names.flatMap((name, i) => (data.labels[i] === label ? planted(name).map(([m]) => m) : []))),
    ];
    expect(motifs(1).sort()).toEqual(['AGT+', 'AGT-', 'CACGTG+', 'CACGTG-']);
    expect(motifs(0)).toHaveLength(8);
    expect(data.labels.filter(label => label === 1)).toHaveLength(3000);
  });

  it('keeps the matrix from which each sequence was drawn', () => {
    const matrix = data.distribution!;
    const seen = { agreed: 0, positions: 0 };
    data.names.slice(0, 500).forEach((name, index) => {
      const inMotifs = new Set<number>();
      for (const [motif, start] of planted(name)) {
        const width = motif.length - 1;
        for (let at = start; at < start + width; at++) {
          expect(inMotifs.has(at)).toBe(false);
          inMotifs.add(at);
        }
        if (motif !== 'AGT+') continue;
        const at = 4 * (index * length + start);
        expect([...matrix.subarray(at, at + 8)]).toEqual([0.9, 0.1, 0, 0, 0, 0, 1, 0].map(Math.fround));
        seen.positions++;
        if (data.letters[index * length + start] === 0) seen.agreed++;
      }
      for (let at = 0; at < length; at++) {
        const column = matrix.subarray(4 * (index * length + at), 4 * (index * length + at + 1));
        if (!inMotifs.has(at)) expect([...column]).toEqual([0.25, 0.25, 0.25, 0.25]);
        expect(column[data.letters[index * length + at]!]).toBeGreaterThan(0);
      }
    });
    const bits = informationOf(matrix.subarray(0, 400 * length));
    bits.forEach((bit, at) => expect(data.truth![at]).toBeCloseTo(bit, 5));
    // Nine of ten A where the column says so.
    expect(seen.agreed / seen.positions).toBeGreaterThan(0.85);
    expect(seen.agreed / seen.positions).toBeLessThan(0.95);
  });

  it('spreads the motifs over the whole sequence: the mean of the first and the last gap is the same', () => {
    let first = 0;
    let last = 0;
    for (const name of data.names) {
      const places = planted(name);
      first += places[0]![1];
      const [motif, start] = places.at(-1)!;
      last += length - start - (motif.length - 1);
    }
    expect(Math.abs(first - last) / data.names.length).toBeLessThan(0.3);
  });

  it('gives example i whatever the number of sequences, and other ones for another seed', async () => {
    const fewer = await simulateMotifCombinations.read({ ...inline, sequences: 9 }, {});
    expect(fewer.letters).toEqual(data.letters.slice(0, 9 * length));
    expect(fewer.names).toEqual(data.names.slice(0, 9));
    const other = await simulateMotifCombinations.read({ ...inline, sequences: 9, seed: 8 }, {});
    expect(other.letters).not.toEqual(fewer.letters);
  });

  it('refuses what cannot be', async () => {
    const refused = (given: object) => expect(simulateMotifCombinations.describe({ ...inline, ...given }, {})).rejects;
    await refused({ length: 9 }).toThrow('take 9 positions, the sequences have 9');
    await refused({ background: 'published' }).toThrow('none is given');
    await refused({ core: ['SP1'] }).toThrow('"P" at position 2 of "SP1"');
    await refused({ core: [] }).toThrow('no core motif');
  });

  it.skipIf(!existsSync(JASPAR))('hides the published core among the published pool', async () => {
    const hash = 'a'.repeat(64);
    const parameters = {
      path: hash,
      core: ['SP1', 'Gabpa', 'CEBPB', 'MAX', 'YY1'],
      background: 'published',
      sequences: 2000,
      length: 200,
      positives: 0.5,
      seed: 22,
    } as const;
    const paper = await simulateMotifCombinations.read(parameters, { [hash]: JASPAR });
    const negatives = new Set(
      paper.names.flatMap((name, i) => (paper.labels[i] === 0 ? planted(name).map(([m]) => m) : [])),
    );
    expect(negatives.size).toBe(110);
    // The look-alikes that stand at the positions of the published list (methods of the paper).
    const names = new Map((await readMotifs(JASPAR)).map(({ id, name }) => [id, name]));
    const lookAlikes = 'ETV5 CEBPG KLF5 MLX ZIC3 ETV3 PLAG1 TCF4 NFIC E2F6'.split(' ');
    const among = (pool: readonly string[]) => lookAlikes.filter(name => pool.some(id => names.get(id) === name));
    expect(among(PUBLISHED_BACKGROUND)).toEqual([]);
    expect(among(UNFILTERED_BACKGROUND)).toHaveLength(9);
    expect(new Set(PUBLISHED_BACKGROUND).size).toBe(50);
    expect(new Set(UNFILTERED_BACKGROUND).size).toBe(50);
    // A drawn background leaves the core out.
    const drawn = await simulateMotifCombinations.read(
      { ...parameters, background: 514, sequences: 1 },
      { [hash]: JASPAR },
    );
    expect(drawn.notes[0]!.message).toContain('these and 514 others');
    await expect(
      simulateMotifCombinations.describe({ ...parameters, background: 515 }, { [hash]: JASPAR }),
    ).rejects.toThrow('514 besides the core');
  });
});
