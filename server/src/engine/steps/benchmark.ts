/** A benchmark step: gathers the statistics of finished metrics in one table; rows name the cells and the results behind. */
import type { Task } from '../../protocol.js';
import { commonFacts, type StepContext } from './step.js';
import { metaOf } from './results.js';

const FIELDS = ['value', 'low', 'high', 'n'];
const COLUMNS = ['name', 'target', 'method', 'wrapper', 'correction', 'metric', 'statistic', 'result', 'reason'];

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
      const found = (await metaOf(store, result.key)).statistics?.[statistic];
      if (found === undefined) continue;
      const [low, high] = found.interval ?? [NaN, NaN];
      values.set([found.value, low, high, found.n], row * FIELDS.length);
    }
    await writer.write('array', 0, values);
    await writer.writeRows({
      columns: COLUMNS,
      rows: cells.map(({ target, method, wrapper, correction, metric, statistic, result }) => {
        const parts = [target, method, wrapper, correction, metric, statistic];
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
