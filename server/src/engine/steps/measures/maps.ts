/** How the measurements of maps get what they measure. */
import type * as specifications from '../../../catalog/metrics/maps.js';
import { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { predictByClass } from '../../methods/class-sorting.js';
import { meanOf } from '../../methods/ensemble.js';
import { predictAll } from '../../methods/predictions.js';
import { METRICS } from '../../metrics/metrics.js';
import { requireFit } from '../data.js';
import { loadModels } from '../models.js';
import { attributionBehind, metaOf } from '../results.js';
import type { StepContext } from '../step.js';
import { examplesBehind, keyOf, only, read, type Measures } from './measure.js';

export const MAP_MEASURES: Measures<typeof specifications> = {
  completeness: async (task, _, context) => {
    const key = only(task);
    const meta = await metaOf(context.store, key);
    const { method } = await attributionBehind(context.store, key);
    const layout = meta.arrays.find(array => array.name === 'pairs');
    const pairs = await read(context, key, 'pairs');
    return METRICS.completeness({
      pairs: Float64Array.from(pairs),
      examples: meta.rows,
      references: layout?.axes[1]?.size ?? 1,
      networks: meta.arrays.find(array => array.name === 'members')?.axes[1]?.size ?? 1,
      tolerance: Number(method.parameters['tolerance'] ?? 0.01),
      names: (await examplesBehind(context, key)).names,
    });
  },
  simplex_angle: async (task, { truth }, context) => {
    const key = only(task);
    const examples = await examplesBehind(context, key);
    const gradient = await read(context, key, 'array');
    return METRICS.simplex_angle({
      gradient,
      ...(truth && { truth: (await truthBehind(truth.of, context)).bits }),
      examples: examples.count,
      length: examples.length,
      names: examples.names,
    });
  },
  rank_agreement: async (task, { top }, context) => {
    const keys = task.subjects.map(keyOf);
    const examples = await examplesBehind(context, keys[0]!);
    const scores = await Promise.all(keys.map(key => read(context, key, 'scores')));
    return METRICS.rank_agreement({
      scores,
      examples: examples.count,
      length: examples.length,
      top,
      names: examples.names,
    });
  },
  prediction_summary: async (task, _, context, passed) => {
    const target = task.subjects[0];
    if (typeof target !== 'object' || task.data === undefined) throw new Error('a target and data are expected');
    const examples = await StoredExamples.open(context.store, task.data);
    const models = await loadModels(target, context);
    for (const model of models) requireFit(model, examples.space.alphabet, examples.length);
    const { labels, names } = examples;
    if (models.every(model => model.perExample.length === 0))
      return METRICS.prediction_summary({
        outputs: await predictAll(models, examples, context.executor, passed),
        labels,
        names,
      });
    const members: Awaited<ReturnType<typeof predictByClass>>[] = [];
    for (const model of models)
      members.push(await predictByClass({ model, executor: context.executor, examples, passed }));
    const outputs = meanOf(members.map(member => member.outputs));
    const right = Float64Array.from(labels, (label, row) => {
      return members.filter(({ predicted }) => predicted[row] === label).length / members.length;
    });
    return METRICS.prediction_summary({ outputs, labels, names, right });
  },
  regression_fit: async (task, _, context, passed) => {
    const target = task.subjects[0];
    if (typeof target !== 'object' || task.data === undefined) throw new Error('a target and data are expected');
    const examples = await StoredExamples.open(context.store, task.data);
    const models = await loadModels(target, context);
    for (const model of models) requireFit(model, examples.space.alphabet, examples.length);
    if (models.some(model => model.perExample.length > 0))
      throw new Failure('metric/classes', 'the target is another class for each example, and labels name classes', {
        place: context.title,
        remedy: 'Ask `prediction_summary` how often the class is right, or name one output of the model.',
      });
    const { labels, names } = examples;
    const outputs = await predictAll(models, examples, context.executor, passed);
    return METRICS.regression_fit({ outputs, labels, names });
  },
  interpretability: async (task, { truth }, context) => {
    const { examples, bits } = await truthBehind(truth.of, context);
    const key = only(task);
    const probabilities = await examples.distribution(0, examples.count);
    const { map } = await metaOf(context.store, key);
    return METRICS.interpretability({
      scores: await read(context, key, 'scores'),
      truth: bits,
      ...(probabilities &&
        map !== 'contribution' && { matrices: { map: await read(context, key, 'array'), probabilities } }),
      examples: examples.count,
      length: examples.length,
      names: examples.names,
    });
  },
  improvement_by_angle: async (task, { truth }, context) => {
    const { examples } = await truthBehind(truth.of, context);
    const probabilities = await examples.distribution(0, examples.count);
    if (probabilities === undefined)
      throw new Failure('metric/no-truth', 'the data do not keep the matrices that their sequences were drawn from', {
        place: context.title,
        remedy: 'Take simulate_motif_combinations or simulate_motif_grammar.',
      });
    return METRICS.improvement_by_angle({
      gradient: await read(context, only(task), 'array'),
      probabilities,
      examples: examples.count,
      length: examples.length,
      names: examples.names,
    });
  },
  dispersion: async ({ subjects }, _, context) => {
    const keys = subjects.map(keyOf);
    const { count, size, length, names } = await examplesBehind(context, keys[0]!);
    const parts = [];
    for (const key of keys) {
      const layout = (await metaOf(context.store, key)).arrays.find(({ name }) => name === 'members');
      const networks = layout?.axes[1]?.size ?? 1;
      parts.push({ networks, values: await read(context, key, layout ? 'members' : 'array') });
    }
    const networks = parts.reduce((sum, part) => sum + part.networks, 0);
    const members = new Float32Array(count * networks * size);
    for (let example = 0, at = 0; example < count; example++)
      for (const part of parts) {
        const width = part.networks * size;
        members.set(part.values.subarray(example * width, (example + 1) * width), at);
        at += width;
      }
    return METRICS.dispersion({ members, examples: count, networks, length, names });
  },
};

/** Where a simulation has planted motifs. @throws Failure `metric/no-truth` */
async function truthBehind(key: string, { store, title }: StepContext) {
  const examples = await StoredExamples.open(store, key);
  const bits = await examples.truth();
  if (bits !== undefined) return { examples, bits };
  throw new Failure('metric/no-truth', 'nothing is known of where this data set has motifs', {
    place: title,
    remedy: 'Take the truth of simulated data, such as simulate_motifs.',
  });
}
