/** Stages of cohorts: traits and variants whose effect is known, and decoys. */
import type { ParameterSpecification, StageEntry } from './specification.js';
import { seed } from './parameters.js';

const count = { type: { is: 'integer', min: 0, max: 100_000 } } as const satisfies Partial<ParameterSpecification>;

export const polygenic_trait = {
  category: 'stage',
  name: 'polygenic_trait',
  summary: 'A simulated trait of many small additive effects.',
  documentation:
    'Replaces the labels of a cohort by √h²·g + √(1 − h²)·e: g is the standardised sum of normal effects on standardised genotypes of the causal variants, e is normal. The effects are kept as truth (`polygenic`) in place of what was known of the old labels; decoys come after it.',
  citation: 'Falconer & Mackay 1996, Introduction to Quantitative Genetics, chapter 8',
  revision: 2,
  alphabets: ['genotypes'],
  parameters: {
    heritability: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0.5,
      summary: 'Share of the trait’s variance that the variants explain.',
    },
    causal: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0.1,
      summary: 'Share of the variants that have an effect.',
    },
    seed,
  },
} as const satisfies StageEntry;

export const adjust_trait = {
  category: 'stage',
  name: 'adjust_trait',
  summary: 'Takes out of the trait what the leading principal components of the genotypes explain.',
  documentation:
    'Replaces the labels by the standardised residuals of a least-squares fit on the principal components and the covariates, where `plink` was given any, so that differences between populations do not pass for effects of variants. The components come from the genotypes at hand (all examples: apply it to the parts of a split one by one where none of the test data may be looked at), standardised by the allele frequencies of all people in it; missing ones count as the source has filled them; z-scores are refused. On HapMap 3 (957 people, 0.15 % missing) the leading ten correlate with those of `plink2 --pca approx`, which fills in means too, by more than 1 − 3·10⁻⁸, and with those of `plink2 --pca`, which leaves missing genotypes out of each product of two people, by more than 1 − 2·10⁻⁴.',
  citation: 'Patterson, Price & Reich 2006, PLoS Genet. 2:e190; Galinsky et al. 2016, Am. J. Hum. Genet. 98:456',
  revision: 4,
  alphabets: ['genotypes'],
  parameters: {
    components: {
      type: { is: 'integer', min: 0, max: 100 },
      default: 10,
      summary: 'How many components; 0 for covariates alone.',
    },
  },
} as const satisfies StageEntry;

export const spike_in = {
  category: 'stage',
  name: 'spike_in',
  summary: 'Adds variants whose effect on the trait is known, after a published protocol.',
  documentation:
    'Appends synthetic variants to a cohort with a trait: additive, dominant and recessive ones and epistatic pairs, in Hardy–Weinberg proportions, with allele frequencies of the cohort. The trait stays; the genotypes are drawn to go with it. Effects, counts and tolerances were published for 320,000 people: here counts are shares, tolerances at least 4/√N, and effects are scaled by min(√(320,000/N), 0.25/0.0529) unless `scale` says otherwise. Where all of them would explain more of the trait than `explained`, fewer are planted, in equal proportions, and a warning says so.\n\nThe asked correlation is that of a latent variable; the genotypes have less of it (dominant about 0.6, recessive about 0.25 of it). Both are kept as truth: `target` and `achieved`. The published code has two slips. It seeds the draw of the effect anew for each variant, so that all dominant ones (and all recessive, all epistatic ones) have one magnitude; and its search for the strength of pairs fails for negative effects, which become four to five times too strong. `faithful` repeats both, `fixed` neither.',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784',
  revision: 2,
  alphabets: ['genotypes'],
  resizes: true,
  parameters: {
    additive: { ...count, default: 100, summary: 'How many variants whose effect grows with each allele.' },
    dominant: { ...count, default: 100, summary: 'How many variants that act in every carrier.' },
    recessive: { ...count, default: 100, summary: 'How many variants that act in homozygotes only.' },
    epistatic_pairs: { ...count, default: 50, summary: 'How many pairs that act through their product.' },
    mode: {
      type: { is: 'keyword', values: ['fixed', 'faithful'] },
      default: 'fixed',
      summary: 'Without (`fixed`) or with (`faithful`) the two slips of the published code.',
    },
    scale: {
      type: {
        is: 'either',
        of: [
          { is: 'keyword', values: ['auto'] },
          { is: 'number', min: 0.01, max: 10 },
        ],
      },
      default: 'auto',
      summary: 'Factor of the published effects; `auto` keeps their power in a smaller cohort.',
    },
    explained: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0.25,
      summary: 'Largest share of the trait that all spike-ins together may explain (least squares).',
    },
    seed,
  },
} as const satisfies StageEntry;

export const with_decoys = {
  category: 'stage',
  name: 'with_decoys',
  summary: 'A decoy of every variant: the same genotypes, with the people exchanged.',
  documentation:
    'Behind the variants of a cohort come as many decoys: the whole block of genotypes with the people permuted once. Allele frequencies, Hardy–Weinberg proportions and linkage disequilibrium among the decoys are exactly those of the variants; only what ties them to the trait is cut. People are exchanged within blocks, each by a rank of its own, so parts of a split get permutations of their own. Decoys are marked in the truth (`decoy`).',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784',
  revision: 1,
  alphabets: ['genotypes'],
  resizes: true,
  parameters: {
    block: {
      type: { is: 'integer', min: 2 },
      default: 20_480,
      summary: 'People among whom genotypes are exchanged at a time.',
    },
    seed,
  },
} as const satisfies StageEntry;
