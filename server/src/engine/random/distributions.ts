/** Random numbers of other distributions, from the uniform and normal ones of a stream. */
import type { Stream } from './philox.js';

/**
 * Gamma with scale 1. Marsaglia & Tsang 2000, ACM Trans. Math. Softw. 26:363; a shape below 1 by their boost.
 *
 * @param shape above 0
 */
export function gamma(stream: Stream, shape: number): number {
  if (shape < 1) return gamma(stream, shape + 1) * Math.pow(1 - stream.uniform(), 1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = stream.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - stream.uniform();
    if (Math.log(u) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Beta(a, b), from two gamma numbers. */
export function beta(stream: Stream, a: number, b: number): number {
  const x = gamma(stream, a);
  return x / (x + gamma(stream, b));
}

/** Dirichlet: shares that sum to one, from gamma numbers. @param shapes above 0, one for each share */
export function dirichlet(stream: Stream, shapes: ArrayLike<number>): Float64Array {
  const shares = Float64Array.from(shapes, shape => gamma(stream, shape));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map(share => share / sum);
}

/** Successes in `n` trials of probability `p`. */
export function binomial(stream: Stream, n: number, p: number): number {
  if (p > 0.5) return n - binomial(stream, n, 1 - p);
  if (n === 0 || p <= 0) return 0;
  return n * p < 10 ? binomialByInversion(stream, n, p) : binomialByRejection(stream, n, p);
}

/** Adds up probabilities until they pass a uniform number; `n·p` is below 10. */
function binomialByInversion(stream: Stream, n: number, p: number): number {
  const odds = p / (1 - p);
  let probability = Math.exp(n * Math.log1p(-p));
  let left = stream.uniform();
  let k = 0;
  while (left >= probability && k < n) {
    left -= probability;
    k++;
    probability *= (odds * (n - k + 1)) / k;
  }
  return k;
}

/** log k! − Stirling's formula for k + 1 (Hörmann's correction). */
function stirlingTail(k: number): number {
  const tail = STIRLING_TAILS[k];
  if (tail !== undefined) return tail;
  const square = (k + 1) * (k + 1);
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1);
}

/** The correction of small k from the logarithms of the factorials. */
const STIRLING_TAILS: readonly number[] = (() => {
  const tails: number[] = [];
  let logFactorial = 0;
  for (let k = 0; k < 10; k++) {
    if (k > 0) logFactorial += Math.log(k);
    tails.push(logFactorial - (0.5 * Math.log(2 * Math.PI) + (k + 0.5) * Math.log(k + 1) - (k + 1)));
  }
  return tails;
})();

/** Transformed rejection (BTRS) for `n·p` ≥ 10. Hörmann 1993, J. Stat. Comput. Simul. 46:101. */
function binomialByRejection(stream: Stream, n: number, p: number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = n * p + 0.5;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const accepted = 0.92 - 4.2 / b;
  const odds = p / (1 - p);
  const mode = Math.floor((n + 1) * p);
  for (;;) {
    const u = stream.uniform() - 0.5;
    const v = 1 - stream.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (us >= 0.07 && v <= accepted) return k;
    if (!(k >= 0 && k <= n)) continue;
    const bound =
      (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
      (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) +
      stirlingTail(mode) +
      stirlingTail(n - mode) -
      stirlingTail(k) -
      stirlingTail(n - k);
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

/**
 * Counts of `n` draws with the given probabilities, by conditional binomials from the first to the last.
 *
 * @param probabilities sum to one
 * @param out receives the counts
 */
export function multinomial(stream: Stream, n: number, probabilities: Float64Array, out: Float32Array): void {
  // What is left behind each entry, summed from the end so that no difference of near-equal numbers is taken.
  const behind = new Float64Array(probabilities.length);
  for (let i = probabilities.length - 2; i >= 0; i--) behind[i] = behind[i + 1]! + probabilities[i + 1]!;
  let left = n;
  for (let i = 0; i < probabilities.length; i++) {
    const mass = probabilities[i]! + behind[i]!;
    const count = mass > 0 ? binomial(stream, left, probabilities[i]! / mass) : 0;
    out[i] = count;
    left -= count;
  }
}
