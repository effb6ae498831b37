/** Where the command line writes: results to `out`, everything else to `err`; colour only where it is welcome. */
import type { Problem } from '../protocol.js';

export interface Terminal {
  /** Standard output: results, or one JSON document. */
  readonly out: Stream;
  /** Standard error: progress, findings, problems. */
  readonly err: Stream;
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof CODES;
export type Paint = (colour: Colour, text: string) => string;

/** Colours for one stream: none when it is not a terminal, or `NO_COLOR` is set (https://no-color.org). */
export function painter(stream: Stream, { environment }: Terminal): Paint {
  const plain = stream.isTTY !== true || (environment.NO_COLOR ?? '') !== '' || environment.TERM === 'dumb';
  return (colour, text) => (plain ? text : `\x1b[${CODES[colour]}m${text}\x1b[0m`);
}

/** Writes a problem: what, where, what to do. */
export function printProblem(problem: Problem, terminal: Terminal, place = problem.place): void {
  const paint = painter(terminal.err, terminal);
  const where = place === undefined ? '' : `${place}: `;
  terminal.err.write(`${where}${paint('red', 'error')} ${problem.message} ${paint('dim', `[${problem.code}]`)}\n`);
  if (problem.remedy !== undefined) terminal.err.write(`  ${problem.remedy}\n`);
}

/**
 * Rows of cells, columns aligned; numbers to the right.
 *
 * @param right for each column, whether it is aligned to the right
 */
export function alignColumns(rows: readonly (readonly string[])[], right: readonly boolean[]): string[] {
  const widths = right.map((_, column) => Math.max(0, ...rows.map(row => (row[column] ?? '').length)));
  return rows.map(row =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/**
 * Rows of cells as blocks of aligned lines, none wider than `width` where that is possible: each block has the first column and
 * as many of the others as fit.
 *
 * @param right for each column, whether it is aligned to the right
 * @param width columns of the terminal; Infinity for a single block
 */
export function foldColumns(
  rows: readonly (readonly string[])[],
  right: readonly boolean[],
  width: number,
): string[][] {
  const widths = right.map((_, column) => Math.max(0, ...rows.map(row => (row[column] ?? '').length)));
  const blocks: number[][] = [];
  let used = 0;
  for (let column = 1; column < right.length; column++) {
    const needed = widths[column]! + 2;
    if (blocks.length === 0 || used + needed > width) {
      blocks.push([0]);
      used = widths[0]!;
    }
    blocks.at(-1)!.push(column);
    used += needed;
  }
  return blocks.map(columns =>
    alignColumns(
      rows.map(row => columns.map(column => row[column] ?? '')),
      columns.map(column => right[column]!),
    ),
  );
}
