/**
 * Shapley values of groups of features: what the ways to find them share. The players are the groups, a coalition is worth
 * v(S) = mean over the references b of f(x on S, b elsewhere), and values sum to f(x) − mean f(b).
 * Shapley 1953, Contributions to the Theory of Games II; Lundberg & Lee 2017, NeurIPS, arXiv 1705.07874.
 */
import type { PlainCall } from '../../../catalog/specification.js';
import { Failure } from '../../failure.js';
import { groupsOf, type FeatureGroups, type GroupParameters } from '../groups.js';
import { blockRowsFor, type MethodContext, type PreparedMethod } from '../method.js';
import { PAIR_FIELDS, pairsArray } from '../pairs.js';
import { referenceNotes } from '../references/reference.js';
import { referenceOf } from '../references/references.js';
import { Masking, type MaskedBlock } from './masking.js';
import { groupArray, placeGroups } from './placement.js';

/** A game of which the values of no and of all players are known. */
export interface Game {
  readonly block: MaskedBlock;
  readonly masking: Masking;
  /** f at the references, [row, copy]. */
  readonly referenceOutputs: Float32Array;
  /** v of no group, [row]. */
  readonly empty: Float64Array;
  /** v of all groups, [row]. */
  readonly full: Float64Array;
}

export interface Estimate {
  /** [row, group] */
  readonly values: Float64Array;
  readonly arrays?: Readonly<Record<string, Float32Array>>;
}

/** One way to find the values. */
export interface Estimator {
  /** Coalitions for which the model is asked, for one example and one reference. */
  readonly coalitions: number;
  /** What it says beside the values. */
  readonly arrays: PreparedMethod['arrays'];
  estimate(game: Game): Promise<Estimate>;
}

export async function prepareShapley(
  context: MethodContext,
  parameters: GroupParameters & { readonly baseline: PlainCall },
  estimatorFor: (groups: FeatureGroups, copies: number) => Estimator,
): Promise<PreparedMethod> {
  const groups = await groupsOf(parameters, context.examples, context.files);
  const reference = await referenceOf(parameters.baseline, context);
  const { copies } = reference;
  const count = groups.members.length;
  const estimator = estimatorFor(groups, copies);
  const masking = await Masking.create(context, reference);
  const everything = groups.members.flat();
  return {
    produces: 'contribution',
    arrays: [
      groupArray('groups', groups),
      pairsArray({ name: 'reference', size: 1, labels: ['mean of references'] }),
      ...estimator.arrays,
    ],
    blockRows: blockRowsFor(estimator.coalitions * copies),
    explain: async rows => {
      const block = await masking.open(rows);
      const referenceOutputs = await masking.evaluate(block, block.rows * copies, index => ({
        row: Math.floor(index / copies),
        copy: index % copies,
        absent: everything,
      }));
      const empty = new Float64Array(block.rows);
      referenceOutputs.forEach((f, index) => (empty[Math.floor(index / copies)]! += f / copies));
      const full = Float64Array.from(block.outputs);
      const { values, arrays } = await estimator.estimate({ block, masking, referenceOutputs, empty, full });
      const map = placeGroups(values, groups, 'divided', block.x);
      const pairs = Float64Array.from({ length: block.rows * PAIR_FIELDS.length }, (_, at) => {
        const row = Math.floor(at / PAIR_FIELDS.length);
        const sum = values.subarray(row * count, (row + 1) * count).reduce((total, value) => total + value, 0);
        return [sum, full[row]!, empty[row]!, estimator.coalitions][at % PAIR_FIELDS.length]!;
      });
      return { map, arrays: { groups: Float32Array.from(values), pairs, ...arrays }, info: block.distinct };
    },
    notes: infos => [...groups.notes, ...referenceNotes(reference, (infos as number[][]).flat())],
    release: () => masking.release(),
  };
}

/** Features of the groups that a coalition lacks. */
export function absentFeatures({ members }: FeatureGroups, has: (group: number) => boolean): number[] {
  return members.flatMap((features, group) => (has(group) ? [] : features));
}

/** @throws Failure `method/too-many-groups` */
export function requireGroups({ members }: FeatureGroups, most: number, method: string, remedy: string): void {
  if (members.length > most)
    throw new Failure('method/too-many-groups', `there are ${members.length} groups; ${method} takes up to ${most}`, {
      remedy,
    });
}
