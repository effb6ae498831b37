/** Areas under the ROC and the precision–recall curve; equal scores form one point of a curve. */
import { ascending, type Weighted } from './bootstrap.js';

/**
 * Chance that a positive scores above a negative, ties counting half (Hanley & McNeil 1982, Radiology 143:29).
 *
 * @param positive 1 for positives, 0 for negatives
 * @returns NaN without any positive or any negative
 */
export function rocArea(scores: Float64Array, positive: Uint8Array): Weighted {
  const order = ascending(scores);
  return counts => {
    let wins = 0;
    let positives = 0;
    let negatives = 0;
    let at = 0;
    while (at < order.length) {
      const score = scores[order[at]!];
      let tiedPositives = 0;
      let tiedNegatives = 0;
      for (; at < order.length && scores[order[at]!] === score; at++) {
        const unit = order[at]!;
        if (positive[unit] === 1) tiedPositives += counts[unit]!;
        else tiedNegatives += counts[unit]!;
      }
      wins += tiedPositives * (negatives + tiedNegatives / 2);
      positives += tiedPositives;
      negatives += tiedNegatives;
    }
    return wins / (positives * negatives);
  };
}

/**
 * Area under the precision–recall curve by the trapezoid rule, from (recall 0, precision 1): not average precision.
 *
 * @param positive 1 for positives, 0 for negatives
 * @returns NaN without any positive
 */
export function precisionRecallArea(scores: Float64Array, positive: Uint8Array): number {
  const order = ascending(scores).reverse();
  const positives = positive.reduce((sum, value) => sum + value, 0);
  let area = 0;
  let found = 0;
  let recall = 0;
  let precision = 1;
  let at = 0;
  while (at < order.length) {
    const score = scores[order[at]!];
    for (; at < order.length && scores[order[at]!] === score; at++) found += positive[order[at]!]!;
    area += ((found / positives - recall) * (precision + found / at)) / 2;
    recall = found / positives;
    precision = found / at;
  }
  return positives > 0 ? area : NaN;
}
