/** The table of a benchmark as views and the command line show it: combinations in rows, metrics in columns. */
import { findEntry } from '../catalog/index.js';
import type { Snapshot, Task } from '../protocol.js';
import type { ResultStore } from '../store/store.js';

export type BenchmarkTable = Pick<Snapshot['benchmarks'][number], 'metrics' | 'rows'>;

/** @param key of the benchmark's result */
export async function benchmarkTable(
  { cells }: Extract<Task, { kind: 'benchmark' }>,
  key: string,
  store: ResultStore,
): Promise<BenchmarkTable> {
  const values = await (await store.array(key)).read();
  const width = values.length / cells.length;
  const metrics: BenchmarkTable['metrics'] = [];
  const rows = new Map<string, BenchmarkTable['rows'][number]>();
  cells.forEach(({ target, method, wrapper, correction, data, metric, statistic, result }, i) => {
    let column = metrics.findIndex(other => other.name === metric && other.statistic === statistic);
    if (column < 0) {
      // Metrics that differ in their parameters alone carry these behind the name.
      const entry = findEntry('metric', metric.split('(')[0]!);
      const { unit = 'number', better = 'neither' } = entry?.statistics[statistic] ?? {};
      column = metrics.push({ name: metric, statistic, unit, better }) - 1;
    }
    const labels = { target, method, wrapper, correction, data };
    const name = Object.values(labels).join(' ');
    const row = rows.get(name) ?? { ...labels, cells: [] };
    rows.set(name, row);
    const [value = NaN, low = NaN, high = NaN, n = 0, deviation = NaN, networks = 0] = values.subarray(
      i * width,
      (i + 1) * width,
    );
    if ('reason' in result) row.cells[column] = { reason: result.reason };
    else if (Number.isNaN(value)) row.cells[column] = { reason: 'the data do not define it' };
    else
      row.cells[column] = {
        key: result.key,
        value,
        n,
        ...(!Number.isNaN(low) && { interval: [low, high] }),
        ...(!Number.isNaN(deviation) && { spread: { deviation, networks } }),
      };
  });
  return withoutEmpty({ metrics, rows: [...rows.values()] });
}

/** Leaves statistics out that no row defines, but for the first of each metric, which says why. */
function withoutEmpty({ metrics, rows }: BenchmarkTable): BenchmarkTable {
  const kept = metrics.map(
    ({ name }, column) =>
      metrics.findIndex(other => other.name === name) === column ||
      rows.some(({ cells }) => cells[column] !== undefined && 'value' in cells[column]),
  );
  const chosen = <Column>(columns: readonly Column[]): Column[] => columns.filter((_, column) => kept[column]);
  return { metrics: chosen(metrics), rows: rows.map(row => ({ ...row, cells: chosen(row.cells) })) };
}
