import { describe, expect, it } from 'vitest';
import { fromIupac } from '../../../server/src/engine/data/motifs.js';
import { isGrammatical, simulateMotifGrammar } from '../../../server/src/engine/simulate/motif-grammar.js';

const parameters = {
  motifs: ['CACGTT', 'GATAA', 'TGC'],
  order: 'fixed',
  orientations: ['forward', 'reverse', 'either'],
  spacing_from: 2,
  spacing_to: 6,
  negatives: 'broken',
  sequences: 3000,
  length: 50,
  positives: 0.5,
  seed: 5,
} as const;
const motifs = parameters.motifs.map(fromIupac);
const grammar = { ...parameters, motifs };

function words(name: string) {
  const [, list = ''] = name.split(': ');
  return list.split(', ').map(one => {
    const [motif = '', start] = one.split(' at ');
    const index = (parameters.motifs as readonly string[]).indexOf(motif.slice(0, -1));
    return { index, start: Number(start), strand: motif.at(-1) as '+' | '-' };
  });
}

describe('simulate_motif_grammar', async () => {
  const data = await simulateMotifGrammar.read(parameters, {});

  it('obeys in positives and breaks in negatives, with the same motifs in both', () => {
    const gaps = new Map<number, number>();
    data.names.forEach((name, i) => {
      const found = words(name);
      expect(found.map(({ index }) => index).sort()).toEqual([0, 1, 2]);
      expect(isGrammatical(found, grammar)).toBe(data.labels[i] === 1);
      if (data.labels[i] !== 1) return;
      const gap = found[1]!.start - found[0]!.start - 6;
      gaps.set(gap, (gaps.get(gap) ?? 0) + 1);
    });
    expect([...gaps.keys()].sort()).toEqual([2, 3, 4, 5, 6]);
    const chiSquare = [...gaps.values()].reduce((sum, count) => sum + (count - 300) ** 2 / 300, 0);
    expect(chiSquare).toBeLessThan(18.5); // 4 degrees of freedom, p = 0.001
  });

  it('writes the letters of each motif on its strand', () => {
    const text = (index: number, start: number, width: number) =>
      [...data.letters.subarray(index * 50 + start, index * 50 + start + width)].map(code => 'ACGT'[code]).join('');
    for (let index = 0; index < 200; index++)
      for (const { index: motif, start, strand } of words(data.names[index]!))
        expect(text(index, start, motifs[motif]!.width)).toBe(
          { '+': ['CACGTT', 'GATAA', 'TGC'], '-': ['AACGTG', 'TTATC', 'GCA'] }[strand][motif],
        );
  });

  it('plants nothing into background negatives', async () => {
    const { labels, truth } = await simulateMotifGrammar.read({ ...parameters, negatives: 'background' }, {});
    labels.forEach((label, i) =>
      expect(truth!.subarray(i * 50, i * 50 + 50).filter(bits => bits > 0)).toHaveLength(label === 1 ? 14 : 0),
    );
  });

  it.each([
    { motifs: ['CACGTG', 'GATAA'], orientations: ['forward', 'forward'] as const, order: 'fixed' as const },
    { motifs: ['GATAA', 'GATAA'], orientations: ['forward', 'reverse'] as const, order: 'fixed' as const },
    { motifs: ['GATAA', 'GATAA'], orientations: ['forward', 'reverse'] as const, order: 'any' as const },
  ])('breaks by what is read, not by numbers and strands: $motifs, $order', async given => {
    const { letters, labels } = await simulateMotifGrammar.read({ ...parameters, ...given, sequences: 2000 }, {});
    const spellings = {
      CACGTG: [/CACGTG.{2,6}GATAA/],
      GATAA: given.order === 'fixed' ? [/GATAA.{2,6}TTATC/] : [/GATAA.{2,6}TTATC/, /TTATC.{2,6}GATAA/],
    }[given.motifs[0] as 'CACGTG' | 'GATAA'];
    const obeying = labels.map((_, i) => {
      const text = [...letters.subarray(i * 50, i * 50 + 50)].map(code => 'ACGT'[code]).join('');
      return spellings.some(spelling => spelling.test(text));
    });
    expect(obeying.every((obeys, i) => obeys || labels[i] === 0)).toBe(true);
    // By chance the background spells a motif that is missing in about one of a hundred.
    expect(obeying.filter((obeys, i) => obeys && labels[i] === 0).length).toBeLessThan(20);
  });

  it('refuses grammars that contradict themselves or forbid nothing', async () => {
    const refused = (given: object) => expect(simulateMotifGrammar.describe({ ...parameters, ...given }, {})).rejects;
    await refused({ orientations: ['forward'] }).toThrow('1 orientations are given for 3 motifs');
    await refused({ spacing_to: 1 }).toThrow('2 to 1 bp apart');
    await refused({ length: 17 }).toThrow('at least 18 bp, the sequences have 17');
    await refused({ order: 'any', orientations: undefined, spacing_from: 0, spacing_to: 50 }).toThrow(
      'none can break it',
    );
  });
});
