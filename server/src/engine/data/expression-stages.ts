/** Stages of rows of numbers: sums, logarithms and z-scores. */
import type * as specifications from '../../catalog/expression-stages.js';
import type { ParametersOf } from '../../catalog/specification.js';
import { Failure } from '../failure.js';
import type { Examples, FeatureTruth, Rows } from './examples.js';
import { requireSameForm, type Stage, type StageInputs } from './stage.js';

type Parameters<Name extends keyof typeof specifications> = ParametersOf<(typeof specifications)[Name]>;

/** @throws Failure `data/alphabet` for sequences, which have no values */
function requireRows(examples: Examples, stage: string): asserts examples is Rows {
  if (examples.alphabet === 'dna')
    throw new Failure('data/alphabet', `\`${stage}\`: the examples are sequences, expected rows of numbers`, {
      remedy: 'Apply it to expression data.',
    });
}

const scale_to: Stage<Parameters<'scale_to'>> = ({ total }, examples) => {
  requireRows(examples, 'scale_to');
  const { length, names } = examples;
  const values = new Float32Array(examples.values.length);
  names.forEach((_, row) => {
    const own = examples.values.subarray(row * length, (row + 1) * length);
    const sum = own.reduce((all, value) => all + value, 0);
    if (!(sum > 0))
      throw new Failure('data/sum', `\`scale_to\`: the values sum to ${sum}, expected a positive sum`, {
        place: `example "${names[row]}"`,
        remedy: 'Leave the sample out, or apply the stage to counts, before any logarithm.',
      });
    values.set(
      own.map(value => (value / sum) * total),
      row * length,
    );
  });
  return { ...examples, values };
};

const log1p: Stage<Parameters<'log1p'>> = ({ base }, examples) => {
  requireRows(examples, 'log1p');
  const unit = base === undefined ? 1 : Math.log(base);
  const bad = examples.values.findIndex(value => !(value > -1));
  if (bad >= 0)
    throw new Failure('data/negative', `\`log1p\`: found ${examples.values[bad]}, expected values above −1`, {
      place: `example "${examples.names[Math.floor(bad / examples.length)]}", ${examples.features[bad % examples.length]}`,
      remedy: 'Apply it before the values are centred.',
    });
  return { ...examples, values: examples.values.map(value => Math.log1p(value) / unit) };
};

/** Mean and standard deviation (with n) of each feature, in float64. */
export function moments({ values, length, names }: Rows): { means: Float64Array; deviations: Float64Array } {
  const means = new Float64Array(length);
  const deviations = new Float64Array(length);
  for (let at = 0; at < values.length; at++) means[at % length]! += values[at]! / names.length;
  for (let at = 0; at < values.length; at++)
    deviations[at % length]! += (values[at]! - means[at % length]!) ** 2 / names.length;
  return { means, deviations: deviations.map(Math.sqrt) };
}

async function measuredOn(by: string | undefined, examples: Rows, inputs: StageInputs): Promise<Rows> {
  if (by === undefined) return examples;
  const others = await inputs.data(by);
  requireSameForm(others, examples, '`standardise`: the data set `by`');
  return others as Rows; // of the same alphabet as rows
}

const standardise: Stage<Parameters<'standardise'>> = async ({ by, scale }, examples, inputs) => {
  requireRows(examples, 'standardise');
  const measured = await measuredOn(by, examples, inputs);
  const { means, deviations } = moments(measured);
  const { length, features, places, genes, truth, notes } = examples;
  // The mean of equal values has a rest of rounding, and so has their deviation.
  const varies = (feature: number): boolean => deviations[feature]! > 1e-9 * Math.abs(means[feature]!);
  const kept = features.flatMap((_, feature) => (varies(feature) ? [feature] : []));
  if (kept.length === 0)
    throw new Failure('data/constant', '`standardise`: no feature varies between the examples', {
      remedy: 'Standardise by a data set with more than one example.',
    });
  const values = new Float32Array(examples.names.length * kept.length);
  examples.names.forEach((_, row) =>
    kept.forEach((feature, i) => {
      const centred = examples.values[row * length + feature]! - means[feature]!;
      values[row * kept.length + i] = scale ? centred / deviations[feature]! : centred;
    }),
  );
  const dropped = length - kept.length;
  return {
    ...examples,
    length: kept.length,
    features: kept.map(feature => features[feature]!),
    // What was added behind the variants has neither.
    ...(places && { places: kept.map(feature => places[feature] ?? '') }),
    ...(genes && { genes: kept.map(feature => genes[feature] ?? '') }),
    values,
    ...(truth && { truth: truthOf(truth, kept) }),
    notes: [
      ...notes,
      ...(dropped > 0
        ? [
            {
              level: 'information' as const,
              code: 'data/constant',
              message: `${dropped} of ${length} features are the same in all examples and were left out.`,
            },
          ]
        : []),
    ],
  };
};

/** What is known of the features that are kept; a partner, which is told by its index, is found at its new one. */
function truthOf({ columns, values }: FeatureTruth, kept: readonly number[]): FeatureTruth {
  const width = columns.length;
  const partner = columns.indexOf('partner');
  const places = new Map(kept.map((feature, i) => [feature, i]));
  const out = new Float64Array(kept.length * width);
  kept.forEach((feature, i) => {
    out.set(values.subarray(feature * width, (feature + 1) * width), i * width);
    if (partner >= 0) out[i * width + partner] = places.get(values[feature * width + partner]!) ?? -1;
  });
  return { columns, values: out };
}

/** One implementation per stage of expression data. */
export const EXPRESSION_STAGES = { scale_to, log1p, standardise };
