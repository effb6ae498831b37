/**
 * The usual genome-wide association scan: the trait on each variant by least squares, beside covariates where there are any, with
 * the p-value of the slope. No model is asked, so it is what attributions of a model have to be better than. Covariates are taken out of
 * trait and variants (Frisch & Waugh 1933, Econometrica 1:387), so that each variant takes one product with each of them.
 */
import type { linear_association } from '../../../catalog/methods/global.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { logTwoSided } from '../../random/student-distribution.js';
import type { Method } from '../method.js';
import type { Passed } from '../passes.js';
import { associationScan, covariateBasis, eachRow, Estimates, traitOfAll, type Association } from './association.js';

/** A feature of which covariates leave less than this share of the variance is one of them. */
const LEAST_LEFT = 1e-8;

/**
 * @param trait label of each example
 * @throws Failure `method/labels` when an example has none, all are the same, or there are too few
 */
export async function associate(
  examples: StoredExamples,
  trait: readonly (number | undefined)[],
  passed: Passed,
): Promise<Association> {
  const { count: n, size } = examples;
  const basis = covariateBasis(examples);
  const y = residualTrait(traitOfAll(trait, examples.names, 'linear_association'), basis);
  const means = new Float64Array(size);
  await eachRow(examples, passed, row => {
    for (let feature = 0; feature < size; feature++) means[feature]! += row[feature]! / n;
  });
  const squares = new Float64Array(size);
  const products = new Float64Array(size);
  const along = basis.map(() => new Float64Array(size));
  await eachRow(examples, passed, (row, example) => {
    for (let feature = 0; feature < size; feature++) {
      const value = row[feature]! - means[feature]!;
      squares[feature]! += value * value;
      products[feature]! += value * y[example]!;
    }
    basis.forEach((vector, k) => {
      const [own, weight] = [along[k]!, vector[example]!];
      for (let feature = 0; feature < size; feature++) own[feature]! += weight * (row[feature]! - means[feature]!);
    });
  });
  const total = y.reduce((sum, value) => sum + value * value, 0);
  const freedom = n - 2 - basis.length;
  const estimates = new Estimates(size);
  for (let feature = 0; feature < size; feature++) {
    const square = along.reduce((left, own) => left - own[feature]! ** 2, squares[feature]!);
    // Sums of a constant leave a rest of rounding.
    if (square <= Math.max(1e-18 * n * (1 + means[feature]! ** 2), LEAST_LEFT * squares[feature]!)) continue;
    const slope = products[feature]! / square;
    // What is left of a perfect fit is rounding.
    const rest = Math.max(1e-16 * total, total - slope * products[feature]!);
    const error = Math.sqrt(rest / freedom / square);
    estimates.set(feature, slope, error, logTwoSided(slope / error, freedom));
  }
  return estimates;
}

/** The trait without its mean and what covariates explain of it. */
function residualTrait(trait: Float64Array, basis: readonly Float64Array[]): Float64Array {
  const n = trait.length;
  const mean = trait.reduce((sum, label) => sum + label, 0) / n;
  const left = trait.map(label => label - mean);
  const variance = left.reduce((sum, value) => sum + value * value, 0);
  for (const vector of basis) {
    const loading = vector.reduce((sum, value, i) => sum + value * left[i]!, 0);
    vector.forEach((value, i) => (left[i]! -= loading * value));
  }
  const rest = left.reduce((sum, value) => sum + value * value, 0);
  if (n < 3 + basis.length || rest <= 1e-18 * variance)
    throw new Failure(
      'method/labels',
      `the trait of these ${n} examples does not vary beside ${basis.length} covariates, or they are fewer than ${3 + basis.length}`,
      { remedy: 'Explain more of the data, or give fewer covariates.' },
    );
  return left;
}

export const linearAssociation: Method<typeof linear_association> = context => {
  const { examples, passed } = context;
  return Promise.resolve(
    associationScan(context, 'label per unit', () => associate(examples, examples.labels, passed)),
  );
};
