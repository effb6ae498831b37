import { expect, test } from 'vitest';
import { describeStatus } from '../../client/src/describe-status.js';
import { mark, viewOf } from './marks.js';

const ready = { is: 'ready' } as const;

test('a failed server is an error with its reason and a way to restart', () => {
  const status = describeStatus({ is: 'failed', reason: 'spawn ENOENT' }, true, undefined);
  expect(status).toMatchObject({ severity: 'error', busy: false, detail: 'spawn ENOENT' });
  expect(status.command?.command).toBe('explainome.restartServer');
});

test('a restricted workspace is said before anything of the document', () => {
  const view = viewOf([mark('a', [0, 0], {})], { running: true });
  expect(describeStatus(ready, false, view)).toMatchObject({
    text: 'Explainome: restricted',
    severity: 'warning',
    command: { command: 'workbench.trust.manage' },
  });
});

test('a run names what is computed, how far it is, how much is to come, and can be cancelled', () => {
  const marks = [
    mark('a', [0, 0], {}),
    mark('b', [1, 1], { state: 'running', progress: 0.5 }),
    mark('c', [2, 2], { state: 'waiting' }),
  ];
  const status = describeStatus(ready, true, viewOf(marks, { running: true }));
  expect(status).toMatchObject({ text: 'Explainome: b 50\u00a0%', detail: '2 results to come', busy: true });
  expect(status.command?.command).toBe('explainome.cancel');
});

test('at rest the results are counted, and failures are named first', () => {
  const [done, stale] = [mark('a', [0, 0], {}), mark('b', [1, 1], { state: 'stale' })];
  expect(describeStatus(ready, true, viewOf([done, stale])).text).toBe('Explainome: 1 of 2 results');
  const failed = mark('ism', [2, 2], { state: 'failed' });
  expect(describeStatus(ready, true, viewOf([done, stale, failed]))).toMatchObject({
    text: 'Explainome: ism failed',
    severity: 'error',
  });
});
