/**
 * Which rows of a data file stand at a line or on screen: the records of a FASTA file, the variants of a VCF file, the intervals of
 * a BED file, the lines of a table. They are told by name, and how results name them is tried in several ways; or by their place
 * among the others, where results need not have the name that the file has.
 */

/** What a data file looks like, by its ending. */
export type DataForm = 'fasta' | 'vcf' | 'bed' | 'table';

export function formOf(path: string): DataForm | undefined {
  if (/\.(fa|fasta|fna)$/i.test(path)) return 'fasta';
  if (/\.vcf$/i.test(path)) return 'vcf';
  if (/\.(bed|bed10|narrowpeak)$/i.test(path)) return 'bed';
  return /\.(tsv|csv|txt|raw)$/i.test(path) ? 'table' : undefined;
}

/** Lines above the present one that are looked at for the header of a sequence. */
const MOST_LINES = 20_000;
/** Characters of a line that the editor draws. */
const MOST_COLUMNS = 10_000;

/**
 * The names that the row at a line may have as an example, the likeliest first; none where there is no row.
 *
 * @param lineAt text of a line
 */
export function rowNames(form: DataForm, line: number, lineAt: (line: number) => string): string[] {
  if (form === 'fasta') {
    const header = headerAbove(line, lineAt);
    return header === undefined ? [] : recordNames(lineAt(header));
  }
  const text = lineAt(line);
  if (text.startsWith('#') || text.trim() === '') return [];
  const cells = text.split(/\t|,|;/).map(cell => cell.trim().replace(/^"(.*)"$/, '$1'));
  if (form === 'vcf') return variantNames(text.split('\t'));
  return form === 'table' ? distinct(cells.slice(0, 2)) : [];
}

/**
 * How many rows stand above the one at a line; undefined where the line is no row, and where lines and rows may differ: a quoted
 * cell of a table may go on in the next line.
 */
export function rowIndex(form: DataForm, line: number, lineAt: (line: number) => string): number | undefined {
  const isRow = (text: string): boolean => text.trim() !== '' && !(form === 'bed' && BED_HEADER.test(text));
  if ((form !== 'bed' && form !== 'table') || !isRow(lineAt(line))) return undefined;
  // The first line of a table names its columns.
  let index = form === 'table' ? -1 : 0;
  for (let above = 0; above < line; above++) {
    const text = lineAt(above);
    if (form === 'table' && text.split('"').length % 2 === 0) return undefined;
    if (isRow(text)) index++;
  }
  return index < 0 ? undefined : index;
}

/** Lines of a BED file that are no interval: UCSC's definition. */
const BED_HEADER = /^(#|track\b|browser\b)/;

/** Position in the sequence, from 0, of a place in a FASTA file; undefined in headers and where there is no record. */
export function positionAt(line: number, character: number, lineAt: (line: number) => string): number | undefined {
  const header = headerAbove(line, lineAt);
  if (header === undefined || header === line) return undefined;
  let position = character;
  for (let above = header + 1; above < line; above++) position += lineAt(above).trimEnd().length;
  return position;
}

function headerAbove(line: number, lineAt: (line: number) => string): number | undefined {
  for (let above = line; above >= Math.max(0, line - MOST_LINES); above--)
    if (lineAt(above).startsWith('>')) return above;
  return undefined;
}

/** The whole header with single blanks, as examples are named, and its first word. */
function recordNames(header: string): string[] {
  const name = header.slice(1).trim().replace(/\s+/g, ' ');
  return distinct([name, name.split(' ')[0]]);
}

/**
 * Every alternative allele is an example, `chr17:41197811:G>T`: the chromosome as the genome spells it, alleles without what they
 * share. One that was moved to the left is not found: only the genome tells how far.
 */
function variantNames([chromosome = '', position = '', id, reference = '', alternatives = '']: string[]): string[] {
  const bare = chromosome.replace(/^chr/, '');
  const names = alternatives.split(',').flatMap(alternative => {
    const [at, before, after] = trimmed(Number(position), reference.toUpperCase(), alternative.toUpperCase());
    return [`chr${bare}`, bare].map(name => `${name}:${at}:${before}>${after}`);
  });
  return distinct([...names, id === '.' ? undefined : id, `${chromosome}:${position}`]);
}

/** Position and alleles without the bases that both end or begin with; one base of each stays. */
function trimmed(position: number, reference: string, alternative: string): [number, string, string] {
  let [start, ends] = [0, 0];
  const shortest = Math.min(reference.length, alternative.length) - 1;
  while (ends < shortest && reference.at(-1 - ends) === alternative.at(-1 - ends)) ends++;
  while (start < shortest - ends && reference[start] === alternative[start]) start++;
  const cut = (allele: string): string => allele.slice(start, allele.length - ends);
  return [position + start, cut(reference), cut(alternative)];
}

function distinct(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter(name => name !== undefined && name !== ''))] as string[]; // as the filter leaves them
}

/** A record of a FASTA file, as far as it is on screen: some of its positions, and where they stand. */
export interface VisibleRecord {
  /** The names that it may have. */
  readonly names: string[];
  /** Positions [from, to) of the sequence. */
  readonly from: number;
  readonly to: number;
  /** Lines, each with the position of its first letter and the number of letters that the editor draws. */
  readonly lines: readonly { readonly line: number; readonly at: number; readonly length: number }[];
}

/** The records in the lines from `first` to `last`, both included. */
export function recordsBetween(first: number, last: number, lineAt: (line: number) => string): VisibleRecord[] {
  const header = headerAbove(first, lineAt);
  const records: VisibleRecord[] = [];
  let names: string[] = [];
  let lines: { line: number; at: number; length: number }[] = [];
  let position = 0;
  const finish = (): void => {
    const [start, end] = [lines[0], lines.at(-1)];
    if (start && end && names.length > 0) records.push({ names, from: start.at, to: end.at + end.length, lines });
  };
  for (let line = header ?? first; line <= last; line++) {
    const text = lineAt(line).trimEnd();
    if (text.startsWith('>')) {
      finish();
      [names, lines, position] = [recordNames(text), [], 0];
      continue;
    }
    if (line >= first && text !== '') lines.push({ line, at: position, length: Math.min(text.length, MOST_COLUMNS) });
    position += text.length;
  }
  finish();
  return records;
}

/** A stretch of one line with one level, `a` to `i` without `e`. */
export interface Stretch {
  readonly level: string;
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

/** Where the levels of a record lie in its lines: neighbours of one level are one stretch. */
export function stretchesOf({ from, lines }: VisibleRecord, levels: string): Stretch[] {
  return lines.flatMap(({ line, at, length }) =>
    [...levels.slice(at - from, at - from + length).matchAll(/([a-df-i])\1*/g)].map(({ 0: run, index }) => ({
      level: run.charAt(0),
      line,
      from: index,
      to: index + run.length,
    })),
  );
}
