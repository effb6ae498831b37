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
export const LONGEST_LINE = 1 << 26;

/** @throws Failure `data/unreadable`, `data/damaged-gzip`, `data/long-line` */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  // Latin-1 keeps the bytes apart where a chunk ends inside a character.
  const decoded = (text: string): string => Buffer.from(text.replace(/\r$/, ''), 'latin1').toString('utf8');
  // What has come of a line that has not ended yet.
  let parts: string[] = [];
  let length = 0;
  let number = 0;
  let isFirst = true;
  for await (const chunk of bytesOf(path)) {
    const read = chunk.toString('latin1');
    // Programs of Windows put a byte order mark in front of UTF-8.
    const text = isFirst ? read.replace(/^\xEF\xBB\xBF/, '') : read;
    isFirst = false;
    parts.push(text);
    length += text.length;
    if (text.includes('\n')) {
      const lines = parts.join('').split('\n');
      const rest = lines.pop()!;
      [parts, length] = [[rest], rest.length];
      for (const line of lines) yield { text: decoded(line), number: ++number };
    }
    if (length > LONGEST_LINE) throw tooLong(path, number + 1);
  }
  if (length > 0) yield { text: decoded(parts.join('')), number: number + 1 };
}

/** Lines with something on them, without blanks at their ends. @throws Failure as `linesOf` */
export async function* filledLinesOf(path: string): AsyncGenerator<Line> {
  for await (const { text, number } of linesOf(path)) {
    const trimmed = text.trim();
    if (trimmed !== '') yield { text: trimmed, number };
  }
}

/** A piece of a line that lives on by itself: what is cut out of a text keeps all of the text in memory. */
export const ownText = (piece: string): string => Buffer.from(piece).toString();

/** @param line from 1 */
export function tooLong(path: string, line: number): Failure {
  return new Failure('data/long-line', `a line has more than ${LONGEST_LINE.toLocaleString('en')} characters`, {
    place: `${path}, line ${line}`,
    remedy: 'Give a table as text, with one record per line.',
  });
}
