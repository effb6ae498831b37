/** Gaussian noise added to examples. */
import type { Amount } from '../../catalog/specification.js';
import type { InputSpace } from '../data/input-space.js';
import { Failure } from '../failure.js';
import type { Stream } from '../random/philox.js';

/** What the numbers of an example count. */
const UNITS: Readonly<Record<InputSpace['alphabet'], string | undefined>> = {
  dna: undefined,
  genotypes: 'alleles',
  expression: 'counts',
};

/** @throws Failure `method/noise` for an amount in units that the input does not have */
export function requireUnit(amount: Amount, { alphabet }: InputSpace): void {
  if ('share' in amount || amount.unit === UNITS[alphabet]) return;
  const unit = UNITS[alphabet];
  throw new Failure('method/noise', `${amount.absolute} ${amount.unit} is no amount of ${alphabet}`, {
    remedy: `Give a share of the input's range, such as 10%${unit === undefined ? '' : `, or ${unit}`}.`,
  });
}

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
