/** Results as text for the clipboard: a table for a spreadsheet, and the Python that loads them. */
import { dirname, join } from 'node:path';
import type { Snapshot } from '../protocol.js';
import { lettersOf } from '../store/view-arrays.js';
import { strongestPositions } from './pictures/logo.js';
import { BASES } from './pictures/svg.js';
import type { Session } from './session.js';
import { resultsOf } from './values.js';

/** Examples of which a table tells, and positions of each. */
const EXAMPLES = 1000;
const STRONGEST = 5;

/** What tells the combinations of a benchmark apart. */
const LABELS = ['target', 'method', 'wrapper', 'correction', 'data'] as const;

/**
 * A result as lines of cells with tabs between them: statistics of a metric, the strongest positions of each example of an
 * attribution, the numbers of other results, combinations of a benchmark, names and labels of a data set.
 *
 * @returns undefined when the declaration has no result that can be shown
 * @throws StoreError when its arrays cannot be read
 */
export async function tableOf({ shown }: Session, name: string): Promise<string | undefined> {
  if (!shown) return undefined;
  const { data, maps, tables, benchmarks, metrics } = shown.snapshot;
  const metric = metrics.find(one => one.name === name);
  if (metric) {
    const rows = metric.statistics.map(({ name, value, unit, interval, n }) => [
      name,
      value,
      unit,
      ...(interval ?? ['', '']),
      n,
    ]);
    return lines([['statistic', 'value', 'unit', 'low', 'high', 'n'], ...rows]);
  }
  const map = maps.find(one => one.name === name);
  if (map) return mapTable(shown.store, map, data);
  const table = tables.find(one => one.name === name);
  if (table) return numbersOf(shown.store, table);
  const benchmark = benchmarks.find(one => one.name === name);
  if (benchmark) return combinationsOf(benchmark);
  const set = data.find(one => one.name === name);
  return set && lines([['example', 'label'], ...set.names.map((name, row) => [name, set.labels?.[row] ?? ''])]);
}

async function mapTable(
  store: NonNullable<Session['shown']>['store'],
  { key, data, unit }: Snapshot['maps'][number],
  sets: Snapshot['data'],
): Promise<string | undefined> {
  const set = sets.find(one => one.key === data);
  if (!set) return undefined;
  const [scores, inputs] = [await store.array(key, 'scores'), await store.array(set.key)];
  const rows: (readonly (string | number)[])[] = [];
  for (let row = 0; row < Math.min(EXAMPLES, set.names.length); row++) {
    const own = Float32Array.from(await scores.read(row, row + 1));
    const letters = set.letters === undefined ? undefined : lettersOf(await inputs.read(row, row + 1));
    for (const position of strongestPositions(own, STRONGEST)) {
      const feature = letters ? BASES[letters[position] ?? 4] : set.features?.[position];
      rows.push([set.names[row] ?? '', position + 1, feature ?? '', own[position] ?? NaN]);
    }
  }
  return lines([['example', 'position', set.letters === undefined ? 'feature' : 'base', `score (${unit})`], ...rows]);
}

/** One line for each row, one column for each number of it. */
async function numbersOf(
  store: NonNullable<Session['shown']>['store'],
  { key, axes: [row, ...axes], rows, unit }: Snapshot['tables'][number],
): Promise<string> {
  const columns = axes.reduce<string[]>(
    (before, { name, size, labels }) =>
      before.flatMap(start =>
        Array.from({ length: size }, (_, at) => `${start} ${labels?.[at] ?? `${name} ${at + 1}`}`.trim()),
      ),
    [''],
  );
  const names = rows.slice(0, EXAMPLES);
  const values = await (await store.array(key)).read(0, names.length);
  return lines([
    [row?.name ?? 'row', ...columns.map(column => column || unit)],
    ...names.map((name, at) => [name, ...values.subarray(at * columns.length, (at + 1) * columns.length)]),
  ]);
}

function combinationsOf({ metrics, rows }: Snapshot['benchmarks'][number]): string {
  const ends = ['', ' low', ' high', ' n'];
  return lines([
    [...LABELS, ...metrics.flatMap(({ name, statistic }) => ends.map(end => `${name}.${statistic}${end}`))],
    ...rows.map(row => [
      ...LABELS.map(label => row[label]),
      ...row.cells.flatMap(cell =>
        'value' in cell ? [cell.value, ...(cell.interval ?? ['', '']), cell.n] : [cell.reason, '', '', ''],
      ),
    ]),
  ]);
}

function lines(rows: readonly (readonly (string | number)[])[]): string {
  // A cell with a tab of its own would shift its line.
  return rows.map(cells => `${cells.map(cell => String(cell).replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`).join('');
}

/** Python that loads a result: its array with numpy and the names of its examples, or the statistics of a metric. */
export async function pythonOf({ shown }: Session, name: string): Promise<string | undefined> {
  if (!shown) return undefined;
  const { store, snapshot } = shown;
  const map = snapshot.maps.find(one => one.name === name);
  const key = resultsOf(snapshot).find(one => one.name === name)?.key;
  const meta = key === undefined ? undefined : await store.meta(key);
  if (!meta) return undefined;
  const file = (of: string, name: string): string =>
    JSON.stringify(join(dirname(store.path(of)), name).replaceAll('\\', '/'));
  if (meta.kind === 'metric')
    return `import json\n${name} = json.load(open(${file(meta.key, 'meta.json')}))["statistics"]  # value, interval and n of each\n`;
  const array = meta.arrays.find(one => one.name === 'array');
  const axes = array?.axes.map(axis => `${axis.name} ${axis.size}`).join(' × ') ?? '';
  return [
    'import numpy as np',
    `${name} = np.load(${file(meta.key, 'array.npy')})  # ${axes}, ${array?.unit ?? ''}`,
    `${name}_examples = [line.split("\\t")[0] for line in open(${file(map?.data ?? meta.key, 'rows.tsv')})][1:]`,
    '',
  ].join('\n');
}
