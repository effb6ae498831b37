/** Results of which every row has named fields: the strongest rows as bars, and all of them to take along. */
import { bars, SHOWN, strongest, type Ranked } from './bars.js';
import { element } from './element.js';
import { exports } from './exports.js';
import type { Surroundings } from './surroundings.js';
import type { ResultTable } from './tables.js';

/** @param values [row, field]; the fields are the labels of the second axis */
export function fieldsOf({ axes }: ResultTable, values: Float32Array): (row: number, label: string) => number {
  const fields = axes[1]?.labels ?? [];
  return (row, label) => values[row * fields.length + fields.indexOf(label)] ?? NaN;
}

/** @param head what a row is, what ranks it, and what stands behind */
export function ranked(
  surroundings: Surroundings,
  result: ResultTable,
  values: Float32Array,
  scored: readonly Ranked[],
  head: readonly [string, string, string],
): HTMLElement[] {
  const { name, rows, axes, genes } = result;
  const fields = axes[1]?.labels ?? [];
  const field = fieldsOf(result, values);
  const table = () => [
    [head[0], ...(genes ? ['gene'] : []), ...fields],
    ...rows.map((row, at) => [row, ...(genes ? [genes[at] ?? ''] : []), ...fields.map(label => field(at, label))]),
  ];
  return [
    bars(`The ${SHOWN} strongest ${head[0]}s of ${name}`, head, strongest(scored, SHOWN)),
    element('div', { class: 'under' }, exports(surroundings, { name, table })),
  ];
}
