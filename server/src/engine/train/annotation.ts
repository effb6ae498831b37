/** Which features reach which unit of a masked layer, from a table of features and their groups. */
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { finder, membershipsIn, type Features } from '../methods/groups.js';

/**
 * Units are the groups in the order in which the file first names them; a feature may be in several.
 *
 * @returns 1 where a feature is in a group, [feature, group]
 * @throws Failure `network/annotation` when the file has another number of groups, or no feature of the data
 */
export async function annotationMask(
  path: string,
  features: Features,
  units: number,
): Promise<{ readonly mask: Float32Array; readonly notes: readonly Note[] }> {
  const memberships = await membershipsIn(path);
  const groups = [...new Set(memberships.map(({ group }) => group))];
  if (groups.length !== units)
    throw new Failure('network/annotation', `the layer has ${units} units, and the table has ${groups.length} groups`, {
      place: path,
      remedy: `Write units: ${groups.length}.`,
    });
  const numbers = new Map(groups.map((group, unit) => [group, unit]));
  const find = finder(features);
  const mask = new Float32Array(features.length * units);
  const reached = new Set<number>();
  for (const { feature, group } of memberships)
    for (const one of find(feature)) {
      mask[one * units + numbers.get(group)!] = 1;
      reached.add(one);
    }
  if (reached.size === 0)
    throw new Failure('network/annotation', 'no feature in the table is a feature of the data', {
      place: path,
      remedy: `The data have features such as ${features.features.slice(0, 3).join(', ')}.`,
    });
  const lost = features.length - reached.size;
  if (lost === 0) return { mask, notes: [] };
  const message = `${lost} of ${features.length} features are in no group of the table and do not reach the network.`;
  return { mask, notes: [{ level: 'warning', code: 'network/annotation', message }] };
}
