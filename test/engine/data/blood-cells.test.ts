/** Real cells of an AnnData file: one type against the others by the t-test of scipy. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { StoredExamples } from '../../../server/src/engine/data/stored-examples.js';
import { associate } from '../../../server/src/engine/methods/global/linear-association.js';
import { call, Workbench } from '../methods/workbench.js';

const BLOOD = '../shared/data/expression/pbmc68k_reduced.zarr.zip';

/** −log₁₀ of the p-values of `scipy.stats.ttest_ind(X[labels == type], X[labels != type])`, scipy 1.10.1. */
const SCIPY: readonly (readonly [type: number, Readonly<Record<string, number>>])[] = [
  [5, { CD79A: 4.75308, MS4A1: 3.19993, LYZ: 3.66464, NKG7: 4.24811, S100A9: 12.93096, GNLY: 3.84486 }],
  [6, { CD79A: 172.59418, MS4A1: 79.9542, LYZ: 12.24476, NKG7: 3.77378, S100A9: 6.52652, GNLY: 3.08323 }],
  [8, { CD79A: 1.36886, MS4A1: 0.80973, LYZ: 3.9468, NKG7: 135.54489, S100A9: 2.37944, GNLY: 94.38569 }],
];

describe.skipIf(!existsSync(BLOOD))('one type of blood cells against the others', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await Workbench.create(referenceExecutor);
  });
  afterAll(() => bench.remove());

  it.each(SCIPY)('has the p-values of scipy: type %i', async (type, expected) => {
    const source = call('source', 'anndata', { path: await bench.file(BLOOD), label: 'bulk_labels' });
    const { key } = await bench.data(source, [call('stage', 'one_against_rest', { class: type })]);
    const examples = await StoredExamples.open(bench.store, key);
    const { strength } = await associate(examples, examples.labels, () => Promise.resolve());
    for (const [gene, value] of Object.entries(expected))
      expect(strength[examples.features.indexOf(gene)]).toBeCloseTo(value, 3);
  });
});
