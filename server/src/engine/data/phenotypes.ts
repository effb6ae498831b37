/** Phenotypes of people as labels, and covariates as columns of numbers, as PLINK reads them. */
import { Failure } from '../failure.js';
import type { Covariates } from './examples.js';
import { readPeopleTable } from './people-table.js';
import type { Person } from './plink.js';

/** What stands for a missing phenotype or covariate, in lower case, and the number, however it is written: pandas has `-9.0`. */
const MISSING = new Set(['na', 'nan', '.', '']);
const isMissing = (text: string | undefined): boolean =>
  text === undefined || MISSING.has(text.toLowerCase()) || Number(text) === -9;

/**
 * The phenotype of every person as a label. Where all are 0, 1 and 2 and some are no 1, 0 is missing, 1 means control and 2
 * case, as PLINK reads them: labels 0 and 1. Without any 2 zeros and ones are labels as they are, and zeros alone are missing.
 */
export function labelsOf(written: readonly (string | undefined)[], place: string): (number | undefined)[] {
  const numbers = written.map(text => {
    if (text === undefined || isMissing(text)) return undefined;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw notNumber('phenotype', text, place);
  });
  if (numbers.every(value => value === undefined || value === 0)) return numbers.map(() => undefined);
  const isCaseControl = numbers.every(value => value === undefined || [0, 1, 2].includes(value)) && numbers.includes(2);
  if (!isCaseControl) return numbers;
  return numbers.map(value => (value === undefined || value === 0 ? undefined : value - 1));
}

function notNumber(what: string, text: string, place: string): Failure {
  return new Failure('data/not-number', `found the ${what} "${text.slice(0, 40)}", expected a number`, {
    place,
    remedy: `Write -9 or NA where a ${what} is missing.`,
  });
}

/**
 * Phenotypes of a table by person; undefined for people it does not name.
 *
 * @param column name of the phenotype; the first behind the identifiers where none is given
 * @throws Failure `data/no-column`, `data/unequal-lengths`, `data/duplicate`, `data/no-person`
 */
export async function readPhenotypes(
  path: string,
  column: string | undefined,
  people: readonly Person[],
): Promise<(string | undefined)[]> {
  const { cells } = await readPeopleTable(path, column === undefined ? 'first' : [column], people);
  return cells.map(own => own?.[0]);
}

/** What a table says of people's covariates. */
export interface WrittenCovariates {
  readonly place: string;
  readonly names: readonly string[];
  /** [person]; undefined for people whom the table does not name, or of whom it lacks one. */
  readonly cells: readonly (readonly string[] | undefined)[];
}

/**
 * @param columns names of the covariates; all behind the identifiers where none are given
 * @throws Failure `data/no-column`, `data/unequal-lengths`, `data/duplicate`, `data/no-person`
 */
export async function readCovariates(
  path: string,
  columns: readonly string[] | undefined,
  people: readonly Person[],
): Promise<WrittenCovariates> {
  const { names, cells } = await readPeopleTable(path, columns ?? 'all', people);
  return { place: path, names, cells: cells.map(own => (own?.some(isMissing) ? undefined : own)) };
}

/**
 * Numbers as they are; a column of which no cell is a number is a category, with a column of 0 and 1 for each of its values but
 * the most frequent.
 *
 * @param chosen indices of people of whom every covariate is known
 * @throws Failure `data/not-number` for a column of which some cells are numbers
 */
export function covariatesOf({ names, cells, place }: WrittenCovariates, chosen: readonly number[]): Covariates {
  const columns = names.flatMap((name, at) => {
    const own = chosen.map(person => cells[person]![at]!);
    const numbers = own.map(Number);
    const strange = numbers.findIndex(value => !Number.isFinite(value));
    if (strange < 0) return [{ name, values: numbers }];
    if (numbers.some(Number.isFinite)) throw notNumber(`covariate ${name}`, own[strange]!, place);
    return levelsOf(own)
      .slice(1)
      .map(level => ({ name: `${name}=${level}`, values: own.map(cell => Number(cell === level)) }));
  });
  return {
    names: columns.map(({ name }) => name),
    values: Float64Array.from({ length: chosen.length * columns.length }, (_, at) => {
      const [person, column] = [Math.floor(at / columns.length), at % columns.length];
      return columns[column]!.values[person]!;
    }),
  };
}

/** The values of a category, the most frequent first, equally frequent ones by name. */
function levelsOf(cells: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  return [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1));
}
