/** Seqlets: where in the sequences they lie, and the strongest of them with the rate at which such windows are false. */
import { quantity, type Curve } from '../../server/src/protocol.js';
import { element } from './element.js';
import { lines } from './lines.js';
import { fieldsOf, ranked } from './ranked-rows.js';
import type { Surroundings } from './surroundings.js';
import type { ResultTable } from './tables.js';

/** Fewest seqlets whose places are drawn. */
const FEWEST = 10;
/** Bins that sequences are cut into at most. */
const BINS = 50;

/** @param values [seqlet, field] */
export function seqlets(surroundings: Surroundings, result: ResultTable, values: Float32Array): HTMLElement {
  const { name, rows } = result;
  const field = fieldsOf(result, values);
  const scored = rows.map((seqlet, row) => ({
    name: seqlet,
    value: field(row, 'score'),
    detail: quantity(field(row, 'rate'), 'share'),
  }));
  const places = rows.map((_, row) => ({
    middle: (field(row, 'start') + field(row, 'end')) / 2,
    positive: field(row, 'score') > 0,
  }));
  return element(
    'div',
    {},
    rows.length >= FEWEST ? lines(surroundings, placesCurve(places), { name: `places of ${name}` }) : undefined,
    ...ranked(surroundings, result, values, scored, ['seqlet', 'sum of scores', 'false discovery rate']),
  );
}

/** How many seqlets of either sign have their middle where. */
export function placesCurve(places: readonly { middle: number; positive: boolean }[]): Curve {
  const end = places.reduce((most, { middle }) => Math.max(most, middle), 0) + 1;
  const bins = Math.min(BINS, Math.max(1, Math.floor(end / 2)));
  const counts = (sign: boolean): number[] => {
    const found = Array<number>(bins).fill(0);
    for (const { middle, positive } of places)
      if (positive === sign) found[Math.min(bins - 1, Math.floor((middle / end) * bins))]!++;
    return found;
  };
  const series = [
    { name: 'positive', values: counts(true) },
    { name: 'negative', values: counts(false) },
  ].filter(({ values }) => values.some(count => count > 0));
  return {
    title: 'Where the seqlets lie',
    x: {
      title: 'middle, in bp from the beginning of the sequence',
      unit: 'number',
      values: Array.from({ length: bins }, (_, bin) => Math.round(((bin + 0.5) * end) / bins)),
    },
    unit: 'count',
    series,
  };
}
