/** What is known to be true of a data set. */
import type { TruthEntry } from './specification.js';

export const planted_motifs = {
  category: 'truth',
  name: 'planted_motifs',
  summary: 'The positions at which the simulation planted motifs.',
  documentation:
    'Information content (bits) of the distribution from which each position was drawn: 2 − entropy inside a planted motif, 0 in the background.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, Methods',
  revision: 1,
  parameters: {},
} as const satisfies TruthEntry;
