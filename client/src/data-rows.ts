/** Which row of a data file stands at a line: the record of a FASTA file, the variant of a VCF file, the line of a table. */

/** What a data file looks like, by its ending. */
export type DataForm = 'fasta' | 'vcf' | 'table';

export function formOf(path: string): DataForm | undefined {
  if (/\.(fa|fasta|fna)$/i.test(path)) return 'fasta';
  if (/\.vcf$/i.test(path)) return 'vcf';
  return /\.(tsv|csv|txt|raw)$/i.test(path) ? 'table' : undefined;
}

/** Lines above the present one that are looked at for the header of a sequence. */
const MOST_LINES = 20_000;

/**
 * The names that the row at a line may have as an example, the likeliest first; none where there is no row.
 *
 * @param lineAt text of a line
 */
export function rowNames(form: DataForm, line: number, lineAt: (line: number) => string): string[] {
  if (form === 'fasta') {
    for (let above = line; above >= Math.max(0, line - MOST_LINES); above--) {
      const header = lineAt(above);
      if (header.startsWith('>')) return distinct([header.slice(1).trim(), header.slice(1).trim().split(/\s/)[0]]);
    }
    return [];
  }
  const text = lineAt(line);
  if (text.startsWith('#') || text.trim() === '') return [];
  const cells = text.split(/\t|,|;/).map(cell => cell.trim().replace(/^"(.*)"$/, '$1'));
  if (form === 'table') return distinct(cells.slice(0, 2));
  const [chromosome, position, id, reference, alternative] = cells;
  return distinct([
    id === '.' ? undefined : id,
    `${chromosome}:${position}:${reference}:${alternative}`,
    `${chromosome}:${position}${reference}>${alternative}`,
    `${chromosome}:${position}`,
  ]);
}

function distinct(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter(name => name !== undefined && name !== ''))] as string[]; // as the filter leaves them
}

/** A stretch of one line with one level, `a` to `i` without `e`. */
export interface Stretch {
  readonly level: string;
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

/** Where the levels of sequences lie in the lines of a FASTA file: neighbours of one level are one stretch. */
export function stretchesOf(
  lines: readonly string[],
  rows: readonly { readonly name: string; readonly levels: string }[],
): Stretch[] {
  const levels = new Map(rows.map(row => [row.name, row.levels]));
  const found: Stretch[] = [];
  let current: string | undefined;
  let position = 0;
  lines.forEach((text, line) => {
    if (text.startsWith('>')) {
      current = rowNames('fasta', 0, () => text)
        .map(name => levels.get(name))
        .find(known => known !== undefined);
      position = 0;
      return;
    }
    if (current === undefined) return;
    const own = current.slice(position, position + text.length);
    for (const { 0: run, index } of own.matchAll(/([a-i])\1*/g)) {
      if (!run.startsWith('e')) found.push({ level: run.charAt(0), line, from: index, to: index + run.length });
    }
    position += text.length;
  });
  return found;
}
