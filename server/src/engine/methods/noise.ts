/** Gaussian noise added to examples. */
import type { Amount } from '../../catalog/specification.js';
import type { Stream } from '../random/philox.js';

/**
 * Standard deviation of the noise at one example. A share is one of the range of the example's own numbers, as Smilkov et
 * al. define the noise level σ / (max − min): so it does not depend on what other examples there are.
 */
export function deviation(amount: Amount, example: Float32Array): number {
  if ('absolute' in amount) return amount.absolute;
  let [low, high] = [Infinity, -Infinity];
  for (const value of example) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return amount.share * (high - low);
}

/** Writes an example with noise on every element. */
export function addNoise(example: Float32Array, deviation: number, stream: Stream, out: Float32Array): void {
  for (let i = 0; i < example.length; i++) out[i] = example[i]! + deviation * stream.normal();
}
