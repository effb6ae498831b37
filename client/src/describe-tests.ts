/** Expectations as tests, in words and without the editor: who is who, and how each fares. */
import type { ExpectationMark } from '../../server/src/protocol.js';

export interface Verdict {
  readonly is: 'passed' | 'failed' | 'errored' | 'skipped';
  readonly message: string;
}

/** Ids that stay when other lines change: the text, and a number where a text stands twice. */
export function testIds(marks: readonly Pick<ExpectationMark, 'text'>[]): string[] {
  const seen = new Map<string, number>();
  return marks.map(({ text }) => {
    const words = text.replace(/\s+/g, ' ');
    const count = (seen.get(words) ?? 0) + 1;
    seen.set(words, count);
    return count === 1 ? words : `${words} (${count})`;
  });
}

/** A test without an outcome is skipped: nothing of the present text decides it. */
export function verdictOf({ outcome, message = '' }: Pick<ExpectationMark, 'outcome' | 'message'>): Verdict {
  switch (outcome) {
    case 'met':
    case 'met, not shown':
      return { is: 'passed', message };
    case 'failed':
    case 'not shown':
      return { is: 'failed', message };
    case 'not run':
      return { is: 'errored', message: message || 'It has no value: what it needs was not computed.' };
    case undefined:
      return { is: 'skipped', message: '' };
  }
}
