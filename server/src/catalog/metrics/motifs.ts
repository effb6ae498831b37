/** Measurements of what attributions say in motifs. */
import type { MetricEntry } from '../specification.js';

export const motif_match = {
  category: 'metric',
  name: 'motif_match',
  summary: 'How surely the patterns of a model are known motifs.',
  documentation:
    'Reads what `match_motifs` has found. `q` is the smallest q-value that any pattern has, `p` its p-value: with `motif` to that motif, else to any of the library. `matched` is the share of patterns whose smallest q-value is at most `below`, `seqlets` the share of all seqlets in patterns that lie in these. The q-value holds for one pattern among the motifs of the library; of several patterns the smallest is asked for here, so a bound should be strict (1e-5). The p-value says how often columns drawn from the library would be as alike; it says nothing about how a seqlet was chosen.',
  citation: 'Gupta, Stamatoyannopoulos, Bailey & Noble 2007, Genome Biology 8:R24',
  revision: 2,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: ['pattern'] },
  on: false,
  unit: 'patterns',
  headline: 'q',
  statistics: {
    q: { summary: 'Smallest q-value of any pattern.', unit: 'number', better: 'lower', interval: false },
    p: { summary: 'P-value of that match.', unit: 'number', better: 'lower', interval: false },
    matched: {
      summary: 'Share of the patterns that are a known motif.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    seqlets: {
      summary: 'Share of the seqlets in patterns that lie in known motifs.',
      unit: 'share',
      better: 'higher',
      interval: false,
    },
  },
  alphabets: ['dna'],
  parameters: {
    motif: {
      type: { is: 'text' },
      optional: true,
      summary: 'Identifier or name of a motif of the library (`MA0139.1` or `CTCF`); any of them where none is named.',
    },
    below: {
      type: { is: 'number', min: 0, max: 1 },
      default: 0.05,
      summary: 'Q-value up to which a pattern counts as known.',
    },
  },
} as const satisfies MetricEntry;

export const seqlet_recovery = {
  category: 'metric',
  name: 'seqlet_recovery',
  summary: 'How many planted motifs are found as seqlets, and how many seqlets are planted motifs.',
  documentation:
    'A planted motif is a stretch of neighbouring positions with information; motifs planted without a gap between them count as one. It is found when seqlets cover at least half of it; a seqlet is right when at least half of it is planted, or it covers a whole planted motif. Of patterns, the seqlets in them count, each with the span of its pattern. Positions whose planted letter is N carry no information and divide a motif. Intervals over examples.',
  citation: 'Shrikumar et al. 2018, arXiv:1811.00416',
  revision: 1,
  subjects: { kind: 'attribution', min: 1, max: 1, maps: ['seqlet', 'pattern'] },
  on: false,
  unit: 'examples',
  headline: 'recall',
  statistics: {
    recall: {
      summary: 'Share of the planted motifs that are found.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    precision: {
      summary: 'Share of the seqlets that are planted motifs.',
      unit: 'share',
      better: 'higher',
      interval: true,
    },
    seqlets: { summary: 'Seqlets.', unit: 'count', better: 'neither', interval: false },
  },
  alphabets: ['dna'],
  parameters: {
    truth: {
      type: { is: 'declared', kind: 'truth' },
      summary: 'Where motifs were planted.',
    },
  },
} as const satisfies MetricEntry;
