/** Stages of an attribution: map in, map out. */
import type { CorrectionEntry } from './specification.js';

export const simplex_correction = {
  category: 'correction',
  name: 'simplex_correction',
  summary: "Removes each position's mean over the bases from a gradient.",
  documentation:
    'One-hot DNA lives on a simplex; the component of the gradient along its normal is untested by any sequence and arbitrary. G′ = G − mean over bases. Leaves differences between bases unchanged.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, eq. 5',
  revision: 2,
  accepts: ['gradient'],
  produces: 'gradient',
  refusal:
    'simplex_correction projects gradients. A contribution or effect map is not one: for a baseline on the simplex the projection cannot change per-position sums, and for any other baseline it would break completeness. Apply it to a gradient map (saliency).',
  keepsCompleteness: false,
  alphabets: ['dna'],
  parameters: {},
} as const satisfies CorrectionEntry;

export const hypothetical = {
  category: 'correction',
  name: 'hypothetical',
  summary: 'Hypothetical contributions: what each base would contribute at each position.',
  documentation:
    'H_c = m_c − Σ_a b_a m_a with the multipliers m and the reference b of a method with a baseline, averaged over references. H at the observed base is the contribution of the position. This is the form that motif discovery reads.',
  citation: 'Shrikumar et al. 2018, arXiv 1811.00416 (TF-MoDISco)',
  revision: 2,
  accepts: ['contribution'],
  produces: 'hypothetical',
  refusal:
    'hypothetical needs the multipliers and references that only integrated_gradients and deep_lift keep. Apply it to the contribution map of such a method, before any other stage.',
  keepsCompleteness: false,
  ofMultipliers: true,
  alphabets: ['dna'],
  parameters: {},
} as const satisfies CorrectionEntry;

export const multiply_by_input = {
  category: 'correction',
  name: 'multiply_by_input',
  summary: 'The gradient times the input: what each input value contributes to first order.',
  documentation:
    'A = G ⊙ x. Of one-hot DNA it keeps the value at the observed base, which is also the position score of the gradient; behind `simplex_correction` it is the corrected gradient times the input, and of hypothetical contributions it is what motif discovery calls the actual ones (their sum at a position is the contribution of the position). Of genotypes and expression it weighs the slope with the value, so a value of zero contributes nothing. It sums to the target only where the network is linear between zero and the example; completeness is not claimed.',
  citation: 'Shrikumar et al. 2016, arXiv 1605.01713',
  revision: 1,
  accepts: ['gradient', 'hypothetical'],
  produces: 'contribution',
  refusal:
    'multiply_by_input makes contributions of slopes. A contribution has the input in it already, (x − b) ⊙ m, and the effect of a substitution is zero at the observed base by definition.',
  keepsCompleteness: false,
  parameters: {},
} as const satisfies CorrectionEntry;

export const normalise = {
  category: 'correction',
  name: 'normalise',
  summary: 'Brings the map of each example to size 1.',
  documentation:
    'Divides all values of an example by their size: the largest magnitude (`max`), the sum of magnitudes (`l1`: each value is a share of the whole), or the Euclidean length (`l2`). Signs and ranks within an example stay; how strongly an example is explained, compared with another, is gone, and sums no longer mean f(x) − f(reference). A map of zeros stays one. Of an ensemble, the mean map and the map of each member are brought to size 1 on their own.',
  revision: 1,
  accepts: ['gradient', 'contribution', 'hypothetical', 'effect'],
  produces: 'same',
  refusal: 'normalise scales maps that have one value for each input value of an example.',
  keepsCompleteness: false,
  parameters: {
    by: {
      type: { is: 'keyword', values: ['max', 'l1', 'l2'] },
      default: 'max',
      summary: 'The size: largest magnitude, sum of magnitudes, or Euclidean length.',
    },
  },
} as const satisfies CorrectionEntry;
