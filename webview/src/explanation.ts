/**
 * What the maps of one data set say: logos of one example and heatmaps of all, in step with each other. The state (which
 * example, in which order) lives here and nowhere else.
 */
import { quantity } from '../../server/src/protocol.js';
import type { ScoredMap, Sequences } from './arrays.js';
import { element } from './element.js';
import { heatmap } from './heatmap.js';
import { logos } from './logo.js';
import { navigation } from './navigation.js';
import { orderRows, ROW_ORDERS, type RowOrder } from './rows.js';
import type { Theme } from './theme.js';

const ORDER_TEXT: Readonly<Record<RowOrder, string>> = {
  window: 'place of the best window',
  prediction: 'target, highest first',
  label: 'label',
  file: 'order in the file',
};

/**
 * @param logoMaps maps of the data set to be drawn as logos, in this order
 * @param heatmapMaps maps of the data set to be drawn as heatmaps
 */
export function explanation(
  theme: Theme,
  sequences: Sequences,
  logoMaps: readonly ScoredMap[],
  heatmapMaps: readonly ScoredMap[],
): HTMLElement {
  const { data, rows } = sequences;
  const guide = heatmapMaps[0] ?? logoMaps[0];
  if (!guide || rows === 0) return element('p', { class: 'dim' }, 'There is no example to draw.');
  const predictions = [guide, ...logoMaps].find(scored => scored.predictions)?.predictions;
  const orders = ROW_ORDERS.filter(
    order => (order !== 'prediction' || predictions) && (order !== 'label' || data.labels),
  );
  let order: readonly number[] = [];
  let selected = 0;

  const select = (row: number): void => {
    selected = row;
    const place = order.indexOf(row);
    bar.show(row, place);
    logoView?.show(row);
    for (const view of heatmaps) view.show(order, row);
  };
  const step = (count: number): void => {
    const row = order[Math.max(0, Math.min(rows - 1, order.indexOf(selected) + count))];
    if (row !== undefined) select(row);
  };
  const explained = targets([guide, ...logoMaps]);
  const facts = (row: number): string[] => [
    ...explained.map(({ name, values }) => `${name} ${quantity(values[row] ?? NaN, 'logit')}`),
    ...(data.labels ? [`label ${data.labels[row] ?? 'unknown'}`] : []),
  ];
  const bar = navigation(data.names, facts, step, select);
  const [leading, ...others] = logoMaps;
  const logoView = leading && logos(theme, sequences, [leading, ...others]);
  const heatmaps = heatmapMaps.map(scored => heatmap(theme, sequences, scored, select));

  const choice = element('select', {}, ...orders.map(name => element('option', { value: name }, ORDER_TEXT[name])));
  const sort = (name: RowOrder): void => {
    order = orderRows(name, guide.scores, { predictions, labels: data.labels });
  };
  choice.addEventListener('change', () => {
    sort(orders[choice.selectedIndex] ?? 'file');
    select(selected);
  });

  const node = element(
    'div',
    {},
    bar.node,
    logoView?.node,
    heatmaps.length > 0
      ? element(
          'div',
          { class: 'examples' },
          element(
            'div',
            { class: 'bar' },
            element('h3', {}, rows === 1 ? 'The example' : 'All examples'),
            rows > 1 ? element('label', { class: 'push controls' }, 'sorted by', choice) : undefined,
          ),
          ...heatmaps.map(view => view.node),
        )
      : undefined,
  );
  node.addEventListener('keydown', event => {
    const count = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (count === undefined || event.target instanceof HTMLSelectElement || event.target instanceof HTMLInputElement)
      return;
    event.preventDefault();
    step(count);
  });
  sort('window');
  select(strongest(guide, order));
  return node;
}

/** The numbers that the maps explain; where they are not all the same, each with a map that explains it. */
function targets(maps: readonly ScoredMap[]): { name: string; values: Float32Array }[] {
  const distinct: { name: string; values: Float32Array }[] = [];
  for (const { map, predictions } of maps) {
    if (!predictions || distinct.some(({ values }) => alike(values, predictions))) continue;
    distinct.push({ name: `target of ${map.name}`, values: predictions });
  }
  const [only, ...others] = distinct;
  return only && others.length === 0 ? [{ ...only, name: 'target' }] : distinct;
}

/** Whether two arrays hold the same target: methods evaluate it in different batches, which moves the last digits. */
function alike(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, row) => !(Math.abs(value - (b[row] ?? NaN)) > 1e-3 * Math.max(1, Math.abs(value))));
}

/** The row to begin with: the one with the highest target, else the first drawn. */
function strongest({ predictions }: ScoredMap, order: readonly number[]): number {
  let best = order[0] ?? 0;
  for (const row of order) if ((predictions?.[row] ?? -Infinity) > (predictions?.[best] ?? -Infinity)) best = row;
  return best;
}
