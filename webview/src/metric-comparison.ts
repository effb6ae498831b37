/** Two metrics side by side: what both measured, and how far their values are apart. */
import { quantity, type Statistic } from '../../server/src/protocol.js';
import { element } from './element.js';
import type { Metric } from './measurements.js';
import { note } from './notes.js';
import type { Surroundings } from './surroundings.js';
import { table } from './table.js';

export function metricComparison({ name }: Surroundings, a: Metric, b: Metric): HTMLElement {
  const rows = a.statistics.flatMap(first => {
    const second = b.statistics.find(one => one.name === first.name && one.unit === first.unit);
    return second ? [cells(first, second)] : [];
  });
  return element(
    'section',
    { class: 'comparison' },
    element('h2', {}, name(a.name), ' beside ', name(b.name)),
    table(`${a.name} beside ${b.name}`, ['statistic', a.name, b.name, 'difference'], rows, 'stacked'),
    note(
      'information',
      'Each interval is that of one value. Whether the difference is more than chance is what a contrast of a benchmark tells: it pairs the examples.',
    ),
  );
}

function cells(first: Statistic, second: Statistic): (Node | string)[] {
  const written = ({ value, interval, unit }: Statistic): HTMLElement =>
    element(
      'span',
      { class: 'numbers' },
      element('strong', { class: 'nowrap' }, quantity(value, unit)),
      interval
        ? element('span', { class: 'dim nowrap' }, interval.map(bound => quantity(bound, unit)).join(' to '))
        : undefined,
    );
  return [
    element('code', {}, first.name),
    written(first),
    written(second),
    element('strong', { class: 'nowrap' }, quantity(first.value - second.value, first.unit)),
  ];
}
