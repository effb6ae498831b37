/**
 * One number for each feature: the strongest as bars, with the whisker of two standard errors where the method gives any, and what
 * tests say of them. Variants stand on the genome as well.
 */
import { quantity } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';
import { bars, SHOWN, strongest, type Ranked } from './bars.js';
import { element } from './element.js';
import { exports, type Cells } from './exports.js';
import { manhattan } from './manhattan.js';
import type { Surroundings } from './surroundings.js';
import type { ResultTable } from './tables.js';

/** An array beside a result that has one value for each row. */
function besideOf({ beside = [], rows }: ResultTable, arrays: Arrays, wanted: string): Float32Array | undefined {
  const values = arrays.get(beside.find(({ array }) => array === wanted)?.name ?? '');
  return values instanceof Float32Array && values.length === rows.length ? values : undefined;
}

/** Standard errors as the method gives them, or of the mean over its repeats. */
function errorsOf(result: ResultTable, arrays: Arrays): ArrayLike<number> | undefined {
  const given = besideOf(result, arrays, 'standard_errors');
  // Those of an association are of its slopes, and what is drawn is how sure they are.
  if (given) return result.unit.includes('log₁₀') ? undefined : given;
  const repeats = result.beside?.find(({ array }) => array === 'repeats');
  const values = arrays.get(repeats?.name ?? '');
  const count = repeats?.axes[0]?.size ?? 0;
  if (!values || count < 2 || values.length !== result.rows.length * count) return undefined;
  return result.rows.map((_, row) => {
    const own = [...values.subarray(row * count, (row + 1) * count)];
    const mean = own.reduce((sum, value) => sum + value, 0) / count;
    return Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1) / count);
  });
}

/** @param values [feature] */
export function importances(
  surroundings: Surroundings,
  result: ResultTable,
  values: Float32Array,
  arrays: Arrays,
): HTMLElement {
  const { name, rows, unit, genes } = result;
  const errors = errorsOf(result, arrays);
  const significance = arrays.get(result.significance ?? '');
  const selected = besideOf(result, arrays, 'selected');
  const all = rows.map((feature, i): Ranked => {
    const [value, error] = [values[i] ?? NaN, errors?.[i] ?? NaN];
    const facts = [
      ...(significance ? [`p\u00a0${quantity(10 ** -(significance[i] ?? NaN), 'number')}`] : []),
      ...(selected?.[i] === 1 ? ['selected'] : []),
    ];
    return {
      name: feature,
      gene: genes?.[i],
      value,
      detail: facts.join(' · '),
      ...(Number.isFinite(error) && { interval: [value - 2 * error, value + 2 * error] }),
    };
  });
  const tested = significance !== undefined || selected !== undefined;
  const cells = (): Cells => [
    [
      'feature',
      ...(genes ? ['gene'] : []),
      unit,
      ...(errors ? ['standard error'] : []),
      ...(significance ? ['−log10 p'] : []),
      ...(selected ? ['selected'] : []),
    ],
    ...rows.map((feature, i) => [
      feature,
      ...(genes ? [genes[i] ?? ''] : []),
      ...[values, errors, significance, selected].flatMap(column => (column ? [column[i] ?? NaN] : [])),
    ]),
  ];
  const axis = result.axes[0]?.name ?? 'feature';
  const height = significance ?? values;
  return element(
    'div',
    {},
    result.axes[0]?.name === 'variant' && rows.length > SHOWN
      ? manhattan(
          surroundings,
          {
            name,
            title: significance ? '−log₁₀ p' : 'importance over the data',
            unit: significance ? 'tested against no effect' : unit,
            places: result.places,
            // Bonferroni's bound, over the variants that were tested.
            threshold: significance && {
              value: Math.log10(rows.length / 0.05),
              text: `5 % over all ${quantity(rows.length, 'count')} tests (Bonferroni)`,
            },
          },
          rows.map((feature, i) => ({ name: feature, gene: genes?.[i], value: height[i] ?? NaN })),
        )
      : undefined,
    errors ? element('p', { class: 'dim small' }, 'Whiskers reach two standard errors to either side.') : undefined,
    bars(
      `The ${SHOWN} strongest features of ${name}`,
      tested ? [axis, unit, 'test'] : [axis, unit],
      strongest(all, SHOWN),
    ),
    element('div', { class: 'under' }, exports(surroundings, { name, table: cells })),
  );
}
