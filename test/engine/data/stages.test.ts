import { describe, expect, it } from 'vitest';
import { entriesOf } from '../../../server/src/catalog/index.js';
import type { Call } from '../../../server/src/protocol.js';
import type { Examples, Sequences } from '../../../server/src/engine/data/examples.js';
import { readSource, SOURCES } from '../../../server/src/engine/data/sources.js';
import type { StageInputs } from '../../../server/src/engine/data/stage.js';
import { applyStage, onlyCorrect, select, STAGES } from '../../../server/src/engine/data/stages.js';

const simulation: Call = {
  call: 'simulate_motifs',
  category: 'source',
  parameters: { motifs: ['CACGTG'], sequences: 200, length: 20, positives: 0.5, seed: 1 },
};
const none: StageInputs = {
  data: () => Promise.reject(new Error('not asked')),
  outputs: () => Promise.reject(new Error('not asked')),
  classes: () => Promise.resolve(undefined),
};

function stage(call: string, parameters: Call['parameters'], examples: Sequences, inputs = none): Promise<Sequences> {
  // No stage changes the alphabet.
  return applyStage({ call, category: 'stage', parameters }, examples, inputs) as Promise<Sequences>;
}

function indices(examples: Examples): number[] {
  return examples.origins.map(origin => origin.index);
}

const all = (await readSource(simulation, {})) as Sequences;

describe('catalog', () => {
  it('has exactly the sources and stages that are implemented', () => {
    expect(Object.keys(SOURCES).sort()).toEqual(
      entriesOf('source')
        .map(entry => entry.name)
        .sort(),
    );
    expect(Object.keys(STAGES).sort()).toEqual(
      entriesOf('stage')
        .map(entry => entry.name)
        .sort(),
    );
  });
});

describe('select', () => {
  it('moves everything that belongs to an example', () => {
    const two = select(all, [7, 2]);
    expect(two.names).toEqual(['simulated 7', 'simulated 2']);
    expect(two.labels).toEqual([all.labels[7], all.labels[2]]);
    expect(two.letters).toEqual(Uint8Array.from([...all.letters.slice(140, 160), ...all.letters.slice(40, 60)]));
    expect(two.truth).toEqual(Float32Array.from([...all.truth!.slice(140, 160), ...all.truth!.slice(40, 60)]));
  });
});

describe('only_class', () => {
  it('keeps one class in its order, and names the labels where there is none of it', async () => {
    const positives = await stage('only_class', { class: 1 }, all);
    expect(indices(positives)).toEqual(indices(all).filter((_, row) => all.labels[row] === 1));
    expect(new Set(positives.labels)).toEqual(new Set([1]));
    await expect(stage('only_class', { class: 2 }, all)).rejects.toMatchObject({
      problem: {
        code: 'data/empty',
        remedy: expect.stringMatching(/^The labels are: (0, 1|1, 0)\.$/) as string,
      },
    });
  });
});

describe('permute_labels', () => {
  it('keeps the labels and what they were given to apart', async () => {
    const permuted = await stage('permute_labels', { seed: 1 }, all);
    expect(permuted.letters).toEqual(all.letters);
    expect([...permuted.labels].sort()).toEqual([...all.labels].sort());
    const same = permuted.labels.filter((label, row) => label === all.labels[row]).length;
    // Of 200 with half of either class, 100 ± 4 standard deviations of 7 by chance.
    expect(Math.abs(same - 100)).toBeLessThan(29);
    expect((await stage('permute_labels', { seed: 2 }, all)).labels).not.toEqual(permuted.labels);
  });

  it('drops effects of features that no longer hold', async () => {
    const truth = { columns: ['polygenic'], values: Float64Array.of(1, 0) };
    const known = {
      names: ['a', 'b'],
      labels: [1, 2],
      origins: [0, 1].map(index => ({ source: 's', index })),
      notes: [],
    };
    const values = Float32Array.of(0, 1, 2, 0);
    const rows = { ...known, alphabet: 'genotypes' as const, length: 2, features: ['x', 'y'], values, truth };
    const call: Call = { call: 'permute_labels', category: 'stage', parameters: { seed: 1 } };
    const permuted = await applyStage(call, rows, none);
    expect(permuted.truth).toBeUndefined();
    expect([...permuted.labels].sort()).toEqual([1, 2]);
  });
});

describe('sample', () => {
  it('keeps file order, and draws the same examples from data in another order', async () => {
    const drawn = indices(await stage('sample', { size: 30, seed: 4 }, all));
    expect(drawn).toHaveLength(30);
    expect(drawn).toEqual([...new Set(drawn)].sort((a, b) => a - b));
    const reversed = select(all, indices(all).reverse());
    expect(indices(await stage('sample', { size: 30, seed: 4 }, reversed)).reverse()).toEqual(drawn);
    expect(indices(await stage('sample', { size: 30, seed: 5 }, all))).not.toEqual(drawn);
  });

  it('gives every example the same chance', async () => {
    const counts = new Array<number>(200).fill(0);
    for (let seed = 0; seed < 400; seed++) {
      for (const index of indices(await stage('sample', { size: 50, seed }, all))) counts[index]!++;
    }
    // Variance of each count is 400 · ¼ · ¾ = 75; 199 degrees of freedom, p = 0.001.
    expect(counts.reduce((sum, count) => sum + (count - 100) ** 2 / 75, 0)).toBeLessThan(267.6);
  });

  it('refuses to give fewer than asked', async () => {
    await expect(stage('sample', { size: 201, seed: 1 }, all)).rejects.toMatchObject({
      message: '`sample`: 201 examples are asked for, but there are 200',
      problem: { code: 'data/too-few', remedy: 'Ask for at most 200.' },
    });
  });
});

describe('take and label', () => {
  it('keeps a range and sets labels', async () => {
    const named = { ...all, classes: ['no', 'yes'] };
    const taken = await stage('label', { class: 3 }, await stage('take', { size: 2, from: 5 }, named));
    expect(taken).not.toHaveProperty('classes');
    expect(indices(taken)).toEqual([5, 6]);
    expect(taken.labels).toEqual([3, 3]);
    await expect(stage('take', { size: 2, from: 199 }, all)).rejects.toMatchObject({
      problem: { code: 'data/too-few' },
    });
  });
});

describe('split', () => {
  it('parts are disjoint, complete and of the asked size', async () => {
    const part = (name: string) =>
      stage('split', { part: name, validation: 0.1, test: 0.25, seed: 9 }, all).then(indices);
    const [train, validation, test] = await Promise.all(['train', 'validation', 'test'].map(part));
    expect([train!.length, validation!.length, test!.length]).toEqual([130, 20, 50]);
    expect([...train!, ...validation!, ...test!].sort((a, b) => a - b)).toEqual(indices(all));
  });

  it('refuses shares above the whole and empty parts', async () => {
    const refused = (parameters: Call['parameters']) => stage('split', { part: 'train', seed: 1, ...parameters }, all);
    await expect(refused({ validation: 0.6, test: 0.6 })).rejects.toMatchObject({ problem: { code: 'data/split' } });
    await expect(refused({ validation: 0.5, test: 0.5 })).rejects.toMatchObject({ problem: { code: 'data/empty' } });
  });
});

describe('concat', () => {
  const inputs = (other: Examples): StageInputs => ({ ...none, data: () => Promise.resolve(other) });

  it('appends data sets and keeps truth only where all have it', async () => {
    const first = select(all, [0, 1]);
    const second = select(all, [5]);
    const joined = await stage('concat', { data: ['key'] }, first, inputs(second));
    expect(joined).toEqual(select(all, [0, 1, 5]));
    const { truth: _, ...untold } = second;
    const dropped = await stage('concat', { data: ['key'] }, first, inputs(untold));
    expect(dropped.truth).toBeUndefined();
    expect(dropped.notes).toMatchObject([{ code: 'data/truth-dropped' }]);
  });

  it('refuses another length', async () => {
    const longer = await readSource({ ...simulation, parameters: { ...simulation.parameters, length: 21 } }, {});
    await expect(stage('concat', { data: ['key'] }, all, inputs(longer))).rejects.toMatchObject({
      problem: { code: 'data/unequal-lengths' },
    });
  });
});

describe('only_correct', () => {
  it('keeps label 1 above the threshold and label 0 at most at it', async () => {
    const four = select(all, [0, 1, 2, 3]);
    expect(four.labels).toEqual([1, 0, 1, 0]);
    const outputs = [0.5, 0.5, 0.6, 0.6];
    expect(indices(onlyCorrect(four, outputs, 0.5))).toEqual([1, 2]);
    expect(indices(onlyCorrect(four, [NaN, NaN, 1, 1], 0.5))).toEqual([2]);
    const target = { target: simulation, model: simulation };
    const kept = await stage('only_correct', { target, threshold: 0 }, four, { ...none, outputs: async () => outputs });
    expect(indices(kept)).toEqual([0, 2]);
    expect(kept.notes).toMatchObject([{ code: 'data/misclassified' }]);
  });

  it('of a target that is another class for each example keeps those whose class is predicted', async () => {
    const classes = async (): Promise<number[]> => [1, 2, 0, 0];
    const target = { target: simulation, model: simulation };
    const kept = await stage('only_correct', { target, threshold: 0 }, select(all, [0, 1, 2, 3]), { ...none, classes });
    expect(indices(kept)).toEqual([0, 3]);
  });

  it('refuses unlabelled examples and an empty result', () => {
    const unlabelled = { ...all, labels: all.labels.map(() => undefined) };
    expect(() => onlyCorrect(unlabelled, new Float64Array(200), 0)).toThrow('the example has no label');
    expect(() => onlyCorrect(select(all, [0]), [-1], 0)).toThrow('none of 1 examples is classified correctly');
  });
});
