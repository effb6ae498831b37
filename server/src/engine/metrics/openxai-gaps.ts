/**
 * Prediction gaps of OpenXAI (Agarwal et al. 2022, NeurIPS 35; PGI and PGU there): the mean change of the prediction when the
 * most important features, or all others, are given Gaussian noise.
 */
import { descending } from './classes.js';
import { RowQueue, type Ask } from './row-queue.js';
import type { Replaced } from './prediction-gaps.js';

export interface NoiseOptions {
  /** Share of the features that counts as important, by |score|. */
  readonly top: number;
  /** Whether the important features get the noise, or the others. */
  readonly moved: 'important' | 'unimportant';
  /** Noisy copies of each example. */
  readonly samples: number;
  /** Standard deviation of the noise at an example. */
  readonly deviation: (example: Float32Array) => number;
  /** Standard normal numbers for one copy of an example, drawn for the features that are moved. */
  readonly noise: (example: number, sample: number) => () => number;
}

/**
 * Mean |p(x) − p(x′)| over noisy copies, p the probability of each example's class.
 *
 * @returns [example]
 */
export async function openxaiGaps(
  { classes, features, scores, x, probabilities }: Omit<Replaced, 'baseline'>,
  { top, moved, samples, deviation, noise }: NoiseOptions,
  ask: Ask,
): Promise<Float64Array> {
  const size = x.length / classes.length;
  const queue = new RowQueue(size, ask);
  const gaps = new Float64Array(classes.length);
  const count = Math.min(features, Math.max(1, Math.round(top * features)));
  for (const [example, label] of classes.entries()) {
    const magnitudes = Float64Array.from(scores.subarray(example * features, (example + 1) * features), Math.abs);
    const important = new Set(descending(magnitudes).subarray(0, count));
    const own = x.subarray(example * size, (example + 1) * size);
    const spread = deviation(own);
    for (let sample = 0; sample < samples; sample++) {
      const normal = noise(example, sample);
      const row = own.map((value, feature) =>
        important.has(feature) === (moved === 'important') ? value + spread * normal() : value,
      );
      await queue.add(row, example, found => {
        gaps[example]! += Math.abs(probabilities[example]! - found[label]!) / samples;
      });
    }
  }
  await queue.flush();
  return gaps;
}
