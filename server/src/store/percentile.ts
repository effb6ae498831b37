/**
 * Intervals from the bootstrap draws that the store keeps, so that a confidence can be asked after the metric has run.
 * Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13.
 */

/** Quantile of sorted values with linear interpolation (type 7 of Hyndman & Fan 1996, Am. Stat. 50:361). */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (place - below) * (high - low);
}

/**
 * The percentile interval of bootstrap draws.
 *
 * @param draws one value per draw, at least one
 * @param confidence as a fraction, for example 0.95
 */
export function percentileInterval(draws: Float32Array | Float64Array, confidence: number): [number, number] {
  const sorted = Float64Array.from(draws).sort();
  return [quantile(sorted, (1 - confidence) / 2), quantile(sorted, (1 + confidence) / 2)];
}
