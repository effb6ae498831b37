/** A metric step: reads maps and data, measures, stores the numbers per unit, statistics and bootstrap draws. */
import type { ArrayLayout } from '../../store/result.js';
import { DRAWS } from '../metrics/bootstrap.js';
import type { Measure, MetricTask } from './measures/measure.js';
import { MEASURES } from './measures/measures.js';
import type { MetricResult } from '../metrics/metric.js';
import type { Passed } from '../methods/passes.js';
import { combineNetworks } from './networks.js';
import { commonFacts, type StepContext } from './step.js';

/** @throws Failure, Cancelled */
export async function runMetric(task: MetricTask, context: StepContext): Promise<void> {
  const started = performance.now();
  const { store, key, signal, checkpoint, progress } = context;
  let passes = 0;
  await checkpoint();
  const result = await measured(task, context, async count => {
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
        { name: result.axis ?? 'example', size: result.units },
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
      ...(result.curve && { curve: result.curve }),
      notes: [...result.notes],
      seconds: (performance.now() - started) / 1000,
      passes,
    });
  } finally {
    await writer.release();
  }
}

function measured(task: MetricTask, context: StepContext, passed: Passed): Promise<MetricResult> {
  if (task.networks !== undefined) return combineNetworks(task.networks, context);
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const measure = MEASURES[task.metric.call as keyof typeof MEASURES] as Measure<unknown> | undefined;
  if (measure === undefined) throw new Error(`no implementation of the metric ${task.metric.call}`);
  return measure(task, task.metric.parameters, context, passed);
}
