/** Shapley values from all coalitions of up to 12 groups. */
import type { exact_shapley } from '../../../catalog/methods/index.js';
import type { Method } from '../method.js';
import { absentFeatures, prepareShapley, requireGroups } from './shapley.js';

const MOST_GROUPS = 12;

/**
 * φ_j = Σ over S without j of |S|! (n − |S| − 1)! / n! · (v(S ∪ j) − v(S)). Shapley 1953.
 *
 * @param values v of every coalition; player j is in coalition c where bit j of c is set
 */
export function shapleyValues(values: ArrayLike<number>, players: number): Float64Array {
  // 1 / (n · C(n − 1, s)) for coalitions of s other players.
  const weights = new Float64Array(players);
  let subsets = 1;
  for (let s = 0; s < players; s++) {
    weights[s] = 1 / (players * subsets);
    subsets = (subsets * (players - 1 - s)) / (s + 1);
  }
  const phi = new Float64Array(players);
  for (let coalition = 0; coalition < 2 ** players; coalition++) {
    let size = 0;
    for (let player = 0; player < players; player++) size += (coalition >> player) & 1;
    for (let player = 0; player < players; player++)
      if (!((coalition >> player) & 1))
        phi[player]! += weights[size]! * (values[coalition | (1 << player)]! - values[coalition]!);
  }
  return phi;
}

export const exactShapley: Method<typeof exact_shapley> = (context, parameters) =>
  prepareShapley(context, parameters, groups => {
    requireGroups(
      groups,
      MOST_GROUPS,
      'exact_shapley',
      'Put features into fewer groups (groups, window), or take kernel_shap or shapley_sampling.',
    );
    const count = groups.members.length;
    const inner = 2 ** count - 2;
    return {
      coalitions: inner,
      arrays: [],
      estimate: async ({ block, masking, empty, full }) => {
        const known = await masking.means(block, inner, (_, set) =>
          absentFeatures(groups, group => ((set + 1) & (1 << group)) !== 0),
        );
        const values = new Float64Array(block.rows * count);
        for (let row = 0; row < block.rows; row++) {
          const game = [empty[row]!, ...known.subarray(row * inner, (row + 1) * inner), full[row]!];
          values.set(shapleyValues(game, count), row * count);
        }
        return { values };
      },
    };
  });
