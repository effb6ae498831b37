/** Sources of cohorts: genotypes of people. */
import type { SourceEntry } from './specification.js';

const TABLES = [
  '.txt',
  '.tsv',
  '.csv',
  '.pheno',
  '.phen',
  '.cov',
  '.covar',
  '.txt.gz',
  '.tsv.gz',
  '.csv.gz',
  '.parquet',
] as const;

export const plink = {
  category: 'source',
  name: 'plink',
  summary: 'Genotypes of people from a PLINK 1 or PLINK 2 binary data set, with quality control.',
  documentation:
    'Reads `x.bed` with `x.bim` and `x.fam` beside it, or `x.pgen` with `x.pvar` (or `x.pvar.zst`) and `x.psam`, told by the first bytes. A number counts the first allele of the `.bim` file, which PLINK makes the minor one, or the alternative allele of the `.pvar` file; where a `.pgen` file has dosages, it is the dosage. Phase is ignored, and variants with several alternative alleles are left out, with a note. Of PLINK 2 the modes 2, 3, 4 and 16 are read, which is what `--make-pgen` writes; 17, 32 and 33 are refused.\n\nVariants of the autosomes, or of the chromosomes or region that are asked for, are kept where they pass the quality control: people by call rate, then variants by call rate, exact Hardy–Weinberg test (no mid-p) and minor allele frequency, the latter two over founders, with the numbers of PLINK 1.9 and 2 (of cases and controls, as PLINK 2; PLINK 1.9 wants `include-nonctrl` for that): calls and the test are about genotypes, frequencies about dosages where there are any. Chromosomes go by any of their names (`23`, `X`, `chrX`). On X males count once in frequencies and not in the test (as in PLINK 1.9; PLINK 2 tests males too); their numbers are 0 and 2, as PLINK exports them; where they are heterozygous the genotype is missing. Who has no sex counts as not male, and keeps the phenotype. `XY`, the pseudo-autosomal regions, is as an autosome, and lies on X for `region` and genes; so is MT, which is not tested. Y is not read.\n\nThe label is the phenotype: the sixth column of the `.fam` file, the first phenotype of the `.psam` file that holds numbers or the one that is named, or a column of a table. Missing are -9 (also `-9.0`), NA, nan and `.`. Where all are 1 and 2, they mean control and case and become 0 and 1, and 0 is missing; 0 and 1 without any 2 stay what they are. Rows of a table may come in any order and name others; nobody may have two. Covariates are numbers, or categories, which become a column of 0 and 1 for each value but the most frequent. People without a phenotype are left out, unless nobody has one, and so is who lacks a covariate. Quality control is about all people, as in PLINK, and so is the mean that a missing genotype becomes: twice the frequency among those who pass.\n\nWith an annotation as `genes` every variant gets the genes over its position, by their start; where none lies over it, `near` and the nearest on the chromosome within `gene_distance` (of two equally near ones the first); else none. Genes are the features of the type `gene`, named by `gene_name`, `Name`, `gene`, `gene_id` or `ID`, the first of these that they have; chromosome names match with or without `chr`. The names stand in Manhattan plots and rankings; no number depends on them.',
  citation: 'Chang et al. 2015, GigaScience 4:7; Wigginton, Cutler & Abecasis 2005, Am. J. Hum. Genet. 76:887',
  revision: 4,
  yields: 'genotypes',
  parameters: {
    path: {
      type: { is: 'path', extensions: ['.bed', '.pgen'] },
      summary: 'The `.bed` or `.pgen` file, relative to this document.',
    },
    phenotypes: {
      type: { is: 'path', extensions: TABLES },
      optional: true,
      summary:
        'A table with the columns FID and IID (or IID alone) and phenotypes, separated by blanks or commas, or Parquet.',
    },
    phenotype: {
      type: { is: 'text' },
      optional: true,
      summary: 'Column of that table, or of the `.psam` file; the first behind the identifiers where none is named.',
    },
    covariates: {
      type: { is: 'path', extensions: TABLES },
      optional: true,
      summary:
        'A table of the same form with covariates: `linear_association`, `logistic_association` and `adjust_trait` use them.',
    },
    covariate_names: {
      type: { is: 'list', of: { is: 'text' } },
      optional: true,
      summary: 'Columns of that table: `["age", "centre"]`; all behind the identifiers where none are named.',
    },
    missing: {
      type: { is: 'keyword', values: ['mean', 'zeros', 'error'] },
      default: 'mean',
      summary: 'What a missing genotype becomes: the mean of its variant, no counted allele, or an error.',
    },
    chromosomes: {
      type: {
        is: 'list',
        of: {
          is: 'either',
          of: [
            { is: 'integer', min: 1, max: 22 },
            { is: 'keyword', values: ['X', 'XY', 'MT'] },
          ],
        },
      },
      optional: true,
      summary: 'Chromosomes to keep: `[21, 22, X]`; all autosomes where neither they nor a region are given.',
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
