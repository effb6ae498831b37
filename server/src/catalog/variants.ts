/** Genetic variants as the sequences around them. */
import { plink } from './cohorts.js';
import { unplaced } from './parameters.js';
import type { SourceEntry } from './specification.js';

export const variants = {
  category: 'source',
  name: 'variants',
  summary: 'DNA around the variants of a VCF file, with the reference and with the alternative allele.',
  documentation:
    'Every alternative allele is one example, named `chr17:41197811:G>T` (counted from 1). Records with several alternatives are split; alleles are trimmed and moved to the left as far as the genome allows (as `bcftools norm -m- -f` does); REF must be what the genome has. Chromosomes are found with or without `chr`, `MT` also as `chrM` (but not that of hg19 at UCSC, which is another sequence); variants keep the name that their file has. Genotypes and INFO are not read; records may stand in any order.\n\nThe window begins `length ÷ 2` (rounded down) bases before the first base of REF. Both alleles get the same bases before the variant; behind it the alternative one continues with the genome, so an insertion pushes bases out of the window at its end and a deletion pulls some in. The inputs of the examples are the reference windows; `variant_effect` and `variant_attribution` compare them with the alternative ones, which lie beside them.\n\nAlways left out: symbolic alleles (`<DEL>`, `*`, breakends), alleles with ambiguous bases or equal to REF, and those that do not fit into the second half of the window. `only_passed`, `mismatches`, `edges`, `unplaced` and `ambiguous` say what else is. The result reports how many were left out for each reason, records without an alternative, alleles that were trimmed or moved, repeated ones, windows with ambiguous bases, chromosomes that the genome spells otherwise, and lengths of chromosomes in the header (`##contig`) that are not those of the genome: a sign of another assembly.\n\nWith an annotation as `genes` every variant gets the genes that share a base with its reference allele, by their start; where none does, `near` and the nearest on the chromosome within `gene_distance` (of two equally near ones the first); else none. Genes are the features of the type `gene`, named as those of `plink`. The names stand in the Manhattan plot and the ranking of `variant_effect`; no number depends on them.',
  citation:
    'VCF specification 4.3; Tan, Abecasis & Kang 2015, Bioinformatics 31:2202 (normalisation); Li 2011, Bioinformatics 27:718 (tabix)',
  revision: 3,
  yields: 'dna',
  size: 'length',
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.vcf', '.vcf.gz', '.vcf.bgz'] },
      summary: 'The VCF file, plain, gzipped or compressed by bgzip, relative to this document.',
    },
    genome: { type: { is: 'call', category: 'genome' }, summary: 'The genome that the variants were called against.' },
    length: {
      type: { is: 'integer', min: 2, max: 10_000_000, unit: 'bp' },
      summary: 'Length of the window (bp): what the model reads.',
    },
    region: {
      type: { is: 'text' },
      optional: true,
      summary:
        'Only variants of `"17"` or `"chr17:41196312-41277500"` (from 1, both ends included), found through the index of tabix beside the file.',
    },
    genes: plink.parameters.genes,
    gene_distance: plink.parameters.gene_distance,
    only_passed: {
      type: { is: 'truth' },
      default: false,
      summary: 'Leave out variants that failed a filter (FILTER neither `PASS` nor `.`).',
    },
    mismatches: {
      type: { is: 'keyword', values: ['error', 'drop'] },
      default: 'error',
      summary:
        'What becomes of variants whose REF is not what the genome has: an error, which counts them, or they are left out.',
    },
    edges: {
      type: { is: 'keyword', values: ['error', 'drop'] },
      default: 'error',
      summary: 'What becomes of windows that reach over the end of a chromosome: an error, or they are left out.',
    },
    unplaced,
    ambiguous: {
      type: { is: 'keyword', values: ['uniform', 'zeros', 'drop', 'error'] },
      default: 'uniform',
      summary:
        'What an ambiguity code of the genome becomes: equal shares of the bases that it stands for, an all-zero position, removal of the variant, or an error.',
    },
    label: { type: { is: 'integer', min: 0 }, optional: true, summary: 'Class of all variants of this file.' },
  },
} as const satisfies SourceEntry;
