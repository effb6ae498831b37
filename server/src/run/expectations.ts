/**
 * What became of an expectation. Without `at` the value decides; with `at` the whole interval has to lie on the right
 * side. An interval that reaches across the bound is a finding of its own in both cases: the data do not show it.
 */
import type { PlannedExpectation } from '../plan/plan.js';
import type { Outcome, Statistic } from '../protocol.js';
import { quantity } from '../protocol.js';

export type Interval = readonly [number, number];

/** The confidence of intervals where the text asks for none. */
export const USUAL_CONFIDENCE = 0.95;

export interface Judgement {
  readonly outcome: Outcome;
  readonly message: string;
}

type Expectation = Pick<PlannedExpectation, 'comparison' | 'confidence'>;

/** What is known of the statistic, or why nothing is. */
export type Evidence =
  | {
      readonly statistic: Statistic;
      /** What `n` counts, for example `examples`. */
      readonly units: string;
      /** At the confidence of the expectation. */
      readonly interval?: Interval;
    }
  | { readonly missing: string };

/** @param name the statistic as people know it, for example `gap.max` */
export function judge(name: string, expectation: Expectation, evidence: Evidence): Judgement {
  if ('missing' in evidence) return { outcome: 'not run', message: `Not run: ${evidence.missing}` };
  const { statistic, units, interval } = evidence;
  const { value, unit } = statistic;
  const { comparison, confidence } = expectation;
  const show = (number: number): string => quantity(number, unit);
  const wish = wishOf(comparison, show);
  const base = `${quantity(statistic.n, 'count')} ${units}`;
  const spread =
    interval &&
    `its ${percent(confidence ?? USUAL_CONFIDENCE)} interval is ${show(interval[0])} to ${show(interval[1])}`;
  const found = `${name} is ${show(value)} (${base}${spread === undefined ? '' : `; ${spread}`})`;
  const holds = satisfies(value, comparison);

  if (confidence === undefined) {
    if (!holds) return { outcome: 'failed', message: `Expected ${wish}: ${found}.` };
    if (!interval || within(interval, comparison))
      return { outcome: 'met', message: `${found}: ${wish}, as expected.` };
    return {
      outcome: 'met, not shown',
      message: `${found}: ${wish}, as expected, but the interval reaches across, so these ${units} do not show it. More ${units} narrow the interval; \`at 95%\` makes it count.`,
    };
  }
  if (!interval) {
    const why = statistic.withheld ?? 'this statistic has no interval';
    if (!holds) return { outcome: 'failed', message: `Expected ${wish} at ${percent(confidence)}: ${found}.` };
    return {
      outcome: 'not shown',
      message: `${found}: ${wish}, but nothing can be shown at ${percent(confidence)}: ${why}.`,
    };
  }
  if (within(interval, comparison)) {
    return { outcome: 'met', message: `${found}: the whole interval is ${wish}, as expected.` };
  }
  if (apart(interval, comparison)) {
    return {
      outcome: 'failed',
      message: `Expected ${wish} at ${percent(confidence)}: ${found}, all of it on the wrong side.`,
    };
  }
  return {
    outcome: 'not shown',
    message: `Not shown at ${percent(confidence)}: ${found}, which reaches across. ${holds ? `The value is ${wish}` : `Not even the value is ${wish}`}; more ${units} narrow the interval.`,
  };
}

function satisfies(value: number, comparison: Expectation['comparison']): boolean {
  switch (comparison.is) {
    case '<':
      return value < comparison.bound;
    case '<=':
      return value <= comparison.bound;
    case '>':
      return value > comparison.bound;
    case '>=':
      return value >= comparison.bound;
    case 'in':
      return value >= comparison.low && value <= comparison.high;
  }
}

function within([low, high]: Interval, comparison: Expectation['comparison']): boolean {
  return satisfies(low, comparison) && satisfies(high, comparison);
}

/** No point of the interval satisfies the comparison. */
function apart([low, high]: Interval, comparison: Expectation['comparison']): boolean {
  if (comparison.is === 'in') return high < comparison.low || low > comparison.high;
  return !satisfies(low, comparison) && !satisfies(high, comparison);
}

function wishOf(comparison: Expectation['comparison'], show: (number: number) => string): string {
  switch (comparison.is) {
    case '<':
      return `below ${show(comparison.bound)}`;
    case '<=':
      return `at most ${show(comparison.bound)}`;
    case '>':
      return `above ${show(comparison.bound)}`;
    case '>=':
      return `at least ${show(comparison.bound)}`;
    case 'in':
      return `between ${show(comparison.low)} and ${show(comparison.high)}`;
  }
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(3))}\u00a0%`;
}
