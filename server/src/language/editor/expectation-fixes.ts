/**
 * What an author can honestly change where a result does not bear out an expectation: a finer quadrature where sums do not
 * add up, more examples where the interval is wide, a stricter claim where chance was not asked about. A threshold is never
 * moved to what was measured: the expectation would then say nothing.
 */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import type { Definition, Expectation } from '../generated/ast.js';
import { isQuantity } from '../generated/ast.js';
import { chainOf, definitionOf } from '../interpret/facts.js';
import { append, fix, replace, setArgument } from '../lints/fixes.js';
import { argumentOf, valueOf } from '../lints/reading.js';
import type { Called, Reading } from '../lints/reading.js';
import type { Fix } from '../problems.js';

/** Codes of diagnostics on expectations that results do not bear out. */
export const UNMET = { failed: 'expect/failed', open: 'expect/not-shown', unasked: 'expect/met-not-shown' } as const;

/** By how much steps and examples grow: four times the examples halve an interval. */
const MORE = 4;
/** As the catalog allows. */
const MOST_STEPS = 65_536;

/** @param code of the diagnostic on the expectation, one of `UNMET` */
export function expectationFixes(expectation: Expectation, code: string, reading: Reading): readonly Fix[] {
  const metric = expectation.metric?.ref;
  const subject = metric && definitionOf(metric.value?.subjects[0], 'attribution');
  // What a method makes, behind all corrections.
  const origin = subject && chainOf(subject, 'attribution').at(-1);
  const explained = reading.explanations().find(({ declared }) => declared === origin);
  if (code === UNMET.failed) {
    const measures = reading.called(metric?.value?.head)?.entry.name;
    const isGap = measures === 'completeness' && expectation.statistic !== 'steps';
    const isTooLarge = expectation.comparison === '<' || expectation.comparison === '<=';
    return isGap && isTooLarge ? finerQuadrature(expectation, explained?.methods ?? [], reading) : [];
  }
  const stricter = code === UNMET.unasked ? fix('Demand it `at 95%`', append(expectation, ' at 95%')) : [];
  return [...moreExamples(explained?.data, reading), ...stricter];
}

function finerQuadrature(expectation: Expectation, methods: readonly Called[], reading: Reading): readonly Fix[] {
  const called = methods.find(({ entry }) => entry.parameters['steps'] !== undefined);
  if (called === undefined || !reading.isOwn(called.node)) return [];
  const steps = valueOf(called, 'steps');
  if (called.entry.parameters['tolerance'] === undefined)
    return typeof steps === 'number' && MORE * steps <= MOST_STEPS
      ? fix(`Take ${MORE} times as many steps (${MORE * steps})`, setArgument(called, 'steps', `${MORE * steps}`))
      : [];
  const bound = expectation.bound;
  // The tolerance is that of every pair: where it is the bound, a gap above it is one that the most steps did not close.
  const tolerance = isQuantity(bound) && bound.unit === '%' && bound.value > 0 ? `${bound.value}%` : '1%';
  if (steps !== 'auto')
    return fix(
      `Let \`steps: auto\` find the number, to ${tolerance}`,
      setArgument(called, 'steps', 'auto'),
      setArgument(called, 'tolerance', tolerance),
    );
  const asked = Number(valueOf(called, 'tolerance'));
  return Number.parseFloat(tolerance) / 100 < asked
    ? fix(`Let \`steps: auto\` go on to ${tolerance}`, setArgument(called, 'tolerance', tolerance))
    : [];
}

/** A larger sample, where the data are one. */
function moreExamples(data: Definition | undefined, reading: Reading): readonly Fix[] {
  const drawn = data && reading.lineage(data).stages.findLast(({ called }) => called.entry.name === 'sample');
  const size = drawn && argumentOf(drawn.called, 'size')?.value;
  const count = drawn?.called.values['size'];
  if (size === undefined || typeof count !== 'number' || !reading.isOwn(size)) return [];
  return fix(
    `Explain ${MORE} times as many examples (${MORE * count}): about half the interval`,
    replace(size, `${MORE * count}`),
  );
}
