/** The expectations of an open experiment as tests: where they stand, and how the present text fares. */
import type { ExpectationMark } from '../protocol.js';
import type { Session } from './session.js';

export function expectationsOf({ checked, shown, stale }: Session): ExpectationMark[] {
  const judged = shown?.snapshot.expectations ?? [];
  return checked.expectations.map(({ text, range: { start, end }, metric }) => {
    const found = stale.has(metric) ? undefined : judged.find(expectation => expectation.text === text);
    return {
      text,
      range: { start: { ...start }, end: { ...end } },
      metric,
      ...(found && { outcome: found.outcome, message: found.message }),
    };
  });
}
