import { expect, test } from 'vitest';
import { planDecorations } from '../../client/src/plan-decorations.js';
import { mark, viewOf } from './marks.js';

const strip = { dark: 'data:image/svg+xml;base64,ZGFyaw==', light: 'data:image/svg+xml;base64,bGlnaHQ=' };

const view = viewOf([
  mark('planted', [0, 0], { kind: 'data' }),
  mark('raw', [1, 3], { strip }),
  mark('ig', [4, 4], { strip, state: 'stale' }),
  mark('ism', [5, 5], { state: 'running', progress: 0.43, strip }),
  mark('gap', [6, 6], { kind: 'metric', state: 'waiting' }),
  mark('angle', [7, 7], { kind: 'metric', state: 'stale' }),
  mark('found', [8, 8], { kind: 'metric', state: 'failed' }),
  mark('agree', [9, 9], { kind: 'metric', state: 'missing' }),
]);

test('strips stand behind the last line of their declaration, and only results of the present text are not dimmed', () => {
  expect(planDecorations(view, true).strips).toEqual([
    { line: 3, ...strip, stale: false },
    { line: 4, ...strip, stale: true },
    { line: 5, ...strip, stale: true },
  ]);
});

test('a note says how far the running one is, and which strip is of an earlier text', () => {
  expect(planDecorations(view, true).notes).toEqual([
    { line: 4, text: 'stale' },
    { line: 5, text: 'running 43\u00a0%' },
  ]);
});

test('the gutter tells running, waiting and failed declarations on their first line', () => {
  expect(planDecorations(view, true).signs).toEqual({
    running: [5],
    waiting: [6],
    failed: [8],
  });
});

test('without strips the notes and signs stay', () => {
  const plan = planDecorations(view, false);
  expect(plan.strips).toEqual([]);
  expect(plan.notes).toHaveLength(2);
});
