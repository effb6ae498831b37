/**
 * The tables beside PLINK 2 genotypes: variants (`.pvar`, also `.pvar.zst`) and people (`.psam`), with the header lines of VCF and a
 * row of column names; without such a row they are the `.bim` and `.fam` tables of PLINK 1.
 * Source: https://www.cog-genomics.org/plink/2.0/formats#pvar, #psam.
 */
import { existsSync } from 'node:fs';
import { Failure } from '../failure.js';
import { filledLinesOf } from './lines.js';
import type { Person, Variant } from './plink.js';

interface Row {
  readonly cells: readonly string[];
  readonly number: number;
}

const damaged = (place: string, found: string): Failure =>
  new Failure('data/damaged-plink', found, { place, remedy: 'Write the files again with `plink2 --make-pgen`.' });

/** Rows with the names of their columns; `standard` for tables without such names, by the number of columns. */
async function* tableOf(
  path: string,
  standard: (width: number) => readonly string[] | undefined,
): AsyncGenerator<Row & { readonly columns: readonly string[] }> {
  let columns: readonly string[] | undefined;
  for await (const { text, number } of filledLinesOf(path)) {
    if (text.startsWith('##')) continue;
    const cells = text.split(/\s+/);
    if (columns === undefined && text.startsWith('#')) {
      columns = [cells[0]!.slice(1), ...cells.slice(1)];
      continue;
    }
    columns ??= standard(cells.length);
    if (columns?.length !== cells.length)
      throw damaged(
        `${path}, line ${number}`,
        `the row has ${cells.length} columns, expected ${columns?.length ?? 'those of PLINK'}`,
      );
    yield { cells, number, columns };
  }
}

const BIM = ['CHROM', 'ID', 'CM', 'POS', 'ALT', 'REF'];

/** @param plain path of the table, which may be compressed: `.pvar.zst` */
export async function readPvar(plain: string): Promise<Variant[]> {
  const path = !existsSync(plain) && existsSync(`${plain}.zst`) ? `${plain}.zst` : plain;
  const variants: Variant[] = [];
  const standard = (width: number): readonly string[] | undefined =>
    width === 6 ? BIM : width === 5 ? BIM.filter(name => name !== 'CM') : undefined;
  let places: number[] | undefined;
  for await (const { cells, number, columns } of tableOf(path, standard)) {
    const found = (places ??= ['CHROM', 'POS', 'ID', 'REF', 'ALT'].map(name => columns.indexOf(name)));
    if (found.includes(-1))
      throw damaged(
        `${path}, line ${number}`,
        `the columns are ${columns.slice(0, 12).join(', ')}; expected CHROM, POS, ID, REF, ALT`,
      );
    const [chromosome = '', position = '', id = '', reference = '', alternative = ''] = found.map(at => cells[at]!);
    if (!/^\d+$/.test(position))
      throw damaged(`${path}, line ${number}`, `the position is "${position.slice(0, 40)}", expected a whole number`);
    const several = alternative.includes(',');
    variants.push({
      chromosome,
      id,
      position: Number(position),
      alleles: [alternative, reference],
      ...(several && { several }),
    });
  }
  return variants;
}

const FAM = ['FID', 'IID', 'PAT', 'MAT', 'SEX', 'PHENO1'];
const NO_PHENOTYPES = new Set(['FID', 'IID', 'SID', 'PAT', 'MAT', 'SEX']);
/** A number, or what stands for a missing one. */
const isNumber = (text: string): boolean => /^(na|nan|\.)?$/i.test(text) || Number.isFinite(Number(text));

/**
 * @param phenotype name of a column; the first that holds numbers alone where none is named
 * @throws Failure `data/no-column` for a name that the table does not have
 */
export async function readPsam(path: string, phenotype: string | undefined): Promise<Person[]> {
  const rows: Row[] = [];
  let columns: readonly string[] = FAM;
  for await (const row of tableOf(path, width => FAM.slice(0, Math.max(5, width)))) {
    rows.push(row);
    columns = row.columns;
  }
  const at = (name: string): number => columns.indexOf(name);
  if (at('IID') < 0) throw damaged(path, `the columns are ${columns.slice(0, 12).join(', ')}; expected IID among them`);
  if (phenotype !== undefined && at(phenotype) < 0)
    throw new Failure(
      'data/no-column',
      `the table has no column "${phenotype}"; it has: ${columns.slice(0, 12).join(', ')}`,
      {
        place: path,
        remedy: 'Name one of its columns, or give a table with phenotypes.',
      },
    );
  const own = columns.findIndex(
    (name, index) => !NO_PHENOTYPES.has(name) && rows.every(({ cells }) => isNumber(cells[index]!)),
  );
  const value = phenotype === undefined ? own : at(phenotype);
  return rows.map(({ cells }) => {
    const cell = (name: string): string => cells[at(name)] ?? '0';
    return {
      family: cell('FID'),
      id: cell('IID'),
      founder: cell('PAT') === '0' && cell('MAT') === '0',
      male: /^(1|m|male)$/i.test(cell('SEX')),
      phenotype: cells[value] ?? 'NA',
    };
  });
}
