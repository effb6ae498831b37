/** Stages of a data pipeline: data in, data out. */
import type { StageEntry } from './specification.js';
import { seed } from './parameters.js';

export * from './cohort-stages.js';
export * from './expression-stages.js';

export const sample = {
  category: 'stage',
  name: 'sample',
  summary: 'A random sample of the examples, in file order.',
  documentation: 'Draws without replacement; the same seed gives the same examples on every machine.',
  revision: 1,
  parameters: {
    size: { type: { is: 'integer', min: 1 }, summary: 'How many examples to keep.' },
    seed,
  },
} as const satisfies StageEntry;

export const take = {
  category: 'stage',
  name: 'take',
  summary: 'The first examples.',
  documentation:
    'Keeps examples `from` … `from + size − 1` in their order. First examples of a sorted file are not a random sample.',
  revision: 1,
  parameters: {
    size: { type: { is: 'integer', min: 1 }, summary: 'How many examples to keep.' },
    from: { type: { is: 'integer', min: 0 }, default: 0, summary: 'The first example to keep, counted from 0.' },
  },
} as const satisfies StageEntry;

export const shuffle_sequences = {
  category: 'stage',
  name: 'shuffle_sequences',
  summary: 'Each sequence shuffled, with the words of k letters that it has.',
  documentation:
    'A uniform draw among the sequences with exactly the same words of `k` letters (k − 1 letters at either end stay). What was planted is gone, and so is its truth; labels stay. Its attribution is a background for `seqlets`: sequences of the same composition without motifs, but for those that arise by chance.',
  citation: 'Altschul & Erickson 1985, Mol Biol Evol 2:526; Wilson 1996, STOC (random arborescence)',
  revision: 2,
  alphabets: ['dna'],
  parameters: {
    seed,
    k: { type: { is: 'integer', min: 1, max: 8 }, default: 2, summary: 'Length of the words that are kept.' },
  },
} as const satisfies StageEntry;

export const label = {
  category: 'stage',
  name: 'label',
  summary: 'Gives every example the same class.',
  documentation:
    'Replaces the labels that came with the source, and forgets what it called its classes and what is known of effects of features on them.',
  revision: 3,
  parameters: { class: { type: { is: 'integer', min: 0 }, summary: 'The class.' } },
} as const satisfies StageEntry;

export const permute_labels = {
  category: 'stage',
  name: 'permute_labels',
  summary: 'Exchanges the labels among the examples at random: data in which nothing can be learnt.',
  documentation:
    'What a network trained on it finds important is what it would find in noise: a control for importances that grow with the number of features of a node, with allele frequencies or with correlations. What is known of effects of features is dropped.',
  citation: 'Esser-Skala & Fortelny 2023, npj Syst Biol Appl 9:50; Ojala & Garriga 2010, J Mach Learn Res 11:1833',
  revision: 1,
  parameters: { seed },
} as const satisfies StageEntry;

export const only_class = {
  category: 'stage',
  name: 'only_class',
  summary: 'Only the examples of one class.',
  documentation: 'Keeps the examples with this label, in their order; examples without a label are left out.',
  revision: 1,
  parameters: { class: { type: { is: 'integer', min: 0 }, summary: 'The class.' } },
} as const satisfies StageEntry;

export const one_against_rest = {
  category: 'stage',
  name: 'one_against_rest',
  summary: 'Labels 1 for one class and 0 for all others.',
  documentation:
    'Makes of several classes the question whether an example is of one of them, as a scan by `linear_association` needs it: the p-value is then that of Student’s t-test of the class against the others. Examples without a label stay without. What is known of features that tell more than two classes apart is dropped.',
  revision: 2,
  parameters: { class: { type: { is: 'integer', min: 0 }, summary: 'The class that becomes 1.' } },
} as const satisfies StageEntry;

export const concat = {
  category: 'stage',
  name: 'concat',
  summary: 'Appends other data sets.',
  documentation:
    'The examples of the named data sets follow in order. All must have the same length and alphabet. Labels stay the numbers that they are: where the data sets name their classes differently, a warning says so.',
  revision: 2,
  parameters: {
    data: { type: { is: 'declared', kind: 'data' }, variadic: true, summary: 'The data sets to append.' },
  },
} as const satisfies StageEntry;

export const split = {
  category: 'stage',
  name: 'split',
  summary: 'One part of a seeded random split.',
  documentation:
    'Divides the examples at random into train, validation and test parts and keeps the one named. Calls with the same seed and shares give disjoint parts.',
  revision: 1,
  parameters: {
    part: { type: { is: 'keyword', values: ['train', 'validation', 'test'] }, summary: 'Which part to keep.' },
    validation: { type: { is: 'share', min: 0, max: 1 }, default: 0.1, summary: 'Share of the validation part.' },
    test: { type: { is: 'share', min: 0, max: 1 }, default: 0.2, summary: 'Share of the test part.' },
    seed,
  },
} as const satisfies StageEntry;

export const only_correct = {
  category: 'stage',
  name: 'only_correct',
  summary: 'Only the examples that the model classifies correctly.',
  documentation:
    'Keeps an example when the target is above the threshold for label 1, and at most the threshold for label 0. With the targets `true_class` and `predicted_class`: when the class with the greatest logit (of an ensemble, by the mean over members) is that of the label. Explanations of misclassified examples explain the error.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336 (protocol)',
  revision: 2,
  parameters: {
    target: { type: { is: 'declared', kind: 'target' }, summary: 'The target that decides.' },
    threshold: { type: { is: 'number' }, default: 0, summary: 'Decision threshold on the target (0 for a logit).' },
  },
} as const satisfies StageEntry;
