/** A metric step: reads maps and data, measures, stores the numbers per example, statistics and bootstrap draws. */
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/metrics.js';
import type { Target, Task } from '../../protocol.js';
import type { ArrayLayout } from '../../store/result.js';
import { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { DRAWS } from '../metrics/bootstrap.js';
import type { MetricResult } from '../metrics/metric.js';
import { predictAll } from '../methods/predictions.js';
import { METRICS } from '../metrics/metrics.js';
import { requireFit } from './data.js';
import { loadModels } from './models.js';
import { attributionBehind, dataOf, metaOf } from './results.js';
import { commonFacts, type StepContext } from './step.js';

type MetricTask = Extract<Task, { kind: 'metric' }>;
type Passed = (count: number) => Promise<void>;
type Measure<Parameters> = (
  task: MetricTask,
  parameters: Parameters,
  context: StepContext,
  passed: Passed,
) => Promise<MetricResult>;

/** The key of the only subject, where the catalog allows exactly one attribution. */
const only = ({ subjects }: MetricTask): string => keyOf(subjects[0]);

function keyOf(subject: string | Target | undefined): string {
  if (typeof subject !== 'string') throw new Error('an attribution is expected as subject');
  return subject;
}

async function read(context: StepContext, key: string, array: string): Promise<Float32Array | Float64Array> {
  return (await context.store.array(key, array)).read();
}

/** How each metric of the catalog gets what it measures. */
export const MEASURES: {
  readonly [Name in keyof typeof specifications]: Measure<ParametersOf<(typeof specifications)[Name]>>;
} = {
  completeness: async (task, _, context) => {
    const key = only(task);
    const meta = await metaOf(context.store, key);
    const { method, data } = await attributionBehind(context.store, key);
    const layout = meta.arrays.find(array => array.name === 'pairs');
    const pairs = await read(context, key, 'pairs');
    return METRICS.completeness({
      pairs: Float64Array.from(pairs),
      examples: meta.rows,
      references: layout?.axes[1]?.size ?? 1,
      tolerance: Number(method.parameters['tolerance'] ?? 0.01),
      names: (await StoredExamples.open(context.store, data)).names,
    });
  },
  simplex_angle: async (task, _, context) => {
    const key = only(task);
    const examples = await StoredExamples.open(context.store, await dataOf(context.store, key));
    const gradient = await read(context, key, 'array');
    return METRICS.simplex_angle({
      gradient,
      examples: examples.count,
      length: examples.length,
      names: examples.names,
    });
  },
  rank_agreement: async (task, { top }, context) => {
    const keys = task.subjects.map(keyOf);
    const examples = await StoredExamples.open(context.store, await dataOf(context.store, keys[0]!));
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
    return METRICS.prediction_summary({
      outputs: await predictAll(models, examples, context.executor, passed),
      labels: examples.labels,
      names: examples.names,
    });
  },
  interpretability: async (task, { truth }, context) => {
    const examples = await StoredExamples.open(context.store, truth.of);
    const bits = await examples.truth();
    if (bits === undefined)
      throw new Failure('metric/no-truth', 'nothing is known of where this data set has motifs', {
        place: context.title,
        remedy: 'Take the truth of simulated data, such as simulate_motifs.',
      });
    return METRICS.interpretability({
      scores: await read(context, only(task), 'scores'),
      truth: bits,
      examples: examples.count,
      length: examples.length,
      names: examples.names,
    });
  },
};

/** @throws Failure, Cancelled */
export async function runMetric(task: MetricTask, context: StepContext): Promise<void> {
  const started = performance.now();
  const { store, key, signal, checkpoint, progress } = context;
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const measure = MEASURES[task.metric.call as keyof typeof MEASURES] as Measure<unknown> | undefined;
  if (measure === undefined) throw new Error(`no implementation of the metric ${task.metric.call}`);
  let passes = 0;
  await checkpoint();
  const result = await measure(task, task.metric.parameters, context, async count => {
    passes += count;
    await checkpoint();
  });
  const drawn = [...result.draws.keys()];
  const fields = result.columns.map(column => column.name);
  const arrays: ArrayLayout[] = [
    {
      name: 'array',
      type: 'float32',
      unit: 'mixed',
      axes: [
        { name: 'example', size: result.units },
        { name: 'field', size: fields.length, labels: fields },
      ],
    },
    {
      name: 'draws',
      type: 'float64',
      unit: 'mixed',
      axes: [
        { name: 'statistic', size: drawn.length, labels: drawn },
        { name: 'draw', size: DRAWS },
      ],
    },
  ];
  const writer = await store.begin(key, { arrays, rows: result.units, blockRows: Math.max(1, result.units) }, signal);
  if (writer === 'complete') return;
  try {
    const values = new Float32Array(result.units * fields.length);
    result.columns.forEach((column, field) => {
      for (let unit = 0; unit < result.units; unit++) values[unit * fields.length + field] = column.values[unit]!;
    });
    await writer.write('array', 0, values);
    const draws = new Float64Array(drawn.length * DRAWS);
    [...result.draws.values()].forEach((row, statistic) => draws.set(row, statistic * DRAWS));
    await writer.write('draws', 0, draws);
    await writer.finishBlock(0, {});
    progress(result.units, result.units);
    await writer.complete({
      ...commonFacts(context, task),
      statistics: Object.fromEntries(
        Object.entries(result.statistics).map(([name, { interval, ...rest }]) => [
          name,
          { ...rest, ...(interval && { interval: [interval[0], interval[1]] as [number, number] }) },
        ]),
      ),
      drawn,
      ...(result.distribution && { distribution: result.distribution }),
      notes: [...result.notes],
      seconds: (performance.now() - started) / 1000,
      passes,
    });
  } finally {
    await writer.release();
  }
}
