/** Where examples come from. */
import type { SourceEntry } from './specification.js';

export const fasta = {
  category: 'source',
  name: 'fasta',
  summary: 'DNA sequences from a FASTA file, plain or gzipped.',
  documentation:
    'Every record is one example, named by its header. Lower case (soft-masked) bases count as upper case. `N` and the other ambiguity codes follow the `ambiguous` rule; how many there were is reported with the result. All sequences must have the same length.',
  citation: 'Pearson & Lipman 1988, PNAS 85:2444',
  revision: 1,
  yields: 'dna',
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.fa', '.fasta', '.fna', '.fa.gz', '.fasta.gz', '.fna.gz'] },
      summary: 'The FASTA file, relative to this document.',
    },
    label: {
      type: { is: 'integer', min: 0 },
      optional: true,
      summary: 'Class of all sequences of this file.',
    },
    ambiguous: {
      type: { is: 'keyword', values: ['uniform', 'zeros', 'drop', 'error'] },
      default: 'uniform',
      summary:
        'What an ambiguity code becomes: equal shares of the bases that it stands for (`uniform`; ¼ each for N), an all-zero position (`zeros`), removal of the sequence (`drop`), or an error.',
    },
  },
} as const satisfies SourceEntry;

export const one_hot_hdf5 = {
  category: 'source',
  name: 'one_hot_hdf5',
  summary: 'One-hot sequences and labels from an HDF5 file.',
  documentation:
    'Reads a dataset of shape [example, 4, position] or [example, position, 4], rows in file order. Values must be 0 or 1 with one 1 per position; all-zero positions are taken as unknown bases and reported.',
  citation: 'The HDF Group, HDF5 file format specification',
  revision: 1,
  yields: 'dna',
  parameters: {
    path: { type: { is: 'path', extensions: ['.h5', '.hdf5'] }, summary: 'The HDF5 file, relative to this document.' },
    inputs: { type: { is: 'text' }, summary: 'Path of the one-hot dataset in the file, for example `"x_test"`.' },
    labels: {
      type: { is: 'text' },
      optional: true,
      summary: 'Path of the label dataset, one number per example.',
    },
    order: { type: { is: 'text' }, default: 'ACGT', summary: 'Order of the bases along the alphabet axis.' },
  },
} as const satisfies SourceEntry;

export const simulate_motifs = {
  category: 'source',
  name: 'simulate_motifs',
  summary: 'Random DNA with planted motifs, so that the truth is known.',
  documentation:
    'Background bases are independent and uniform. Sequences with label 1 hold one instance of every motif, on a random strand, at random places that do not overlap; sequences with label 0 hold none (chance occurrences aside). Motifs are IUPAC strings: each ambiguous letter is drawn anew for each instance. The planted positions are kept as ground truth for `planted_motifs`.',
  citation: 'after Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109 (planted-motif protocol, simplified)',
  revision: 1,
  yields: 'dna',
  size: 'length',
  parameters: {
    motifs: {
      type: { is: 'list', of: { is: 'text' } },
      summary: 'The motifs as IUPAC strings, for example `["TGASTCA", "CACGTG"]`.',
    },
    sequences: { type: { is: 'integer', min: 1, max: 10_000_000 }, default: 1000, summary: 'Number of sequences.' },
    length: {
      type: { is: 'integer', min: 4, max: 1_000_000, unit: 'bp' },
      default: 100,
      summary: 'Length of each sequence (bp).',
    },
    positives: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0.5,
      summary: 'Share of sequences with planted motifs.',
    },
    seed: { type: { is: 'integer', min: 0, max: 4_294_967_295 }, summary: 'Seed of the random draws.' },
  },
} as const satisfies SourceEntry;
