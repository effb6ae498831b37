/** What simulations know of their examples and features, through the store and the stages behind it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { StoredExamples } from '../../../server/src/engine/data/stored-examples.js';
import { truthColumn } from '../../../server/src/engine/data/examples.js';
import { readSource } from '../../../server/src/engine/data/sources.js';
import { call, Workbench } from '../methods/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(referenceExecutor);
});
afterAll(() => bench.remove());

describe('the truth of a simulation', () => {
  it('keeps the matrices of sequences, also of those chosen and joined', async () => {
    const source = call('source', 'simulate_motif_grammar', {
      motifs: ['CACGTG', 'GATW'],
      sequences: 8,
      length: 40,
      seed: 1,
    });
    const all = await bench.data(source);
    const last = await bench.data(all.key, [
      call('stage', 'take', { size: 3, from: 5 }),
      call('stage', 'concat', { data: [all.key] }),
    ]);
    const direct = await readSource(source, {});
    if (direct.alphabet !== 'dna') throw new Error('sequences were expected');
    const { distribution, truth } = direct;
    const size = 4 * 40;
    expect(all.arrays['distribution']).toEqual(distribution);
    expect(last.arrays['distribution']).toEqual(
      Float32Array.from([...distribution!.slice(5 * size), ...distribution!]),
    );
    expect(last.arrays['truth']!.slice(0, 3 * 40)).toEqual(truth!.slice(5 * 40));
    const stored = await StoredExamples.open(bench.store, last.key);
    expect(await stored.distribution(3, 5)).toEqual(distribution!.slice(0, 2 * size));
  });

  it('keeps real-valued traits and what is known of variants, and grows with the stages', async () => {
    const cohort = await bench.data(
      call('source', 'simulate_genotypes', { people: 500, variants: 30, block: 5, causal: 0.2, seed: 2 }),
    );
    const counts = { additive: 2, dominant: 1, recessive: 1, epistatic_pairs: 1, explained: 1 };
    const decoyed = await bench.data(cohort.key, [
      call('stage', 'spike_in', { ...counts, seed: 3 }),
      call('stage', 'with_decoys', { seed: 4 }),
      call('stage', 'take', { size: 100 }),
    ]);
    const before = await StoredExamples.open(bench.store, cohort.key);
    const after = await StoredExamples.open(bench.store, decoyed.key);
    expect(after.labels).toEqual(before.labels.slice(0, 100));
    expect(new Set(after.labels).size).toBe(100);
    expect(after.features).toHaveLength(72);
    expect([after.features[30], after.features[36], after.features[71]]).toEqual([
      'SYN_ADD_001',
      'decoy:snp1',
      'decoy:SYN_EPI_001_B',
    ]);
    const known = (name: string) => [...truthColumn(after.featureTruth!, name)!];
    expect(known('decoy')).toEqual(Array.from({ length: 72 }, (_, i) => Number(i >= 36)));
    expect(known('epistatic').flatMap((value, i) => (value === 1 ? [i] : []))).toEqual([34, 35]);
    expect(known('partner').slice(33)).toEqual([-1, 35, 34, ...Array<number>(36).fill(-1)]);
    expect(known('polygenic').slice(0, 30)).toEqual([...truthColumn(before.featureTruth!, 'polygenic')!]);
    expect(known('polygenic').filter(effect => effect !== 0)).toHaveLength(6);
    expect((await after.all()).alphabet).toBe('genotypes');
  });

  it('is dropped, with a warning, where joined cohorts know different things', async () => {
    const [one, other] = await Promise.all(
      [5, 6].map(seed =>
        bench.data(call('source', 'simulate_genotypes', { people: 20, variants: 10, causal: 0.5, seed })),
      ),
    );
    const joined = await bench.data(one!.key, [call('stage', 'concat', { data: [other!.key] })]);
    expect(joined.arrays).not.toHaveProperty('feature_truth');
    expect(joined.meta.notes.map(({ code }) => code)).toContain('data/truth-dropped');
    const twice = await bench.data(one!.key, [call('stage', 'concat', { data: [one!.key] })]);
    expect(twice.arrays['feature_truth']).toEqual(one!.arrays['feature_truth']);
  });

  it('is asked of genotypes only', async () => {
    const samples = await bench.data(
      call('source', 'simulate_expression', { configuration: 'set0', samples: 6, seed: 1 }),
    );
    await expect(bench.data(samples.key, [call('stage', 'with_decoys', { seed: 1 })])).rejects.toThrow(
      '`with_decoys` is defined for genotypes, the examples hold expression',
    );
  });
});
