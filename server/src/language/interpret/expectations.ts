/** `expect metric.statistic < bound at confidence`: checked against the statistics of the metric, then plain data. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { AstUtils } from 'langium';
import type { StatisticSpecification } from '../../catalog/index.js';
import type { SourcePlace, WrittenExpectation } from '../experiment.js';
import type { Expectation, Quantity } from '../generated/ast.js';
import { listNames, likelyName } from '../names.js';
import { kindWords } from '../wording.js';
import type { Context } from './context.js';
import { headEntry } from './facts.js';
import { idOf, numberOf, percentForm, shareOf, unknownUnit } from './values.js';
import type { AstNode } from 'langium';

/** File and range of a node. */
export function placeOf(node: AstNode): SourcePlace {
  const range = node.$cstNode?.range ?? { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  return { file: AstUtils.getDocument(node).uri.fsPath, range };
}

/** @returns undefined when anything is wrong; every fault has then been reported (an unknown metric by the linker) */
export function interpretExpectation(expectation: Expectation, context: Context): WrittenExpectation | undefined {
  const metric = expectation.metric?.ref;
  if (metric === undefined) return undefined;
  if (metric.kind !== 'metric') {
    context.report({
      severity: 'error',
      code: 'type/kind',
      message: `\`${metric.name}\` is ${kindWords(metric.kind)}; only a metric can be expected to have a value.`,
      node: expectation,
      property: 'metric',
    });
    return undefined;
  }
  const entry = headEntry(metric);
  if (entry?.category !== 'metric') return undefined;
  const statistic = expectation.statistic ?? entry.headline;
  const specification = entry.statistics[statistic];
  if (specification === undefined) {
    const names = Object.keys(entry.statistics);
    const nearest = likelyName(statistic, names);
    context.report({
      severity: 'error',
      code: 'expect/unknown-statistic',
      message: `\`${entry.name}\` has no statistic \`${statistic}\`; it has ${listNames(names, 20)}.`,
      ...(nearest !== undefined && { remedy: `Did you mean \`${nearest}\`?`, replacement: nearest }),
      node: expectation,
      property: 'statistic',
    });
    return undefined;
  }
  const comparison = interpretComparison(expectation, statistic, specification, context);
  const confidence = expectation.confidence && confidenceOf(expectation.confidence, statistic, specification, context);
  if (comparison === undefined || (expectation.confidence !== undefined && confidence === undefined)) return undefined;
  return {
    metric: idOf(metric),
    statistic,
    comparison,
    ...(confidence !== undefined && { confidence }),
    place: placeOf(expectation),
    text: expectation.$cstNode?.text ?? '',
  };
}

function interpretComparison(
  expectation: Expectation,
  statistic: string,
  specification: StatisticSpecification,
  context: Context,
): WrittenExpectation['comparison'] | undefined {
  const { comparison, bound, low, high } = expectation;
  if (comparison !== undefined) {
    const value = bound && boundOf(bound, statistic, specification, context);
    return value === undefined ? undefined : { is: comparison, bound: value };
  }
  const from = low && boundOf(low, statistic, specification, context);
  const to = high && boundOf(high, statistic, specification, context);
  if (from === undefined || to === undefined) return undefined;
  if (from > to) {
    context.report({
      severity: 'error',
      code: 'expect/empty-range',
      message: 'The range is empty: its lower bound is above its upper one.',
      remedy: 'Swap the bounds.',
      node: expectation,
      property: 'low',
    });
    return undefined;
  }
  return { is: 'in', low: from, high: to };
}

/**
 * A bound in the statistic's unit. Shares are best written as percentages; a bare fraction between 0 and 1 cannot be
 * misread (0.6, an AUROC of 0.9) and gets a hint only, while a bare 1 or more can and is an error.
 */
function boundOf(
  quantity: Quantity,
  statistic: string,
  specification: StatisticSpecification,
  context: Context,
): number | undefined {
  const value = numberOf(quantity);
  const what = `the bound of \`${statistic}\``;
  if (specification.unit === 'share') {
    if (quantity.unit !== undefined || Math.abs(value) >= 1) return shareOf(quantity, what, context);
    if (value !== 0) {
      context.report({
        severity: 'hint',
        code: 'unit/percent',
        message: `\`${statistic}\` is a share: ${percentForm(value)} reads better.`,
        replacement: percentForm(value),
        node: quantity,
      });
    }
    return value;
  }
  if (quantity.unit === undefined) return value;
  unknownUnit(quantity, quantity.unit, 'a plain number', [], what, context);
  return undefined;
}

function confidenceOf(
  quantity: Quantity,
  statistic: string,
  specification: StatisticSpecification,
  context: Context,
): number | undefined {
  if (!specification.interval) {
    context.report({
      severity: 'error',
      code: 'expect/no-interval',
      message: `\`${statistic}\` is an extreme or an exact count and carries no interval, so no confidence can be asked of it.`,
      remedy: 'Leave out `at …`, or ask another statistic.',
      node: quantity,
    });
    return undefined;
  }
  const confidence = shareOf(quantity, 'the confidence', context);
  if (confidence === undefined) return undefined;
  if (confidence > 0 && confidence < 1) return confidence;
  context.report({
    severity: 'error',
    code: 'value/range',
    message: `A confidence lies between 0% and 100%, both excluded; found ${quantity.$cstNode?.text ?? `${confidence}`}.`,
    remedy: 'Write `at 95%`.',
    node: quantity,
  });
  return undefined;
}
