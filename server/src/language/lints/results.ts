/** Lints that only a result can show. What is found, and how much it matters, comes with the result; the evidence stands here. */
import type { Lint } from './lint.js';

const shows = ['result'] as const;

export const anglesOfNoise: Lint = {
  code: 'GA003',
  title: 'Angles to the simplex are those of noise',
  severity: 'info',
  shows,
  why: 'The angle θ of a gradient to the simplex has sin θ = Σₐ Gₐ / (2 ‖G‖). Isotropic noise has 39.1 %, 18.2 % and 5.8 % of its positions more than 30°, 45° and 60° off. Where the interval of a measured share includes that or lies above it, the component off the simplex cannot be told from noise. Real networks show about 30 % beyond 30°.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109',
  fine: 'Where every use of the map is corrected: the component is then removed.',
  remedy: 'Use the map with `| simplex_correction`, and look at the histogram of angles beside that of noise.',
};

export const misclassified: Lint = {
  code: 'GA013',
  title: 'Examples that the network gets wrong are explained among the others',
  severity: 'warning',
  shows,
  why: 'The explanation of a wrong prediction is an explanation of an error. Mixed into means and rankings, it shows neither what the network knows nor why it fails.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336 (correct examples only)',
  fine: 'Where errors are the question, or labels are not what the target predicts.',
  remedy: 'Put `| only_correct(target: …)` behind the data, and explain the errors apart.',
};

export const unstableRanking: Lint = {
  code: 'GA019',
  title: 'Scores depend on the seed',
  severity: 'warning',
  shows,
  why: 'The relative standard deviation of a variant is the standard deviation of its scores over networks trained from other seeds, by their mean. Where the median over variants is above ½, a ranking from one network is mostly its seed.',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784',
  fine: 'Where only the mean over the ensemble is used.',
  remedy: 'Explain the mean of more members, or train longer, and say how many.',
};

export const ties: Lint = {
  code: 'GA022',
  title: 'Ties at the border of the top, or a precision below zero',
  severity: 'info',
  shows,
  why: 'The top k is defined by the k-th largest score. Where many scores are equal there, which of them are in is arbitrary. Precision by decoys is 1 − (decoys in the top)/(real ones in the top), and falls below 0 where chance puts more decoys there.',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784',
  fine: 'Where few of many are tied.',
  remedy: 'Report the number behind the threshold, or take another share.',
};

export const wrongSign: Lint = {
  code: 'GA025',
  title: 'A planted effect has the opposite sign',
  severity: 'warning',
  shows,
  why: 'The correlation that a spike-in was to have and the one that the sample has can differ in sign: by chance where the effect is small, or by a search that loses the sign, as the published code does for pairs. A comparison of absolute values hides it.',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784 (published code)',
  fine: 'For single variants of small effect in a small cohort.',
  remedy: 'Compare signed values; use `mode: fixed` and more people.',
};

export const latentEffect: Lint = {
  code: 'GA026',
  title: 'Planted effects are smaller than asked for',
  severity: 'info',
  shows,
  why: 'The asked correlation is that of a latent normal variable, which is cut at the thresholds of Hardy–Weinberg proportions. The genotypes keep less of it: dominant ones about 0.6, recessive ones about 0.25 of it. Power follows from the achieved correlation, not from the asked one.',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784',
  fine: 'Wherever the achieved effect is the one that is reported.',
  remedy: 'Report the column `achieved` of the truth.',
};

export const fewShuffles: Lint = {
  code: 'GA041',
  title: 'Fewer distinct references than asked for',
  severity: 'warning',
  shows,
  why: 'A short or repetitive sequence has few shuffles that keep its dinucleotides, and some have one: themselves. Copies of the same reference count as many and add nothing; a sequence that equals its reference has an explanation of zeros.',
  citation: 'Altschul & Erickson 1985, Mol Biol Evol 2:526',
  fine: 'Where few examples are affected.',
  remedy: 'Ask for fewer copies, explain longer windows, or use another reference.',
};
