/** What is known of the variants of a cohort whose effects or decoys were made, one row of fields for each variant. */
import type { FeatureTruth, Rows } from '../data/examples.js';
import { Failure } from '../failure.js';

/**
 * `polygenic`: effect on the trait per standard deviation of the genotype. `additive` … `epistatic`: 1 where such a
 * spike-in was planted; `target` and `achieved`: the correlation with the trait that was asked for (of the latent variable)
 * and that the sample has, of the coding that its kind of effect has (of the product, for a pair); `partner`: index of the
 * other variant of a pair, −1 without; `decoy`: 1 for a decoy.
 */
export const GENOTYPE_FIELDS = [
  'polygenic',
  'additive',
  'dominant',
  'recessive',
  'epistatic',
  'target',
  'achieved',
  'partner',
  'decoy',
] as const;

export type GenotypeField = (typeof GENOTYPE_FIELDS)[number];
const WIDTH = GENOTYPE_FIELDS.length;

/** One variant of which nothing is known. */
const BLANK = GENOTYPE_FIELDS.map(field => (field === 'partner' ? -1 : 0));

/** The fields of all variants, to be changed. */
export class GenotypeTruth {
  private constructor(private readonly values: Float64Array) {}

  /** A copy of what is known of the variants, with room for `more` behind them. */
  static of({ length, truth }: Rows, more = 0): GenotypeTruth {
    const values = Float64Array.from({ length: (length + more) * WIDTH }, (_, at) => BLANK[at % WIDTH]!);
    if (truth) values.set(truth.values);
    return new GenotypeTruth(values);
  }

  set(variant: number, fields: Partial<Record<GenotypeField, number>>): void {
    GENOTYPE_FIELDS.forEach((field, column) => {
      const value = fields[field];
      if (value !== undefined) this.values[variant * WIDTH + column] = value;
    });
  }

  done(): FeatureTruth {
    return { columns: GENOTYPE_FIELDS, values: this.values };
  }
}

/** @throws Failure `data/alphabet` when the examples are no genotypes; `stage` names what asks */
export function requireGenotypes(examples: { readonly alphabet: string }, stage: string): asserts examples is Rows {
  if (examples.alphabet !== 'genotypes')
    throw new Failure(
      'data/alphabet',
      `\`${stage}\` is defined for genotypes, the examples hold ${examples.alphabet}`,
      {
        remedy: 'Use it on a cohort: `plink(…)`, `simulate_genotypes(…)` or `table(…, as: genotypes)`.',
      },
    );
}

/** @throws Failure `data/genotypes` when a value is no number of alleles: frequencies would be read from z-scores */
export function requireAlleles({ values, length, names, features }: Rows, stage: string): void {
  const bad = values.findIndex(value => !(value >= 0 && value <= 2));
  if (bad >= 0)
    throw new Failure('data/genotypes', `\`${stage}\` counts alleles, 0 to 2, and found ${values[bad]}`, {
      place: `"${names[Math.floor(bad / length)]}", ${features[bad % length]}`,
      remedy: 'Apply it before the stage `standardise`.',
    });
}

/** The trait of every person. @throws Failure `data/label` when someone has none, or all have the same */
export function traitOf({ labels, names }: Rows, stage: string): Float64Array {
  const missing = labels.indexOf(undefined);
  if (missing >= 0)
    throw new Failure('data/label', `\`${stage}\` needs a trait, and the person has none`, {
      place: `"${names[missing]}"`,
      remedy: 'Give phenotypes with the source, or make a trait with the stage `polygenic_trait`.',
    });
  const trait = Float64Array.from(labels, label => label!);
  if (trait.every(value => value === trait[0]))
    throw new Failure('data/label', `\`${stage}\` needs a trait that varies, and all people have ${trait[0]}`, {
      remedy: 'Give phenotypes with the source, or make a trait with the stage `polygenic_trait`.',
    });
  return trait;
}
