/**
 * What the maps of one data set say: logos of one example and heatmaps of all, in step with each other. Which example and
 * which order are chosen here, and kept in the viewpoint.
 */
import { quantity } from '../../server/src/protocol.js';
import type { ScoredMap, Sequences } from './arrays.js';
import type { Difference } from './difference.js';
import { element } from './element.js';
import { heatmap } from './heatmap.js';
import { step as stepOf } from './heatmap-gestures.js';
import { logos, type TitledMap } from './logo.js';
import { navigation } from './navigation.js';
import { orderRows, ROW_ORDERS, type RowOrder } from './rows.js';
import type { Surroundings } from './surroundings.js';
import { rememberedRow, type Viewing, type Viewpoint } from './viewpoint.js';
import { isWhole, showing, whole, width, within, type Zoom } from './zoom.js';

const ORDER_TEXT: Readonly<Record<RowOrder, string>> = {
  window: 'place of best window',
  cluster: 'cluster',
  prediction: 'target, high first',
  label: 'label',
  file: 'order in the file',
};

/**
 * @param logoMaps maps of the data set to be drawn as logos, in this order, each with its figures of trust
 * @param heatmapMaps maps of the data set to be drawn as heatmaps
 * @param differences of two maps that can be drawn beside them
 * @param redraw builds all of this anew, when other maps are to be drawn
 * @param viewing where the reader was, and is from now on
 */
export function explanation(
  surroundings: Surroundings,
  sequences: Sequences,
  logoMaps: readonly TitledMap[],
  heatmapMaps: readonly ScoredMap[],
  viewing: Viewing,
  differences: readonly Difference[] = [],
  redraw: () => void = () => undefined,
): HTMLElement {
  const { controls } = surroundings;
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
  const { length } = data;
  const everything = whole(rows, length);
  const zoomOf = (): Zoom => (at.zoom ? within(at.zoom, rows, length) : everything);

  const select = (row: number): void => {
    selected = row;
    const place = order.indexOf(row);
    bar.show(row, place);
    logoView?.show(row);
    showHeatmaps();
  };
  const showHeatmaps = (): void => {
    const zoom = zoomOf();
    for (const view of heatmaps) view.show(order, selected, zoom, at.uncertainty !== false);
    part.textContent = zoomText(zoom, rows, length);
  };
  const choose = (row: number): void => {
    const zoom = showing(zoomOf(), order.indexOf(row), rows, length);
    if (at.zoom) at.zoom = zoomKept(zoom);
    select(row);
    at.row = row;
    at.example = data.names[row] ?? '';
    viewing.changed();
  };
  /** The logos go along: what is magnified is what the reader wants to see. */
  const magnify = (zoom: Zoom): void => {
    if (isWhole(zoom, rows, length)) {
      delete at.zoom;
      delete at.centre;
      delete at.visible;
    } else {
      at.zoom = zoomKept(zoom);
      at.centre = (zoom.positions[0] + zoom.positions[1]) / 2;
      at.visible = width(zoom.positions);
    }
    showHeatmaps();
    logoView?.show(selected);
    viewing.changed();
  };
  const hover = (position: number | undefined): void => {
    logoView?.hover(position);
    for (const view of heatmaps) view.hover(position);
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
  const uncertainty = [...logoMaps, ...heatmapMaps].some(({ spread }) => spread)
    ? controls.toggle('uncertainty', at.uncertainty !== false, on => {
        at.uncertainty = on;
        select(selected);
        viewing.changed();
      })
    : undefined;
  const [leading, ...others] = logoMaps;
  const logoView =
    leading &&
    logos(surroundings, sequences, [leading, ...others], viewing, hover, [
      uncertainty,
      differences.length > 0 ? comparison() : undefined,
    ]);
  const events = { select: choose, zoom: magnify, hover };
  const heatmaps = heatmapMaps.map(scored => heatmap(surroundings, sequences, scored, events));
  const part = element('span', { class: 'dim small', role: 'status' });
  const closer = (on: boolean) => (): void =>
    magnify(showing(stepOf(zoomOf(), on, rows, length), order.indexOf(selected), rows, length));

  function comparison(): HTMLElement {
    const labels = differences.map(({ label }) => label);
    const node = controls.choice('difference', ['none', ...labels], 1 + labels.indexOf(at.difference ?? ''), index => {
      const chosen = labels[index - 1];
      if (chosen === undefined) delete at.difference;
      else at.difference = chosen;
      viewing.changed();
      redraw();
    });
    return element('span', { class: 'difference' }, node);
  }
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
            element(
              'span',
              { class: 'nowrap controls' },
              controls.button('−', 'Show more of the heatmaps (key −)', closer(false)),
              ' ',
              controls.button('+', 'Magnify the heatmaps (key +, or drag over a picture)', closer(true)),
              ' ',
              controls.button('All', 'Show all examples and positions (key 0)', () => magnify(everything)),
            ),
            part,
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

/** Which part is shown; empty where it is everything. */
function zoomText(zoom: Zoom, rows: number, length: number): string {
  if (isWhole(zoom, rows, length)) return '';
  const span = ([from, to]: Zoom['places']): string => `${quantity(from + 1, 'count')}–${quantity(to, 'count')}`;
  return `examples ${span(zoom.places)}, positions ${span(zoom.positions)}`;
}

const zoomKept = ({ places, positions }: Zoom): NonNullable<Viewpoint['zoom']> => ({
  places: [...places],
  positions: [...positions],
});

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
