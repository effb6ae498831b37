/** The standard normal distribution in double precision. */

/** φ(x) */
export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** Hart's coefficients of the numerator and the denominator, highest power first. */
const NUMERATOR = [
  0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
  220.206867912376,
];
const DENOMINATOR = [
  0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
  793.826512519948, 440.413735824752,
];

/** Terms of the continued fraction: beyond ±4 more change nothing. */
const TERMS = 60;

/**
 * Φ(x) with 14 digits, in the lower tail too: within ±4 by Hart 1968, "Computer Approximations", algorithm 5666 (as in West
 * 2005, Wilmott Magazine, May, p. 70), beyond by Laplace's continued fraction.
 */
export function normalCdf(x: number): number {
  const size = Math.abs(x);
  let tail = 0;
  if (size < 4) {
    const polynomial = (coefficients: readonly number[]) => coefficients.reduce((sum, c) => sum * size + c, 0);
    tail = (Math.exp((-size * size) / 2) * polynomial(NUMERATOR)) / polynomial(DENOMINATOR);
  } else {
    tail = normalDensity(size) / tailFraction(size);
  }
  return x > 0 ? 1 - tail : tail;
}

/** φ(x) / (1 − Φ(x)) for x ≥ 4 */
function tailFraction(x: number): number {
  let fraction = x;
  for (let term = TERMS; term >= 1; term--) fraction = x + term / fraction;
  return fraction;
}

/** ln P(|Z| > |z|), the two-sided p-value of a standard normal statistic, beyond where the p-value itself is 0. */
export function logTwoSidedNormal(z: number): number {
  const size = Math.abs(z);
  if (size < 4) return Math.log(2 * normalCdf(-size));
  return Math.LN2 - (size * size) / 2 - 0.5 * Math.log(2 * Math.PI) - Math.log(tailFraction(size));
}

/**
 * Φ⁻¹(p) by Halley's iteration on Φ from the logistic approximation.
 *
 * @param p strictly between 0 and 1; ±Infinity outside
 */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  // In the lower half, where Φ keeps its relative precision.
  if (p > 0.5) return -normalQuantile(1 - p);
  const far = Math.sqrt(-2 * Math.log(p));
  // Abramowitz & Stegun 1964, 26.2.22, within 0.003.
  let x = -(far - (2.30753 + 0.27061 * far) / (1 + 0.99229 * far + 0.04481 * far * far));
  for (let step = 0; step < 4; step++) {
    const error = (normalCdf(x) - p) / normalDensity(x);
    x -= error / (1 + (x * error) / 2);
  }
  return x;
}
