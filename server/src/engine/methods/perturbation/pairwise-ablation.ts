/** Interactions of pairs of groups: f(x) − f(x without one) − f(x without the other) + f(x without both). */
import type { pairwise_ablation } from '../../../catalog/methods/index.js';
import { groupsOf } from '../groups.js';
import { blockRowsFor, type Method } from '../method.js';
import { referenceNotes } from '../references/reference.js';
import { referenceOf } from '../references/references.js';
import { Masking } from './masking.js';
import { groupArray } from './placement.js';
import { requireGroups } from './shapley.js';

const MOST_GROUPS = 1024;

export const pairwiseAblation: Method<typeof pairwise_ablation> = async (context, parameters) => {
  const groups = await groupsOf(parameters, context.examples, context.files);
  requireGroups(groups, MOST_GROUPS, 'pairwise_ablation', 'Put features into fewer groups (groups, window).');
  const masking = await Masking.create(context, await referenceOf(parameters.baseline, context));
  const { members } = groups;
  const count = members.length;
  const pairs = members.flatMap((_, i) => Array.from({ length: i }, (_x, j) => [i, j] as const));
  // One group each, then the pairs.
  const sets = count + pairs.length;
  const featuresOf = (set: number): readonly number[] =>
    members[set] ?? pairs[set - count]!.flatMap(group => members[group]!);
  const single = groupArray('groups', groups);
  return {
    produces: 'interaction',
    axes: [...single.axes, ...single.axes],
    arrays: [single],
    blockRows: blockRowsFor(sets * masking.copies),
    explain: async rows => {
      const block = await masking.open(rows);
      const without = await masking.means(block, sets, (_, set) => featuresOf(set));
      const map = new Float32Array(block.rows * count * count);
      const lost = new Float32Array(block.rows * count);
      for (let row = 0; row < block.rows; row++) {
        const f = block.outputs[row]!;
        const own = without.subarray(row * sets, (row + 1) * sets);
        for (let group = 0; group < count; group++) lost[row * count + group] = f - own[group]!;
        pairs.forEach(([i, j], pair) => {
          const interaction = f - own[i]! - own[j]! + own[count + pair]!;
          map[(row * count + i) * count + j] = interaction;
          map[(row * count + j) * count + i] = interaction;
        });
      }
      return { map, arrays: { groups: lost }, info: block.distinct };
    },
    notes: infos => [...groups.notes, ...referenceNotes(masking.reference, (infos as number[][]).flat())],
    release: () => masking.release(),
  };
};
