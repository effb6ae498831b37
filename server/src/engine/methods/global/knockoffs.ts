/**
 * Knockoffs: copies of features that have the dependences of the originals among each other and with the originals, and no
 * dependence on the label given the originals. Candès, Fan, Janson & Lv 2018, J R Stat Soc B 80:551 (model-X).
 */
import type { InputSpace } from '../../data/input-space.js';
import type { Origin } from '../../data/examples.js';
import { Failure } from '../../failure.js';
import { Stream } from '../../random/philox.js';
import { choleskyFactor, choleskySolver } from '../perturbation/cholesky.js';
import type { Passed } from '../passes.js';
import { Correlations } from './correlations.js';

export type Construction = 'auto' | 'markov_chain' | 'maximum_entropy' | 'equicorrelated';

/** Features whose correlations are held as a matrix: a minute or so of work. */
const MOST_FEATURES = 2000;

/** Draws one knockoff of every row, [example, feature]. */
export type DrawKnockoffs = (draw: number) => Float32Array;

export interface Knockoffs {
  readonly construction: Exclude<Construction, 'auto'>;
  readonly draw: DrawKnockoffs;
}

/**
 * @param x [example, feature]
 * @param origins by which random numbers are drawn
 * @throws Failure `method/knockoffs` where the construction does not fit the data
 */
export async function knockoffsOf(
  x: Float32Array,
  origins: readonly Origin[],
  { shape, alphabet }: InputSpace,
  { construction, seed }: { readonly construction: Construction; readonly seed: number },
  passed: Passed,
): Promise<Knockoffs> {
  const features = shape[0]!;
  const counts = alphabet === 'genotypes' && x.every(value => value === 0 || value === 1 || value === 2);
  const chosen = construction === 'auto' ? (counts ? 'markov_chain' : 'maximum_entropy') : construction;
  const streamOf = (row: number, draw: number) => new Stream(seed, 'knockoffs', origins[row], draw);
  if (chosen === 'markov_chain') {
    if (!counts)
      throw new Failure(
        'method/knockoffs',
        'a Markov chain is fitted to counts of alleles (0, 1, 2), and these are others',
        {
          remedy: 'Use `construction: maximum_entropy`.',
        },
      );
    const chain = fitChain(x, features);
    return {
      construction: chosen,
      draw: draw => byRow(x, features, row => chainKnockoff(row.values, chain, streamOf(row.index, draw))),
    };
  }
  if (features > MOST_FEATURES)
    throw new Failure('method/knockoffs', `${features} features have too many correlations for Gaussian knockoffs`, {
      remedy: `Keep at most ${MOST_FEATURES} features${counts ? ', or use `construction: markov_chain`' : ''}.`,
    });
  const correlations = new Correlations(x, origins.length, features);
  const matrix = await shrunkenCorrelations(correlations, passed);
  const gaps = chosen === 'equicorrelated' ? equicorrelated(matrix, features) : maximumEntropy(matrix, features);
  const gaussian = gaussianOf(matrix, gaps, features);
  return { construction: chosen, draw: draw => gaussianKnockoffs(x, correlations, gaussian, streamOf, draw) };
}

function byRow(
  x: Float32Array,
  features: number,
  make: (row: { readonly index: number; readonly values: Float32Array }) => Float32Array,
): Float32Array {
  const all = new Float32Array(x.length);
  for (let start = 0, index = 0; start < x.length; start += features, index++)
    all.set(make({ index, values: x.subarray(start, start + features) }), start);
  return all;
}

const inverseOf = (matrix: Float64Array, size: number): Float64Array => {
  const solve = choleskySolver(matrix, size);
  if (solve === undefined) throw new Error('a shrunken correlation matrix is not singular');
  const inverse = new Float64Array(size * size);
  const unit = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    unit.fill(0)[i] = 1;
    inverse.set(solve(unit), i * size);
  }
  return inverse;
};

/**
 * The correlation matrix, off its diagonal multiplied by 1 − λ: the shrinkage of Schäfer & Strimmer 2005, Stat Appl Genet Mol
 * Biol 4:32, with the variance (1 − r²)² / (n − 1) that a correlation of normal variables has.
 *
 * @returns [feature, feature]
 */
export async function shrunkenCorrelations(correlations: Correlations, passed: Passed): Promise<Float64Array> {
  const { features, examples } = correlations;
  const matrix = new Float64Array(features * features);
  let [squares, variances] = [0, 0];
  for (let i = 0; i < features; i++) {
    matrix[i * features + i] = 1;
    for (let j = 0; j < i; j++) {
      const r = correlations.between(i, j);
      matrix[i * features + j] = matrix[j * features + i] = r;
      squares += r * r;
      variances += (1 - r * r) ** 2 / (examples - 1);
    }
    await passed(0);
  }
  // Never none, so that copies of a feature do not make the matrix singular.
  const kept = 1 - Math.max(1e-4, squares > 0 ? Math.min(1, variances / squares) : 0);
  return matrix.map((r, at) => (at % (features + 1) === 0 ? 1 : kept * r));
}

/** s_j = min(1, 2 λ_min) for every feature: all knockoffs have the same correlation with their originals, 1 − s. */
export function equicorrelated(matrix: Float64Array, size: number): Float64Array {
  // A hair below, so that the covariance of the knockoffs given the originals is not singular.
  return new Float64Array(size).fill(0.999 * Math.min(1, 2 * smallestEigenvalue(matrix, size)));
}

/** By inverse iteration. */
function smallestEigenvalue(matrix: Float64Array, size: number): number {
  const solve = choleskySolver(matrix, size);
  if (solve === undefined) return 0;
  const stream = new Stream(0, 'smallest eigenvalue');
  let vector = Float64Array.from({ length: size }, () => stream.normal());
  let value = Infinity;
  for (let step = 0; step < 1000; step++) {
    const next = solve(vector);
    const norm = Math.sqrt(next.reduce((sum, v) => sum + v * v, 0));
    vector = next.map(v => v / norm);
    const product = vector.map((_, i) => {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += matrix[i * size + j]! * vector[j]!;
      return sum;
    });
    const before = value;
    value = product.reduce((sum, v, i) => sum + v * vector[i]!, 0);
    if (Math.abs(before - value) <= 1e-10 * value) break;
  }
  return value;
}

/**
 * The s that maximises log det(2Σ − S) + Σ log s_j: knockoffs that tell as little as possible of their originals (Gimenez & Zou
 * 2019, AISTATS; Spector & Janson 2022, Ann Statist 50:252), without semidefinite programming. Along one coordinate the
 * optimum is (s_j + 1 / [(2Σ − S)⁻¹]_jj) / 2, and the inverse follows by a change of rank one.
 */
export function maximumEntropy(matrix: Float64Array, size: number): Float64Array {
  const gaps = equicorrelated(matrix, size).map(gap => gap / 2);
  const difference = matrix.map((r, at) => (at % (size + 1) === 0 ? 2 - gaps[0]! : 2 * r));
  const inverse = inverseOf(difference, size);
  for (let sweep = 0; sweep < 100; sweep++) {
    let most = 0;
    for (let j = 0; j < size; j++) {
      const own = inverse[j * size + j]!;
      const change = (gaps[j]! + 1 / own) / 2 - gaps[j]!;
      gaps[j]! += change;
      most = Math.max(most, Math.abs(change));
      const column = inverse.slice(j * size, (j + 1) * size);
      const factor = change / (1 - change * own);
      for (let i = 0; i < size; i++) {
        const scaled = factor * column[i]!;
        for (let k = 0; k < size; k++) inverse[i * size + k]! += scaled * column[k]!;
      }
    }
    if (most < 1e-6) break;
  }
  return gaps.map(gap => 0.999 * gap);
}

/** What knockoffs are drawn with: X̃ | X ~ N(X − S Σ⁻¹ X, 2S − S Σ⁻¹ S). */
export interface Gaussian {
  /** S Σ⁻¹, [feature, feature] */
  readonly pull: Float64Array;
  /** Lower triangle whose product with its transpose is the covariance. */
  readonly factor: Float64Array;
}

/** @param gaps the diagonal of S */
export function gaussianOf(matrix: Float64Array, gaps: Float64Array, size: number): Gaussian {
  const pull = inverseOf(matrix, size).map((value, at) => gaps[Math.floor(at / size)]! * value);
  const covariance = pull.map(
    (value, at) => (at % (size + 1) === 0 ? 2 * gaps[at % size]! : 0) - value * gaps[at % size]!,
  );
  const factor = choleskyFactor(covariance, size);
  if (factor === undefined) throw new Error('2S − S Σ⁻¹ S is positive definite where 2Σ − S and S are');
  return { pull, factor };
}

function gaussianKnockoffs(
  x: Float32Array,
  { features, means, deviations }: Correlations,
  { pull, factor }: Gaussian,
  streamOf: (row: number, draw: number) => Stream,
  draw: number,
): Float32Array {
  return byRow(x, features, ({ index, values }) => {
    const stream = streamOf(index, draw);
    const standard = Float64Array.from(values, (v, i) => (deviations[i]! > 0 ? (v - means[i]!) / deviations[i]! : 0));
    const noise = standard.map(() => stream.normal());
    return Float32Array.from(standard, (value, i) => {
      let sum = value;
      for (let k = 0; k < features; k++) sum -= pull[i * features + k]! * standard[k]!;
      for (let k = 0; k <= i; k++) sum += factor[i * features + k]! * noise[k]!;
      return means[i]! + deviations[i]! * sum;
    });
  });
}

const STATES = 3;

/** A Markov chain of counts of alleles along the variants: [variant, before, state]; the first variant has the same rows. */
export type Chain = Float64Array;

/** Transitions between neighbours as counted, with one example's worth of the variant's own frequencies added to each row. */
export function fitChain(x: Float32Array, features: number): Chain {
  const examples = x.length / features;
  const chain = new Float64Array(features * STATES * STATES);
  for (let feature = 0; feature < features; feature++) {
    const shares = new Float64Array(STATES).fill(0.5 / (examples + 1.5));
    for (let row = 0; row < examples; row++) shares[x[row * features + feature]!]! += 1 / (examples + 1.5);
    const counts = new Float64Array(STATES * STATES);
    const totals = new Float64Array(STATES);
    for (let row = 0; feature > 0 && row < examples; row++) {
      const before = x[row * features + feature - 1]!;
      counts[before * STATES + x[row * features + feature]!]!++;
      totals[before]!++;
    }
    for (let before = 0; before < STATES; before++)
      for (let state = 0; state < STATES; state++)
        chain[(feature * STATES + before) * STATES + state] =
          (counts[before * STATES + state]! + shares[state]!) / (totals[before]! + 1);
  }
  return chain;
}

/**
 * One knockoff of a row of a Markov chain. Sesia, Sabatti & Candès 2019, Biometrika 106:1, algorithm 2: variant by variant,
 * P(x̃_j = l) ∝ Q_j(l | x_j−1) Q_j(l | x̃_j−1) Q_j+1(x_j+1 | l) / N_j−1(l), N_j(k) the same sum over l with k in the place of x_j+1.
 */
export function chainKnockoff(x: Float32Array, chain: Chain, stream: Stream): Float32Array {
  const variants = x.length;
  const knockoff = new Float32Array(variants);
  const step = (variant: number, before: number, state: number): number =>
    chain[(variant * STATES + before) * STATES + state]!;
  let normaliser = new Float64Array(STATES).fill(1);
  for (let j = 0; j < variants; j++) {
    const own = Float64Array.from({ length: STATES }, (_, state) => {
      const first = j === 0 ? step(0, 0, state) : step(j, x[j - 1]!, state) * step(j, knockoff[j - 1]!, state);
      return first / normaliser[state]!;
    });
    const next = j + 1 < variants ? (state: number, to: number) => step(j + 1, state, to) : () => 1;
    const weights = own.map((weight, state) => weight * next(state, x[j + 1] ?? 0));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let left = stream.uniform() * total;
    let state = 0;
    while (state < STATES - 1 && left >= weights[state]!) left -= weights[state++]!;
    knockoff[j] = state;
    const sums = Float64Array.from({ length: STATES }, (_, to) =>
      own.reduce((sum, weight, from) => sum + weight * next(from, to), 0),
    );
    // Only ratios matter: kept near 1, whatever the length of the chain.
    const scale = Math.max(...sums);
    normaliser = sums.map(sum => sum / scale);
  }
  return knockoff;
}

/**
 * The knockoff filter: the smallest t at which (1 + #{W ≤ −t}) / max(1, #{W ≥ t}) ≤ q. Barber & Candès 2015, Ann Statist
 * 43:2055 (knockoff+).
 *
 * @returns Infinity where nothing can be selected
 */
export function knockoffThreshold(statistics: ArrayLike<number>, q: number): number {
  const values = Array.from(statistics);
  const candidates = [...new Set(values.map(Math.abs))].filter(t => t > 0).sort((a, b) => a - b);
  const found = candidates.find(t => {
    const negative = values.filter(w => w <= -t).length;
    const positive = values.filter(w => w >= t).length;
    return (1 + negative) / Math.max(1, positive) <= q;
  });
  return found ?? Infinity;
}
