import { expect, it } from 'vitest';
import { Failure } from '../../server/src/engine/failure.js';

it('shows text of a hostile file without what would control a terminal', () => {
  const { problem, message } = new Failure('data/letter', 'found "\x1b[2J\u009b1mA\tC\r"', {
    place: 'a\x07.fa',
    remedy: 'b',
  });
  expect(problem).toEqual({ code: 'data/letter', message, place: 'a\ufffd.fa', remedy: 'b' });
  expect(message).toBe('found "\ufffd[2J\ufffd1mA\tC\ufffd"');
});
