/** Feature ablation: f(x) − f(x without a group of features), each group by itself. */
import type { feature_ablation } from '../../../catalog/methods/index.js';
import { groupsOf } from '../groups.js';
import { blockRowsFor, type Method } from '../method.js';
import { referenceNotes } from '../references/reference.js';
import { referenceOf } from '../references/references.js';
import { Masking } from './masking.js';
import { groupArray, placeGroups } from './placement.js';

export const featureAblation: Method<typeof feature_ablation> = async (context, parameters) => {
  const groups = await groupsOf(parameters, context.examples, context.files);
  const masking = await Masking.create(context, await referenceOf(parameters.baseline, context));
  const count = groups.members.length;
  return {
    produces: 'contribution',
    arrays: [groupArray('groups', groups)],
    blockRows: blockRowsFor(count * masking.copies),
    explain: async rows => {
      const block = await masking.open(rows);
      const without = await masking.means(block, count, (_, group) => groups.members[group]!);
      const lost = without.map((value, i) => block.outputs[Math.floor(i / count)]! - value);
      return {
        map: placeGroups(lost, groups, 'repeated', block.x),
        arrays: { groups: Float32Array.from(lost) },
        info: block.distinct,
      };
    },
    notes: infos => [...groups.notes, ...referenceNotes(masking.reference, (infos as number[][]).flat())],
    release: () => masking.release(),
  };
};
