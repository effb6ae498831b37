/** Files for other tools: what `export` writes when the results that it names are complete. */
import type { ExportEntry, ParameterSpecification } from './specification.js';

const written = <const Endings extends readonly string[]>(extensions: Endings) =>
  ({
    type: { is: 'output', extensions },
    summary: 'The file to write, relative to this document and inside its workspace.',
  }) as const satisfies ParameterSpecification;

const map = {
  type: { is: 'declared', kind: 'attribution' },
  summary: 'The attribution to write.',
} as const satisfies ParameterSpecification;

const overlaps = {
  type: { is: 'keyword', values: ['mean', 'error'] },
  default: 'mean',
  summary: 'What a base gets that several examples cover: the mean of their scores, or an error.',
} as const satisfies ParameterSpecification;

const COORDINATES =
  'Examples must be named by their place in the genome, as bedtools and samtools name extracted sequences: `chr1:999-1099`, `chr1:999-1099(-)` or `chr1:1000-1099`; which of the two ways of counting it is follows from the length. Scores of the minus strand are turned round. Examples of `variants` lie where their reference windows do.';

export const tsv = {
  category: 'export',
  name: 'tsv',
  summary: 'A result as a table of tab-separated text.',
  documentation:
    'One line for each row of the result, named in the first column, and one column for each entry of its last axis; further axes become columns in front of them. Maps of sequences have one line per position (counted from 1) with letter and position score, data sets of sequences one line per sequence. Numbers are written in full precision, so that reading them back gives the same values.',
  citation: 'IANA media type text/tab-separated-values',
  revision: 1,
  parameters: {
    of: {
      type: {
        is: 'either',
        of: [
          { is: 'declared', kind: 'attribution' },
          { is: 'declared', kind: 'data' },
          { is: 'declared', kind: 'metric' },
          { is: 'declared', kind: 'benchmark' },
        ],
      },
      summary: 'The result to write.',
    },
    path: written(['.tsv', '.txt']),
  },
} as const satisfies ExportEntry;

export const npz = {
  category: 'export',
  name: 'npz',
  summary: 'Hypothetical contributions and sequences as TF-MoDISco reads them.',
  documentation:
    'Writes `NAME.npz` with the map and `NAME.sequences.npz` with the one-hot sequences, both float32 [example, base, position] under the name `arr_0`, and `NAME.bed` with one line per row. Sequences with ambiguity codes are left out of all three, and counted. Give them to `modisco motifs -a NAME.npz -s NAME.sequences.npz -w LENGTH`: without `-w` it wants 400 positions. Takes hypothetical and gradient maps, because the method needs a value for bases that are not there.',
  citation: 'Shrikumar et al. 2018, arXiv:1811.00416; file layout of tfmodisco-lite',
  alphabets: ['dna'],
  revision: 1,
  parameters: { of: map, path: written(['.npz']) },
} as const satisfies ExportEntry;

export const hdf5 = {
  category: 'export',
  name: 'hdf5',
  summary: 'Contribution scores in HDF5, as ChromBPNet writes them.',
  documentation:
    'Writes `NAME.h5` with `raw/seq` (one-hot sequences, int8), `shap/seq` (the map, float32) and `projected_shap/seq` (the map at the observed bases, float32), all [example, base, position], and `NAME.bed` with one line per row. ChromBPNet stores scores in half precision; here they keep theirs. Sequences with ambiguity codes are left out, and counted. Takes hypothetical and gradient maps.',
  citation: 'Pampari et al. 2024, bioRxiv 2024.12.25.630221 (ChromBPNet)',
  alphabets: ['dna'],
  revision: 1,
  parameters: { of: map, path: written(['.h5', '.hdf5']) },
} as const satisfies ExportEntry;

export const zarr = {
  category: 'export',
  name: 'zarr',
  summary: 'A result with all its arrays as a Zarr store, as xarray opens it.',
  documentation:
    'Writes every array of the result (the map is `array`; scores, predictions, multipliers … beside it) with the names of its axes, names of rows and labels of axes as coordinates, units and kind of map as attributes: Zarr version 2 or 3, uncompressed, as a folder (`NAME.zarr`) or in a ZIP archive. In Python: `xarray.open_zarr("NAME.zarr")`, or `xarray.open_zarr(zarr.storage.ZipStore("NAME.zarr.zip", mode="r"))`. `arrays` reads it in an experiment: `arrays("NAME.zarr", inputs: "array", names: "example")`. A folder is replaced as a whole, and only as it was written.',
  citation: 'Zarr specification, versions 2 and 3; xarray, Zarr encoding',
  revision: 1,
  parameters: {
    of: tsv.parameters.of,
    path: written(['.zarr.zip', '.zarr']),
    version: {
      type: { is: 'integer', min: 2, max: 3 },
      default: 2,
      summary: 'Version of the format: 2, which older programs read as well, or 3.',
    },
  },
} as const satisfies ExportEntry;

export const anndata = {
  category: 'export',
  name: 'anndata',
  summary: 'Attributions as layers of an AnnData object: `.h5ad`, or Zarr as a folder or in a ZIP archive.',
  documentation:
    'X holds the examples as the model reads them, with their names, labels (categories where the data set names its classes) and the target’s values in `obs` and the features in `var`. A map of the input becomes a layer of the same shape, a result with one number for each feature (`mean_attribution`, `linear_association` …) a column of `var`. One attribution is called `attribution`; several have the names that the record gives them: `anndata({ig: ig_map, t: t_test}, "cells.h5ad")`. Layers of one file explain the same examples.',
  citation: 'Virshup et al. 2024, JOSS 9:4371',
  alphabets: ['expression', 'genotypes'],
  revision: 1,
  parameters: {
    of: {
      type: {
        is: 'either',
        of: [
          { is: 'declared', kind: 'attribution' },
          { is: 'record', of: { is: 'declared', kind: 'attribution' } },
        ],
      },
      summary: 'The attribution to write, or several by the names that they get.',
    },
    path: written(['.h5ad', '.zarr.zip', '.zarr']),
  },
} as const satisfies ExportEntry;

export const bedgraph = {
  category: 'export',
  name: 'bedgraph',
  summary: 'Position scores along the genome as bedGraph text.',
  documentation: `One line for each run of bases with the same score, sorted by chromosome and start. ${COORDINATES}`,
  citation: 'UCSC Genome Browser, bedGraph track format',
  alphabets: ['dna'],
  revision: 1,
  parameters: { of: map, path: written(['.bedgraph', '.bg', '.bdg']), overlaps },
} as const satisfies ExportEntry;

export const bigwig = {
  category: 'export',
  name: 'bigwig',
  summary: 'Position scores along the genome as an indexed bigWig file.',
  documentation: `Scores of all examples with zoom levels, for genome browsers. ${COORDINATES} Chromosomes get the lengths of \`sizes\`, and their names as it spells them; without it, a chromosome ends at its last example, and a note says so.`,
  citation: 'Kent et al. 2010, Bioinformatics 26:2204',
  alphabets: ['dna'],
  revision: 1,
  parameters: {
    of: map,
    path: written(['.bw', '.bigwig']),
    sizes: {
      type: { is: 'path', extensions: ['.sizes', '.fai', '.tsv', '.txt', '.2bit'] },
      optional: true,
      summary:
        'Lengths of the chromosomes: a `chrom.sizes` table, the index of a FASTA file, or a genome in 2bit format.',
    },
    overlaps,
  },
} as const satisfies ExportEntry;

export const meme = {
  category: 'export',
  name: 'meme',
  summary: 'Motifs as a MEME text file.',
  documentation:
    'Writes the motifs of a `filters_to_pwms` attribution, or the spans of the patterns of seqlets, in minimal MEME format with the number of sites of each, for TOMTOM, FIMO and others; the name of a known motif stands behind. Motifs without a single site are left out, and counted.',
  citation: 'MEME Suite, minimal MEME motif format',
  alphabets: ['dna'],
  revision: 1,
  parameters: { of: map, path: written(['.meme', '.txt']) },
} as const satisfies ExportEntry;

export const modisco = {
  category: 'export',
  name: 'modisco',
  summary: 'Patterns and their seqlets in HDF5, as TF-MoDISco-lite stores them.',
  documentation:
    'Writes `pos_patterns` and `neg_patterns` with a group `pattern_N` each: `sequence` (frequencies), `contrib_scores` and `hypothetical_contribs` [position, base], and in `seqlets` where each lies (`example_idx`, `start`, `end`, `is_revcomp`) with the same three of its own, turned as the pattern is. Examples are numbered as in the data set. `modisco report`, `modisco meme` and programs that find hits read it; `modisco seqlet-bed` and `seqlet-fasta` want `-w LENGTH`. A file of this layout is also a library of `match_motifs`.',
  citation: 'Shrikumar et al. 2018, arXiv 1811.00416; modiscolite 2, `io.py`',
  alphabets: ['dna'],
  revision: 1,
  parameters: { of: map, path: written(['.h5', '.hdf5']) },
} as const satisfies ExportEntry;

export const vcf = {
  category: 'export',
  name: 'vcf',
  summary: 'Effects of variants as a VCF file.',
  documentation:
    'One record for each variant of a `variant_effect` attribution, split and normalised as the data set has it, on the chromosome as its file named it, sorted by place, with the target at the reference (`XOME_REF`), at the alternative (`XOME_ALT`) and the effect (`XOME_EFFECT`) in INFO. `bcftools annotate -a` carries them over to files that are normalised alike (`bcftools norm -m- -f`).',
  citation: 'VCF specification 4.3',
  alphabets: ['dna'],
  revision: 1,
  parameters: { of: map, path: written(['.vcf']) },
} as const satisfies ExportEntry;

export const bed = {
  category: 'export',
  name: 'bed',
  summary: 'Seqlets as intervals of the genome.',
  documentation:
    'Seven columns: chromosome, start, end, name, score, strand, sum of position scores. Of `seqlets`: the windows, without score and strand. Of `patterns`: one line for each seqlet in a pattern, named after it, at the span of the pattern, with 1000 × similarity and the strand on which the pattern reads. Intervals end where their example does. An example that does not say where in the genome it lies is a sequence of its own.',
  citation: 'UCSC Genome Browser, BED format',
  alphabets: ['dna'],
  revision: 1,
  parameters: { of: map, path: written(['.bed']) },
} as const satisfies ExportEntry;

export const onnx = {
  category: 'export',
  name: 'onnx',
  summary: 'Networks that the experiment has trained, as ONNX files.',
  documentation:
    'Input [batch, position, base] or [batch, feature] with an open batch, output as the network declares it. An ensemble of several members becomes several files: `net.onnx` → `net.1.onnx`, `net.2.onnx` …',
  citation: 'ONNX, operator set 18',
  revision: 1,
  parameters: {
    of: { type: { is: 'declared', kind: 'ensemble' }, summary: 'The trained networks.' },
    path: written(['.onnx']),
  },
} as const satisfies ExportEntry;
