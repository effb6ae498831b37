/** Hovers on results that are no maps: the networks of an ensemble, the best combinations of a benchmark, tables of numbers. */
import { bestOf, quantity, Task } from '../protocol.js';
import type { Snapshot, Statistic } from '../protocol.js';
import { duration } from '../run/wording.js';
import type { ResultMeta } from '../store/result.js';
import type { ResultStore } from '../store/store.js';
import { joined, noteLine, plainText, table } from './markdown.js';
import { bestOfEach } from './trainings.js';
import { counted, valueWithInterval } from './values.js';

type Table = Snapshot['tables'][number];
type Benchmark = Snapshot['benchmarks'][number];

/** Combinations of a benchmark that are shown: hovers show little at a time. */
const MOST_ROWS = 12;

/** @throws StoreError when its array cannot be read */
export async function tableHover(result: Table, store: ResultStore): Promise<string> {
  const meta = await store.meta(result.key);
  const [row] = result.axes;
  const networks = row?.name === 'member' && meta ? await networksOf(result, meta, store) : undefined;
  const shape = result.axes.map(({ name, size }) => `${plainText(name)} ${quantity(size, 'count')}`).join(' × ');
  const facts = networks?.facts ?? [result.form, shape, plainText(result.unit)];
  return joined(
    [...facts, ...(meta ? [costOf(meta)] : [])].join(' · '),
    networks?.table,
    ...result.notes.map(noteLine),
  );
}

/** How many networks of which size, and what each of their curves comes to. */
async function networksOf(
  { key, axes: [member, epoch, field] }: Table,
  { arrays, task: written }: ResultMeta,
  store: ResultStore,
): Promise<{ readonly facts: readonly string[]; readonly table: string }> {
  const curves = await (await store.array(key)).read();
  const fields = field?.labels ?? [];
  const task = Task.safeParse(written).data;
  const monitor = task?.kind === 'training' ? task.training.parameters['monitor'] : undefined;
  const rows = fields.flatMap((name, at) => {
    // A loss that was monitored is a curve of its own already.
    const monitored = name === 'monitored' && typeof monitor === 'string' && monitor !== 'loss' ? monitor : undefined;
    const unit = UNITS[monitored ?? name];
    const best = bestOfEach(curves, epoch?.size ?? 0, fields.length, at, monitored ? 'highest' : 'lowest');
    return unit === undefined || best.length === 0 ? [] : [curveRow(monitored ?? name, unit, best)];
  });
  const size = arrays.find(({ name }) => name === 'weights')?.axes[1]?.size;
  const count = counted(member?.size ?? 0, 'network');
  return {
    facts: [size === undefined ? count : `${count} of ${counted(size, 'parameter')}`],
    table: table(['best epoch', 'mean', 'lowest to highest network', 'epoch'], rows),
  };
}

/** What an epoch is told by, and its unit. The learning rate is not among it. */
const UNITS: Readonly<Record<string, Statistic['unit']>> = {
  loss: 'number',
  'validation loss': 'number',
  auroc: 'share',
  accuracy: 'share',
  r2: 'number',
};

function curveRow(words: string, unit: Statistic['unit'], best: ReturnType<typeof bestOfEach>): string[] {
  const values = best.map(({ value }) => value);
  const range = (of: readonly number[], unit: Statistic['unit']): string =>
    [...new Set([Math.min(...of), Math.max(...of)].map(end => quantity(end, unit)))].join(' to ');
  const epochs = best.map(({ epoch }) => epoch + 1);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [words, `**${quantity(mean, unit)}**`, range(values, unit), range(epochs, 'count')];
}

function costOf({ seconds, passes }: ResultMeta): string {
  return `${duration(seconds)}${passes > 0 ? `, ${quantity(passes, 'count')} model passes` : ''}`;
}

const LABELS = ['target', 'method', 'wrapper', 'correction', 'data'] as const;

/** The first statistic of each metric for every combination, the best of a column in bold. */
export function benchmarkHover(benchmark: Benchmark): string {
  const { metrics, rows, notes } = benchmark;
  const columns = metrics.flatMap(({ name }, at) =>
    metrics.findIndex(other => other.name === name) === at ? [at] : [],
  );
  // What is the same in every row tells none apart.
  const labels = LABELS.filter(label => label === 'method' || new Set(rows.map(row => row[label])).size > 1);
  const best = new Map(columns.map(column => [column, bestOf(benchmark, column)]));
  const shown = rows.slice(0, MOST_ROWS).map((row, index) => [
    ...labels.map(label => plainText(row[label])),
    ...columns.map(column => {
      const [cell, unit] = [row.cells[column], metrics[column]?.unit];
      if (!cell || !('value' in cell) || !unit) return '–';
      const words = valueWithInterval({ value: cell.value, unit, interval: cell.interval });
      return best.get(column) === index ? `**${words}**` : words;
    }),
  ]);
  const heads = columns.map(column => `${plainText(metrics[column]!.name)}.${plainText(metrics[column]!.statistic)}`);
  const left = rows.length - shown.length;
  return joined(
    `${counted(rows.length, 'combination')} × ${counted(columns.length, 'metric')}`,
    table([...labels, ...heads], shown),
    left > 0 ? `${quantity(left, 'count')} more in the panel.` : undefined,
    ...notes.map(noteLine),
  );
}
