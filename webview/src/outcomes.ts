/**
 * Results with one answer for each example: rules that hold it (anchors), the changes that flip it (counterfactuals), the effect
 * of its variant. Each answer is a row of a table, the features that make it up in words.
 */
import { quantity } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';
import { element } from './element.js';
import { exports, type Cells } from './exports.js';
import { manhattan } from './manhattan.js';
import { labelOf } from './plane.js';
import { SHOWN } from './bars.js';
import { fieldsOf, ranked } from './ranked-rows.js';
import { note } from './notes.js';
import type { Surroundings } from './surroundings.js';
import { table } from './table.js';
import type { ResultTable } from './tables.js';

/** Features of one answer that are named. */
const NAMED = 12;

/** Fields that are shares, and those that are yes or no. */
const SHARES = new Set(['precision', 'bound', 'coverage']);
const TRUTHS = new Set(['accepted', 'flipped', 'proven']);

/** @param values [example, …features]: what of each is in the rule, or by how much it is changed */
export function outcomes(
  surroundings: Surroundings,
  result: ResultTable,
  values: Float32Array,
  arrays: Arrays,
): HTMLElement {
  const { name, rows } = result;
  const beside = result.beside?.find(({ array }) => array === 'outcome');
  const fields = beside?.axes.at(-1)?.labels ?? [];
  const found = arrays.get(beside?.name ?? '');
  const positions = result.axes[1]?.name === 'position' ? ' (positions from 1)' : '';
  const what = (result.form === 'rule' ? 'what the rule holds' : 'changes') + positions;
  const size = values.length / Math.max(1, rows.length);
  const answers = rows.map((example, row) => ({
    example,
    parts: partsOf(result, values.subarray(row * size, (row + 1) * size)),
    fields: fields.map((_, field) => found?.[row * fields.length + field] ?? NaN),
  }));
  const shown = (value: number, field: string): string =>
    TRUTHS.has(field) ? (value === 1 ? 'yes' : 'no') : quantity(value, SHARES.has(field) ? 'share' : 'logit');
  const cells = (): Cells => [
    ['example', what, ...fields],
    ...answers.map(({ example, parts, fields: own }) => [example, parts.join(', '), ...own]),
  ];
  return element(
    'div',
    {},
    element(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': `Answers of ${name}` },
      table(
        `The answers of ${name}`,
        ['example', what, ...fields],
        answers
          .slice(0, SHOWN)
          .map(({ example, parts, fields: own }) => [
            element('code', {}, example),
            element('span', {}, named(parts)),
            ...own.map((value, i) => element('span', { class: 'nowrap' }, shown(value, fields[i] ?? ''))),
          ]),
        'plain outcomes',
      ),
    ),
    answers.length > SHOWN
      ? note(
          'information',
          `Here are the first ${SHOWN} examples; the exported table has ${quantity(answers.length, 'count')}.`,
        )
      : undefined,
    element('div', { class: 'under' }, exports(surroundings, { name, table: cells })),
  );
}

const named = (parts: readonly string[]): string =>
  parts.length === 0
    ? 'none'
    : [...parts.slice(0, NAMED), ...(parts.length > NAMED ? [`and ${parts.length - NAMED} more`] : [])].join(', ');

/**
 * What an answer is made of: `31 A→G` where a base takes the place of another, `rs123 +1` and `CD79A −0.4` for numbers. Of rules,
 * neighbours in a row together: `31–40`.
 */
export function partsOf({ axes, form }: Pick<ResultTable, 'axes' | 'form'>, values: Float32Array): string[] {
  const inner = axes.slice(1);
  const [feature, base] = inner;
  if (!feature) return [];
  if (base?.name === 'base')
    return [...Array(feature.size).keys()].flatMap(at => {
      const column = [...values.subarray(at * base.size, (at + 1) * base.size)];
      const [lost, won] = [Math.min(...column), Math.max(...column)];
      if (lost === 0 && won === 0) return [];
      const letter = (value: number): string => (value === 0 ? 'N' : labelOf(base, column.indexOf(value)));
      return [`${labelOf(feature, at)} ${letter(lost)}→${letter(won)}`];
    });
  if (form === 'edit')
    return [...Array(feature.size).keys()].flatMap(at =>
      values[at] === 0
        ? []
        : [`${labelOf(feature, at)} ${values[at]! > 0 ? '+' : ''}${quantity(values[at]!, 'logit')}`],
    );
  const parts: string[] = [];
  for (let at = 0; at < feature.size; at++) {
    if (values[at] === 0) continue;
    const from = at;
    // Features with names are no stretch.
    while (!feature.labels && at + 1 < feature.size && values[at + 1] !== 0) at++;
    parts.push(from === at ? labelOf(feature, from) : `${labelOf(feature, from)}–${labelOf(feature, at)}`);
  }
  return parts;
}

/** @param values [variant, field]: the target at both alleles, and the effect */
export function variantEffects(surroundings: Surroundings, result: ResultTable, values: Float32Array): HTMLElement {
  const { name, rows } = result;
  const field = fieldsOf(result, values);
  const all = rows.map((variant, row) => ({
    name: variant,
    gene: result.genes?.[row],
    value: field(row, 'effect'),
    detail: `${quantity(field(row, 'reference'), 'logit')} → ${quantity(field(row, 'alternative'), 'logit')}`,
  }));
  const figure = { name, title: 'effect of the alternative allele', unit: result.unit, places: result.places };
  return element(
    'div',
    {},
    rows.length > 1 ? manhattan(surroundings, figure, all) : undefined,
    ...ranked(surroundings, result, values, all, ['variant', 'effect', 'reference → alternative']),
  );
}
