/**
 * Shapley values as the weighted least squares fit of an additive game to the values of coalitions.
 * Lundberg & Lee 2017, NeurIPS, arXiv 1705.07874, theorem 2; pairs of a coalition and its complement, and the constraint
 * solved exactly: Covert & Lee 2021, AISTATS, arXiv 2012.01536.
 */
import type { kernel_shap } from '../../../catalog/methods/index.js';
import type { Origin } from '../../data/examples.js';
import { Failure } from '../../failure.js';
import { Stream } from '../../random/philox.js';
import type { Method } from '../method.js';
import { choleskySolver } from './cholesky.js';
import { groupArray } from './placement.js';
import { absentFeatures, prepareShapley, requireGroups } from './shapley.js';

/** So that the fit, cubic in the groups, takes seconds. */
const MOST_GROUPS = 1024;

/** Coalitions with their weights in the fit. */
export interface Coalitions {
  /** 1 where a group is present, [coalition, group]. */
  readonly present: Uint8Array;
  readonly weights: Float64Array;
  /** Whether they are all that there are; else coalitions 2i and 2i + 1 are a drawn pair. */
  readonly complete: boolean;
}

export interface KernelFit {
  readonly values: Float64Array;
  /** Zero where all coalitions were asked. */
  readonly standardErrors: Float64Array;
  /** Share of the variance of the coalitions' values that the additive game explains, weighted. */
  readonly rSquared: number;
}

/** Every coalition but the empty and the full one, with the weight (n − 1) / (C(n, s) · s · (n − s)) of its size s. */
export function allCoalitions(players: number): Coalitions {
  const count = 2 ** players - 2;
  const present = new Uint8Array(count * players);
  const weights = new Float64Array(count);
  for (let coalition = 0; coalition < count; coalition++) {
    let size = 0;
    for (let player = 0; player < players; player++) {
      const has = ((coalition + 1) >> player) & 1;
      present[coalition * players + player] = has;
      size += has;
    }
    weights[coalition] = (players - 1) / (binomial(players, size) * size * (players - size));
  }
  return { present, weights, complete: true };
}

function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}

/** Coalitions drawn with these weights as probabilities, each followed by its complement. */
export function drawCoalitions(players: number, pairs: number, seed: number, origin: Origin): Coalitions {
  const upTo = new Float64Array(players);
  for (let size = 1; size < players; size++) upTo[size] = upTo[size - 1]! + 1 / (size * (players - size));
  const present = new Uint8Array(2 * pairs * players);
  for (let pair = 0; pair < pairs; pair++) {
    const stream = new Stream(seed, 'kernel_shap', origin, pair);
    const draw = stream.uniform() * upTo[players - 1]!;
    const size = upTo.findIndex(limit => draw < limit);
    const at = 2 * pair * players;
    present.fill(1, at + players, at + 2 * players);
    for (const player of stream.choose(players, size)) {
      present[at + player] = 1;
      present[at + players + player] = 0;
    }
  }
  return { present, weights: new Float64Array(2 * pairs).fill(1), complete: false };
}

/**
 * Minimises Σ w (v(S) − v(∅) − Σ over S of φ)² where Σ φ = v(all) − v(∅). Standard errors of drawn pairs come from the
 * spread of their residuals (a sandwich estimator with pairs as clusters).
 *
 * @param worth v of each coalition
 * @returns undefined where the coalitions do not determine the values
 */
export function fitAdditiveGame(
  { present, weights, complete }: Coalitions,
  worth: ArrayLike<number>,
  empty: number,
  full: number,
): KernelFit | undefined {
  const count = weights.length;
  // A single group has all there is.
  if (count === 0) return { values: Float64Array.of(full - empty), standardErrors: new Float64Array(1), rSquared: 1 };
  const players = present.length / count;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const moments = new Float64Array(players * players);
  const right = new Float64Array(players);
  let mean = 0;
  for (let coalition = 0; coalition < count; coalition++) {
    const members = playersOf(present, coalition, players);
    const weight = weights[coalition]! / total;
    const gain = worth[coalition]! - empty;
    mean += weight * gain;
    members.forEach((i, place) => {
      right[i]! += weight * gain;
      for (let other = 0; other <= place; other++) moments[i * players + members[other]!]! += weight;
    });
  }
  const solve = choleskySolver(moments, players);
  if (solve === undefined) return undefined;
  const free = solve(right);
  const direction = solve(new Float64Array(players).fill(1));
  const along = sum(direction);
  /** Removes from a solution what would change the sum of the values. */
  const hold = (solution: Float64Array, to: number): Float64Array => {
    const excess = (sum(solution) - to) / along;
    return solution.map((value, i) => value - excess * direction[i]!);
  };
  const values = hold(free, full - empty);

  const residuals = new Float64Array(count);
  let unexplained = 0;
  let variance = 0;
  for (let coalition = 0; coalition < count; coalition++) {
    const gain = worth[coalition]! - empty;
    const fitted = playersOf(present, coalition, players).reduce((at, player) => at + values[player]!, 0);
    residuals[coalition] = gain - fitted;
    unexplained += weights[coalition]! * (gain - fitted) ** 2;
    variance += weights[coalition]! * (gain - mean) ** 2;
  }
  const standardErrors = new Float64Array(players);
  if (!complete) {
    const pairs = count / 2;
    for (let pair = 0; pair < pairs; pair++) {
      const pull = new Float64Array(players);
      for (const coalition of [2 * pair, 2 * pair + 1])
        for (const player of playersOf(present, coalition, players)) pull[player]! += residuals[coalition]! / count;
      hold(solve(pull), 0).forEach((shift, player) => (standardErrors[player]! += shift ** 2));
    }
    const spare = pairs / (pairs - players + 1);
    standardErrors.forEach((squares, player) => (standardErrors[player] = Math.sqrt(spare * squares)));
  }
  return { values, standardErrors, rSquared: variance > 0 ? 1 - unexplained / variance : 1 };
}

function playersOf(present: Uint8Array, coalition: number, players: number): number[] {
  const members: number[] = [];
  for (let player = 0; player < players; player++) if (present[coalition * players + player]) members.push(player);
  return members;
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

export const kernelShap: Method<typeof kernel_shap> = (context, parameters) =>
  prepareShapley(context, parameters, groups => {
    requireGroups(
      groups,
      MOST_GROUPS,
      'kernel_shap',
      'Put features into fewer groups (groups, window), or take shapley_sampling.',
    );
    const { seed } = parameters;
    const count = groups.members.length;
    // As the authors' program does, shap's KernelExplainer.
    const samples = parameters.samples === 'auto' ? 2 * count + 2048 : parameters.samples;
    const all = samples >= 2 ** count - 2 ? allCoalitions(count) : undefined;
    if (all === undefined && samples < 4 * count)
      throw new Failure('method/samples', `${samples} samples are too few to fit ${count} groups`, {
        remedy: `Ask for at least ${4 * count}, or for fewer groups.`,
      });
    const coalitions = all?.weights.length ?? 2 * Math.floor(samples / 2);
    const drawnFor = (origin: Origin): Coalitions => all ?? drawCoalitions(count, coalitions / 2, seed, origin);

    return {
      coalitions,
      arrays: [groupArray('standard_errors', groups), { name: 'r_squared', type: 'float32', unit: 'share', axes: [] }],
      estimate: async ({ block, masking, empty, full }) => {
        const drawn = block.origins.map(drawnFor);
        const worth = await masking.means(block, coalitions, (row, coalition) =>
          absentFeatures(groups, group => drawn[row]!.present[coalition * count + group] === 1),
        );
        const values = new Float64Array(block.rows * count);
        const standardErrors = new Float32Array(block.rows * count);
        const rSquared = new Float32Array(block.rows);
        for (const [row, chosen] of drawn.entries()) {
          const own = worth.subarray(row * coalitions, (row + 1) * coalitions);
          const fit = fitAdditiveGame(chosen, own, empty[row]!, full[row]!);
          if (fit === undefined)
            throw new Failure('method/samples', `${samples} samples do not tell ${count} groups apart`, {
              remedy: 'Ask for more samples, or take another seed.',
            });
          values.set(fit.values, row * count);
          standardErrors.set(fit.standardErrors, row * count);
          rSquared[row] = fit.rSquared;
        }
        return { values, arrays: { standard_errors: standardErrors, r_squared: rSquared } };
      },
    };
  });
