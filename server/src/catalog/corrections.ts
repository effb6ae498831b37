/** Stages of an attribution: map in, map out. */
import type { CorrectionEntry } from './specification.js';

export const simplex_correction = {
  category: 'correction',
  name: 'simplex_correction',
  summary: "Removes each position's mean over the bases from a gradient.",
  documentation:
    'One-hot DNA lives on a simplex; the component of the gradient along its normal is untested by any sequence and arbitrary. G′ = G − mean over bases. Leaves differences between bases unchanged.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, eq. 5',
  revision: 1,
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
  revision: 1,
  accepts: ['contribution'],
  produces: 'hypothetical',
  refusal:
    'hypothetical needs the multipliers and references that only methods with a baseline keep (integrated_gradients). Apply it to the contribution map of such a method, before any other stage.',
  keepsCompleteness: false,
  alphabets: ['dna'],
  parameters: {},
} as const satisfies CorrectionEntry;
