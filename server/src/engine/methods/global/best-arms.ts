/**
 * The arms of a bandit with the highest shares of successes, up to a tolerance: KL-LUCB. Kaufmann & Kalyanakrishnan 2013,
 * "Information complexity in bandit subset selection", COLT, with the exploration rate ln(k₁ K t^α / δ) of theorem 4.
 */
import { lowerBound, upperBound } from './bernoulli.js';

const ALPHA = 1.1;
const K1 = 405.5;
/** Draws of every arm at the start, and of each of the two doubtful arms in a round. */
const FIRST_DRAWS = 16;
const ROUND_DRAWS = 64;

export interface Bandit {
  readonly arms: number;
  /** How many of the best are wanted. */
  readonly wanted: number;
  /** Difference in shares up to which either of two arms will do. */
  readonly tolerance: number;
  /** Probability of an arm that is worse than that. */
  readonly delta: number;
  /** Draws, beside the first ones of every arm, after which the shares found so far decide. */
  readonly budget: number;
  /** Draws each of these arms so many times. @returns successes of each */
  readonly draw: (arms: readonly number[], times: number) => Promise<readonly number[]>;
}

/** @returns indices of the wanted arms, the one with most successes first */
export async function bestArms({ arms, wanted, tolerance, delta, budget, draw }: Bandit): Promise<number[]> {
  const successes = new Float64Array(arms);
  const draws = new Float64Array(arms);
  let total = 0;
  const pull = async (which: readonly number[], times: number): Promise<void> => {
    const found = await draw(which, times);
    which.forEach((arm, i) => {
      successes[arm]! += found[i]!;
      draws[arm]! += times;
    });
    total += which.length * times;
  };
  const share = (arm: number): number => successes[arm]! / draws[arm]!;
  await pull([...successes.keys()], FIRST_DRAWS);
  for (;;) {
    const ranked = [...successes.keys()].sort((a, b) => share(b) - share(a) || a - b);
    const [best, rest] = [ranked.slice(0, wanted), ranked.slice(wanted)];
    if (rest.length === 0 || total >= budget + arms * FIRST_DRAWS) return best;
    const rate = Math.log((K1 * arms * total ** ALPHA) / delta);
    const lower = best.map(arm => lowerBound(share(arm), rate / draws[arm]!));
    const upper = rest.map(arm => upperBound(share(arm), rate / draws[arm]!));
    const weakest = lower.indexOf(Math.min(...lower));
    const strongest = upper.indexOf(Math.max(...upper));
    if (upper[strongest]! - lower[weakest]! < tolerance) return best;
    await pull([best[weakest]!, rest[strongest]!], ROUND_DRAWS);
  }
}
