import { describe, expect, it } from 'vitest';
import { truthColumn, type Rows } from '../../../server/src/engine/data/examples.js';
import { select } from '../../../server/src/engine/data/stages.js';
import { normalDensity, normalQuantile } from '../../../server/src/engine/random/normal-distribution.js';
import { GENOTYPE_FIELDS, type GenotypeField } from '../../../server/src/engine/simulate/genotype-truth.js';
import { simulateGenotypes } from '../../../server/src/engine/simulate/genotypes.js';
import { correlation } from '../../../server/src/engine/simulate/moments.js';
import { columnOf } from '../../../server/src/engine/simulate/polygenic-trait.js';
import { spikeIn } from '../../../server/src/engine/simulate/spike-ins.js';

const cohort = simulateGenotypes({
  people: 16_000,
  variants: 60,
  block: 1,
  correlation: 0,
  minimum_frequency: 0.05,
  heritability: 0.5,
  causal: 0.5,
  seed: 1,
});
const trait = cohort.labels as number[];
const asked = {
  additive: 8,
  dominant: 8,
  recessive: 8,
  epistatic_pairs: 6,
  mode: 'fixed',
  scale: 'auto',
  explained: 1,
  seed: 42,
} as const;

/** The spike-ins of a kind: their fields and genotypes. */
function spikes(rows: Rows, kind: GenotypeField) {
  const chosen = truthColumn(rows.truth!, kind)!;
  return [...chosen.keys()]
    .filter(variant => chosen[variant] === 1)
    .map(variant => {
      const at = variant * GENOTYPE_FIELDS.length;
      const fields = rows.truth!.values.subarray(at, at + GENOTYPE_FIELDS.length);
      const of = (field: GenotypeField) => fields[GENOTYPE_FIELDS.indexOf(field)]!;
      const genotypes = columnOf(rows.values, variant, rows.length);
      const frequency = genotypes.reduce((sum, g) => sum + g, 0) / (2 * genotypes.length);
      const [target, achieved, partner] = [of('target'), of('achieved'), of('partner')];
      return { variant, name: rows.features[variant], genotypes, frequency, target, achieved, partner };
    });
}

const fixed = spikeIn(cohort, asked);
/** √(320,000/16,000) */
const SCALE = Math.sqrt(20);

describe('spike_in', () => {
  it('leaves cohort and trait as they are and puts the spike-ins behind', () => {
    expect(fixed.labels).toBe(cohort.labels);
    expect(fixed.length).toBe(60 + 24 + 12);
    expect(columnOf(fixed.values, 31, fixed.length)).toEqual(columnOf(cohort.values, 31, 60));
    expect(fixed.features.slice(60, 61).concat(fixed.features.slice(-2))).toEqual([
      'SYN_ADD_001',
      'SYN_EPI_006_A',
      'SYN_EPI_006_B',
    ]);
    expect(truthColumn(fixed.truth!, 'polygenic')!.slice(0, 60)).toEqual(truthColumn(cohort.truth!, 'polygenic'));
  });

  it('draws genotypes in Hardy–Weinberg proportions at the published frequencies', () => {
    const bounds = {
      additive: [0.065, 0.5],
      dominant: [0.048, 0.076],
      recessive: [0.058, 0.122],
      epistatic: [0.077, 0.203],
    } as const;
    for (const [kind, [low, high]] of Object.entries(bounds))
      for (const { name, frequency: p, genotypes } of spikes(fixed, kind as GenotypeField)) {
        expect(p).toBeGreaterThan(low);
        expect(p).toBeLessThan(high);
        // The latent variable of the second of a pair holds a product, so it is not quite normal.
        if (name?.endsWith('_B')) continue;
        const homozygous = genotypes.filter(g => g === 2).length;
        expect(Math.abs(homozygous - 16_000 * p * p)).toBeLessThan(5 * Math.sqrt(16_000 * p * p));
      }
  });

  it('records achieved effects, which are the latent ones less what the cut takes', () => {
    for (const { genotypes, target, achieved, frequency: p } of spikes(fixed, 'additive')) {
      expect(Math.abs(target)).toBeGreaterThanOrEqual(0.025 * SCALE);
      expect(Math.abs(target)).toBeLessThanOrEqual(0.055 * SCALE);
      expect(achieved).toBeCloseTo(correlation(trait, genotypes), 12);
      const taken =
        (normalDensity(normalQuantile((1 - p) ** 2)) + normalDensity(normalQuantile(1 - p * p))) /
        Math.sqrt(2 * p * (1 - p));
      expect(Math.abs(achieved - target * taken)).toBeLessThan(4 / Math.sqrt(16_000));
    }
    for (const { genotypes, target, achieved } of spikes(fixed, 'dominant')) {
      expect(achieved).toBeCloseTo(
        correlation(
          trait,
          genotypes.map(g => Number(g > 0)),
        ),
        12,
      );
      expect(Math.abs(achieved - 0.62 * target)).toBeLessThan(4 / Math.sqrt(16_000));
    }
    for (const { genotypes, target, achieved } of spikes(fixed, 'recessive')) {
      expect(achieved).toBeCloseTo(
        correlation(
          trait,
          genotypes.map(g => Number(g === 2)),
        ),
        12,
      );
      expect(Math.abs(achieved - 0.245 * target)).toBeLessThan(5 / Math.sqrt(16_000));
      // Coded additively, little is left: why linear association finds them hardly.
      expect(Math.abs(correlation(trait, genotypes))).toBeLessThan(0.75 * Math.abs(achieved) + 2 / Math.sqrt(16_000));
    }
  });

  it('plants pairs that act together and hardly alone, as strong as asked', () => {
    const tolerance = 4 / Math.sqrt(16_000);
    const pairs = spikes(fixed, 'epistatic');
    const [signs, magnitudes] = [new Set<number>(), new Set<number>()];
    for (const { variant, name, genotypes, target, achieved, partner } of pairs) {
      const other = pairs.find(spike => spike.variant === partner)!;
      expect(other.partner).toBe(variant);
      expect(name!.slice(0, -1)).toBe(other.name!.slice(0, -1));
      expect(Math.abs(achieved - target)).toBeLessThanOrEqual(tolerance);
      expect(Math.abs(correlation(trait, genotypes))).toBeLessThanOrEqual(tolerance);
      signs.add(Math.sign(target));
      magnitudes.add(Math.abs(target));
    }
    expect(signs.size).toBe(2);
    expect(magnitudes.size).toBe(6);
  });

  it('repeats the slips of the published code when asked to be faithful', () => {
    const fewer = select(cohort, [...cohort.names.keys()].slice(0, 5000));
    const faithful = spikeIn(fewer, { ...asked, mode: 'faithful', scale: 1 });
    for (const [kind, magnitude] of [
      ['dominant', 0.024721],
      ['recessive', 0.0497791],
      ['epistatic', 0.0529104],
    ] as const)
      for (const { target } of spikes(faithful, kind)) expect(Math.abs(target)).toBeCloseTo(magnitude, 12);
    expect(new Set(spikes(faithful, 'additive').map(({ target }) => Math.abs(target))).size).toBe(8);
    const negative = spikes(faithful, 'epistatic').filter(({ target }) => target < 0);
    expect(negative.length).toBeGreaterThan(0);
    // Published: |r| of 0.21 to 0.28 in place of 0.053.
    for (const { achieved } of negative) {
      expect(achieved).toBeLessThan(-0.17);
      expect(achieved).toBeGreaterThan(-0.31);
    }
    for (const { achieved } of spikes(spikeIn(fewer, { ...asked, scale: 1 }), 'epistatic'))
      expect(Math.abs(achieved)).toBeLessThan(0.13);
  });

  it('plants fewer, in proportion, where they would explain too much, and says so', () => {
    const many = spikeIn(cohort, {
      ...asked,
      additive: 20,
      dominant: 20,
      recessive: 20,
      epistatic_pairs: 0,
      explained: 0.25,
    });
    const counts = (['additive', 'dominant', 'recessive'] as const).map(kind => spikes(many, kind).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(counts[0]).toBeLessThan(20);
    expect(many.notes.map(({ code }) => code)).toEqual(['simulate/spikes', 'simulate/fewer-spikes']);
    const share = /explain ([\d.]+) %/.exec(many.notes[0]!.message)![1];
    expect(Number(share)).toBeLessThanOrEqual(25);
    expect(Number(share)).toBeGreaterThan(15);
  });

  it('says which spike-ins nobody has: recessive ones of few people', () => {
    const few = spikeIn(select(cohort, [...Array(40).keys()]), { ...asked, epistatic_pairs: 0 });
    const still = spikes(few, 'recessive').filter(({ genotypes }) => !genotypes.includes(2)).length;
    expect(still).toBeGreaterThan(0);
    expect(few.notes).toContainEqual(
      expect.objectContaining({
        code: 'simulate/still-spikes',
        message: expect.stringContaining(`${still} of 24 spike-ins have no effect`) as string,
      }),
    );
  });

  it('asks for a trait', () => {
    expect(() => spikeIn({ ...cohort, labels: cohort.labels.map(() => undefined) }, asked)).toThrow('needs a trait');
    expect(() => spikeIn({ ...cohort, labels: cohort.labels.map(() => 2) }, asked)).toThrow('all people have 2');
  });
});
