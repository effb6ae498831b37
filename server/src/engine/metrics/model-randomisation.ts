/**
 * The model randomisation test: a map that hardly changes while the layers of its model are scrambled one after another, from the
 * output down, explains something other than what the model has learnt. Adebayo et al. 2018, NeurIPS, "Sanity Checks for
 * Saliency Maps" (cascading randomisation, Spearman correlation with and without signs).
 */
import { defined, estimate, mean } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';
import { averageRanks, rankCorrelation } from './ranks.js';

export interface RandomisationInput {
  /** Scores of the model as it is, [example, feature]. */
  readonly scores: Values;
  /** Scores with the last layer scrambled, with the last two, … with all, the same shape. */
  readonly scrambled: readonly Values[];
  readonly examples: number;
  readonly length: number;
  readonly names?: readonly string[];
}

/** Spearman correlation of each example's scores with those of the scrambled model, [example]; NaN for equal scores. */
function correlations(a: Values, b: Values, { examples, length }: RandomisationInput, of: (score: number) => number) {
  const ranks = (values: Values, example: number) =>
    averageRanks(Float64Array.from(values.subarray(example * length, (example + 1) * length), of));
  return Float64Array.from({ length: examples }, (_, example) => rankCorrelation(ranks(a, example), ranks(b, example)));
}

export function modelRandomisation(input: RandomisationInput): MetricResult {
  const { scores, scrambled, examples, length, names } = input;
  for (const map of [scores, ...scrambled]) requireFinite(map, 'scores', length, names);
  const absolute = scrambled.map(map => correlations(scores, map, input, Math.abs));
  const signed = scrambled.map(map => correlations(scores, map, input, score => score));
  const [first, last] = [absolute[0]!, absolute.at(-1)!];
  const lastSigned = signed.at(-1)!;
  const curveOf = (steps: readonly Float64Array[]) => [
    1,
    ...steps.map(step => {
      const known = defined(step);
      return known.length === 0 ? 0 : mean(known)(new Uint32Array(known.length).fill(1));
    }),
  ];
  const missing = examples - defined(last).length;
  const overExamples = (values: Float64Array) => {
    const known = defined(values);
    return { n: known.length, of: mean(known) };
  };
  const edges = equalBins(-1, 1, 20);
  return {
    units: examples,
    columns: [
      { name: 'correlation', values: last },
      { name: 'signed', values: lastSigned },
      { name: 'top_layer', values: first },
    ],
    ...estimate({
      correlation: overExamples(last),
      signed: overExamples(lastSigned),
      top_layer: overExamples(first),
      layers: { n: examples, of: () => scrambled.length, interval: 'none' },
    }),
    distribution: {
      title: 'Correlation of each map with that of the model with all layers scrambled',
      unit: 'correlation',
      edges,
      counts: countInBins(defined(last), edges),
    },
    curve: {
      title: 'Similarity with the map of the model',
      x: {
        title: 'Layers scrambled, from the output',
        unit: 'layers',
        values: [0, ...scrambled.map((_, step) => step + 1)],
      },
      unit: 'correlation',
      series: [
        { name: 'absolute scores', values: curveOf(absolute) },
        { name: 'signed scores', values: curveOf(signed) },
      ],
    },
    notes:
      missing === 0
        ? []
        : [
            {
              level: 'information',
              code: 'metric/no-rank',
              message: `${missing} of ${examples} examples have equal scores everywhere in a scrambled model, which have no correlation; they count as 0 in the curve only where all do.`,
            },
          ],
  };
}
