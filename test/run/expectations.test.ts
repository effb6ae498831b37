import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WrittenExpectation } from '../../server/src/language/experiment.js';
import type { Statistic } from '../../server/src/protocol.js';
import { quantity } from '../../server/src/protocol.js';
import type { Interval } from '../../server/src/run/expectations.js';
import { judge } from '../../server/src/run/expectations.js';

function statistic(value: number, extra: Partial<Statistic> = {}): Statistic {
  return { name: 'median', summary: '', unit: 'correlation', better: 'higher', value, n: 500, ...extra };
}

function outcome(
  comparison: WrittenExpectation['comparison'],
  value: number,
  interval?: Interval,
  confidence?: number,
): string {
  return judge(
    'agree.median',
    { comparison, ...(confidence !== undefined && { confidence }) },
    { statistic: statistic(value), units: 'examples', ...(interval && { interval }) },
  ).outcome;
}

const above = { is: '>', bound: 0.6 } as const;

describe('an expectation', () => {
  it.each([
    [0.7, [0.65, 0.75], 'met'],
    [0.7, [0.55, 0.75], 'met, not shown'],
    [0.5, [0.45, 0.55], 'failed'],
    [0.5, [0.45, 0.65], 'failed'],
    [0.6, [0.6, 0.6], 'failed'],
    [0.7, undefined, 'met'],
  ] as const)('without `at`: value %d, interval %j is %s', (value, interval, expected) => {
    expect(outcome(above, value, interval)).toBe(expected);
  });

  it.each([
    [0.7, [0.65, 0.75], 'met'],
    [0.7, [0.55, 0.75], 'not shown'],
    [0.55, [0.5, 0.65], 'not shown'],
    [0.5, [0.45, 0.55], 'failed'],
    [0.7, undefined, 'not shown'],
    [0.5, undefined, 'failed'],
  ] as const)('with `at`: value %d, interval %j is %s', (value, interval, expected) => {
    expect(outcome(above, value, interval, 0.95)).toBe(expected);
  });

  it('within a range includes the borders', () => {
    const range = { is: 'in', low: 0.2, high: 0.4 } as const;
    expect(outcome(range, 0.2, [0.2, 0.4])).toBe('met');
    expect(outcome(range, 0.3, [0.1, 0.35], 0.9)).toBe('not shown');
    expect(outcome(range, 0.1, [0.05, 0.15], 0.9)).toBe('failed');
    expect(outcome(range, 0.3, [0.1, 0.5])).toBe('met, not shown');
    expect(outcome({ is: '<=', bound: 0.2 }, 0.2)).toBe('met');
  });

  it('says value, unit, n, interval and bound as people write them', () => {
    const { message } = judge(
      'gap.max',
      { comparison: { is: '<', bound: 0.01 }, confidence: 0.9 },
      { statistic: statistic(0.032, { unit: 'share', n: 1200 }), units: 'examples', interval: [0.008, 0.04] },
    );
    const share = (value: number): string => quantity(value, 'share');
    expect(message).toBe(
      `Not shown at 90\u00a0%: gap.max is ${share(0.032)} (1\u202f200 examples; its 90\u00a0% interval is ${share(0.008)} to ${share(0.04)}), which reaches across. Not even the value is below ${share(0.01)}; more examples narrow the interval.`,
    );
  });

  it('says why there is no interval, and why there is no value', () => {
    const evidence = {
      statistic: statistic(0.7, { n: 7, withheld: 'an interval needs at least 10 examples' }),
      units: 'examples',
    };
    expect(judge('agree.median', { comparison: above, confidence: 0.95 }, evidence).message).toMatch(/at least 10/);
    const none = judge('agree.median', { comparison: above }, { missing: 'agree was left out.' });
    expect(none).toEqual({ outcome: 'not run', message: 'Not run: agree was left out.' });
  });

  it('without `at` fails exactly when the value is on the wrong side', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        const interval: Interval = [Math.min(a, b), Math.max(a, b)];
        const value = (a + b) / 2;
        expect(outcome(above, value, interval) === 'failed').toBe(!(value > 0.6));
        expect(outcome(above, value, interval, 0.95) === 'met').toBe(interval[0] > 0.6);
      }),
      { seed: 1 },
    );
  });
});
