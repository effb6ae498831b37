import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Coalescer } from '../../client/src/coalescer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the first request is answered at once, a burst after it once more', async () => {
  const done: string[] = [];
  const coalescer = new Coalescer(async key => void done.push(key), 100);
  for (let request = 0; request < 20; request++) coalescer.request('a');
  expect(done).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(1000);
  expect(done).toEqual(['a', 'a']);
});

test('keys do not wait for each other', async () => {
  const done: string[] = [];
  const coalescer = new Coalescer(async key => {
    if (key === 'slow') await new Promise(resolve => setTimeout(resolve, 5000));
    done.push(key);
  }, 100);
  coalescer.request('slow');
  coalescer.request('quick');
  await vi.advanceTimersByTimeAsync(1);
  expect(done).toEqual(['quick']);
  await vi.advanceTimersByTimeAsync(6000);
  expect(done).toEqual(['quick', 'slow']);
});

test('what is requested while the work is under way is done again, so that the last state is seen', async () => {
  let state = 0;
  const seen: number[] = [];
  const coalescer = new Coalescer(async () => {
    const now = state;
    await new Promise(resolve => setTimeout(resolve, 50));
    seen.push(now);
  }, 100);
  coalescer.request('a');
  state = 1;
  coalescer.request('a');
  await vi.advanceTimersByTimeAsync(1000);
  expect(seen).toEqual([0, 1]);
});
