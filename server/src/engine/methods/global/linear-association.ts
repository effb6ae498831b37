/**
 * The usual genome-wide association scan: the trait on each variant alone by least squares, with the p-value of the slope.
 * No model is asked, so it is what attributions of a model have to be better than.
 */
import type { linear_association } from '../../../catalog/methods/global.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { axesOf } from '../../data/input-space.js';
import { Failure } from '../../failure.js';
import { logTwoSided } from '../../random/student-distribution.js';
import type { Method } from '../method.js';
import type { Passed } from '../passes.js';

const ROWS_AT_ONCE = 1024;

export interface Association {
  /** −log₁₀ of the two-sided p-value, [feature]. */
  readonly strength: Float64Array;
  /** Change of the trait with one unit of the feature; 0 where the feature is the same in all examples. */
  readonly slopes: Float64Array;
  readonly errors: Float64Array;
  readonly pValues: Float64Array;
}

/**
 * @param trait label of each example
 * @throws Failure `method/labels` when an example has none, all are the same, or there are fewer than three
 */
export async function associate(
  examples: StoredExamples,
  trait: readonly (number | undefined)[],
  passed: Passed,
): Promise<Association> {
  const { count: n, size } = examples;
  const y = centredTrait(trait, examples.names);
  const means = new Float64Array(size);
  await eachRow(examples, passed, row => {
    for (let feature = 0; feature < size; feature++) means[feature]! += row[feature]! / n;
  });
  const squares = new Float64Array(size);
  const products = new Float64Array(size);
  await eachRow(examples, passed, (row, example) => {
    for (let feature = 0; feature < size; feature++) {
      const value = row[feature]! - means[feature]!;
      squares[feature]! += value * value;
      products[feature]! += value * y[example]!;
    }
  });
  const total = y.reduce((sum, value) => sum + value * value, 0);
  const [strength, slopes, errors, pValues] = Array.from({ length: 4 }, () => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let feature = 0; feature < size; feature++) {
    // Sums of a constant leave a rest of rounding.
    const varies = squares[feature]! > 1e-18 * n * (1 + means[feature]! ** 2);
    const slope = varies ? products[feature]! / squares[feature]! : 0;
    // What is left of a perfect fit is rounding.
    const rest = Math.max(1e-16 * total, total - slope * products[feature]!);
    const error = varies ? Math.sqrt(rest / (n - 2) / squares[feature]!) : NaN;
    const logP = varies ? logTwoSided(slope / error, n - 2) : 0;
    slopes[feature] = slope;
    errors[feature] = error;
    strength[feature] = Math.abs(logP) / Math.LN10;
    pValues[feature] = Math.exp(logP);
  }
  return { strength, slopes, errors, pValues };
}

function centredTrait(trait: readonly (number | undefined)[], names: readonly string[]): Float64Array {
  const missing = trait.indexOf(undefined);
  if (missing >= 0)
    throw new Failure('method/labels', '`linear_association` needs a trait, and the example has no label', {
      place: `example "${names[missing]}"`,
      remedy: 'Give phenotypes with the source, or make a trait with the stage polygenic_trait.',
    });
  const n = trait.length;
  const mean = trait.reduce<number>((sum, label) => sum + label!, 0) / n;
  const centred = Float64Array.from(trait, label => label! - mean);
  if (n < 3 || centred.every(value => value === 0))
    throw new Failure('method/labels', `the trait of these ${n} examples does not vary, or they are fewer than three`, {
      remedy: 'Explain more of the data.',
    });
  return centred;
}

async function eachRow(
  examples: StoredExamples,
  passed: Passed,
  visit: (row: Float32Array, example: number) => void,
): Promise<void> {
  for (let from = 0; from < examples.count; from += ROWS_AT_ONCE) {
    const to = Math.min(from + ROWS_AT_ONCE, examples.count);
    const x = await examples.inputs(from, to);
    for (let row = from; row < to; row++)
      visit(x.subarray((row - from) * examples.size, (row - from + 1) * examples.size), row);
    await passed(0);
  }
}

export const linearAssociation: Method<typeof linear_association> = context => {
  const { examples, model, passed } = context;
  return Promise.resolve({
    produces: 'importance',
    axes: [],
    unit: '−log₁₀ p',
    rows: { axis: axesOf(model.space)[0]!.name, names: examples.features },
    arrays: ['slopes', 'standard_errors', 'p_values'].map(name => ({
      name,
      type: 'float64' as const,
      unit: name === 'p_values' ? 'probability' : 'label per unit',
      axes: [],
    })),
    blockRows: 1,
    async explain() {
      const { strength, slopes, errors, pValues } = await associate(examples, examples.labels, passed);
      return {
        map: Float32Array.from(strength),
        arrays: { slopes, standard_errors: errors, p_values: pValues },
      };
    },
    notes: () => [],
    release: () => Promise.resolve(),
  });
};
