import { describe, expect, it } from 'vitest';
import { motifMatch } from '../../../server/src/engine/metrics/motif-match.js';
import { plantedSites, seqletRecovery } from '../../../server/src/engine/metrics/seqlet-recovery.js';

const column = (result: ReturnType<typeof motifMatch>, name: string): number[] => [
  ...result.columns.find(one => one.name === name)!.values,
];

describe('motif_match', () => {
  const input = {
    pValues: Float64Array.of(0.5, 1e-9, 0.2, 0.04, 0.5, 0.1, NaN, NaN, NaN),
    qValues: Float64Array.of(0.5, 3e-9, 0.3, 0.12, 0.5, 0.15, NaN, NaN, NaN),
    sites: Float64Array.of(30, 10, 0),
    below: 0.05,
  };

  it('takes for each pattern the best of the motifs that are asked for', () => {
    const any = motifMatch({ ...input, motifs: [0, 1, 2] });
    expect(column(any, 'motif')).toEqual([1, 0, 0]);
    expect(any.statistics['q']!.value).toBe(3e-9);
    expect(any.statistics['p']!.value).toBe(1e-9);
    expect(any.statistics['matched']!.value).toBeCloseTo(1 / 3);
    expect(any.statistics['seqlets']!.value).toBeCloseTo(0.75);
    const first = motifMatch({ ...input, motifs: [0] });
    expect(first.statistics['q']!.value).toBe(0.12);
    expect(first.statistics['matched']!.value).toBe(0);
  });
});

describe('seqlet_recovery', () => {
  // Two examples of ten positions: motifs at 2–5 and 8–9 of the first, none in the second.
  const truth = Float32Array.from('00111100110000000000', Number);

  it('sees planted motifs as stretches of positions with information', () => {
    expect(plantedSites(truth, 10)).toEqual([
      { example: 0, start: 2, end: 6 },
      { example: 0, start: 8, end: 10 },
    ]);
  });

  it('counts motifs that are half covered, and seqlets that are half planted or hold a whole motif', () => {
    const seqlets = [
      { example: 0, start: 4, end: 8 }, // half of the first motif, half planted
      { example: 0, start: 9, end: 14 }, // half of the second, reaches over the end, a fifth planted
      { example: 1, start: 0, end: 3 },
    ];
    const { statistics } = seqletRecovery({ seqlets, truth, length: 10 });
    expect(statistics['recall']!.value).toBe(1);
    expect(statistics['precision']!.value).toBeCloseTo(1 / 3);
    const whole = seqletRecovery({ seqlets: [{ example: 0, start: 0, end: 10 }], truth, length: 10 });
    expect(whole.statistics['precision']!.value).toBe(1);
    const edge = seqletRecovery({ seqlets: [{ example: 0, start: 5, end: 8 }], truth, length: 10 });
    expect([edge.statistics['recall']!.value, edge.statistics['precision']!.value]).toEqual([0, 0]);
  });
});
