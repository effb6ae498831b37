/** Rows of numbers from the columns of a Parquet file: the source `table` for files that begin like one. */
import type { table as specification } from '../../catalog/sources.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { DataDescription } from '../../protocol.js';
import { Failure } from '../failure.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import type { Rows } from './examples.js';
import { withParquet, type Cell, type ParquetTable } from './parquet.js';
import { columnsOf, examplesOf, labelOf, missingValue, numberOf, type Columns } from './table-cells.js';

type Parameters = ParametersOf<typeof specification>;

/** @throws Failure as for tables that are text, and `data/parquet-type` for columns that hold neither numbers nor text */
export function readParquet(path: string, parameters: Parameters): Promise<Rows> {
  return withParquet(path, async file => {
    const { header, names, label, features, where } = columnsOf(file.names, file.names.length, parameters, path);
    for (const column of features) file.requireCells(column);
    requireRoomFor(file.rows, features.length, ['rows', 'features', 'values']);
    const kept: Kept = { blocks: [], names: [], labels: [], indices: [], absent: 0, affected: 0, others: 0 };
    let from = 0;
    for (const [group, rows] of file.groups.entries()) {
      const isOther = await othersIn(file, group, where);
      const block = await readBlock(file, group, features, parameters.missing, from, isOther);
      const [ids, classes] = [
        names === undefined ? undefined : await file.cells(group, names),
        label === undefined ? undefined : await file.cells(group, label),
      ];
      let to = 0;
      for (let row = 0; row < rows; row++) {
        if (isOther(row)) {
          kept.others++;
          continue;
        }
        const gaps = block.gaps[row]!;
        kept.absent += gaps;
        kept.affected += Number(gaps > 0);
        if (gaps > 0 && parameters.missing === 'drop') continue;
        block.values.copyWithin(to * features.length, row * features.length, (row + 1) * features.length);
        to++;
        kept.indices.push(from + row);
        kept.names.push(ids === undefined ? `row ${from + row + 1}` : String(ids[row] ?? ''));
        const value =
          classes &&
          labelOf(String(classes[row] ?? ''), header[label!]!, parameters.classes, `${path}, row ${from + row + 1}`);
        kept.labels.push(value === undefined || Number.isNaN(value) ? undefined : value);
      }
      kept.blocks.push(block.values.subarray(0, to * features.length));
      from += rows;
    }
    return finished(
      kept,
      features.map(column => header[column]!),
      parameters,
      path,
      file.rows,
    );
  });
}

/** What has been read. */
interface Kept {
  readonly blocks: Float32Array[];
  readonly names: string[];
  readonly labels: (number | undefined)[];
  /** Rows of the file. */
  readonly indices: number[];
  absent: number;
  affected: number;
  others: number;
}

function finished(kept: Kept, features: readonly string[], parameters: Parameters, path: string, rows: number): Rows {
  const { blocks, ...rest } = kept;
  if (rows === 0)
    throw new Failure('data/empty', 'the table has no rows', {
      place: path,
      remedy: 'Give a table with at least one example.',
    });
  return examplesOf({ ...rest, features, values: joined(blocks), rows }, parameters, path);
}

function joined(blocks: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const values = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    values.set(block, at);
    at += block.length;
  }
  return values;
}

/** The features of a group of rows, [row, feature], and how many values each row lacks; rows that are not asked for stay 0. */
async function readBlock(
  file: ParquetTable,
  group: number,
  features: readonly number[],
  missing: Parameters['missing'],
  from: number,
  isOther: (row: number) => boolean,
): Promise<{ values: Float32Array; gaps: Uint32Array }> {
  const rows = file.groups[group]!;
  const gaps = new Uint32Array(rows);
  let values: Float32Array | undefined;
  for (const [feature, column] of features.entries()) {
    const cells = await file.cells(group, column);
    // Only now is it known that there are so many rows.
    values ??= new Float32Array(rows * features.length);
    const name = file.names[column]!;
    for (let row = 0; row < rows; row++) {
      if (isOther(row)) continue;
      const value = numberIn(cells[row], name, () => `${file.path}, row ${from + row + 1}`, missing);
      values[row * features.length + feature] = value;
      if (Number.isNaN(value)) gaps[row]!++;
    }
  }
  return { values: values!, gaps };
}

/** @returns NaN where there is none. @throws Failure for text that is no number, for infinity, and where none may be missing */
function numberIn(cell: Cell, column: string, place: () => string, missing: Parameters['missing']): number {
  const value = typeof cell === 'number' ? cell : typeof cell === 'string' ? numberOf(cell, column, place()) : NaN;
  if (Number.isNaN(value) && missing === 'error') throw missingValue(column, place());
  return Math.abs(Math.fround(value)) === Infinity ? numberOf(String(value), column, place()) : value;
}

/** From the footer alone, but for the columns that `where` asks about. */
export function describeParquet(path: string, parameters: Parameters): Promise<DataDescription> {
  return withParquet(path, async file => {
    const { features, where } = columnsOf(file.names, file.names.length, parameters, path);
    for (const column of features) file.requireCells(column);
    let examples = file.rows;
    for (const [group, rows] of where.length > 0 ? file.groups.entries() : []) {
      const isOther = await othersIn(file, group, where);
      for (let row = 0; row < rows; row++) examples -= Number(isOther(row));
    }
    const length: [number, number] = [features.length, features.length];
    return { is: 'data', examples, complete: true, alphabet: parameters.as, length, notes: [] };
  });
}

/** Tells the rows of a group that `where` does not ask for. */
async function othersIn(file: ParquetTable, group: number, where: Columns['where']): Promise<(row: number) => boolean> {
  const asked: (readonly [cells: readonly Cell[], value: string])[] = [];
  for (const [column, value] of where) asked.push([await file.cells(group, column), value]);
  return row => asked.some(([cells, value]) => String(cells[row] ?? '') !== value);
}
