import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byChromosome, layOut, locusOf, overlap } from '../../webview/src/loci.js';
import { findName } from '../../webview/src/navigation.js';

describe('places in names', () => {
  it.each([
    ['chr1:1,000-2,000', { chromosome: '1', start: 1000, end: 2000 }],
    ['chrx:5', { chromosome: 'X', start: 5, end: 5 }],
    ['22:17000_A_G', { chromosome: '22', start: 17000, end: 17000 }],
    ['ENSG01|CTCF|chr16:67562407-67639185(+)|header', { chromosome: '16', start: 67562407, end: 67639185 }],
    ['decoy:3:77', { chromosome: '3', start: 77, end: 77 }],
    ['rs1234', undefined],
    ['snp17', undefined],
  ])('%s', (text, expected) => {
    expect(locusOf(text)).toEqual(expected);
  });

  it('are found by an interval that touches them', () => {
    const names = ['chr1:100-200', 'chr1:300-400', 'chr2:100-200', 'nowhere'];
    expect(findName(names, 'chr1:350-900', 3)).toBe(1);
    expect(findName(names, '1:201-299', 3)).toBeUndefined();
    expect(findName(names, 'chr1:200-300', 0)).toBe(1);
    expect(findName(names, 'chr1:200-300', 1)).toBe(0);
    expect(findName(names, 'nowh', 0)).toBe(3);
  });

  it('overlap one another both ways, and themselves', () => {
    const locus = fc
      .record({ chromosome: fc.constantFrom('1', '2'), start: fc.integer({ min: 1, max: 50 }), size: fc.nat(20) })
      .map(({ chromosome, start, size }) => ({ chromosome, start, end: start + size }));
    fc.assert(
      fc.property(locus, locus, (a, b) => {
        const shared = Array.from({ length: 80 }, (_, at) => at).some(
          at => at >= a.start && at <= a.end && at >= b.start && at <= b.end,
        );
        expect(overlap(a, b)).toBe(a.chromosome === b.chromosome && shared);
        expect(overlap(b, a)).toBe(overlap(a, b));
      }),
      { seed: 51 },
    );
  });
});

describe('the axis of a Manhattan plot', () => {
  it('has chromosomes behind each other, in their order', () => {
    expect(['X', '10', '2', 'MT', '1'].sort(byChromosome)).toEqual(['1', '2', '10', 'MT', 'X']);
    const { at, stretches } = layOut(['chr2:50', 'chr1:10', 'chr1:30', 'chr2:40']);
    expect(stretches).toEqual([
      { chromosome: '1', from: 0, to: 21 },
      { chromosome: '2', from: 21, to: 32 },
    ]);
    expect(at).toEqual([31, 0, 20, 21]);
  });

  it('has decoys where their originals are, and planted variants behind all', () => {
    const names = ['rs1', 'rs2', 'rs3', 'decoy:rs1', 'planted'];
    const { at, stretches } = layOut(names, ['1:10', '1:30', '2:40']);
    expect(stretches.map(({ chromosome }) => chromosome)).toEqual(['1', '2', 'no place']);
    expect(at.slice(0, 4)).toEqual([0, 20, 21, 0]);
    expect(at[4]).toBeGreaterThanOrEqual(22);
  });

  it('is the order of the data where a name is no place', () => {
    expect(layOut(['chr1:5', 'rs7'])).toEqual({ at: [1, 2], stretches: [] });
  });
});
