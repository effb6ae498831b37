/** Stages of an attribution that say what its maps mean in motifs: seqlets, patterns of them, and matches in a collection. */
import type { CorrectionEntry } from './specification.js';
import { seed } from './parameters.js';

export const seqlets = {
  category: 'correction',
  name: 'seqlets',
  summary: 'Windows of the maps that score higher or lower than windows without a motif.',
  documentation:
    'Position scores are summed over windows. Without `background` the null is a Laplace distribution fitted to the sums themselves: two exponential tails from their mode (half-sample mode), each as narrow as the narrowest of its percentiles (5 % … 95 %) says, because motifs can only widen it; where a large part of each example is motif (short windows around summits) it is conservative or finds nothing. With `background`, an attribution of sequences without motifs (shuffled ones), it is their sums. Windows are taken strongest first, and none that overlaps a stronger one. A seqlet is found at the rate at which its sum and all further from zero are expected to be false, null share ÷ observed share (q-value), separately for either sign. With a background the rate counts seqlets: the same windows are taken in it, and those that pass are false. The Laplace null counts all windows, as TF-MoDISco’s does; a warning says where the same scores in random order pass too often for it (noise that differs between examples, heavy tails, motifs that fill a large part of them). Both nulls take windows for alike wherever they lie; docs/motifs.md has the rates that are reached in noise with planted motifs. `auto` chooses from 5, 7 … 41 bp the width at which the strongest windows stand out most from what the same scores give in random order: (mean of max |sum| − that of shuffled positions) ÷ √width is greatest, over at most 1,000 examples; a note says which it was. One row for each seqlet with `example` (from 0), `start`, `end` (half-open), `score` and `rate`.',
  citation: 'Shrikumar et al. 2018, arXiv:1811.00416 (TF-MoDISco); Bickel & Frühwirth 2006, CSDA 50:3500 (mode)',
  revision: 3,
  accepts: ['hypothetical', 'gradient', 'effect'],
  produces: 'seqlet',
  refusal:
    'seqlets are compared by what each base would contribute, so they are cut from hypothetical, gradient or effect maps. Put `| hypothetical` in front for a method with a baseline; position scores are the same.',
  keepsCompleteness: false,
  alphabets: ['dna'],
  parameters: {
    fdr: {
      type: { is: 'share', min: 0.0001, max: 0.5 },
      summary: 'False discovery rate of the windows that are taken; TF-MoDISco’s usual one is 20%.',
    },
    window: {
      type: {
        is: 'either',
        of: [
          { is: 'integer', min: 3, max: 200, unit: 'bp' },
          { is: 'keyword', values: ['auto'] },
        ],
      },
      default: 'auto',
      summary: 'Width of the windows.',
    },
    background: {
      type: { is: 'declared', kind: 'attribution' },
      optional: true,
      summary:
        'The same attribution of sequences without motifs (`data | shuffle_sequences(seed: 1)`), which gives the null.',
    },
  },
} as const satisfies CorrectionEntry;

export const patterns = {
  category: 'correction',
  name: 'patterns',
  summary: 'Motifs that a model has learnt: seqlets that are alike, laid on each other.',
  documentation:
    'Seqlets of either sign apart. Two are as alike as the continuous Jaccard similarity of their hypothetical contributions, Σ sign(ab) min(|a|, |b|) ÷ Σ max(|a|, |b|) of values scaled to Σ|a| = 1, at the best offset and strand. Each is tied to its nearest neighbours; communities of this graph (Leiden algorithm, the best modularity of 10 runs) become patterns by laying members on the most typical one and then on their mean; the two most similar patterns are made one until none are alike enough, where one is read again from the examples as it lies on the other, so that two cut-outs of a long motif are one; then every seqlet joins the pattern that it is most like, where it is more like it than 99 % of seqlets are like the pattern with its columns permuted. Seqlets that come to lie on the same positions are one member. Rows are patterns, positive ones first, the most frequent first. `array` holds the probabilities of the bases, `contributions` the mean contributions of the bases that are there (CWM), `hypothetical` the mean hypothetical ones, `counts` the bases; `span` the columns from the first to the last whose information reaches `trim` of the greatest; `members` one line for each seqlet of a pattern: `pattern`, `example`, `start` and `end` of the whole pattern there, `minus` (1 on the other strand), `score`, `similarity`, `seqlet`. The time grows with the square of `compared`.',
  citation:
    'Shrikumar et al. 2018, arXiv:1811.00416 (TF-MoDISco); Traag, Waltman & van Eck 2019, Scientific Reports 9:5233 (Leiden)',
  revision: 2,
  accepts: ['seqlet'],
  produces: 'pattern',
  refusal: 'patterns are made of seqlets: put `| seqlets(fdr: 20%)` in front.',
  keepsCompleteness: false,
  alphabets: ['dna'],
  parameters: {
    seed: {
      ...seed,
      summary: 'Seed of the communities, of which seqlets are compared, and of the permuted columns.',
    },
    flank: {
      type: {
        is: 'either',
        of: [
          { is: 'integer', min: 0, max: 100, unit: 'bp' },
          { is: 'keyword', values: ['auto'] },
        ],
      },
      default: 'auto',
      summary: 'Positions of a pattern on either side of the window; half the window, rounded up, for `auto`.',
    },
    least: {
      type: { is: 'integer', min: 2 },
      default: 20,
      summary: 'Fewest seqlets of a pattern.',
    },
    merge: {
      type: { is: 'share', min: 0.01, max: 1 },
      default: 0.5,
      summary: 'Similarity from which two patterns are one.',
    },
    neighbours: {
      type: { is: 'integer', min: 1, max: 1000 },
      default: 10,
      summary: 'Nearest neighbours to which a seqlet is tied.',
    },
    compared: {
      type: { is: 'integer', min: 10, max: 20_000 },
      default: 1000,
      summary:
        'Seqlets of one sign that are compared with each other, drawn at random; the others join their patterns.',
    },
    trim: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0.2,
      summary: 'Share of a pattern’s greatest information (bits) that its outermost columns have.',
    },
  },
} as const satisfies CorrectionEntry;

export const match_motifs = {
  category: 'correction',
  name: 'match_motifs',
  summary: 'Known motifs that patterns are alike, with p-, E- and q-values.',
  documentation:
    'TOMTOM’s statistic. Columns of a pattern (within its span) and of a motif are compared; an alignment scores the sum over the columns that lie on each other. The null of a stretch of columns is that of columns drawn from all motifs of the library, both strands, by dynamic programming over 100 steps of similarity. `complete` scores (those of MEME suite’s program) are less the median of each column, so that columns that hang over count as chance ones would; the highest score is the match, and its p-value the chance that the highest of as many alignments of chance columns is as high. `aligned` scores (Gupta et al. 2007) take the alignment of the lowest p-value, corrected for the number of alignments and both strands, 1 − (1 − p)ⁿ: a short part that fits well wins more easily. E = p × number of motifs; q by Benjamini & Hochberg over the motifs, for each pattern (MEME suite’s program estimates the share of true nulls, and takes both strands of a motif for two tests: its q-values differ, its p- and E-values are comparable). Columns enter as probabilities without pseudocounts. Gives the patterns with the name of the best match, with its columns laid on them (`matched`), `match` with its `offset` (the position of the motif, from 0 and as it is turned, on which the pattern’s first position lies) and `minus` (1 on the other strand), `p_values` and `q_values` [pattern, motif]. Patterns without a single site have no match.',
  citation:
    'Gupta, Stamatoyannopoulos, Bailey & Noble 2007, Genome Biology 8:R24; Tanaka et al. 2011, Bioinformatics 27:1603 (complete scores)',
  revision: 2,
  accepts: ['pattern'],
  produces: 'pattern',
  refusal:
    'motifs are compared with patterns: those of `| seqlets(fdr: 20%) | patterns(seed: 1)`, or the filters of `filters_to_pwms`.',
  keepsCompleteness: false,
  alphabets: ['dna'],
  parameters: {
    library: {
      type: {
        is: 'path',
        extensions: [
          ...['.pfm', '.jaspar', '.meme', '.motif', '.txt', '.pfm.gz', '.jaspar.gz', '.meme.gz', '.txt.gz'],
          ...['.h5', '.hdf5'],
        ],
      },
      summary: 'Motifs in JASPAR, MEME, PFM or HOMER layout, or patterns of TF-MoDISco-lite.',
    },
    distance: {
      type: { is: 'keyword', values: ['euclidean', 'pearson'] },
      default: 'euclidean',
      summary: 'How columns are compared: by Euclidean distance, or by correlation.',
    },
    scores: {
      type: { is: 'keyword', values: ['complete', 'aligned'] },
      default: 'complete',
      summary: 'Whether columns that hang over count as chance ones, or not at all.',
    },
    overlap: {
      type: { is: 'integer', min: 1, max: 100, unit: 'bp' },
      default: 5,
      summary: 'Fewest columns that lie on each other, as far as pattern and motif have so many.',
    },
  },
} as const satisfies CorrectionEntry;
