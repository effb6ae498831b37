/** Whatever a stage drops, moves or adds, what lies beside the values goes with it: a walk over all stages of the catalog. */
import { describe, expect, it } from 'vitest';
import type { Examples, Rows, Sequences } from '../../../server/src/engine/data/examples.js';
import type { StageInputs } from '../../../server/src/engine/data/stage.js';
import type { STAGES } from '../../../server/src/engine/data/stages.js';
import { applyStage } from '../../../server/src/engine/data/stages.js';
import { GENOTYPE_FIELDS } from '../../../server/src/engine/simulate/genotype-truth.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import type { Json } from '../../../server/src/protocol.js';
import { call } from '../methods/workbench.js';

const COUNT = 24;
const LENGTH = 8;
const PARTNER = GENOTYPE_FIELDS.indexOf('partner');

const known = {
  names: Array.from({ length: COUNT }, (_, i) => `example ${i}`),
  labels: Array.from({ length: COUNT }, (_, i) => [0, 1, 2, undefined][i % 4]),
  classes: ['none', 'one', 'two'],
  origins: Array.from({ length: COUNT }, (_, i) => ({ source: 'abcdef01', index: 3 * i })),
  notes: [],
};

const stream = new Stream(1, 'test');
const letters = Uint8Array.from({ length: COUNT * LENGTH }, () => stream.integer(4));
const sequences: Sequences = {
  ...known,
  alphabet: 'dna',
  length: LENGTH,
  letters,
  genes: known.names.map((_, i) => `gene of ${i}`),
  alternatives: letters.map(letter => 3 - letter),
  truth: Float32Array.from(letters, (_, at) => at),
  distribution: Float32Array.from({ length: 4 * letters.length }, (_, at) => at),
};

/** Features 0 and 3 do not vary; the partner of each is its neighbour. */
const rowsOf = (alphabet: Rows['alphabet']): Rows => ({
  ...known,
  // A trait for everybody: cohorts need one.
  labels: known.labels.map(label => label ?? 0),
  alphabet,
  length: LENGTH,
  features: Array.from({ length: LENGTH }, (_, f) => `feature ${f}`),
  places: Array.from({ length: LENGTH - 1 }, (_, f) => `1:${f}`),
  genes: Array.from({ length: LENGTH - 1 }, (_, f) => `gene ${f}`),
  values: Float32Array.from({ length: COUNT * LENGTH }, (_, at) => ((at % LENGTH) % 3 === 0 ? 1 : stream.integer(3))),
  covariates: {
    names: ['age', 'row'],
    values: Float64Array.from({ length: 2 * COUNT }, (_, at) => (at % 2 ? at : 40 + (at % 7))),
  },
  truth: {
    columns: GENOTYPE_FIELDS,
    values: Float64Array.from({ length: LENGTH * GENOTYPE_FIELDS.length }, (_, at) => {
      const [feature, field] = [Math.floor(at / GENOTYPE_FIELDS.length), at % GENOTYPE_FIELDS.length];
      if (GENOTYPE_FIELDS[field] === 'decoy') return 0;
      return field === PARTNER ? feature ^ 1 : feature + field / 16;
    }),
  },
});

/** How each stage is called, on what, and what of each example or of the truth it makes anew. */
const CALLS: Record<
  keyof typeof STAGES,
  { given: Record<string, Json>; on?: readonly Examples['alphabet'][]; labels?: 'new'; truth?: 'new' }
> = {
  sample: { given: { size: 7, seed: 1 } },
  take: { given: { size: 7, from: 5 } },
  shuffle_sequences: { given: { seed: 1, k: 1 }, on: ['dna'] },
  label: { given: { class: 1 }, labels: 'new', truth: 'new' },
  permute_labels: { given: { seed: 1 }, labels: 'new', truth: 'new' },
  only_class: { given: { class: 2 } },
  one_against_rest: { given: { class: 2 }, labels: 'new', truth: 'new' },
  concat: { given: { data: ['other'] } },
  split: { given: { part: 'train', validation: 0.2, test: 0.3, seed: 1 } },
  only_correct: { given: { target: { is: 'true_class' }, threshold: 0 }, on: ['genotypes', 'expression'] },
  scale_to: { given: { total: 100 }, on: ['expression'] },
  log1p: { given: {}, on: ['expression'] },
  standardise: { given: { scale: true }, on: ['genotypes', 'expression'] },
  polygenic_trait: { given: { heritability: 0.5, causal: 1, seed: 1 }, on: ['genotypes'], labels: 'new', truth: 'new' },
  adjust_trait: { given: { components: 2 }, on: ['genotypes'], labels: 'new' },
  spike_in: {
    given: {
      additive: 1,
      dominant: 0,
      recessive: 0,
      epistatic_pairs: 1,
      mode: 'fixed',
      scale: 1,
      explained: 1,
      seed: 1,
    },
    on: ['genotypes'],
  },
  with_decoys: { given: { block: 10, seed: 1 }, on: ['genotypes'] },
};

/** `concat` is given the same examples again; each example of class 0 is classified wrongly. */
const inputsBeside = (examples: Examples): StageInputs => ({
  data: () => Promise.resolve(examples),
  outputs: () => Promise.reject(new Error('not asked')),
  classes: () => Promise.resolve(examples.labels.map(label => label || 1)),
});

const part = (values: ArrayLike<number>, at: number, size: number) =>
  Array.from(values).slice(at * size, (at + 1) * size);

describe.each(Object.entries(CALLS))('%s', (name, { given, on, labels, truth }) => {
  it.each((on ?? ['dna', 'genotypes', 'expression']).map(alphabet => [alphabet]))('of %s', async alphabet => {
    const before: Examples = alphabet === 'dna' ? sequences : rowsOf(alphabet);
    const after = await applyStage(call('stage', name, given), before, inputsBeside(before));
    const rows = after.names.map(own => before.names.indexOf(own.replace('shuffled ', '')));
    expect(after.names.length).toBeGreaterThan(3);
    expect(rows).not.toContain(-1);
    expect(after.origins).toEqual(rows.map(row => before.origins[row]));
    expect(after.labels).toHaveLength(rows.length);
    if (labels === undefined) {
      expect(after.labels).toEqual(rows.map(row => before.labels[row]));
      expect(after.classes).toEqual(before.classes);
    }
    if (before.alphabet === 'dna') sequencesKeepCompany(before, after as Sequences, rows);
    else rowsKeepCompany(before, after as Rows, rows, truth);
  });
});

function sequencesKeepCompany(before: Sequences, after: Sequences, rows: readonly number[]): void {
  const kept = (['letters', 'alternatives', 'truth', 'distribution'] as const).filter(array => after[array]);
  if (!after.names[0]!.startsWith('shuffled')) expect(kept).toContain('alternatives');
  else expect(kept).toEqual(['letters']);
  rows.forEach((row, at) => {
    for (const array of kept) {
      const size = array === 'distribution' ? 4 * LENGTH : LENGTH;
      const [own, old] = [part(after[array]!, at, size), part(before[array]!, row, size)];
      expect(kept.length === 1 ? own.sort() : own).toEqual(kept.length === 1 ? old.sort() : old);
    }
    if (after.genes) expect(after.genes[at]).toBe(before.genes![row]);
  });
}

function rowsKeepCompany(before: Rows, after: Rows, rows: readonly number[], newTruth: 'new' | undefined): void {
  rows.forEach((row, at) =>
    expect(part(after.covariates!.values, at, 2)).toEqual(part(before.covariates!.values, row, 2)),
  );
  expect(after.features).toHaveLength(after.length);
  expect(after.values).toHaveLength(rows.length * after.length);
  if (newTruth === undefined) expect(after.truth!.values).toHaveLength(after.length * GENOTYPE_FIELDS.length);
  after.features.forEach((feature, at) => {
    const old = before.features.indexOf(feature);
    expect(after.places![at] ?? '').toBe(before.places![old] ?? '');
    expect(after.genes![at] ?? '').toBe(before.genes![old] ?? '');
    if (newTruth || old < 0) return;
    const [own, known] = [after, before].map((of, i) => part(of.truth!.values, i ? old : at, GENOTYPE_FIELDS.length));
    const partner = before.features[known![PARTNER]!]!;
    expect(own![PARTNER]).toBe(after.features.indexOf(partner));
    expect(own!.with(PARTNER, 0)).toEqual(known!.with(PARTNER, 0));
  });
}

describe('effects on labels that are no more', () => {
  const cohort = rowsOf('genotypes');
  const apply = (name: string, given: Record<string, Json>, examples: Rows) =>
    applyStage(call('stage', name, given), examples, inputsBeside(examples)) as Promise<Rows>;

  it('are forgotten, but where two classes are told apart as before', async () => {
    expect(await apply('label', { class: 1 }, cohort)).not.toHaveProperty('truth');
    expect(await apply('one_against_rest', { class: 1 }, cohort)).not.toHaveProperty('truth');
    const two = { ...cohort, labels: cohort.labels.map(label => Math.min(label!, 1)) };
    expect(await apply('one_against_rest', { class: 0 }, two)).toHaveProperty('truth', cohort.truth);
    const { truth } = await apply('polygenic_trait', CALLS.polygenic_trait.given, cohort);
    const planted = truth!.values.filter((_, at) => at % GENOTYPE_FIELDS.length === 1);
    expect([...planted]).toEqual(new Array(LENGTH).fill(0));
  });

  it('have no names of classes where a trait is measured', async () => {
    for (const name of ['polygenic_trait', 'adjust_trait'] as const)
      expect(await apply(name, CALLS[name].given, cohort)).not.toHaveProperty('classes');
  });

  it('are never given to decoys, and nobody is a decoy of oneself', async () => {
    const decoyed = await apply('with_decoys', CALLS.with_decoys.given, cohort);
    await expect(apply('polygenic_trait', CALLS.polygenic_trait.given, decoyed)).rejects.toThrow('has decoys');
    const one = await apply('take', { size: 1, from: 0 }, cohort);
    await expect(apply('with_decoys', CALLS.with_decoys.given, one)).rejects.toThrow('nobody to exchange');
  });

  it('and frequencies are not read from z-scores', async () => {
    const scored = await apply('standardise', { scale: true }, cohort);
    for (const name of ['adjust_trait', 'spike_in'] as const)
      await expect(apply(name, CALLS[name].given, scored)).rejects.toMatchObject({
        problem: { code: 'data/genotypes' },
      });
  });
});

it('concat warns where one label stands for classes of several names', async () => {
  const other = { ...sequences, classes: ['two', 'one', 'none'] };
  const joined = await applyStage(call('stage', 'concat', { data: ['other'] }), sequences, inputsBeside(other));
  expect(joined).not.toHaveProperty('classes');
  expect(joined.notes).toMatchObject([{ level: 'warning', code: 'data/classes' }]);
});
