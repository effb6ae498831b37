/** A benchmark step: gathers the statistics of finished metrics in one table; rows name the cells and the results behind. */
import type { Task } from '../../protocol.js';
import type { ResultMeta } from '../../store/result.js';
import { deviationOver } from '../metrics/over-networks.js';
import { commonFacts, type StepContext } from './step.js';
import { metaOf } from './results.js';

const FIELDS = ['value', 'low', 'high', 'n', 'deviation', 'networks'];
const COLUMNS = [
  'name',
  'target',
  'method',
  'wrapper',
  'correction',
  'data',
  'metric',
  'statistic',
  'result',
  'reason',
];

export async function runBenchmark(task: Extract<Task, { kind: 'benchmark' }>, context: StepContext): Promise<void> {
  const started = performance.now();
  const { store, key, signal } = context;
  const { cells } = task;
  const axes = [
    { name: 'cell', size: cells.length },
    { name: 'field', size: FIELDS.length, labels: FIELDS },
  ];
  const layout = { name: 'array', type: 'float32' as const, unit: 'mixed', axes };
  const writer = await store.begin(key, { arrays: [layout], rows: cells.length, blockRows: cells.length }, signal);
  if (writer === 'complete') return;
  try {
    const values = new Float32Array(cells.length * FIELDS.length).fill(NaN);
    for (const [row, { result, statistic }] of cells.entries()) {
      if ('reason' in result) continue;
      const meta = await metaOf(store, result.key);
      const found = meta.statistics?.[statistic];
      if (found === undefined) continue;
      const [low, high] = found.interval ?? [NaN, NaN];
      const spread = await spreadOf(meta, statistic, context);
      values.set([found.value, low, high, found.n, ...spread], row * FIELDS.length);
    }
    await writer.write('array', 0, values);
    await writer.writeRows({
      columns: COLUMNS,
      rows: cells.map(({ target, method, wrapper, correction, data, metric, statistic, result }) => {
        const parts = [target, method, wrapper, correction, data, metric, statistic];
        const name = parts.filter(part => part !== 'none').join(' ');
        return [name, ...parts, 'key' in result ? result.key : '', 'reason' in result ? result.reason : ''];
      }),
    });
    await writer.finishBlock(0, {});
    await writer.complete({
      ...commonFacts(context, task),
      notes: [],
      seconds: (performance.now() - started) / 1000,
      passes: 0,
    });
  } finally {
    await writer.release();
  }
}

/** Deviation over networks and their number; NaN where the result is of one network, or of an ensemble as a whole. */
async function spreadOf(meta: ResultMeta, statistic: string, { store }: StepContext): Promise<[number, number]> {
  const [units, fields] = meta.arrays[0]?.axes ?? [];
  const column = fields?.labels?.indexOf(statistic) ?? -1;
  if (units?.name !== 'network' || column < 0) return [NaN, NaN];
  const values = await (await store.array(meta.key)).read();
  const each = Float64Array.from({ length: units.size }, (_, unit) => values[unit * fields!.size + column]!);
  return [deviationOver(each), units.size];
}
