/** How the measurements of what maps look like get their scores. */
import type * as specifications from '../../../catalog/metrics/structure.js';
import { Failure } from '../../failure.js';
import { METRICS } from '../../metrics/metrics.js';
import { isMap, scoresOf } from '../../metrics/position-scores.js';
import { metaOf } from '../results.js';
import type { StepContext } from '../step.js';
import { examplesBehind, keyOf, only, read, type Measures } from './measure.js';

export const STRUCTURE_MEASURES: Measures<typeof specifications> = {
  sparseness: async (task, _, context) => METRICS.sparseness(await scoresBehind(context, only(task))),
  complexity: async (task, _, context) => METRICS.complexity(await scoresBehind(context, only(task))),
  agreement: async (task, { top }, context) => {
    const keys = task.subjects.map(keyOf);
    const { names, examples, length } = await scoresBehind(context, keys[0]!);
    const scores =
      keys.length === 1
        ? await memberScores(context, keys[0]!)
        : await Promise.all(keys.map(key => read(context, key, 'scores')));
    return METRICS.agreement({ scores, names, examples, length, top });
  },
};

async function scoresBehind(context: StepContext, key: string) {
  const { count, length, names } = await examplesBehind(context, key);
  return { scores: await read(context, key, 'scores'), examples: count, length, names };
}

/**
 * Scores of each member of an ensemble, one array [example, feature] for each.
 *
 * @throws Failure `metric/one-map` where there are no members
 */
async function memberScores(context: StepContext, key: string): Promise<Float64Array[]> {
  const { arrays, map: kind } = await metaOf(context.store, key);
  const members = arrays.find(({ name }) => name === 'members')?.axes[1]?.size ?? 0;
  if (members < 2 || kind === undefined || !isMap(kind))
    throw new Failure('metric/one-map', 'a single map has nothing to agree with', {
      place: context.title,
      remedy: 'Name several attributions, or the uncorrected one of an ensemble.',
    });
  const examples = await examplesBehind(context, key);
  const { size, count, space } = examples;
  const x = await examples.inputs(0, count);
  const maps = await read(context, key, 'members');
  return Array.from({ length: members }, (_, member) => {
    const own = new Float32Array(count * size);
    for (let example = 0; example < count; example++) {
      const start = (example * members + member) * size;
      own.set(maps.subarray(start, start + size), example * size);
    }
    return scoresOf(space.alphabet, kind, own, x);
  });
}
