/** Student's t distribution in double precision, with tails as logarithms: p-values of large cohorts fall below 1e-308. */
import { normalQuantile } from './normal-distribution.js';

/** Lanczos 1964, SIAM J Numer Anal B 1:86, with g = 7 and Godfrey's nine coefficients. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0 */
export function logGamma(x: number): number {
  const base = x + 6.5;
  const series = LANCZOS.reduce((sum, c, i) => (i === 0 ? c : sum + c / (x - 1 + i)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(series);
}

/** Terms after which the continued fraction has converged for every argument below its mean. */
const TERMS = 10_000;

/**
 * The continued fraction of the incomplete beta function (NIST Handbook of Mathematical Functions 2010, 8.17.22) by Lentz's
 * method; for x below (a + 1) / (a + b + 2).
 */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return fraction;
}

/**
 * ln P(|T| > |t|), the two-sided p-value of a t statistic.
 *
 * @param freedom degrees of freedom, above 0
 */
export function logTwoSided(t: number, freedom: number): number {
  const [a, b] = [freedom / 2, 0.5];
  const square = t * t;
  const x = freedom / (freedom + square);
  const rest = square / (freedom + square);
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  // ln(1 + t²/ν) keeps its digits where x is close to 1.
  const logFront = -a * Math.log1p(square / freedom) + b * Math.log(rest) - logBeta;
  if (x < (a + 1) / (a + b + 2)) return logFront + Math.log(betaFraction(x, a, b)) - Math.log(a);
  return t === 0 ? 0 : Math.log1p((-Math.exp(logFront) * betaFraction(rest, b, a)) / b);
}

/** P(T ≤ t) */
export function studentCdf(t: number, freedom: number): number {
  const tail = Math.exp(logTwoSided(t, freedom)) / 2;
  return t > 0 ? 1 - tail : tail;
}

/** The t below which T lies with this probability, by bisection from the normal quantile; ±Infinity at 0 and 1. */
export function studentQuantile(probability: number, freedom: number): number {
  if (probability === 0.5) return 0;
  if (probability > 0.5) return -studentQuantile(1 - probability, freedom);
  if (probability <= 0) return -Infinity;
  let high = 0;
  let low = Math.min(-1, normalQuantile(probability));
  while (studentCdf(low, freedom) > probability) low *= 2;
  while (high - low > 1e-12 * -low) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (studentCdf(middle, freedom) > probability) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
