/** References (baselines): what an example is compared with. */
import type { ParameterSpecification, ReferenceEntry } from './specification.js';
import { seed } from './parameters.js';

export const zeros = {
  category: 'reference',
  name: 'zeros',
  summary: 'The all-zero input.',
  documentation:
    'Not a sequence: an all-zero position lies off the simplex on which one-hot data live, where the network was never trained. Use it to compare with published results; prefer `uniform` or shuffled references.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109',
  revision: 1,
  parameters: {},
} as const satisfies ReferenceEntry;

export const uniform = {
  category: 'reference',
  name: 'uniform',
  summary: 'Every position ¼ A, ¼ C, ¼ G, ¼ T.',
  documentation: 'The centre of the simplex: the mean of all sequences, though not itself a sequence.',
  revision: 1,
  alphabets: ['dna'],
  parameters: {},
} as const satisfies ReferenceEntry;

const of = {
  type: { is: 'declared', kind: 'data' },
  optional: true,
  summary: 'The data set to take it from; the explained one where none is named.',
} as const satisfies ParameterSpecification;

const draws = {
  copies: { type: { is: 'integer', min: 1, max: 10_000 }, default: 20, summary: 'References per example.' },
  seed,
} as const satisfies Record<string, ParameterSpecification>;

export const mean = {
  category: 'reference',
  name: 'mean',
  summary: 'The mean of a data set, element by element.',
  documentation:
    'For standardised expression the zero vector, for genotypes twice the allele frequencies, for DNA the base composition at each position. One point that no example need resemble.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336 (mean training sample as baseline)',
  revision: 2,
  parameters: { of },
} as const satisfies ReferenceEntry;

export const mode = {
  category: 'reference',
  name: 'mode',
  summary: 'The most frequent genotype of each variant in a data set.',
  documentation:
    'The person who has at every variant what most people have: whole counts of alleles, where the mean is a genotype that nobody has. Of equally frequent ones the fewest alleles. Filled-in genotypes are rounded.',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784 (published code)',
  revision: 2,
  alphabets: ['genotypes'],
  parameters: { of },
} as const satisfies ReferenceEntry;

export const samples = {
  category: 'reference',
  name: 'samples',
  summary: 'Examples drawn from a data set.',
  documentation:
    'Each explained example gets its own draws, with replacement; it is never its own reference. With `expected_gradients` they are the baseline distribution as such; with path methods the mean over them.',
  citation: 'Erion et al. 2021, Nature Machine Intelligence 3:620',
  revision: 2,
  parameters: { of, ...draws },
} as const satisfies ReferenceEntry;

export const shuffle = {
  category: 'reference',
  name: 'shuffle',
  summary: 'The positions of the example in random order.',
  documentation:
    'Keeps the composition and nothing else: every order is equally likely. Dinucleotides change, which a network may take for signal (CpG); `dinucleotide_shuffle` keeps them. Copies are independent and may coincide.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, Methods',
  revision: 1,
  alphabets: ['dna'],
  parameters: draws,
} as const satisfies ReferenceEntry;

export const dinucleotide_shuffle = {
  category: 'reference',
  name: 'dinucleotide_shuffle',
  summary: 'Random sequences with exactly the dinucleotides of the example.',
  documentation:
    'Each copy is drawn uniformly from all sequences with the same dinucleotide counts and the same first and last base (an Eulerian path through the dinucleotide graph). Copies are independent and may coincide: short or repetitive sequences have few distinct shuffles, and how many were distinct is reported.',
  citation: 'Altschul & Erickson 1985, Mol Biol Evol 2:526; Wilson 1996, STOC (random arborescence)',
  revision: 1,
  alphabets: ['dna'],
  parameters: draws,
} as const satisfies ReferenceEntry;

export const kmer_shuffle = {
  category: 'reference',
  name: 'kmer_shuffle',
  summary: 'Random sequences with exactly the words of k letters of the example.',
  documentation:
    'Each copy is drawn uniformly from all sequences with the same counts of k-mers and the same first and last k − 1 bases (an Eulerian path through the graph of (k − 1)-mers). With k = 2 it is `dinucleotide_shuffle`, with k = 1 it keeps the composition. The longer the words, the fewer sequences have them: motifs shorter than k survive, and how many copies were distinct is reported.',
  citation: 'Altschul & Erickson 1985, Mol Biol Evol 2:526; Wilson 1996, STOC (random arborescence)',
  revision: 1,
  alphabets: ['dna'],
  parameters: {
    k: { type: { is: 'integer', min: 1, max: 10 }, summary: 'Letters of the words whose counts are kept.' },
    ...draws,
  },
} as const satisfies ReferenceEntry;

export const gc_matched = {
  category: 'reference',
  name: 'gc_matched',
  summary: 'Sequences of a data set with the GC content of the example.',
  documentation:
    'For each example, sequences whose share of G and C differs by at most `tolerance`: every one that fits once, in random order, before any a second time. Real sequences, where shuffles are artificial ones; but what else the data have in common, motifs among it, is in the reference too. Where none fits, the nearest are taken and a warning says for how many examples and how far off. An example is never its own reference.',
  citation: 'Ghandi et al. 2014, PLoS Comput Biol 10:e1003711 (GC-matched genomic background)',
  revision: 1,
  alphabets: ['dna'],
  parameters: {
    of,
    tolerance: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0.02,
      summary: 'Largest difference of the shares of G and C.',
    },
    ...draws,
  },
} as const satisfies ReferenceEntry;

export const another_class = {
  category: 'reference',
  name: 'another_class',
  summary: 'Examples of another class, drawn from a data set.',
  documentation:
    'Answers why an example is of its class rather than of another: every row with another label once, in random order, before any a second time; with `class`, rows of that one class. Examples need labels (with `class` the explained ones need none); an example of that very class is an error, for it would be compared with its own kind.',
  citation: 'Erion et al. 2021, Nature Machine Intelligence 3:620 (baselines as a distribution)',
  revision: 2,
  parameters: {
    of,
    class: { type: { is: 'integer', min: 0 }, optional: true, summary: 'The class; any but its own where absent.' },
    ...draws,
  },
} as const satisfies ReferenceEntry;

export const from_file = {
  category: 'reference',
  name: 'from_file',
  summary: 'References that a file holds: one for all examples, or one for each.',
  documentation:
    'Arrays of numpy have the shape of an example ([position, base] with A, C, G, T last, or [feature]), or stand behind one axis of examples, in the order of the explained data set; a further axis in between holds several references of each: [example, reference, position, base] is what `references.npy` of a stored result is, so the references of one run can be those of another. A FASTA file has one sequence for all, or one for each example under its name.',
  revision: 1,
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.npy', '.npz', '.fa', '.fasta', '.fna', '.fa.gz', '.fasta.gz', '.fna.gz'] },
      summary: 'The file, relative to this document.',
    },
    array: {
      type: { is: 'text' },
      optional: true,
      summary: 'Name of the array in an `.npz` archive; may be left out where it holds one.',
    },
  },
} as const satisfies ReferenceEntry;
