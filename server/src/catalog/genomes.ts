/** Genomes from which intervals are cut. */
import type { GenomeEntry } from './specification.js';

export const two_bit = {
  category: 'genome',
  name: 'two_bit',
  summary: 'A genome in UCSC 2bit format.',
  documentation:
    'Read by range: only the bases of the intervals are touched. Versions 0 and 1, both byte orders. Lower case (soft-masked) bases count as upper case.',
  citation: 'UCSC Genome Browser, 2bit sequence archive format',
  revision: 1,
  parameters: {
    path: { type: { is: 'path', extensions: ['.2bit'] }, summary: 'The genome, relative to this document.' },
  },
} as const satisfies GenomeEntry;

export const indexed_fasta = {
  category: 'genome',
  name: 'indexed_fasta',
  summary: 'A genome as FASTA with the index of samtools.',
  documentation:
    'Read by range through `NAME.fai` beside it, and through `NAME.gzi` where the file is compressed by bgzip (`samtools faidx` writes both). A file that is only gzipped cannot be read by range and is refused; so is one whose sequences do not begin and end where the index says, as after a change of the file. Lower case (soft-masked) bases count as upper case.',
  citation: 'Danecek et al. 2021, GigaScience 10:giab008; SAM/BAM format specification, section 4.1 (BGZF)',
  revision: 1,
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.fa', '.fasta', '.fna', '.fa.gz', '.fasta.gz', '.fna.gz', '.bgz'] },
      summary: 'The genome, relative to this document.',
    },
  },
} as const satisfies GenomeEntry;
