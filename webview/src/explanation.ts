/**
 * What the maps of one data set say: logos of one example and heatmaps of all, in step with each other. Which example and
 * which order are chosen here, and kept in the viewpoint.
 */
import { quantity } from '../../server/src/protocol.js';
import type { ScoredMap, Sequences } from './arrays.js';
import { element } from './element.js';
import { heatmap } from './heatmap.js';
import { logos, type TitledMap } from './logo.js';
import { navigation } from './navigation.js';
import { orderRows, ROW_ORDERS, type RowOrder } from './rows.js';
import type { Surroundings } from './surroundings.js';
import { rememberedRow, type Viewing, type Viewpoint } from './viewpoint.js';

const ORDER_TEXT: Readonly<Record<RowOrder, string>> = {
  window: 'place of best window',
  prediction: 'target, high first',
  label: 'label',
  file: 'order in the file',
};

/**
 * @param logoMaps maps of the data set to be drawn as logos, in this order, each with its figures of trust
 * @param heatmapMaps maps of the data set to be drawn as heatmaps
 * @param viewing where the reader was, and is from now on
 */
export function explanation(
  { theme, controls, name }: Surroundings,
  sequences: Sequences,
  logoMaps: readonly TitledMap[],
  heatmapMaps: readonly ScoredMap[],
  viewing: Viewing,
): HTMLElement {
  const { data, rows } = sequences;
  const guide = heatmapMaps[0] ?? logoMaps[0];
  if (!guide || rows === 0) return element('p', { class: 'dim' }, 'There is no example to draw.');
  const predictions = [guide, ...logoMaps].find(scored => scored.predictions)?.predictions;
  const orders = ROW_ORDERS.filter(
    order => (order !== 'prediction' || predictions) && (order !== 'label' || data.labels),
  );
  const { at } = viewing;
  let order: readonly number[] = [];
  let selected = 0;

  const select = (row: number): void => {
    selected = row;
    const place = order.indexOf(row);
    bar.show(row, place);
    logoView?.show(row);
    for (const view of heatmaps) view.show(order, row);
  };
  const choose = (row: number): void => {
    select(row);
    at.row = row;
    at.example = data.names[row] ?? '';
    viewing.changed();
  };
  const step = (count: number): void => {
    const row = order[Math.max(0, Math.min(rows - 1, order.indexOf(selected) + count))];
    if (row !== undefined) choose(row);
  };
  const explained = targets([guide, ...logoMaps]);
  const facts = (row: number): string[] => [
    ...explained.map(({ name, values }) => `${name} ${quantity(values[row] ?? NaN, 'logit')}`),
    ...(data.labels ? [`label ${data.labels[row] ?? 'unknown'}`] : []),
  ];
  const bar = navigation(controls, data.names, facts, step, choose);
  const [leading, ...others] = logoMaps;
  const logoView = leading && logos({ theme, controls, name }, sequences, [leading, ...others], viewing);
  const heatmaps = heatmapMaps.map(scored => heatmap({ theme, name }, sequences, scored, choose));

  const sort = (): void => {
    order = orderRows(orderOf(at), guide.scores, { predictions, labels: data.labels });
  };
  const orderOf = (wanted: Viewpoint): RowOrder => orders.find(known => known === wanted.order) ?? 'window';
  const change = (index: number): void => {
    at.order = orders[index] ?? 'file';
    sort();
    select(selected);
    viewing.changed();
  };

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
            rows > 1
              ? element(
                  'span',
                  { class: 'push controls' },
                  controls.choice(
                    'sorted by',
                    orders.map(known => ORDER_TEXT[known]),
                    orders.indexOf(orderOf(at)),
                    change,
                  ),
                )
              : undefined,
          ),
          ...heatmaps.map(view => view.node),
        )
      : undefined,
  );
  node.addEventListener('keydown', event => {
    const count = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (count === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    step(count);
  });
  sort();
  select(rememberedRow(at, data.names) ?? strongest(guide, order));
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
