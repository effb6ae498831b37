/**
 * Confidence bounds for a share from independent draws, by the Kullback–Leibler divergence: with n draws the bound at level
 * L / n fails with probability at most e^−L (Chernoff; Kaufmann & Kalyanakrishnan 2013, COLT, §3.1).
 */

/** p · ln(p / q), 0 for p = 0. */
const term = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / q));

/** Divergence of two Bernoulli distributions in nats; infinite where q excludes what p allows. */
export function divergence(p: number, q: number): number {
  return term(p, q) + term(1 - p, 1 - q);
}

/** The smallest q not above `share` whose divergence from it is at most `level`. */
export function lowerBound(share: number, level: number): number {
  return bisect(share, 0, q => divergence(share, q) <= level);
}

/** The largest q not below `share` whose divergence from it is at most `level`. */
export function upperBound(share: number, level: number): number {
  return bisect(share, 1, q => divergence(share, q) <= level);
}

/** The border between `inside`, which passes, and `outside`, to the last bit. */
function bisect(inside: number, outside: number, passes: (q: number) => boolean): number {
  if (passes(outside)) return outside;
  for (;;) {
    const middle = (inside + outside) / 2;
    if (middle === inside || middle === outside) return inside;
    if (passes(middle)) inside = middle;
    else outside = middle;
  }
}

/** Draws after which a share is looked at: doubled each time. */
const FIRST_LOOK = 128;
const LOOKS = 5;

export interface Verdict {
  /** Share of successes among the draws. */
  readonly share: number;
  /** What the true share is not below, with the probability asked for. */
  readonly bound: number;
  /** Whether the bound is at least what is wanted. */
  readonly accepted: boolean;
}

/**
 * Whether a share is at least what is wanted, with as few draws as that takes.
 *
 * @param delta probability of a bound above the true share, at any of the looks
 * @param draw makes so many independent draws and returns the successes
 */
export async function judge(wanted: number, delta: number, draw: (times: number) => Promise<number>): Promise<Verdict> {
  const rate = Math.log(LOOKS / delta);
  let successes = 0;
  let draws = 0;
  for (let look = 1; ; look++) {
    const more = draws || FIRST_LOOK;
    successes += await draw(more);
    draws += more;
    const share = successes / draws;
    const bound = lowerBound(share, rate / draws);
    const accepted = bound >= wanted;
    if (accepted || look === LOOKS || upperBound(share, rate / draws) < wanted) return { share, bound, accepted };
  }
}
