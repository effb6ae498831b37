/** Metric steps on the store: what they read of attributions, data and models. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats } from '../../../server/src/engine/graph/graph.js';
import type { Call, Json, Target } from '../../../server/src/protocol.js';
import { linear, targetOf } from '../methods/global/rows.js';
import { call, openBatch, path, Workbench, type Result } from '../methods/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const measure = (name: string, of: Result | readonly Result[], given: Readonly<Record<string, Json>> = {}) =>
  bench.run({ kind: 'metric', metric: call('metric', name, given), subjects: [of].flat().map(({ key }) => key) });

const values = ({ meta }: Result) =>
  Object.fromEntries(Object.entries(meta.statistics!).map(([name, { value }]) => [name, value]));

describe('classifiers', () => {
  const GENES = 6;

  /** Three classes, each with two genes of its own, in counts per million. */
  function network(scale: number, last: 'softmax' | 'none') {
    const builder = new GraphBuilder('toy');
    const x = builder.input('x', 'float32', [1, GENES]);
    const weights = floats(
      [GENES, 3],
      Array.from({ length: GENES * 3 }, (_, at) => (Math.floor(at / 6) === at % 3 ? scale : 0)),
    );
    const logits = builder.add('MatMul', [x, builder.constant(weights)]);
    return openBatch(builder.finish([last === 'none' ? logits : builder.add('Softmax', [logits], { axis: 1 })]));
  }

  const scale = 2e-5;
  let data: Result;
  let explained: Result;
  const target = (of: Call, last: 'softmax' | 'none' = 'softmax'): Promise<Target> =>
    bench.target(network(scale, last), GENES, of, { input: call('alphabet', 'expression', { genes: GENES }) });
  const mean = call('reference', 'mean') as unknown as Json;

  beforeAll(async () => {
    data = await bench.data(call('source', 'simulate_expression', { configuration: 'set0', samples: 60, seed: 1 }));
    explained = await bench.explain(
      path(call('reference', 'mean'), { steps: 16 }),
      await target(call('target', 'true_class')),
      data.key,
    );
  });

  it('have the gaps of their own class, by the baseline of the method', async () => {
    const found = await measure('pgi', explained, { gap: 1 });
    const x = data.arrays['array']!;
    const labels = (await bench.store.rows(data.key)).rows.map(([, label]) => Number(label));
    const probability = (row: readonly number[], label: number) => {
      const each = [0, 1, 2].map(c => Math.exp(scale * (row[2 * c]! + row[2 * c + 1]!)));
      return each[label]! / each.reduce((a, b) => a + b);
    };
    const baseline = Array.from({ length: GENES }, (_, g) => {
      let sum = 0;
      for (let row = 0; row < 60; row++) sum += x[row * GENES + g]! / 60;
      return sum;
    });
    const gaps = new Map<number, number[]>();
    labels.forEach((label, example) => {
      const own = [...x.subarray(example * GENES, (example + 1) * GENES)];
      if ([0, 1, 2].some(c => probability(own, c) > probability(own, label))) return;
      const scores = [...explained.arrays['scores']!.subarray(example * GENES, (example + 1) * GENES)];
      const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
      const row = [...own];
      let gap = 0;
      for (const gene of order) {
        row[gene] = baseline[gene]!;
        gap += Math.max(0, probability(own, label) - probability(row, label)) / GENES;
      }
      gaps.set(label, [...(gaps.get(label) ?? []), gap]);
    });
    const means = [...gaps.values()].map(all => all.reduce((a, b) => a + b) / all.length);
    expect(means).toHaveLength(3);
    expect(values(found)['local']).toBeCloseTo(means.reduce((a, b) => a + b) / 3, 4);
    const unimportant = values(await measure('pgu', explained, { gap: 1 }));
    const random = values(await measure('pgr', explained, { gap: 1, seed: 1, repeats: 5 }));
    expect(unimportant['local']).toBeLessThan(random['mean']!);
    expect(random['mean']).toBeLessThan(values(found)['local']!);
    expect(unimportant['local_adjusted']).toBeGreaterThan(unimportant['local']!);
  });

  it('know their informative genes, also spread over correlated ones, and keep their accuracy with the best', async () => {
    const plain = values(await measure('feature_agreement', explained));
    expect(plain['global']).toBe(1);
    expect(plain['local']).toBeGreaterThan(0.5);
    const spread = await measure('feature_agreement', explained, { diffuse: data.key });
    expect(spread.meta.statistics!['local']!.n).toBe((await measure('feature_agreement', explained)).meta.rows);
    const curve = await measure('keep_curve', explained, { sizes: [2, 4, 6], seed: 1, repeats: 3 });
    expect(curve.meta.curve!.x.values).toEqual([2, 4]);
    expect(values(curve)['each_class']).toBe(1);
    expect(values(curve)['worst']).toBeLessThan(values(curve)['best']!);
    const noise = { noise: { absolute: 5000, unit: 'counts' }, top: 1 / 3, samples: 20, seed: 1 };
    const [high, low] = [
      await measure('openxai_pgi', explained, noise),
      await measure('openxai_pgu', explained, noise),
    ];
    expect(values(high)['mean']).toBeGreaterThan(values(low)['mean']!);
  });

  it('are the same with and without their softmax; a target for one class leaves the others out', async () => {
    const without = await bench.explain(
      call('method', 'saliency'),
      await target(call('target', 'true_class'), 'none'),
      data.key,
    );
    const found = await measure('pgr', without, { gap: 1, seed: 1, repeats: 2, baseline: mean });
    expect(found.meta.rows).toBe((await measure('pgr', explained, { gap: 1, seed: 1, repeats: 2 })).meta.rows);
    const one = await bench.explain(
      call('method', 'saliency'),
      await target(call('target', 'class', { class: 2 })),
      data.key,
    );
    const { meta } = await measure('pgi', one, { gap: 1, baseline: mean });
    expect(meta.rows).toBeLessThanOrEqual(20);
    expect(meta.notes.map(({ code }) => code)).toContain('metric/other-class');
  });

  it('are not paired over targets whose examples are others, though they are as many', async () => {
    const cells = [];
    for (const one of [0, 2]) {
      const map = await bench.explain(
        call('method', 'saliency'),
        await target(call('target', 'class', { class: one })),
        data.key,
      );
      const found = await measure('pgi', map, { gap: 1, baseline: mean });
      expect(found.meta.rows).toBe(16);
      const labels = { method: 'saliency', wrapper: 'none', correction: 'none', data: 'cells', metric: 'pgi' };
      cells.push({ ...labels, target: `class${one}`, statistic: 'local', result: { key: found.key } });
    }
    const table = await bench.run({ kind: 'benchmark', cells });
    await expect(
      measure('contrast', table, { metric: 'pgi', axis: 'targets', from: 'class0', to: 'class2' }),
    ).rejects.toMatchObject({ problem: { code: 'metric/units' } });
  });

  it('are refused without baseline, with several, and for targets that stand for no class', async () => {
    const saliency = call('method', 'saliency');
    const plain = await bench.explain(saliency, await target(call('target', 'true_class')), data.key);
    const several = call('reference', 'samples', { copies: 2, seed: 1 }) as unknown as Json;
    const inner = call('target', 'before', { activation: 'softmax', index: 0 });
    const other = await bench.explain(saliency, await target(inner), data.key);
    const codes = await Promise.all(
      [
        measure('pgi', plain),
        measure('pgi', plain, { baseline: several }),
        measure('pgi', other, { baseline: mean }),
      ].map(run =>
        run.then(
          () => 'none',
          (error: unknown) => (error instanceof Failure ? error.problem.code : String(error)),
        ),
      ),
    );
    expect(codes).toEqual(['metric/no-baseline', 'metric/baselines', 'metric/no-class']);
  });
});

describe('cohorts', () => {
  it('are scored by mean |attribution|, and an association scan finds what is planted', async () => {
    const data = await bench.data(
      call('source', 'simulate_genotypes', { people: 1500, variants: 60, block: 1, seed: 2 }),
      [
        call('stage', 'spike_in', {
          additive: 8,
          dominant: 8,
          recessive: 4,
          epistatic_pairs: 4,
          explained: 1,
          seed: 3,
        }),
        call('stage', 'with_decoys', { seed: 4 }),
      ],
    );
    const variants = data.arrays['array']!.length / 1500;
    const weights = Array.from({ length: variants }, (_, v) => Math.sin(v));
    const of = await targetOf(bench, linear(weights), variants, 'genotypes');
    const scan = await bench.explain(call('method', 'linear_association'), of, data.key);
    const found = values(await measure('attribution_recall', scan, { top: 0.3 }));
    expect(found['additive']).toBeGreaterThan(0.7);
    expect(found['all']).toBeGreaterThan(0.4);
    const scanned = values(await measure('attribution_recall', scan, { top: 0.3, scan: scan.key }));
    expect(scanned['associated']).toBe(1);
    const others = await bench.data(call('source', 'simulate_genotypes', { people: 300, variants, block: 1, seed: 2 }));
    const elsewhere = await bench.explain(call('method', 'linear_association'), of, others.key);
    await expect(measure('attribution_recall', scan, { top: 0.3, scan: elsewhere.key })).rejects.toThrow('p-value');
    const precision = values(await measure('decoy_precision', scan, { top: 0.1 }));
    expect(precision['precision']).toBeGreaterThan(0.5);

    const saliency = await bench.explain(call('method', 'saliency'), of, data.key);
    const scores = (await measure('decoy_precision', saliency, { top: 0.1 })).arrays['array']!;
    weights.forEach((weight, v) => expect(scores[2 * v]).toBeCloseTo(Math.abs(weight), 4));
    await expect(measure('stability', saliency)).rejects.toThrow('1 network');
    await expect(measure('composite', [saliency, scan])).rejects.toThrow('1 network');
  });

  it('of an ensemble have a stability over its members, and with it a composite', async () => {
    const data = await bench.data(call('source', 'simulate_genotypes', { people: 300, variants: 30, seed: 2 }), [
      call('stage', 'spike_in', { additive: 4, dominant: 0, recessive: 0, epistatic_pairs: 0, explained: 1, seed: 3 }),
      call('stage', 'with_decoys', { seed: 4 }),
    ]);
    const network = {
      call: 'list',
      category: 'network',
      parameters: { layers: [call('layer', 'dense', { units: 1 })] },
    };
    const trained = await bench.run({
      kind: 'training',
      training: call('training', 'train', {
        network: network as unknown as Json,
        loss: 'mean_squared',
        members: 10,
        epochs: 3,
        seed: 1,
      }),
      data: data.key,
    });
    const of: Target = {
      target: call('target', 'logit'),
      model: { call: 'trained', category: 'training', parameters: { of: trained.key } },
    };
    const saliency = await bench.explain(call('method', 'saliency'), of, data.key);
    const input = await bench.explain(call('method', 'input_x_gradient'), of, data.key);
    const stable = await measure('stability', saliency);
    expect(stable.meta.statistics!['median']!.interval).toBeDefined();
    const members = saliency.arrays['members']!;
    const width = data.arrays['array']!.length / 300;
    const first = Array.from({ length: 10 }, (_, member) => Math.abs(members[member * width]!));
    const middle = first.reduce((a, b) => a + b) / 10;
    const sd = Math.sqrt(first.reduce((sum, value) => sum + (value - middle) ** 2, 0) / 9);
    // The gradient of a linear function is the same in all people.
    expect(stable.arrays['array']![0]).toBeCloseTo(sd / middle, 4);
    const { meta } = await measure('composite', [saliency, input], { top: 0.2 });
    expect(meta.statistics!['tau']!.value).toBeGreaterThan(0);
    expect(meta.notes[0]!.message).toContain('attribution under test');
  });
});

describe('maps of an ensemble', () => {
  const layer = (name: string, given: Readonly<Record<string, Json>>) => call('layer', name, given) as unknown as Json;

  it('have a cosine that correction multiplies by ‖G‖ / ‖G′‖, and a dispersion over the members', async () => {
    const [examples, length] = [12, 60];
    const source = call('source', 'simulate_motif_combinations', {
      core: ['TGACTCA', 'GGGCGG'],
      background: ['ACGTAA'],
      sequences: examples,
      length,
      positives: 1,
      seed: 1,
    });
    const data = await bench.data(source, [call('stage', 'label', { class: 1 })]);
    const layers = [
      layer('conv1d', { filters: 4, kernel: 7, padding: 'same', activation: 'relu' }),
      layer('global_max_pool', {}),
      layer('dense', { units: 1, activation: 'sigmoid' }),
    ];
    const trained = await bench.run({
      kind: 'training',
      training: call('training', 'train', {
        network: { call: 'layers', category: 'network', parameters: { layers } },
        members: 3,
        epochs: 1,
        validation: 0,
        seed: 2,
      }),
      data: data.key,
    });
    const of: Target = {
      target: call('target', 'output'),
      model: { call: 'trained', category: 'training', parameters: { of: trained.key } },
    };
    const raw = await bench.explain(call('method', 'saliency'), of, data.key);
    const corrected = await bench.correct('simplex_correction', raw);
    const truth = { truth: call('truth', 'planted_motifs'), of: data.key } as unknown as Json;
    const [before, after] = [
      await measure('interpretability', raw, { truth }),
      await measure('interpretability', corrected, { truth }),
    ];
    const fields = before.meta.arrays[0]!.axes[1]!.labels!;
    const cosine = ({ arrays }: Result, row: number) =>
      arrays['array']![row * fields.length + fields.indexOf('cosine')]!;
    const norm = ({ arrays }: Result, row: number) =>
      Math.hypot(...arrays['array']!.subarray(row * length * 4, (row + 1) * length * 4));
    for (let row = 0; row < examples; row++)
      expect(cosine(after, row) / cosine(before, row) / (norm(raw, row) / norm(corrected, row))).toBeCloseTo(1, 5);

    const spread = await measure('dispersion', raw);
    expect(spread.meta.rows).toBe(3);
    expect(spread.meta.arrays[0]!.axes[0]!.name).toBe('member');
    expect(spread.meta.curve!.x.values.length).toBeGreaterThan(5);
    // Correcting once more takes nothing away.
    const again = await measure('dispersion', corrected);
    expect(again.meta.statistics!['reduction']!.value).toBeCloseTo(0, 9);
    // The same networks once more leave their mean where it is.
    const twice = await bench.run({
      kind: 'metric',
      metric: call('metric', 'dispersion'),
      subjects: [raw.key, raw.key],
    });
    expect(twice.meta.rows).toBe(6);
    expect([...twice.arrays['array']!]).toEqual([...spread.arrays['array']!, ...spread.arrays['array']!]);
    for (const [name, given] of [
      ['improvement_by_angle', 'improvement'],
      ['simplex_angle', 'motif_30'],
    ] as const)
      expect((await measure(name, raw, { truth })).meta.statistics).toHaveProperty(given);
  });
});
