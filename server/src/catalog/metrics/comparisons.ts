/** Metrics of benchmarks. */
import type { MetricEntry } from '../specification.js';

export const contrast = {
  category: 'metric',
  name: 'contrast',
  summary: 'What a change of method, wrapper, correction, target or data does to a metric, unit by unit.',
  documentation:
    'Pairs the cells of a benchmark that differ along one axis only, takes the difference of the metric at every unit (example, variant), averages it over the pairs, and bootstraps units: a paired interval (of `improved` Wilson’s). Along `data_sets` units are the same where they are the same examples of a source, features of the same name or the same network; what is measured on one side only counts on its side, so that data without a common unit are compared as two independent samples. Defined for statistics that are means over units.',
  citation: 'Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 9.5',
  revision: 4,
  subjects: { kind: 'benchmark', min: 1, max: 1 },
  on: false,
  unit: 'units of the metric',
  headline: 'mean',
  statistics: {
    mean: { summary: 'Mean difference, `to` minus `from`.', unit: 'number', better: 'neither', interval: true },
    improved: {
      summary: 'Share of units with a positive difference, of those that both sides have.',
      unit: 'share',
      better: 'neither',
      interval: true,
    },
    pairs: { summary: 'Pairs of cells that are compared.', unit: 'count', better: 'neither', interval: false },
    paired: {
      summary: 'Share of the units that both sides have: with all of them the interval is paired.',
      unit: 'share',
      better: 'neither',
      interval: false,
    },
  },
  parameters: {
    metric: { type: { is: 'word' }, summary: 'The metric, as the benchmark names it.' },
    statistic: {
      type: { is: 'text' },
      optional: true,
      summary: 'Which of its statistics, for example `"aupr"`; the headline where none is named.',
    },
    axis: {
      type: { is: 'keyword', values: ['methods', 'wrappers', 'corrections', 'targets', 'data_sets'] },
      summary: 'Which list of the benchmark differs between the cells of a pair.',
    },
    from: { type: { is: 'word' }, summary: 'Where the difference is taken from: the name along the axis, or `none`.' },
    to: { type: { is: 'word' }, summary: 'Where it is taken to.' },
  },
} as const satisfies MetricEntry;
