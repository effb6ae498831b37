/**
 * `// xome-ignore GA006: reason`: at the end of a line, or above one, it takes the lint away from what stands on that line or
 * begins there; `// xome-ignore-file GA006: reason` takes it away from the whole document. Read from the text alone, so that
 * findings of results are ignored in the same way.
 */
import type { SourceRange } from '../experiment.js';

/** A comment of a text, by offsets. */
export interface Comment {
  readonly start: number;
  readonly text: string;
}

export interface Ignore {
  readonly code: string;
  readonly reason: string;
  /** The line that it is about, counted from 0; every line of the file where absent. */
  readonly line?: number;
  /** Where the comment stands. */
  readonly range: SourceRange;
}

/** Texts and comments as the lexer of the language takes them: what looks like a comment in a text is none. */
const TOKENS = /"(?:[^"\\\r\n]|\\.)*"|\/\*[\s\S]*?\*\/|\/\/[^\r\n]*/g;

export function commentsIn(text: string): Comment[] {
  return [...text.matchAll(TOKENS)]
    .filter(([token]) => token.startsWith('/'))
    .map(({ 0: token, index }) => ({ start: index, text: token }));
}

const IGNORE = /^\/\/+\s*xome-ignore(-file)?\b\s*([\w\s,]*?)\s*(?::\s*(.*?)\s*)?$/;

/** Every ignore of a text, one for each code that it names. */
export function ignoresIn(text: string): Ignore[] {
  if (!text.includes('xome-ignore')) return [];
  const lines = text.split('\n');
  const starts: number[] = [];
  lines.reduce((start, line) => (starts.push(start), start + line.length + 1), 0);
  return commentsIn(text).flatMap(({ start, text: comment }) => {
    const [, file, codes = '', reason = ''] = IGNORE.exec(comment) ?? [];
    if (!IGNORE.test(comment)) return [];
    const line = starts.findLastIndex(first => first <= start);
    const character = start - starts[line]!;
    const range = { start: { line, character }, end: { line, character: character + comment.length } };
    const about = lines[line]!.slice(0, character).trim() === '' ? nextLine(lines, line) : line;
    return (codes.match(/\w+/g) ?? ['']).map(code => ({
      code,
      reason,
      range,
      ...(file === undefined && { line: about }),
    }));
  });
}

/** The next line that is neither empty nor a comment. */
function nextLine(lines: readonly string[], line: number): number {
  const next = lines.findIndex((text, index) => index > line && !/^\s*(\/\/.*)?$/.test(text));
  return next < 0 ? line : next;
}

/**
 * The ignore that takes a finding away.
 *
 * @param statement where the declaration around the finding stands: an ignore of its first line covers all of it
 */
export function ignoreOf(
  ignores: readonly Ignore[],
  code: string,
  range: SourceRange,
  statement: SourceRange = range,
): Ignore | undefined {
  return ignores.find(
    ({ code: ignored, line }) =>
      ignored === code && (line === undefined || line === range.start.line || line === statement.start.line),
  );
}
