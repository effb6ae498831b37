/**
 * Results that are no maps of the input: one number per feature, curves, interactions, layers, rules. Each is shown by its
 * strongest numbers under the names of its axes; the whole array lies in the store.
 */
import { quantity, type Snapshot } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';
import { bars, strongest, type Ranked } from './bars.js';
import { element } from './element.js';
import { exports, type Cells } from './exports.js';
import { lines, trainingCurve } from './lines.js';
import { manhattan } from './manhattan.js';
import { note, notesOf } from './notes.js';
import { patterns } from './patterns.js';
import type { Surroundings } from './surroundings.js';

export type ResultTable = Snapshot['tables'][number];

const SHOWN = 20;

const TITLES: Readonly<Record<ResultTable['form'], string>> = {
  activation: 'Values of a layer',
  interaction: 'Interactions',
  importance: 'Importance over the data',
  curve: 'Curves',
  rule: 'Rules',
  edit: 'Edits',
  pattern: 'Patterns',
  seqlet: 'Seqlets',
};

export function tableArticle(surroundings: Surroundings, result: ResultTable, arrays: Arrays): HTMLElement {
  const { name, remedy } = surroundings;
  const { axes, form, rows, unit, values: array, written, documentation } = result;
  const shape = axes.map(axis => `${quantity(axis.size, 'count')} ${axis.name}${axis.size === 1 ? '' : 's'}`);
  const values = arrays.get(array);
  const tested = arrays.get(result.significance ?? '');
  const size = rows.length * axes.slice(1).reduce((product, axis) => product * axis.size, 1);
  const complete = values instanceof Float32Array && values.length === size;
  return element(
    'article',
    { 'data-declaration': result.name },
    element('h3', {}, name(result.name), ' ', element('code', { class: 'dim' }, `= ${written}`)),
    documentation === undefined ? undefined : element('p', { class: 'dim' }, documentation),
    element('p', { class: 'dim small' }, `${TITLES[form]}: ${shape.join(' × ')} (${unit}).`),
    complete && result.motifs
      ? patterns(surroundings, result, arrays)
      : complete
        ? picture(surroundings, result, values, tested instanceof Float32Array ? tested : undefined)
        : note(
            'warning',
            `${result.name} cannot be drawn: its array “${array}” is missing or of another size. ${remedy}`,
          ),
    ...notesOf(result),
  );
}

/** Training as its loss by epoch, a rule list in its order, everything else by its strongest numbers. */
function picture(
  surroundings: Surroundings,
  result: ResultTable,
  values: Float32Array,
  significance: Float32Array | undefined,
): HTMLElement {
  const [row, second, third] = result.axes;
  if (row?.name === 'member' && second?.name === 'epoch' && third?.labels)
    return lines(surroundings, trainingCurve(second.size, third.labels, result.rows, values));
  if (row?.name === 'rule' && second?.labels) return ruleList(result.name, result.rows, second.labels, values);
  if (result.form === 'seqlet') return seqletList(result, values);
  const numbers = result.axes.slice(1).reduce((product, axis) => product * axis.size, 1);
  const strongestOf = `The ${SHOWN} strongest numbers of ${result.name}`;
  const head = [result.axes.map(axis => axis.name).join(', '), result.unit] as const;
  const ranking = bars(strongestOf, head, ranked(result, values));
  const cells = (): Cells => [
    [...result.axes.map(axis => axis.name), result.unit],
    ...Array.from(values, (value, index) => [...placeOf(result, index), value]),
  ];
  const variants = row?.name === 'variant' && numbers === 1 && result.rows.length > SHOWN;
  const height = significance ?? values;
  return element(
    'div',
    {},
    variants
      ? manhattan(
          surroundings,
          {
            name: result.name,
            title: significance ? '−log₁₀ p' : TITLES[result.form].toLowerCase(),
            unit: significance ? 'tested against no effect' : result.unit,
          },
          result.rows.map((name, i) => ({ name, value: height[i] ?? NaN })),
        )
      : undefined,
    ranking,
    element('div', { class: 'under' }, exports(surroundings, { name: result.name, table: cells })),
  );
}

/** Rules in their order with the risk of each: the order is what they mean. */
function ruleList(
  name: string,
  rules: readonly string[],
  fields: readonly string[],
  values: Float32Array,
): HTMLElement {
  const rows = rules.map((rule, i) => {
    const field = (label: string): number => values[i * fields.length + fields.indexOf(label)] ?? NaN;
    const share = (label: string): string => quantity(field(label), 'share');
    const word = i === rules.length - 1 ? '' : i === 0 ? 'if ' : 'else if ';
    const detail = `${share('low')} to ${share('high')}; ${share('share')} of the examples, ${quantity(field('examples'), 'count')}`;
    return { name: word + rule, value: field('risk'), detail };
  });
  return bars(`The rules of ${name} in their order`, ['rule', 'risk', '95 % interval'], rows);
}

/** Seqlets by their scores, strongest first. */
function seqletList({ name, rows, axes }: ResultTable, values: Float32Array): HTMLElement {
  const fields = axes[1]?.labels ?? [];
  const scored = rows.map((seqlet, i) => {
    const field = (label: string): number => values[i * fields.length + fields.indexOf(label)] ?? NaN;
    return { name: seqlet, value: field('score'), detail: quantity(field('rate'), 'share') };
  });
  const head = ['seqlet', 'sum of scores', 'false discovery rate'] as const;
  return bars(`The ${SHOWN} strongest seqlets of ${name}`, head, strongest(scored, SHOWN));
}

/** Names of a number's place along all axes. */
function placeOf({ axes, rows }: ResultTable, index: number): string[] {
  let rest = index;
  const inner = axes.slice(1).toReversed();
  const parts = inner.map(axis => {
    const at = rest % axis.size;
    rest = Math.floor(rest / axis.size);
    return axis.labels?.[at] ?? `${axis.name} ${at + 1}`;
  });
  return [rows[rest] ?? `${axes[0]?.name} ${rest + 1}`, ...parts.toReversed()];
}

/** The strongest numbers with the names of their places. */
function ranked(result: ResultTable, values: Float32Array): Ranked[] {
  const { axes, form } = result;
  const inner = axes.slice(1);
  // Of a pair that interacts either way alike, one way is enough.
  const [first, second] = inner.slice(-2);
  const symmetric = form === 'interaction' && first?.size === second?.size && first?.name === second?.name;
  const isOnce = (index: number): boolean =>
    !symmetric || Math.floor(index / second!.size) % first!.size <= index % second!.size;
  // Names only of those that are shown: an array may hold millions of numbers.
  const places = strongest(
    Array.from(values, (value, index) => ({ name: String(index), value })).filter(({ name }) => isOnce(Number(name))),
    SHOWN,
  );
  return places.map(({ name, value }) => ({ name: placeOf(result, Number(name)).join(', '), value }));
}
