/** Tables as text: their rows and cells, whatever separates, quotes and packs them; labels of examples from a table of their own. */
import { CsvError, parse } from 'csv-parse/sync';
import type { ParametersOf } from '../../catalog/specification.js';
import type { table as specification } from '../../catalog/sources.js';
import { Failure } from '../failure.js';
import { linesOf, LONGEST_LINE, ownText, tooLong } from './lines.js';
import { columnsOf, labelOf, type Columns } from './table-cells.js';

type Parameters = ParametersOf<typeof specification>;

/** First line of a matrix in GCT format, version 1.2; the next has its size. https://docs.gsea-msigdb.org/#GSEA/Data_Formats/ */
const GCT = /^\uFEFF?#1\.2\s*$/;

const SEPARATORS = ['\t', ',', ';', ' '];

/** What is wrong with quotes, by the parser's codes. */
const QUOTES: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote opens a cell, and none closes it',
  CSV_INVALID_CLOSING_QUOTE: 'something stands between the quote that closes a cell and the next separator',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE:
    'something stands between the quote that closes a cell and the next separator',
  INVALID_OPENING_QUOTE: 'a quote stands within a cell that does not begin with one',
};

export interface Row {
  /** Line of the file on which the row ends, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The separator of a header: the first of tab, comma, semicolon and blank that it holds outside quotes. */
async function separatorOf(path: string): Promise<string> {
  let line = '';
  for await (const { text } of linesOf(path)) {
    line = text;
    if (line !== '') break;
  }
  if (line.includes('\0'))
    throw new Failure('data/not-table', 'the file holds binary data', {
      place: path,
      remedy: 'Give a table as text, or a Parquet file.',
    });
  if (line.includes('\r'))
    throw new Failure('data/not-table', 'lines end with a carriage return alone, as on old Macintosh computers', {
      place: path,
      remedy: 'Save it with line ends of Unix or Windows: `tr "\\r" "\\n" < old.csv > new.csv`.',
    });
  if (GCT.test(line)) return '\t';
  const header = line.replace(/"[^"]*"/g, '');
  return SEPARATORS.find(separator => header.includes(separator)) ?? ',';
}

/** The rows of a file, header first; empty lines, and what GCT has before its header, are left out. @throws Failure for quotes that do not close */
async function* rowsOf(path: string): AsyncGenerator<Row> {
  const delimiter = await separatorOf(path);
  let before = 0;
  let isFirst = true;
  for await (const { text, first, line } of recordsOf(path)) {
    if (isFirst && GCT.test(text)) before = 2;
    isFirst = false;
    if (before-- > 0) continue;
    // Nearly all cells of nearly all tables are numbers: a line without quotes is not worth a parser.
    const cells = text.includes('"')
      ? quotedCells(text, delimiter, `${path}, line ${first}`)
      : text.split(delimiter).map(cell => cell.trim());
    // Several blanks line columns up.
    yield { line, cells: delimiter === ' ' ? cells.filter(cell => cell !== '') : cells };
  }
}

/** Lines that are not empty, by the first and the last of them: several together where a quote stays open at the end of one. */
async function* recordsOf(path: string): AsyncGenerator<{ text: string; first: number; line: number }> {
  let open: string[] = [];
  let length = 0;
  let line = 0;
  const record = () => ({ text: open.join('\n'), first: line - open.length + 1, line });
  for await (const { text, number } of linesOf(path)) {
    if (open.length === 0 && text === '') continue;
    line = number;
    open.push(text);
    length += text.length;
    if (length > LONGEST_LINE) throw tooLong(path, number);
    const quotes = text.includes('"') ? text.split('"').length - 1 : 0;
    // An odd number of quotes opens a cell, or closes the one that is open.
    if ((quotes % 2 === 1) !== open.length > 1) continue;
    yield record();
    [open, length] = [[], 0];
  }
  if (open.length > 0) yield record();
}

function quotedCells(text: string, delimiter: string, place: string): string[] {
  try {
    const [cells = []] = parse(text, { delimiter, relax_column_count: true, trim: true });
    return cells;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new Failure('data/not-table', QUOTES[error.code] ?? error.message.slice(0, 200), {
      place,
      remedy: 'Give a table as text, quoted with " where a cell holds the separator.',
    });
  }
}

/** The header, by the line on which it ends, and the rows behind it, each with as many cells. @throws Failure */
export async function* tableOf(
  path: string,
  parameters: Parameters,
): AsyncGenerator<{ columns: Columns; row: Row; header: number }> {
  let first: Row | undefined;
  let columns: Columns | undefined;
  for await (const row of rowsOf(path)) {
    if (first === undefined) {
      first = row;
      continue;
    }
    columns ??= columnsOf(first.cells, row.cells.length, parameters, `${path}, line ${first.line}`);
    if (row.cells.length !== columns.header.length)
      throw new Failure(
        'data/unequal-lengths',
        `the row has ${row.cells.length} cells, and the header names ${columns.header.length} columns`,
        {
          place: `${path}, line ${row.line}`,
          remedy: `Mend the row; every row needs one cell for each column, and the first row, here "${first.cells.join(' ').slice(0, 60)}", has to name them.`,
        },
      );
    yield { columns, row, header: first.line };
  }
  if (columns === undefined)
    throw new Failure('data/empty', 'the table has no row behind its header', {
      place: path,
      remedy: 'Give a table with a header row and at least one example.',
    });
}

/**
 * Labels of examples by a table with a header, the name in the first column and the label in the second; undefined where it is missing
 * there, or the name is.
 *
 * @throws Failure `data/label`, `data/duplicate-names` for a name with two labels, `data/unmatched` where no name is one of the examples
 */
export async function labelsFor(
  names: readonly string[],
  path: string,
  classes: readonly string[] | undefined,
): Promise<(number | undefined)[]> {
  const labels = new Map<string, number | undefined>();
  let column: string | undefined;
  for await (const { line, cells } of rowsOf(path)) {
    const [name = '', text = ''] = cells.map(ownText);
    if (column === undefined) {
      column = text;
      continue;
    }
    const place = `${path}, line ${line}`;
    const number = labelOf(text, column, classes, place);
    const label = Number.isNaN(number) ? undefined : number;
    if (labels.has(name) && labels.get(name) !== label)
      throw new Failure('data/duplicate-names', `"${name}" has two labels`, {
        place,
        remedy: 'Keep one row for each name.',
      });
    labels.set(name, label);
  }
  if (!names.some(name => labels.has(name)))
    throw new Failure('data/unmatched', `none of the ${labels.size} names in its first column is one of the examples`, {
      place: path,
      remedy: `Examples are written like "${names[0] ?? ''}"; the first line of the table is its header.`,
    });
  return names.map(name => labels.get(name));
}
