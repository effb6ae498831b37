/**
 * Falling rule lists: an example belongs to the first rule that it meets, and the share of positive answers falls from rule to
 * rule and to the rest. Wang & Rudin 2015, AISTATS, arXiv 1411.5899; as a minimum of a penalised loss under that constraint:
 * Chen & Rudin 2018, AISTATS, arXiv 1710.02572. Here the loss is the log loss, so the list is the most likely one for its length.
 */
import { Stream } from '../../random/philox.js';
import type { Passed } from '../passes.js';
import { entropy, type MinedRule } from './mined-rules.js';
import { both, sharedBy, sizeOf, without, type RowSet } from './row-sets.js';

/** Examples that come to a rule, or are left by all rules. */
export interface Captured {
  readonly positives: number;
  readonly count: number;
}

export interface FallingProblem {
  readonly rules: readonly MinedRule[];
  /** Examples with a positive answer. */
  readonly answers: RowSet;
  readonly count: number;
  /** Fewest examples that come to a rule of the list. */
  readonly support: number;
  /** Most rules of a list. */
  readonly longest: number;
  /** Log loss, in nats over all examples, that a rule has to save. */
  readonly price: number;
}

/** Who comes to each rule of a list, the rest last. */
export function captures(rules: readonly Pick<MinedRule, 'met'>[], answers: RowSet, count: number): Captured[] {
  let left: RowSet = new Uint32Array(answers.length).fill(0xffffffff);
  let rest: Captured = { positives: sizeOf(answers), count };
  const all = rules.map(({ met }) => {
    const taken = both(left, met);
    const own = { positives: sharedBy(taken, answers), count: sizeOf(taken) };
    left = without(left, met);
    rest = { positives: rest.positives - own.positives, count: rest.count - own.count };
    return own;
  });
  return [...all, rest];
}

/** Whether no share of positive answers is above the one before, as far as anybody came; compared as whole numbers. */
export function falls(parts: readonly Captured[]): boolean {
  const filled = parts.filter(({ count }) => count > 0);
  return filled.every(
    (part, i) => i === 0 || part.positives * filled[i - 1]!.count <= filled[i - 1]!.positives * part.count,
  );
}

/**
 * The least log loss of shares that do not rise, in nats: neighbours that would rise share theirs (pool adjacent violators,
 * Ayer et al. 1955, Ann Math Statist 26:641).
 */
export function fallingLoss(parts: readonly Captured[]): number {
  const pooled: Captured[] = [];
  for (let part of parts) {
    for (;;) {
      const last = pooled.at(-1);
      if (last === undefined || falls([last, part])) break;
      pooled.pop();
      part = { positives: last.positives + part.positives, count: last.count + part.count };
    }
    pooled.push(part);
  }
  return pooled.reduce((sum, { positives, count }) => sum + entropy(positives, count), 0);
}

/** Chains of the search, each from the empty list. */
const CHAINS = 4;
/** Temperatures at the first and at the last step, in prices. */
const HOT = 2;
const COLD = 0.02;

/**
 * Searches by simulated annealing, as Wang & Rudin do: a step inserts, removes, replaces or moves a rule. On the way lists may
 * rise, at the loss that falling shares would have; the one that is returned falls.
 *
 * @param steps of each chain
 * @returns numbers of the rules, in the order of the list
 */
export async function fallingList(
  problem: FallingProblem,
  steps: number,
  seed: number,
  passed: Passed,
): Promise<number[]> {
  const { rules, answers, count, support, price } = problem;
  const cost = (
    list: readonly number[],
  ): { readonly loss: number; readonly valid: boolean; readonly falling: boolean } => {
    const parts = captures(
      list.map(rule => rules[rule]!),
      answers,
      count,
    );
    return {
      loss: fallingLoss(parts) + price * list.length,
      valid: parts.slice(0, -1).every(part => part.count >= support),
      falling: falls(parts),
    };
  };
  let best: { readonly list: readonly number[]; readonly loss: number } = { list: [], loss: cost([]).loss };
  if (rules.length === 0) return [];
  for (let chain = 0; chain < CHAINS; chain++) {
    const random = new Stream(seed, 'falling rule list', undefined, chain);
    let [list, loss]: [readonly number[], number] = [[], cost([]).loss];
    for (let step = 0; step < steps; step++) {
      if (step % 256 === 0) await passed(0);
      const temperature = price * HOT * (COLD / HOT) ** (step / steps);
      const next = changed(list, problem, random);
      const chance = random.uniform();
      if (next === undefined) continue;
      const then = cost(next);
      if (!then.valid || chance >= Math.exp((loss - then.loss) / temperature)) continue;
      [list, loss] = [next, then.loss];
      if (then.falling && loss < best.loss - 1e-9) best = { list, loss };
    }
  }
  return [...best.list];
}

/** A neighbour of a list; undefined where the drawn one is none. */
function changed(
  list: readonly number[],
  { rules, longest }: FallingProblem,
  random: Stream,
): readonly number[] | undefined {
  const kind = random.integer(4);
  const rule = random.integer(rules.length);
  const [at, to] = [random.integer(list.length + 1), random.integer(list.length + 1)];
  const isNew = !list.includes(rule);
  if (kind === 0) return isNew && list.length < longest ? list.toSpliced(at, 0, rule) : undefined;
  if (at === list.length) return undefined;
  if (kind === 1) return list.toSpliced(at, 1);
  if (kind === 2) return isNew ? list.toSpliced(at, 1, rule) : undefined;
  return to < list.length && to !== at ? list.toSpliced(at, 1).toSpliced(to, 0, list[at]!) : undefined;
}
