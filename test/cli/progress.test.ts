import { describe, expect, it } from 'vitest';
import { ProgressDisplay } from '../../server/src/cli/progress.js';
import type { Step } from '../../server/src/plan/plan.js';
import type { RunEvent } from '../../server/src/run/run.js';
import { duration } from '../../server/src/run/wording.js';

const step: Step = {
  key: '0'.repeat(64),
  kind: 'attribution',
  title: 'saliency of score on peaks',
  task: {
    kind: 'correction',
    correction: { call: 'x', category: 'correction', parameters: {} },
    attribution: '0'.repeat(64),
  },
  needs: [],
  files: {},
  declarations: ['/a.xome#raw'],
  place: { file: '/a.xome', range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } } },
};

const EVENTS: [milliseconds: number, RunEvent][] = [
  [0, { type: 'planned', steps: [step] }],
  [0, { type: 'started', step }],
  [50, { type: 'progress', step, done: 1, total: 500, unit: 'examples', rate: 0 }],
  [40_000, { type: 'progress', step, done: 250, total: 500, unit: 'examples', rate: 6.25, remaining: 40 }],
  [40_050, { type: 'progress', step, done: 251, total: 500, unit: 'examples', rate: 6.25, remaining: 40 }],
  [80_000, { type: 'ended', step, result: { status: 'failed', problem: { code: 'x', message: 'y' } }, seconds: 80 }],
];

function render(isTTY: boolean, columns: number): string {
  let written = '';
  let clock = 0;
  const display = new ProgressDisplay(
    { isTTY, columns, write: text => (written += text) },
    (_, text) => text,
    () => clock,
  );
  for (const [at, event] of EVENTS) {
    clock = at;
    display.show(event);
  }
  return written;
}

describe('progress', () => {
  it('is one redrawn line on a terminal, at most ten times a second', () => {
    const drawn = render(true, 120).split('\r\x1b[2K');
    expect(drawn.slice(1)).toEqual([
      '[1/1] raw = saliency of score on peaks …',
      '[1/1] raw = saliency of score on peaks  ████████████░░░░░░░░░░░░  50 %  250 of 500 examples  6.3/s  40 s left',
      '✗ [1/1] raw = saliency of score on peaks: failed\n',
    ]);
  });

  it('never wraps on a narrow terminal', () => {
    const lines = render(true, 20).split('\r\x1b[2K').slice(1, 3);
    expect(lines.every(line => line.length <= 19)).toBe(true);
  });

  it('is a few plain lines in a log', () => {
    expect(render(false, 80)).toBe(
      [
        '[1/1] raw = saliency of score on peaks …',
        '[1/1] raw = saliency of score on peaks  50 %  250 of 500 examples  6.3/s  40 s left',
        '✗ [1/1] raw = saliency of score on peaks: failed',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [0.04, '< 0.1 s'],
    [9.96, '10 s'],
    [59.6, '1 min 00 s'],
    [3599.9, '1 h 00 min'],
    [90_061, '1 d 1 h'],
  ])('%d seconds read %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
