/** Lines of text files, plain or gzipped, one at a time. */
import { Failure } from '../failure.js';
import { bytesOf } from './bytes.js';

export interface Line {
  /** Without its end. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/** Characters of a line: alleles of long insertions are written out, and a row may have a column for each person. */
const LONGEST_LINE = 1 << 26;

/** @throws Failure `data/unreadable`, `data/damaged-gzip`, `data/long-line` */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  // Latin-1 keeps the bytes apart where a chunk ends inside a character.
  const decoded = (text: string): string => Buffer.from(text.replace(/\r$/, ''), 'latin1').toString('utf8');
  let rest = '';
  let number = 0;
  for await (const chunk of bytesOf(path)) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE)
      throw new Failure('data/long-line', `a line has more than ${LONGEST_LINE.toLocaleString('en')} characters`, {
        place: `${path}, line ${number + lines.length + 1}`,
        remedy: 'Give a table as text, with one record per line.',
      });
    for (const line of lines) yield { text: decoded(line), number: ++number };
  }
  if (rest !== '') yield { text: decoded(rest), number: number + 1 };
}
