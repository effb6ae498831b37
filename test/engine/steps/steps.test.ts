/** Steps on the store: what they leave behind, how they go on after a stop, and what they refuse. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { Failure } from '../../../server/src/engine/failure.js';
import type { Call, Target } from '../../../server/src/protocol.js';
import { network, sequences } from '../methods/networks.js';
import { call, path, Workbench, type Result } from '../methods/workbench.js';

const LENGTH = 20;
const saliency = call('method', 'saliency');
const uniform = call('reference', 'uniform');

let bench: Workbench;
let target: Target;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(1));
  target = await bench.target(network({ length: LENGTH }), LENGTH);
});
afterAll(() => bench.remove());

const simulated = (count: number, given: Parameters<typeof call>[2] = {}): Call =>
  call('source', 'simulate_motifs', { motifs: ['TGACTCA'], sequences: count, length: LENGTH, seed: 4, ...given });

async function problem(run: Promise<unknown>) {
  const failure: unknown = await run.catch((error: unknown) => error);
  if (!(failure instanceof Failure)) throw new Error(`a Failure was expected, not ${String(failure)}`);
  return failure.problem;
}

describe('a data step', () => {
  it('stores one-hot rows, what is known of each example, and the planted truth', async () => {
    const { key, meta, arrays } = await bench.data(simulated(6), [call('stage', 'take', { size: 4, from: 2 })]);
    expect(meta.arrays).toEqual([
      {
        name: 'array',
        type: 'float32',
        unit: 'share',
        axes: [
          { name: 'example', size: 4 },
          { name: 'position', size: LENGTH },
          { name: 'base', size: 4, labels: ['A', 'C', 'G', 'T'] },
        ],
      },
      expect.objectContaining({ name: 'truth', unit: 'bit' }),
    ]);
    const { columns, rows } = await bench.store.rows(key);
    expect(columns).toEqual(['name', 'label', 'source', 'index']);
    expect(rows.map(([name]) => name)).toEqual([2, 3, 4, 5].map(i => `simulated ${i}`));
    for (let row = 0; row < 4; row++) {
      const planted = arrays['truth']!.subarray(row * LENGTH, (row + 1) * LENGTH).filter(bits => bits > 0).length;
      expect(planted).toBe(rows[row]![1] === '1' ? 7 : 0);
    }
  });

  it('goes on from another data set, and asks the model where a stage needs it', async () => {
    const all = await bench.data(simulated(40));
    const right = await bench.data(all.key, [call('stage', 'only_correct', { target, threshold: 0 })]);
    const { arrays } = await bench.explain(saliency, target, all.key);
    const labels = (await bench.store.rows(all.key)).rows.map(([, label]) => label);
    const expected = [...arrays['predictions']!.keys()].filter(
      i => arrays['predictions']![i]! > 0 === (labels[i] === '1'),
    );
    expect((await bench.store.rows(right.key)).rows.map(row => Number(row[3]))).toEqual(expected);
    expect(expected.length).toBeLessThan(40);
    expect(right.meta.passes).toBe(40);
  });

  it('refuses a model of another length and more examples than there are', async () => {
    const long = await bench.target(network({ length: 30 }), 30);
    expect(await problem(bench.data(simulated(4), [call('stage', 'only_correct', { target: long })]))).toMatchObject({
      code: 'data/length',
      message: 'the model reads 30 positions, the examples have 20',
    });
    expect(await problem(bench.data(simulated(4), [call('stage', 'sample', { size: 5, seed: 1 })]))).toMatchObject({
      code: 'data/too-few',
    });
  });
});

describe('an attribution step', () => {
  it('goes on where it was stopped, with the same numbers', async () => {
    // Blocks of eight rows.
    const method = path(uniform, { steps: 1024 });
    const data = await bench.sequences(...sequences(20, LENGTH));
    const whole = await bench.explain(method, target, data, { run: 'whole' });

    const stop = new AbortController();
    const progress = (done: number): void => {
      if (done >= 8) stop.abort(new Error('stopped'));
    };
    const stopped = bench.explain(method, target, data, { run: 'stopped', signal: stop.signal, progress });
    await expect(stopped).rejects.toThrow('stopped');
    let first: number | undefined;
    const resumed = await bench.explain(method, target, data, {
      run: 'stopped',
      progress: done => {
        if (done > 0) first ??= done;
      },
    });
    expect(first).toBeGreaterThanOrEqual(8);
    expect(resumed.arrays).toEqual(whole.arrays);
    expect(resumed.meta.notes).toEqual(whole.meta.notes);
  });

  it('names its examples after the data', async () => {
    const data = await bench.data(simulated(3));
    const { key } = await bench.explain(saliency, target, data.key);
    expect(await bench.store.rows(key)).toEqual(await bench.store.rows(data.key));
  });

  it('computes nothing a second time', async () => {
    const data = await bench.sequences(...sequences(2, LENGTH));
    const { meta } = await bench.explain(saliency, target, data);
    expect((await bench.explain(saliency, target, data)).meta.created).toBe(meta.created);
  });

  it('refuses examples of another length', async () => {
    const data = await bench.sequences('ACGT');
    expect(await problem(bench.explain(saliency, target, data))).toEqual({
      code: 'data/length',
      message: 'the model reads 20 positions, the examples have 4',
      remedy: 'Use data of the length that the model was trained on.',
    });
  });
});

describe('a correction step', () => {
  it('keeps predictions and names, and scores the corrected map', async () => {
    const data = await bench.data(simulated(5));
    const raw = await bench.explain(saliency, target, data.key);
    const grad = await bench.correct('simplex_correction', raw);
    expect(grad.meta.map).toBe('gradient');
    expect(grad.arrays['predictions']).toEqual(raw.arrays['predictions']);
    expect(await bench.store.rows(grad.key)).toEqual(await bench.store.rows(data.key));
    const x = data.arrays['array']!;
    grad.arrays['scores']!.forEach((score, i) => {
      const base = x.subarray(4 * i, 4 * i + 4).indexOf(1);
      expect(score).toBe(grad.arrays['array']![4 * i + base]);
    });
  });

  it('says what it needs when the map does not have it', async () => {
    const raw = await bench.explain(saliency, target, await bench.sequences(...sequences(2, LENGTH)));
    expect(await problem(bench.correct('hypothetical', raw))).toMatchObject({
      code: 'correction/array',
      message: 'hypothetical needs multipliers, which this map does not have',
      remedy: expect.stringContaining('integrated_gradients') as string,
    });
  });
});

describe('a metric step', () => {
  let data: Result;
  let raw: Result;
  let contributions: Result;
  beforeAll(async () => {
    data = await bench.data(simulated(30, { positives: 1 }));
    raw = await bench.explain(saliency, target, data.key);
    contributions = await bench.explain(path(uniform), target, data.key);
  });

  const measure = (name: string, subjects: (string | Target)[], given: Parameters<typeof call>[2] = {}, on?: string) =>
    bench.run({ kind: 'metric', metric: call('metric', name, given), subjects, ...(on !== undefined && { data: on }) });

  it('stores numbers per example, statistics and the draws of those with an interval', async () => {
    const { meta, arrays } = await measure('completeness', [contributions.key]);
    const statistics = meta.statistics!;
    expect(Object.keys(statistics).sort()).toEqual(['max', 'mean', 'median', 'missed', 'steps']);
    expect(statistics['max']!.value).toBeLessThanOrEqual(0.01);
    expect(statistics['missed']!.value).toBe(0);
    expect(statistics['steps']!.value).toBe(Math.max(...contributions.arrays['pairs']!.filter((_, i) => i % 4 === 3)));
    expect(meta.drawn).toEqual(['median', 'mean']);
    expect(arrays['draws']!.length).toBe(2 * 2000);
    expect(meta.rows).toBe(30);
    expect(meta.arrays[0]!.axes[0]).toEqual({ name: 'example', size: 30 });
  });

  it('compares maps that went through different corrections', async () => {
    const grad = await bench.correct('simplex_correction', raw);
    const { meta } = await measure('rank_agreement', [raw.key, grad.key, contributions.key], { top: 0.2 });
    expect(meta.statistics!['median']!.value).toBeGreaterThan(0.2);
    const itself = await measure('rank_agreement', [raw.key, raw.key]);
    expect(itself.meta.statistics!['median']!.value).toBe(1);
    expect((await measure('simplex_angle', [grad.key])).meta.statistics!['over_30']!.value).toBe(0);
  });

  it('asks the model about data that nothing has explained', async () => {
    const { meta } = await measure('prediction_summary', [target], {}, data.key);
    expect(meta.passes).toBe(30);
    const predictions = [...raw.arrays['predictions']!];
    expect(meta.statistics!['max']!.value).toBe(Math.max(...predictions));
    expect(meta.statistics!['mean']!.value).toBeCloseTo(predictions.reduce((sum, v) => sum + v, 0) / 30, 6);
  });

  it('scores a map against the truth of its data, and says so when there is none', async () => {
    const truth = call('truth', 'planted_motifs');
    const { meta } = await measure('interpretability', [contributions.key], { truth: { truth, of: data.key } });
    expect(meta.statistics!['auroc']!.n).toBe(30);
    const plain = await bench.sequences(...sequences(3, LENGTH));
    const found = await bench.explain(saliency, target, plain);
    expect(await problem(measure('interpretability', [found.key], { truth: { truth, of: plain } }))).toMatchObject({
      code: 'metric/no-truth',
    });
  });
});
