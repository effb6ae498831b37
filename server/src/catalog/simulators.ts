/** Sources that make their examples themselves, so that the truth is known. */
import type { ParameterSpecification, SourceEntry } from './specification.js';
import { seed } from './parameters.js';

const motifFile = {
  type: {
    is: 'path',
    extensions: ['.pfm', '.jaspar', '.meme', '.motif', '.txt', '.pfm.gz', '.jaspar.gz', '.meme.gz', '.txt.gz'],
  },
  optional: true,
  summary:
    'A file of motifs (JASPAR, MEME text, PFM or HOMER, told by its contents). With it, motifs are named by name or identifier; without it, they are IUPAC letters.',
} as const satisfies ParameterSpecification;

/** A name or IUPAC letters, or a matrix of four numbers for each position. */
const motif = {
  is: 'either',
  of: [{ is: 'text' }, { is: 'list', of: { is: 'list', of: { is: 'number', min: 0 } } }],
} as const;

const positives = {
  type: { is: 'share', min: 0, max: 1 },
  default: 0.5,
  summary: 'Share of sequences with label 1, spread evenly over the data set.',
} as const satisfies ParameterSpecification;

export const simulate_motif_combinations = {
  category: 'source',
  name: 'simulate_motif_combinations',
  summary: 'DNA in which the combination of motifs decides the label, by a published protocol.',
  documentation:
    'Each sequence holds 3, 4, 5, 6 or 7 motifs with probability 0.50, 0.25, 0.17, 0.05 and 0.03, drawn with replacement: positives from the core motifs on both strands, negatives from these and the background motifs. Draws that do not fit are repeated. The gaps are uniform numbers scaled to what is left and rounded. Each letter is drawn from its motif’s column (divided by its sum, no pseudocount), ¼ each in the background. The matrix of each sequence is kept as the truth, and what was planted stands in its name.\n\nThe paper draws 20,000 sequences of 200 bp and JASPAR 2016 CORE vertebrates as the file; its background is `published`: 50 of its motifs, where look-alikes of core motifs are left out by their place in the list. The published code leaves them out by motif number, which removes none of them: `published_unfiltered`.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, Methods',
  revision: 1,
  yields: 'dna',
  size: 'length',
  parameters: {
    path: motifFile,
    core: {
      type: { is: 'list', of: motif },
      default: ['SP1', 'Gabpa', 'CEBPB', 'MAX', 'YY1'],
      summary: 'Motifs of positives: names in the file, IUPAC letters, or matrices [[A, C, G, T], …].',
    },
    background: {
      type: {
        is: 'either',
        of: [
          { is: 'keyword', values: ['published', 'published_unfiltered'] },
          { is: 'integer', min: 0 },
          { is: 'list', of: motif },
        ],
      },
      default: 'published',
      summary:
        'Further motifs of negatives: the published 50, so many drawn at random from the rest of the file, or a list.',
    },
    sequences: { type: { is: 'integer', min: 1, max: 10_000_000 }, default: 20_000, summary: 'Number of sequences.' },
    length: {
      type: { is: 'integer', min: 4, max: 1_000_000, unit: 'bp' },
      default: 200,
      summary: 'Length of each sequence (bp).',
    },
    positives,
    seed,
  },
} as const satisfies SourceEntry;

export const simulate_motif_grammar = {
  category: 'source',
  name: 'simulate_motif_grammar',
  summary: 'DNA in which order, spacing and orientation of motifs decide the label.',
  documentation:
    'Sequences with label 1 hold every motif once, in an arrangement that obeys the grammar: the order as listed (or any), neighbours as far apart as the spacing allows, each motif on the strand that its orientation names. Sequences with label 0 hold the same motifs in arrangements that break the grammar as they read (`broken`; a palindrome is the same on both strands), so that single motifs say nothing of the label, or nothing at all (`background`). Letters are drawn from the motifs’ columns, ¼ each elsewhere; the matrix of each sequence is kept as the truth.',
  citation: 'after Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109 (matrices as truth); the grammar is our own',
  revision: 2,
  yields: 'dna',
  size: 'length',
  parameters: {
    motifs: {
      type: { is: 'list', of: motif },
      summary: 'The motifs in their order: names in the file, IUPAC letters, or matrices [[A, C, G, T], …].',
    },
    path: motifFile,
    order: {
      type: { is: 'keyword', values: ['fixed', 'any'] },
      default: 'fixed',
      summary: 'Whether the motifs stand in the order in which they are listed.',
    },
    orientations: {
      type: { is: 'list', of: { is: 'keyword', values: ['forward', 'reverse', 'either'] } },
      optional: true,
      summary: 'Strand of each motif; `either` for all where none are given.',
    },
    spacing_from: {
      type: { is: 'integer', min: 0, unit: 'bp' },
      default: 3,
      summary: 'Least number of bases between neighbouring motifs (bp).',
    },
    spacing_to: {
      type: { is: 'integer', min: 0, unit: 'bp' },
      default: 12,
      summary: 'Largest number of bases between neighbouring motifs (bp).',
    },
    negatives: {
      type: { is: 'keyword', values: ['broken', 'background'] },
      default: 'broken',
      summary: 'What sequences with label 0 hold: the motifs against the grammar, or none.',
    },
    sequences: { type: { is: 'integer', min: 1, max: 10_000_000 }, default: 1000, summary: 'Number of sequences.' },
    length: {
      type: { is: 'integer', min: 4, max: 1_000_000, unit: 'bp' },
      default: 100,
      summary: 'Length of each sequence (bp).',
    },
    positives,
    seed,
  },
} as const satisfies SourceEntry;

export const simulate_genotypes = {
  category: 'source',
  name: 'simulate_genotypes',
  summary: 'Genotypes of unrelated people in blocks of linkage disequilibrium, with a polygenic trait.',
  documentation:
    'Effect alleles have frequencies from Beta(0.7, 3) between `minimum_frequency` and ½. Within a block, the latent normal variables of neighbours on a haplotype correlate by `correlation` and those k apart by its k-th power; each haplotype is cut at the quantile of the frequency. A genotype is the sum of two independent haplotypes, so Hardy–Weinberg proportions hold. The label is the trait of `polygenic_trait`, with mean 0 and variance 1; the effects are kept as truth.',
  citation: 'Gaussian copula: Nelsen 2006, An Introduction to Copulas; trait as in Falconer & Mackay 1996, chapter 8',
  revision: 1,
  yields: 'genotypes',
  size: 'variants',
  parameters: {
    people: { type: { is: 'integer', min: 2, max: 10_000_000 }, default: 8000, summary: 'Number of people.' },
    variants: { type: { is: 'integer', min: 1, max: 10_000_000 }, default: 1000, summary: 'Number of variants.' },
    block: {
      type: { is: 'integer', min: 1 },
      default: 20,
      summary: 'Variants of a block of linkage disequilibrium; 1 makes all independent.',
    },
    correlation: {
      type: { is: 'number', min: 0, max: 0.9999 },
      default: 0.9,
      summary: 'Correlation of the latent variables of neighbours in a block.',
    },
    minimum_frequency: {
      type: { is: 'share', min: 0.001, max: 0.45 },
      default: 0.05,
      summary: 'Smallest frequency of an effect allele.',
    },
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
} as const satisfies SourceEntry;

export const simulate_expression = {
  category: 'source',
  name: 'simulate_expression',
  summary: 'Gene expression as mixtures of groups of genes, some over-expressed in each class.',
  documentation:
    'Latent Dirichlet allocation: a sample of 1,500,000 reads is drawn from groups of genes with weights from a Dirichlet distribution, 8 for the over-expressed groups of its class and 4 for others; genes have Dirichlet weights (5) in their group, at least a tenth of the mean in over-expressed ones. Values are counts per million reads. An informative gene has twice the mean in its class. The informative genes of each class (and sub-class) are kept as truth.\n\nPublished configurations: `simu1` (33 classes × 15,000 genes, 1,500 groups of 10, 37 over-expressed per class, 9,900 samples), `simu2` (3,000 groups that overlap), `simu_a`, `simu_b`, `simu_c` (two classes × 50,000 genes, 500 groups per sub-class, the first class of 1, 3, 5 sub-classes, 1,200 samples), `demo` (2 classes × 60 genes), `set0`, `set1`, `set4`, `set5` (a few genes; the last two with shared genes), and families of two classes × 2,000 genes, with a `value`: `syn_g` (sub-classes), `syn_t` (genes of a group), `syn_p` (over-expressed groups). Where the paper names no number of samples there are 600. `quick` and `quick_overlap` are ours: 5 classes × 1,500 genes, 15 over-expressed groups per class, 1,000 samples, 150 groups without or 300 with overlap.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336; Blei, Ng & Jordan 2003, J. Mach. Learn. Res. 3:993',
  revision: 1,
  yields: 'expression',
  parameters: {
    configuration: {
      type: {
        is: 'keyword',
        values: [
          'demo',
          'quick',
          'quick_overlap',
          'simu1',
          'simu2',
          'simu_a',
          'simu_b',
          'simu_c',
          'set0',
          'set1',
          'set4',
          'set5',
          'syn_g',
          'syn_t',
          'syn_p',
        ],
      },
      summary: 'Which published configuration.',
    },
    value: {
      type: { is: 'integer', min: 1, max: 2000 },
      optional: true,
      summary: 'The number that tells members of a family (`syn_g`, `syn_t`, `syn_p`) apart.',
    },
    samples: {
      type: { is: 'integer', min: 2, max: 10_000_000 },
      optional: true,
      summary: 'Number of samples of all classes, in place of the configuration’s.',
    },
    seed,
  },
} as const satisfies SourceEntry;
