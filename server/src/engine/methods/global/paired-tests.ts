/**
 * One-sided tests of paired differences: whether they are above 0. Differences of 0 tell nothing and are left out (Wilcoxon
 * 1945, Biometrics Bulletin 1:80; Conover 1999, Practical Nonparametric Statistics, 3rd ed., §3.4 and §5.7).
 */
import { averageRanks } from '../../metrics/ranks.js';
import { normalCdf } from '../../random/normal-distribution.js';
import { logGamma } from '../../random/student-distribution.js';

/** P(at least as many positive differences) where either sign is as likely: the exact binomial tail; 1 without differences. */
export function signTest(differences: Float64Array): number {
  const signs = differences.filter(value => value !== 0);
  const n = signs.length;
  const positive = signs.filter(value => value > 0).length;
  let tail = 0;
  for (let k = n; k >= positive; k--)
    tail += Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) - n * Math.LN2);
  return Math.min(1, tail);
}

/** Differences up to which the distribution of the rank sum is counted out. */
const EXACT = 60;

/**
 * P(a rank sum of the positive differences at least as large) where the differences are symmetric about 0: counted out for up
 * to 60 differences, ties or none, and normal with corrections for ties and continuity above.
 */
export function signedRankTest(differences: Float64Array): number {
  const kept = differences.filter(value => value !== 0);
  const ranks = averageRanks(kept.map(Math.abs));
  const observed = ranks.reduce((sum, rank, i) => sum + (kept[i]! > 0 ? rank : 0), 0);
  if (kept.length <= EXACT) return countedTail(ranks, observed);
  // Ties are in the ranks: Var = Σ r² / 4.
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / 2;
  const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + rank ** 2, 0) / 4);
  return normalCdf((mean - observed + 0.5) / deviation);
}

/** Each rank is in the sum or not, with probability ½; twice a rank is a whole number even where ranks are tied. */
function countedTail(ranks: Float64Array, observed: number): number {
  const doubled = [...ranks].map(rank => Math.round(2 * rank));
  const largest = doubled.reduce((sum, rank) => sum + rank, 0);
  const probability = new Float64Array(largest + 1);
  probability[0] = 1;
  for (const rank of doubled)
    for (let sum = largest; sum >= 0; sum--)
      probability[sum] = (probability[sum]! + (sum >= rank ? probability[sum - rank]! : 0)) / 2;
  return probability.subarray(Math.round(2 * observed)).reduce((total, p) => total + p, 0);
}
