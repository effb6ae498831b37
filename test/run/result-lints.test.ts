/** Doubts that results raise: the rules on plain numbers, and that they are found in a store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { angles, errors, notesOf, plantedEffects, saturation } from '../../server/src/run/result-lints.js';
import { isotropicShareBelow } from '../../server/src/engine/metrics/simplex-angle.js';
import { ResultStore } from '../../server/src/store/store.js';
import type { ResultFacts, ResultLayout } from '../../server/src/store/writer.js';
import { facts, KEY, OTHER } from '../store/fixture.js';

const codes = (notes: readonly { readonly code: string; readonly level: string }[]): string[] =>
  notes.map(({ code, level }) => `${code} ${level}`);

describe('angles to the simplex', () => {
  const noise = 2 * (1 - isotropicShareBelow(30));
  it('doubt an interval that reaches the share of noise', () => {
    expect(codes(angles({ interval: [0.3, noise + 0.001] }))).toEqual(['GA003 information']);
  });
  it('do not doubt one below it, nor a value without interval', () => {
    expect(angles({ interval: [0.3, noise - 0.001] })).toEqual([]);
    expect(angles({})).toEqual([]);
    expect(angles(undefined)).toEqual([]);
  });
});

describe('explained probabilities', () => {
  it('doubt a tenth that is saturated', () => {
    expect(codes(saturation([0.995, 0.5, 0.5, 0.5, 0.005]))).toEqual(['GA008 warning']);
  });
  it('do not doubt what is no probability, or rarely saturated', () => {
    expect(saturation([0.995, 0.5, 3])).toEqual([]);
    expect(saturation([0.995, ...new Array<number>(20).fill(0.5)])).toEqual([]);
    expect(saturation([])).toEqual([]);
  });
});

describe('explained errors', () => {
  it('are counted, on the right side of ½ or of 0', () => {
    expect(codes(errors([0.4, 0.6], ['1', '1']))).toEqual(['GA013 warning']);
    expect(codes(errors([-2, 3], ['1', '1']))).toEqual(['GA013 warning']);
    expect(codes(errors([...new Array<number>(40).fill(2), -1], new Array<string>(41).fill('1')))).toEqual([
      'GA013 information',
    ]);
  });
  it('are not seen where all are right, or labels are no classes', () => {
    expect(errors([-0.4, 0.6], ['0', '1'])).toEqual([]);
    expect(errors([0.4, 0.6], ['1', '2'])).toEqual([]);
    expect(errors([0.4, 0.6], ['1', ''])).toEqual([]);
  });
});

describe('planted effects', () => {
  it('doubt opposite signs and what is left of the latent correlation', () => {
    const effects = [
      { target: 0.1, achieved: -0.02 },
      { target: -0.1, achieved: -0.06 },
    ];
    expect(codes(plantedEffects(effects))).toEqual(['GA025 warning', 'GA026 information']);
  });
  it('do not doubt what was achieved', () => {
    expect(plantedEffects([{ target: 0.1, achieved: 0.099 }])).toEqual([]);
    expect(plantedEffects([])).toEqual([]);
  });
});

describe('in a store', () => {
  let folder: string;
  let store: ResultStore;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xome-lints-'));
    store = await ResultStore.open(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const axis = (name: string, size: number, labels?: string[]) => ({ name, size, ...(labels && { labels }) });

  async function put(
    key: string,
    layout: ResultLayout,
    values: readonly [string, Float32Array | Float64Array][],
    about: Partial<ResultFacts>,
    labels?: readonly string[],
  ) {
    const writer = await store.begin(key, layout);
    if (writer === 'complete') throw new Error('The key is taken.');
    for (const [name, array] of values) await writer.write(name, 0, array);
    if (labels)
      await writer.writeRows({ columns: ['name', 'label'], rows: labels.map((label, i) => [`s${i}`, label]) });
    await writer.complete({ ...facts, ...about });
    const meta = await store.meta(key);
    if (!meta) throw new Error('The result is not complete.');
    return meta;
  }

  it('predictions are compared with the labels of their data, beside what the engine noted', async () => {
    const array = (name: string) => ({ name, type: 'float32' as const, axes: [axis('example', 2)], unit: 'logit' });
    const data = { kind: 'data', source: { call: 'fasta', category: 'source', parameters: {} }, stages: [] };
    const layout = (name: string): ResultLayout => ({ arrays: [array(name)], rows: 2, blockRows: 2 });
    await put(OTHER, layout('array'), [['array', new Float32Array(2)]], { kind: 'data', task: data }, ['1', '0']);
    const call = (name: string, category: string) => ({ call: name, category, parameters: {} });
    const task = {
      kind: 'attribution',
      method: call('saliency', 'method'),
      target: { target: call('logit', 'target'), model: call('onnx', 'format') },
      data: OTHER,
    };
    const noted = { level: 'warning' as const, code: 'GA041', message: 'Few.' };
    const meta = await put(KEY, layout('predictions'), [['predictions', Float32Array.of(2, 1)]], {
      task,
      notes: [noted],
    });
    expect(codes(await notesOf(meta, store))).toEqual(['GA041 warning', 'GA013 warning']);
    // Data that were collected as garbage raise no doubt.
    expect(codes(await notesOf({ ...meta, task: { ...task, data: 'ef'.repeat(32) } }, store))).toEqual([
      'GA041 warning',
    ]);
  });

  it('planted effects are found by the names of their fields', async () => {
    const key = '12'.repeat(32);
    const layout: ResultLayout = {
      arrays: [
        {
          name: 'feature_truth',
          type: 'float64',
          axes: [axis('variant', 3), axis('field', 3, ['achieved', 'decoy', 'target'])],
          unit: 'by field',
        },
      ],
      rows: 3,
      blockRows: 3,
    };
    const values = Float64Array.of(-0.02, 0, 0.1, 0.5, 0, 0, 0.03, 1, 0.1);
    const task = { kind: 'data', source: OTHER, stages: [] };
    const meta = await put(key, layout, [['feature_truth', values]], { kind: 'data', task });
    expect((await notesOf(meta, store)).map(({ message }) => message)).toEqual([
      '1 of 2 planted variants have an effect of the opposite sign.',
      expect.stringMatching(/^Half of the 2 planted variants have less than 30\.0 %/),
    ]);
  });
});
