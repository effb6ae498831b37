/**
 * The association scan of cases and controls: log-odds of the label on each feature, beside covariates where there are any, by maximum
 * likelihood (Newton's method, which is iteratively reweighted least squares: McCullagh & Nelder 1989, Generalized Linear Models,
 * section 4.4), with Wald's test. All features take their steps together, so that rows are read in blocks once for each step.
 */
import type { logistic_association } from '../../../catalog/methods/global.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { logTwoSidedNormal } from '../../random/normal-distribution.js';
import type { Method } from '../method.js';
import type { Passed } from '../passes.js';
import { associationScan, covariateBasis, eachRow, Estimates, traitOfAll, type Association } from './association.js';

/** Fits from 0 take a step for each unit of log-odds of a rare class and a few more; of what separates classes the gain is still larger than {@link TOLERANCE}. */
const MOST_STEPS = 20;
/** Twice what the log-likelihood can still gain: then the estimate moves by a millionth of its standard error at most. */
const TOLERANCE = 1e-12;
/** A pivot that is smaller than this share of its diagonal: a feature that covariates explain. */
const LEAST_PIVOT = 1e-8;

/** @throws Failure `method/labels` when labels are no 0 and 1, or all the same */
export async function associateLogistic(
  examples: StoredExamples,
  labels: readonly (number | undefined)[],
  passed: Passed,
): Promise<Association> {
  const { count: n, size } = examples;
  const y = traitOfAll(labels, examples.names, 'logistic_association');
  requireClasses(y);
  const basis = covariateBasis(examples);
  const width = 2 + basis.length;
  const { means, scales } = await momentsOf(examples, passed);
  const fits = new Fits(size, width);
  means.forEach((_, feature) => {
    if (scales[feature] === 0) fits.giveUp(feature);
  });
  const x = new Float64Array(width);
  for (let step = 0; step < MOST_STEPS && fits.open > 0; step++) {
    fits.clear();
    await eachRow(examples, passed, (row, example) => {
      x[0] = 1;
      basis.forEach((vector, k) => (x[2 + k] = vector[example]! * Math.sqrt(n)));
      for (let feature = 0; feature < size; feature++) {
        if (!fits.isOpen(feature)) continue;
        x[1] = (row[feature]! - means[feature]!) * scales[feature]!;
        fits.add(feature, x, y[example]!);
      }
    });
    for (let feature = 0; feature < size; feature++) if (fits.isOpen(feature)) fits.step(feature);
  }
  const estimates = new Estimates(size);
  for (let feature = 0; feature < size; feature++) {
    const found = fits.result(feature);
    if (found === undefined) continue;
    const scale = scales[feature]!;
    estimates.set(feature, found.slope * scale, found.error * scale, logTwoSidedNormal(found.slope / found.error));
  }
  return estimates;
}

function requireClasses(y: Float64Array): void {
  const strange = y.find(label => label !== 0 && label !== 1);
  if (strange === undefined && y.includes(0) && y.includes(1)) return;
  throw new Failure(
    'method/labels',
    strange === undefined ? `all ${y.length} examples have the label ${y[0]}` : `an example has the label ${strange}`,
    { remedy: '`logistic_association` needs labels 0 and 1, of both some; for a quantity take `linear_association`.' },
  );
}

/** Means, and one over the standard deviation; 0 for features that do not vary. */
async function momentsOf(examples: StoredExamples, passed: Passed) {
  const { count, size } = examples;
  const means = new Float64Array(size);
  const squares = new Float64Array(size);
  await eachRow(examples, passed, row => {
    for (let feature = 0; feature < size; feature++) means[feature]! += row[feature]! / count;
  });
  await eachRow(examples, passed, row => {
    for (let feature = 0; feature < size; feature++)
      squares[feature]! += (row[feature]! - means[feature]!) ** 2 / count;
  });
  const scales = squares.map((square, feature) =>
    square > 1e-18 * (1 + means[feature]! ** 2) ? 1 / Math.sqrt(square) : 0,
  );
  return { means, scales };
}

const OPEN = 0;
const DONE = 1;
const GIVEN_UP = 2;

/**
 * Fits of all features: coefficients (intercept, feature, covariates), and what a pass over the rows adds up for a step of each. They
 * begin at 0, where no step is long: from the log-odds of a rare class Newton's method overshoots where carriers have more of it.
 */
class Fits {
  open: number;
  private readonly state: Uint8Array;
  private readonly coefficients: Float64Array;
  private readonly gradient: Float64Array;
  /** Lower triangle of minus the second derivatives, [feature][row, column ≤ row]; of a fit that is done, its Cholesky factor. */
  private readonly information: Float64Array;
  private readonly triangle: number;

  constructor(
    size: number,
    private readonly width: number,
  ) {
    this.open = size;
    this.triangle = (width * (width + 1)) / 2;
    this.state = new Uint8Array(size);
    this.coefficients = new Float64Array(size * width);
    this.gradient = new Float64Array(size * width);
    this.information = new Float64Array(size * this.triangle);
  }

  isOpen(feature: number): boolean {
    return this.state[feature] === OPEN;
  }

  giveUp(feature: number): void {
    this.state[feature] = GIVEN_UP;
    this.open--;
  }

  /** Before a pass over the rows. */
  clear(): void {
    this.gradient.fill(0);
    for (let feature = 0; feature < this.state.length; feature++)
      if (this.isOpen(feature)) this.information.fill(0, feature * this.triangle, (feature + 1) * this.triangle);
  }

  /** @param x 1, the feature and the covariates of an example; @param y its label */
  add(feature: number, x: Float64Array, y: number): void {
    const { width, coefficients, gradient, information } = this;
    const begin = feature * width;
    let logit = 0;
    for (let i = 0; i < width; i++) logit += coefficients[begin + i]! * x[i]!;
    const probability = 1 / (1 + Math.exp(-logit));
    const weight = probability * (1 - probability);
    for (let i = 0, at = feature * this.triangle; i < width; i++) {
      gradient[begin + i]! += (y - probability) * x[i]!;
      const weighted = weight * x[i]!;
      for (let j = 0; j <= i; j++) information[at++]! += weighted * x[j]!;
    }
  }

  /** One step of Newton's method. */
  step(feature: number): void {
    const { width } = this;
    const factor = this.information.subarray(feature * this.triangle, (feature + 1) * this.triangle);
    if (!cholesky(factor, width)) {
      this.giveUp(feature);
      return;
    }
    const half = solveLower(factor, this.gradient.subarray(feature * width, (feature + 1) * width));
    const gain = half.reduce((sum, value) => sum + value * value, 0);
    solveUpper(factor, half).forEach((change, i) => (this.coefficients[feature * width + i]! += change));
    if (gain > TOLERANCE) return;
    this.state[feature] = DONE;
    this.open--;
  }

  /** Of the standardised feature; undefined where there is no estimate. */
  result(feature: number): { readonly slope: number; readonly error: number } | undefined {
    if (this.state[feature] !== DONE) return undefined;
    const unit = new Float64Array(this.width);
    unit[1] = 1;
    const factor = this.information.subarray(feature * this.triangle, (feature + 1) * this.triangle);
    // The variance is the diagonal of the inverse: the square of L⁻¹e.
    const variance = solveLower(factor, unit).reduce((sum, value) => sum + value * value, 0);
    return { slope: this.coefficients[feature * this.width + 1]!, error: Math.sqrt(variance) };
  }
}

const entry = (row: number, column: number): number => (row * (row + 1)) / 2 + column;

/** Writes L with LLᵀ = A over the lower triangle of A; false where A is singular. */
function cholesky(a: Float64Array, width: number): boolean {
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[entry(i, j)]!;
      for (let k = 0; k < j; k++) sum -= a[entry(i, k)]! * a[entry(j, k)]!;
      if (i !== j) a[entry(i, j)] = sum / a[entry(j, j)]!;
      else if (sum > LEAST_PIVOT * a[entry(i, i)]!) a[entry(i, i)] = Math.sqrt(sum);
      else return false;
    }
  return true;
}

/** L⁻¹b */
function solveLower(factor: Float64Array, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) x[i]! -= factor[entry(i, j)]! * x[j]!;
    x[i]! /= factor[entry(i, i)]!;
  }
  return x;
}

/** L⁻ᵀb */
function solveUpper(factor: Float64Array, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = x.length - 1; i >= 0; i--) {
    for (let j = i + 1; j < x.length; j++) x[i]! -= factor[entry(j, i)]! * x[j]!;
    x[i]! /= factor[entry(i, i)]!;
  }
  return x;
}

export const logisticAssociation: Method<typeof logistic_association> = context => {
  const { examples, passed } = context;
  return Promise.resolve(
    associationScan(context, 'log-odds per unit', () => associateLogistic(examples, examples.labels, passed)),
  );
};
