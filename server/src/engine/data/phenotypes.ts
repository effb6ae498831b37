/** Phenotypes of people: what PLINK writes beside genotypes, or tables of them, as labels. */
import { Failure } from '../failure.js';
import { isParquet, withParquet } from './parquet.js';
import { filledLinesOf, type Person } from './plink.js';

/** What stands for a missing phenotype, in lower case. */
const NO_PHENOTYPE = new Set(['-9', 'na', 'nan', '.', '']);

/**
 * The phenotype of every person as a label. Where all are 1 and 2 (and 0), they mean control and case, as PLINK reads them:
 * labels 0 and 1.
 */
export function labelsOf(written: readonly (string | undefined)[], place: string): (number | undefined)[] {
  const numbers = written.map(text => {
    if (text === undefined || NO_PHENOTYPE.has(text.toLowerCase())) return undefined;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw new Failure('data/not-number', `found the phenotype "${text.slice(0, 40)}", expected a number`, {
      place,
      remedy: 'Write -9 or NA where a phenotype is missing.',
    });
  });
  const isCaseControl = numbers.every(value => value === undefined || [0, 1, 2].includes(value)) && numbers.includes(2);
  if (!isCaseControl) return numbers;
  return numbers.map(value => (value === undefined || value === 0 ? undefined : value - 1));
}

/**
 * Phenotypes of a table, text or Parquet, with the columns FID (optional) and IID, by the key of each person; without a header the
 * first two columns are these.
 *
 * @param column name of the phenotype; the first behind the identifiers where none is given
 */
export async function readPhenotypes(path: string, column: string | undefined, people: readonly Person[]) {
  const byPerson = (await isParquet(path)) ? await inParquet(path, column) : await inText(path, column);
  return people.map(({ family, id }) => byPerson.get(keyOf(family, id)) ?? byPerson.get(keyOf(undefined, id)));
}

/** Which columns hold what; `fid` is −1 where none does. */
interface Columns {
  readonly iid: number;
  readonly fid: number;
  readonly value: number;
  readonly headed: boolean;
}

function columnsIn(cells: readonly string[], column: string | undefined, place: string): Columns {
  const names = cells.map(cell => cell.toUpperCase());
  const headed = names.includes('IID');
  const iid = headed ? names.indexOf('IID') : 1;
  const fid = headed ? names.indexOf('FID') : 0;
  const behind = Math.max(iid, fid) + 1;
  const value = column === undefined ? behind : headed ? cells.indexOf(column) : -1;
  if (value >= 0 && value < cells.length) return { iid, fid, value, headed };
  throw new Failure(
    'data/no-column',
    `the table has no column "${column ?? 'behind the identifiers'}"; it has: ${cells.slice(0, 12).join(', ')}`,
    { place, remedy: 'Name one of its columns; the first row must name IID.' },
  );
}

async function inText(path: string, column: string | undefined): Promise<Map<string, string>> {
  let columns: Columns | undefined;
  let width = 0;
  const byPerson = new Map<string, string>();
  for await (const { text, number } of filledLinesOf(path)) {
    const cells = text.split(text.includes(',') ? ',' : /\s+/).map(cell => cell.trim().replace(/^#/, ''));
    if (columns === undefined) {
      width = cells.length;
      columns = columnsIn(cells, column, `${path}, line ${number}`);
      if (columns.headed) continue;
    }
    if (cells.length !== width)
      throw new Failure('data/unequal-lengths', `the row has ${cells.length} cells, those before it ${width}`, {
        place: `${path}, line ${number}`,
        remedy: 'Mend the row; every row needs one cell for each column.',
      });
    const { iid, fid, value } = columns;
    byPerson.set(keyOf(fid < 0 ? undefined : cells[fid], cells[iid]!), cells[value]!);
  }
  return byPerson;
}

function inParquet(path: string, column: string | undefined): Promise<Map<string, string>> {
  return withParquet(path, async file => {
    const { iid, fid, value } = columnsIn(file.names, column, path);
    const byPerson = new Map<string, string>();
    for (const group of file.groups.keys()) {
      const ids = await file.cells(group, iid);
      const families = fid < 0 ? undefined : await file.cells(group, fid);
      const values = await file.cells(group, value);
      ids.forEach((id = '', row) =>
        byPerson.set(keyOf(families && String(families[row] ?? ''), String(id)), String(values[row] ?? '')),
      );
    }
    return byPerson;
  });
}

const keyOf = (family: string | undefined, id: string): string => `${family ?? ''}\n${id}`;
