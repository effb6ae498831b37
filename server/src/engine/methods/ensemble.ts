/**
 * A method on the members of an ensemble: each member is explained as if it were alone. The result is the mean over members,
 * and what each member gave lies beside it: the map as `members`, pairs with references as further references.
 */
import type { ResultAxis } from '../../store/result.js';
import type { Json } from '../../store/writer.js';
import { Failure } from '../failure.js';
import type { BlockResult, PreparedMethod } from './method.js';

/**
 * @param axes axes of the main array behind its row axis, for methods that leave them to the input
 * @param batch examples that a pass takes at a time
 * @throws Failure `method/members` when the members' results have different rows
 */
export function ensembleOf(
  members: readonly PreparedMethod[],
  axes: readonly ResultAxis[],
  batch: number,
): PreparedMethod {
  const [first] = members as [PreparedMethod];
  const rows = members.map(({ rows: own }) => own?.names.join('\n'));
  if (new Set(rows).size > 1)
    throw new Failure('method/members', 'the networks give rows of their own, such as rules, that have no mean', {
      remedy: 'Explain one network: train(members: 1, …).',
    });
  const member = { name: 'member', size: members.length };
  const own = first.axes ?? axes;
  return {
    ...first,
    axes: own,
    arrays: [
      { name: 'members', type: 'float32', unit: first.unit ?? 'target', axes: [member, ...own] },
      ...first.arrays.map(array => ({ ...array, axes: joinedAxes(array.axes, member) })),
    ],
    // As much work as a block of a single network, but full batches: a batch that is filled up costs as much as a full one.
    blockRows: Math.max(1, Math.floor(first.blockRows / members.length), Math.min(first.blockRows, batch)),
    explain: async block => {
      const results: BlockResult[] = [];
      for (const method of members) results.push(await method.explain(block));
      const rows = first.rows?.names.length ?? block.to - block.from;
      return {
        map: meanOf(results.map(({ map }) => map)),
        arrays: {
          members: interleaved(
            results.map(({ map }) => map),
            rows,
          ),
          ...Object.fromEntries(
            first.arrays.map(({ name }) => [
              name,
              interleaved(
                results.map(({ arrays }) => arrays![name]!),
                rows,
              ),
            ]),
          ),
        },
        info: results.map(({ info }) => info ?? ''),
      };
    },
    notes: infos =>
      members.flatMap((method, i) =>
        method
          .notes(infos.map(info => (info as Json[])[i]!).filter(info => info !== ''))
          .map(note => ({ ...note, message: `Member ${i + 1}: ${note.message}` })),
      ),
    release: async () => {
      for (const method of members) await method.release();
    },
  };
}

/** Members are further references where there are references, and an axis of their own elsewhere. */
function joinedAxes(axes: readonly ResultAxis[], member: ResultAxis): ResultAxis[] {
  const [outer, ...inner] = axes;
  if (outer?.name !== 'reference') return [member, ...axes];
  return [{ name: 'reference', size: outer.size * member.size }, ...inner];
}

/** Element by element. */
export function meanOf(maps: readonly Float32Array[]): Float32Array {
  return maps[0]!.map((_, i) => maps.reduce((sum, map) => sum + map[i]!, 0) / maps.length);
}

/** Row by row, what each member has of it: [row, member, …]. */
export function interleaved(
  parts: readonly (Float32Array | Float64Array)[],
  rows: number,
): Float32Array | Float64Array {
  const [first] = parts as [Float32Array | Float64Array];
  const width = first.length / rows;
  const whole =
    first instanceof Float64Array
      ? new Float64Array(first.length * parts.length)
      : new Float32Array(first.length * parts.length);
  parts.forEach((part, i) => {
    for (let row = 0; row < rows; row++)
      whole.set(part.subarray(row * width, (row + 1) * width), (row * parts.length + i) * width);
  });
  return whole;
}
