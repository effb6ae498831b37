/**
 * `rows.tsv`: one line per row of a result, the first line names the columns. Tab, line break and backslash inside a
 * cell are written as `\t`, `\n`, `\r` and `\\`, so that a header line of any FASTA file survives.
 */
import type { RowTable } from './result.js';

const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };
const UNESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' };

export function encodeRows(table: RowTable): string {
  return [table.columns, ...table.rows].map(cells => cells.map(encodeCell).join('\t') + '\n').join('');
}

export function encodeCell(cell: string): string {
  return cell.replace(/[\t\n\r\\]/g, found => ESCAPES[found] ?? found);
}

export function decodeCell(cell: string): string {
  return cell.replace(/\\(.)/g, (_, letter: string) => UNESCAPES[letter] ?? letter);
}

/** @param maximum how many of the first rows are wanted: the rest is not looked at */
export function decodeRows(text: string, maximum = Infinity): RowTable {
  const [columns = [], ...rows] = text
    .slice(0, Math.max(0, text.lastIndexOf('\n')))
    .split('\n', Math.min(maximum + 1, 2 ** 32 - 1))
    .map(line => line.split('\t').map(decodeCell));
  return { columns, rows };
}
