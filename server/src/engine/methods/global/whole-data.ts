/** The whole data set at once, for methods that mix values of different examples. */
import { axesOf, type InputSpace } from '../../data/input-space.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import type { FeatureGroups } from '../groups.js';
import type { PreparedMethod } from '../method.js';
import type { Pass, Passed } from '../passes.js';

/** Numbers that are held in memory: 1 GiB of float32. */
const MOST_NUMBERS = 2 ** 28;

/** Rows that are run at a time: those of the step's own predictions, so that the same row gives the same bits. */
export const ROWS_AT_ONCE = 4096;

/**
 * @returns [example, …shape]
 * @throws Failure `method/size` when they are too many to be held at once
 */
export async function wholeData(examples: StoredExamples): Promise<Float32Array> {
  const { count, size } = examples;
  if (count * size > MOST_NUMBERS)
    throw new Failure('method/size', `${count} examples of ${size} numbers are too many to be exchanged in memory`, {
      remedy: 'Explain a sample: data some = all | sample(10000, seed: 1).',
    });
  return examples.inputs(0, count);
}

/**
 * The target at every example after a change.
 *
 * @param x [example, …shape], left as it is
 * @param change writes into the copy of an example
 */
export async function askChanged(
  forward: Pass,
  x: Float32Array,
  count: number,
  change: (row: Float32Array, example: number) => void,
  passed: Passed,
): Promise<Float32Array> {
  const size = x.length / count;
  const found = new Float32Array(count);
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    const to = Math.min(from + ROWS_AT_ONCE, count);
    const rows = x.slice(from * size, to * size);
    for (let example = from; example < to; example++)
      change(rows.subarray((example - from) * size, (example - from + 1) * size), example);
    found.set(await forward.run(rows, passed), from);
  }
  return found;
}

/** Groups as the rows of a result: features where every group is one. */
export function rowsOfGroups(
  { names, members }: FeatureGroups,
  space: InputSpace,
): NonNullable<PreparedMethod['rows']> {
  return { axis: members.every(({ length }) => length === 1) ? axesOf(space)[0]!.name : 'group', names };
}
