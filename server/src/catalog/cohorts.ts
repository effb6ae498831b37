/** Sources of cohorts: genotypes of people. */
import type { SourceEntry } from './specification.js';

export const plink = {
  category: 'source',
  name: 'plink',
  summary: 'Genotypes of people from a PLINK 1 or PLINK 2 binary data set, with quality control.',
  documentation:
    'Reads `x.bed` with `x.bim` and `x.fam` beside it, or `x.pgen` with `x.pvar` (or `x.pvar.zst`) and `x.psam`, told by the first bytes. A number counts the first allele of the `.bim` file, which PLINK makes the minor one, or the alternative allele of the `.pvar` file; where a `.pgen` file has dosages, it is the dosage. Phase is ignored, and variants with several alternative alleles are left out, with a note. Variants of the autosomes are kept where they pass the quality control: people by call rate, then variants by call rate, exact Hardy–Weinberg test and minor allele frequency, the latter two over founders, with the numbers of PLINK 1.9 and 2: calls and the test are about genotypes, frequencies about dosages where there are any.\n\nThe label is the phenotype: the sixth column of the `.fam` file, the first phenotype of the `.psam` file that holds numbers or the one that is named, or a column of a table. Where all are 1 and 2, they mean control and case and become 0 and 1. People without a phenotype are left out, unless nobody has one.\n\nWith an annotation as `genes` every variant gets the genes over its position, by their start; where none lies over it, `near` and the nearest on the chromosome within `gene_distance` (of two equally near ones the first); else none. Genes are the features of the type `gene`, named by `gene_name`, `Name`, `gene`, `gene_id` or `ID`, the first of these that they have; chromosome names match with or without `chr`. The names stand in Manhattan plots and rankings; no number depends on them.',
  citation: 'Chang et al. 2015, GigaScience 4:7; Wigginton, Cutler & Abecasis 2005, Am. J. Hum. Genet. 76:887',
  revision: 2,
  yields: 'genotypes',
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.bed', '.pgen'] },
      summary: 'The `.bed` or `.pgen` file, relative to this document.',
    },
    phenotypes: {
      type: {
        is: 'path',
        extensions: ['.txt', '.tsv', '.csv', '.pheno', '.phen', '.txt.gz', '.tsv.gz', '.csv.gz', '.parquet'],
      },
      optional: true,
      summary:
        'A table with the columns FID and IID (or IID alone) and phenotypes, separated by blanks or commas, or Parquet.',
    },
    phenotype: {
      type: { is: 'text' },
      optional: true,
      summary: 'Column of that table, or of the `.psam` file; the first behind the identifiers where none is named.',
    },
    missing: {
      type: { is: 'keyword', values: ['mean', 'zeros', 'error'] },
      default: 'mean',
      summary: 'What a missing genotype becomes: the mean of its variant, no counted allele, or an error.',
    },
    chromosomes: {
      type: { is: 'list', of: { is: 'integer', min: 1, max: 22 } },
      optional: true,
      summary: 'Autosomes to keep; all where none are given.',
    },
    region: {
      type: { is: 'text' },
      optional: true,
      summary:
        'Only variants of `"17"` or `"chr17:41196312-41277500"` (from 1, both ends included); no others are read.',
    },
    genes: {
      type: {
        is: 'path',
        extensions: ['.gff3', '.gff', '.gtf', '.gff3.gz', '.gff.gz', '.gtf.gz', '.gff3.zst', '.gtf.zst'],
      },
      optional: true,
      summary: 'Annotation (GFF3 or GTF) that names the genes of the variants, of the same assembly.',
    },
    gene_distance: {
      type: { is: 'integer', min: 0, max: 10_000_000, unit: 'bp' },
      optional: true,
      summary: 'How far the nearest gene may lie (bp), where none lies over a variant; 100,000 where it is not given.',
    },
    minimum_frequency: {
      type: { is: 'share', min: 0, max: 0.5 },
      default: 0,
      summary: 'Smallest frequency of the rarer allele.',
    },
    hardy_weinberg: {
      type: { is: 'number', min: 0, max: 1 },
      default: 0,
      summary: 'Smallest p-value of the exact test of Hardy–Weinberg proportions.',
    },
    variant_call_rate: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0,
      summary: 'Smallest share of people who have a genotype at a variant.',
    },
    person_call_rate: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0,
      summary: 'Smallest share of variants at which a person has a genotype.',
    },
  },
} as const satisfies SourceEntry;
