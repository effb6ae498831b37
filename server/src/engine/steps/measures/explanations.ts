/** How measurements of rules, curves, pairs of maps and equally good networks get what they measure. */
import type * as specifications from '../../../catalog/metrics/explanations.js';
import { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { pairedLossOf } from '../../methods/global/loss.js';
import { predict } from '../../methods/predictions.js';
import { METRICS } from '../../metrics/metrics.js';
import { requireFit } from '../data.js';
import { loadModels } from '../models.js';
import { metaOf } from '../results.js';
import type { StepContext } from '../step.js';
import { examplesBehind, keyOf, only, read, type Measures } from './measure.js';

export const EXPLANATION_MEASURES: Measures<typeof specifications> = {
  recorded: async (task, { array, field }, context) => {
    const key = only(task);
    const { arrays, rows } = await metaOf(context.store, key);
    const layout = arrays.find(({ name }) => name === array);
    const [row, column, ...others] = layout?.axes ?? [];
    const columns = column?.labels ?? [];
    const at = field === undefined ? 0 : columns.indexOf(field);
    const fits = field === undefined ? column === undefined : at >= 0 && others.length === 0;
    if (row === undefined || !fits)
      throw new Failure(
        'metric/array',
        `the result has no ${field === undefined ? '' : `field "${field}" in an `}array "${array}" with one number for each ${row?.name ?? 'row'}`,
        {
          place: context.title,
          remedy: `It has: ${arrays.map(({ name, axes }) => [`"${name}"`, ...axes.slice(1).map(({ name: axis, labels }) => labels?.join(', ') ?? axis)].join(' of ')).join('; ')}.`,
        },
      );
    const values = await read(context, key, array);
    const width = values.length / rows;
    const title = field === undefined ? array : `${array}: ${field}`;
    return METRICS.recorded({
      title,
      axis: row.name,
      values: Float64Array.from({ length: rows }, (_, i) => values[i * width + at]!),
    });
  },
  map_distance: async (task, _, context) => {
    const [key, reference] = task.subjects.map(keyOf) as [string, string];
    const { count, names } = await examplesBehind(context, key);
    const [scores, right] = [await read(context, key, 'scores'), await read(context, reference, 'scores')];
    requireSameSize(scores, right, 'the maps are of different data', context);
    return METRICS.map_distance({ scores, reference: right, examples: count, names });
  },
  curve_gap: async (task, _, context) => {
    const [one, other] = task.subjects.map(keyOf) as [string, string];
    const curves = [await read(context, one, 'array'), await read(context, other, 'array')] as const;
    requireSameSize(...curves, 'the curves have other features, or another number of points', context);
    return METRICS.curve_gap({ curves, features: (await metaOf(context.store, one)).rows });
  },
  rashomon: async (task, { loss }, context, passed) => {
    const target = task.subjects[0];
    if (typeof target !== 'object' || task.data === undefined) throw new Error('a target and data are expected');
    const examples = await StoredExamples.open(context.store, task.data);
    const losses: Float64Array[] = [];
    for (const model of await loadModels(target, context)) {
      requireFit(model, examples.space.alphabet, examples.length);
      const outputs = await predict(model, examples, context.executor, passed);
      losses.push(pairedLossOf(loss, examples, outputs).each(outputs));
    }
    return METRICS.rashomon({ losses, names: examples.names });
  },
};

function requireSameSize(
  one: { readonly length: number },
  other: { readonly length: number },
  what: string,
  { title }: StepContext,
): void {
  if (one.length === other.length) return;
  throw new Failure('metric/units', `${what}: ${one.length} numbers and ${other.length}`, {
    place: title,
    remedy: 'Explain the same data, with the same parameters where they say how many numbers there are.',
  });
}
