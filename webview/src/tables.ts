/**
 * Results that are no maps of the input: one number per feature, curves, interactions, layers, rules, motifs. Each form has its
 * picture; the whole array lies in the store.
 */
import { quantity, type Snapshot } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';
import { bars } from './bars.js';
import { featureCurves } from './effects.js';
import { element } from './element.js';
import { exports } from './exports.js';
import { importances } from './importances.js';
import { lines, trainingCurve } from './lines.js';
import { matrix } from './matrix.js';
import { note, notesOf } from './notes.js';
import { outcomes, variantEffects } from './outcomes.js';
import { patterns } from './patterns.js';
import { seqlets } from './seqlets.js';
import type { Surroundings } from './surroundings.js';

export type ResultTable = Snapshot['tables'][number];

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
  const { axes, form, rows, unit, values: array, written, documentation, notes } = result;
  const shape = axes.map(axis => `${quantity(axis.size, 'count')} ${axis.name}${axis.size === 1 ? '' : 's'}`);
  const values = arrays.get(array);
  const size = rows.length * axes.slice(1).reduce((product, axis) => product * axis.size, 1);
  const answers = form === 'rule' || form === 'edit';
  const left = (axes[0]?.size ?? 0) - rows.length;
  const complete = values instanceof Float32Array && values.length === size;
  return element(
    'article',
    { 'data-declaration': result.name },
    element('h3', {}, name(result.name), ' ', element('code', { class: 'dim' }, `= ${written}`)),
    documentation === undefined ? undefined : element('p', { class: 'dim' }, documentation),
    element('p', { class: 'dim small' }, `${TITLES[form]}: ${shape.join(' × ')} (${unit}).`),
    left > 0
      ? note(
          'information',
          `Here are the first ${quantity(rows.length, 'count')} of ${quantity(rows.length + left, 'count')} ${axes[0]?.name}s; the whole array lies in the store.`,
        )
      : undefined,
    complete
      ? viewOf(result)(surroundings, result, values, arrays)
      : note(
          'warning',
          `${result.name} cannot be drawn: its array “${array}” is missing or of another size. ${remedy}`,
        ),
    // What is said of a single row stands in the table of all.
    ...notesOf({
      ...result,
      notes: answers ? notes.filter(({ message }) => !rows.some(of => message.startsWith(`${of}: `))) : notes,
    }),
  );
}

type View = (surroundings: Surroundings, result: ResultTable, values: Float32Array, arrays: Arrays) => HTMLElement;

/** How a result is drawn, by its form and its axes. */
export function viewOf({ form, axes }: Pick<ResultTable, 'form' | 'axes'>): View {
  const [row, second, third] = axes;
  if (row?.name === 'member' && second?.name === 'epoch' && third?.labels) return training;
  switch (form) {
    case 'curve':
      return featureCurves;
    case 'importance':
      return axes.length === 1 ? importances : matrix;
    case 'rule':
      return row?.name === 'rule' ? ruleList : outcomes;
    case 'edit':
      return second?.name === 'field' ? variantEffects : outcomes;
    case 'seqlet':
      return seqlets;
    case 'pattern':
      return patterns;
    case 'activation':
    case 'interaction':
      return axes.length === 1 ? importances : matrix;
  }
}

const training: View = (surroundings, { axes: [, epochs, fields], rows }, values) =>
  lines(surroundings, trainingCurve(epochs?.size ?? 0, fields?.labels ?? [], rows, values));

/** Rules in their order with the risk of each: the order is what they mean. */
const ruleList: View = (surroundings, { name, rows: rules, axes }, values) => {
  const fields = axes[1]?.labels ?? [];
  const rows = rules.map((rule, i) => {
    const field = (label: string): number => values[i * fields.length + fields.indexOf(label)] ?? NaN;
    const share = (label: string): string => quantity(field(label), 'share');
    const word = i === rules.length - 1 ? '' : i === 0 ? 'if ' : 'else if ';
    const detail = `${share('low')} to ${share('high')}; ${share('share')} of the examples, ${quantity(field('examples'), 'count')}`;
    return { name: word + rule, value: field('risk'), interval: [field('low'), field('high')] as const, detail };
  });
  return element(
    'div',
    {},
    bars(`The rules of ${name} in their order`, ['rule', 'risk', '95 % interval'], rows),
    element(
      'div',
      { class: 'under' },
      exports(surroundings, {
        name,
        table: () => [
          ['rule', ...fields],
          ...rules.map((rule, i) => [rule, ...values.subarray(i * fields.length, (i + 1) * fields.length)]),
        ],
      }),
    ),
  );
};
