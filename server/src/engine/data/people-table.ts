/**
 * Tables of people, text or Parquet, with the columns FID (optional) and IID, as PLINK reads phenotypes and covariates; without
 * a header the first two columns are these. Only the columns that are asked for are kept.
 */
import { Failure } from '../failure.js';
import { filledLinesOf } from './lines.js';
import { isParquet, withParquet, type Cell } from './parquet.js';
import type { Person } from './plink.js';

/** Names of columns, or those behind the identifiers. */
type Asked = readonly string[] | 'first' | 'all';

/** Which columns hold what; `fid` is −1 where none does. */
interface Columns {
  readonly iid: number;
  readonly fid: number;
  readonly values: readonly number[];
  readonly names: readonly string[];
  readonly headed: boolean;
}

/** The rows of a table by the keys of their people. */
interface Table {
  readonly names: readonly string[];
  readonly byPerson: ReadonlyMap<string, readonly string[]>;
}

/**
 * @returns the names of the columns and, for each person, the cells; undefined for people whom the table does not name
 * @throws Failure `data/no-column`, `data/unequal-lengths`, `data/duplicate` for a person named twice or an IID without FID that several
 * people have, `data/no-person` where the table names nobody of them
 */
export async function readPeopleTable(
  path: string,
  asked: Asked,
  people: readonly Person[],
): Promise<{ readonly names: readonly string[]; readonly cells: readonly (readonly string[] | undefined)[] }> {
  const { names, byPerson } = (await isParquet(path)) ? await inParquet(path, asked) : await inText(path, asked);
  const holders = new Map<string, string>();
  const cells = people.map(({ family, id }) => {
    const own = byPerson.get(keyOf(family, id));
    if (own) return own;
    const alone = byPerson.get(keyOf(undefined, id));
    if (alone && holders.has(id))
      throw new Failure('data/duplicate', `"${id}" is a person of the families ${holders.get(id)} and ${family}`, {
        place: path,
        remedy: 'Give the table a column FID.',
      });
    if (alone) holders.set(id, family);
    return alone;
  });
  if (cells.every(own => own === undefined)) {
    const [named = ''] = byPerson.keys();
    throw new Failure('data/no-person', `the table names nobody of the ${people.length} people`, {
      place: path,
      remedy: `It begins with "${named.trim().replace('\n', ' ')}", the people with "${people[0]!.family} ${people[0]!.id}": give FID and IID as the genotypes have them.`,
    });
  }
  return { names, cells };
}

const keyOf = (family: string | undefined, id: string): string => `${family ?? ''}\n${id}`;

function columnsIn(cells: readonly string[], asked: Asked, place: string): Columns {
  const upper = cells.map(cell => cell.toUpperCase());
  const headed = upper.includes('IID');
  const [iid, fid] = headed ? [upper.indexOf('IID'), upper.indexOf('FID')] : [1, 0];
  const behind = Math.max(iid, fid, upper.indexOf('SID')) + 1;
  const others = [...cells.keys()].slice(behind);
  const values =
    asked === 'first'
      ? others.slice(0, 1)
      : asked === 'all'
        ? others
        : asked.map(name => (headed ? cells.indexOf(name) : -1));
  if (values.length > 0 && !values.includes(-1))
    return { iid, fid, values, headed, names: values.map(at => (headed ? cells[at]! : `column ${at + 1}`)) };
  const lacking =
    asked === 'first' || asked === 'all' ? 'behind the identifiers' : `"${asked[values.indexOf(-1)] ?? ''}"`;
  throw new Failure('data/no-column', `the table has no column ${lacking}; it has: ${cells.slice(0, 12).join(', ')}`, {
    place,
    remedy: 'Name one of its columns; the first row must name IID.',
  });
}

/** Keeps the rows of a table, each person once. */
class Collected implements Table {
  readonly byPerson = new Map<string, readonly string[]>();

  constructor(
    readonly names: readonly string[],
    private readonly path: string,
  ) {}

  add(family: string | undefined, id: string, cells: readonly string[]): void {
    const key = keyOf(family, id);
    if (this.byPerson.has(key))
      throw new Failure('data/duplicate', `"${[family, id].join(' ').trim()}" has two rows`, {
        place: this.path,
        remedy: 'Keep one row for each person.',
      });
    this.byPerson.set(key, cells);
  }
}

async function inText(path: string, asked: Asked): Promise<Table> {
  let columns: Columns | undefined;
  let table = new Collected([], path);
  let width = 0;
  for await (const { text, number } of filledLinesOf(path)) {
    const cells = text.split(text.includes(',') ? ',' : /\s+/).map(cell => cell.trim().replace(/^#/, ''));
    if (columns === undefined) {
      width = cells.length;
      columns = columnsIn(cells, asked, `${path}, line ${number}`);
      table = new Collected(columns.names, path);
      if (columns.headed) continue;
    }
    if (cells.length !== width)
      throw new Failure('data/unequal-lengths', `the row has ${cells.length} cells, those before it ${width}`, {
        place: `${path}, line ${number}`,
        remedy: 'Mend the row; every row needs one cell for each column.',
      });
    const { iid, fid, values } = columns;
    table.add(
      fid < 0 ? undefined : cells[fid],
      cells[iid]!,
      values.map(at => cells[at]!),
    );
  }
  return table;
}

function inParquet(path: string, asked: Asked): Promise<Table> {
  return withParquet(path, async file => {
    const { iid, fid, values, names } = columnsIn(file.names, asked, path);
    const table = new Collected(names, path);
    for (const group of file.groups.keys()) {
      const ids = await file.cells(group, iid);
      const families = fid < 0 ? undefined : await file.cells(group, fid);
      const columns: Cell[][] = [];
      for (const at of values) columns.push(await file.cells(group, at));
      ids.forEach((id = '', row) =>
        table.add(
          families && String(families[row] ?? ''),
          String(id),
          columns.map(cells => String(cells[row] ?? '')),
        ),
      );
    }
    return table;
  });
}
