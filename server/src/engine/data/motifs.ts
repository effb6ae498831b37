/**
 * Motifs: matrices of counts or probabilities from files in the JASPAR, MEME (minimal text), PFM and HOMER layouts, or patterns
 * of TF-MoDISco-lite, told by their contents, or written as IUPAC letters or numbers.
 *
 * JASPAR: Fornes et al. 2020, Nucleic Acids Res. 48:D87. MEME: https://meme-suite.org/meme/doc/meme-format.html. HOMER:
 * http://homer.ucsd.edu/homer/motif/creatingCustomMotifs.html. IUPAC: Cornish-Bowden 1985, Nucleic Acids Res. 13:3021.
 */
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Failure } from '../failure.js';
import { SIGNATURE as HDF5 } from './hdf5.js';
import { readModisco } from './modisco.js';
import { BASES_OF } from './one-hot.js';
import { firstBytes, unreadable } from './source.js';

export interface Motif {
  /** Identifier in its collection, `MA0139.1`; the same as the name where there is only one. */
  readonly id: string;
  readonly name: string;
  readonly width: number;
  /** Counts or probabilities as they were written, [position, base] in A, C, G, T order. */
  readonly matrix: Float64Array;
  /** How many sites the motif was made of, where probabilities say so. */
  readonly sites?: number;
}

const BASES = 'ACGT';
/** The whole of JASPAR has 3 MB. */
const LARGEST_FILE = 2 ** 25;
const WIDEST = 10_000;
/** Characters of a line: a row of the widest motif. */
const LONGEST_LINE = 50 * WIDEST;

/**
 * All motifs of a file, plain or gzipped, in file order.
 *
 * @throws Failure `data/unreadable`, `data/damaged-gzip`, `data/not-motifs` when it is no such file, `data/motif` when
 *   one motif in it is malformed
 */
export async function readMotifs(path: string): Promise<Motif[]> {
  if ((await firstBytes(path, 'data')).equals(HDF5)) return readModisco(path);
  return parseMotifs(await textOf(path), path);
}

async function textOf(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    if ((await stat(path)).size > LARGEST_FILE) throw tooLarge(path);
    bytes = await readFile(path);
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(path, error);
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    try {
      bytes = await promisify(gunzip)(bytes, { maxOutputLength: LARGEST_FILE });
    } catch (error) {
      if (error instanceof RangeError) throw tooLarge(path);
      throw new Failure('data/damaged-gzip', 'the gzip data are damaged or cut off', {
        place: path,
        remedy: 'Download or compress the file again; `gzip -t` shows whether it is whole.',
      });
    }
  if (bytes.includes(0)) throw notMotifs(path, 'binary data');
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

function tooLarge(path: string): Failure {
  return new Failure('data/too-large', `a file of motifs has at most ${LARGEST_FILE / 2 ** 20} MiB`, {
    place: path,
    remedy: 'Give the motifs that are needed in a file of their own.',
  });
}

function notMotifs(place: string, found: string): Failure {
  return new Failure('data/not-motifs', `expected motifs in JASPAR, MEME (text), PFM or HOMER layout, found ${found}`, {
    place,
    remedy: 'Download them from JASPAR as "JASPAR" or "MEME" format; both are text.',
  });
}

/** One line of text with something on it. */
interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/** @param place name of the file, for errors */
export function parseMotifs(text: string, place: string): Motif[] {
  let first: Line | undefined;
  for (const line of linesOf(text, place))
    if (line.text !== '') {
      first = line;
      break;
    }
  if (first === undefined) throw notMotifs(place, 'an empty file');
  if (first.text.startsWith('<')) throw notMotifs(`${place}, line ${first.number}`, 'XML or HTML');
  const lines = linesOf(text, place);
  const motifs = /^MEME version/i.test(first.text) ? parseMeme(lines, place) : parseMatrices(lines, place);
  if (motifs.length === 0) throw notMotifs(place, 'a header and no motif');
  return motifs;
}

/** The lines that are no comments. */
function* linesOf(text: string, place: string): Generator<Line> {
  const ends = /\r\n|\r|\n|$/g;
  for (let from = 0, number = 1; from <= text.length; number++) {
    ends.lastIndex = from;
    const end = ends.exec(text)!;
    if (end.index - from > LONGEST_LINE) throw notMotifs(`${place}, line ${number}`, 'a line that is far too long');
    const line = text.slice(from, end.index).trim();
    if (!line.startsWith('#')) yield { text: line, number };
    from = end.index + Math.max(1, end[0].length);
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The numbers of a row, which must not be negative. */
function numbersOf(line: Line, text: string, place: string): number[] {
  return text
    .split(/[\s,;[\]]+/)
    .filter(word => word !== '')
    .map(word => {
      if (!NUMBER.test(word))
        throw malformed(line, place, `expected counts or probabilities, found "${word.slice(0, 40)}"`);
      if (Number(word) < 0)
        throw malformed(
          line,
          place,
          `${word} is negative: expected counts or probabilities, and these look like log-odds scores`,
        );
      return Number(word);
    });
}

function malformed(line: Line, place: string, message: string, remedy = 'Correct the motif, or remove it.'): Failure {
  return new Failure('data/motif', message, { place: `${place}, line ${line.number}`, remedy });
}

/** JASPAR, PFM and HOMER: a header with `>` (or none) and rows of numbers, one for each base or one for each position. */
function parseMatrices(lines: Iterable<Line>, place: string): Motif[] {
  const motifs: Motif[] = [];
  let header: Line | undefined;
  let rows: { line: Line; base?: string; values: number[] }[] = [];
  const finish = (): void => {
    const start = header ?? rows[0]?.line;
    if (start === undefined) return;
    const [id = `motif ${motifs.length + 1}`, name = id] = start === header ? namesOf(start.text) : [];
    motifs.push(motifOf(id, name, byPosition(rows, start, place), start, place));
    header = undefined;
    rows = [];
  };
  for (const line of lines) {
    if (line.text.startsWith('>')) {
      finish();
      header = line;
    } else if (line.text !== '') {
      const lettered = /^([ACGTU])(?:\s*[|:[]|\s)\s*(.*)$/i.exec(line.text);
      const base = lettered?.[1]?.toUpperCase().replace('U', 'T');
      if (header === undefined && rows.length === 0 && base === undefined && !/^[-+.\d[]/.test(line.text))
        throw notMotifs(`${place}, line ${line.number}`, `"${line.text.slice(0, 40)}"`);
      rows.push({
        line,
        ...(base !== undefined && { base }),
        values: numbersOf(line, lettered?.[2] ?? line.text, place),
      });
    } else if (header === undefined) finish();
  }
  finish();
  return motifs;
}

/** `>MA0002.2 RUNX1`; HOMER writes the consensus first and more columns behind the name. */
function namesOf(header: string): string[] {
  return header
    .slice(1)
    .trim()
    .split(/\s+/)
    .filter(word => word !== '')
    .slice(0, 2);
}

/** The rows as [position][base], whichever way round they are written. */
function byPosition(
  rows: readonly { readonly line: Line; readonly base?: string; readonly values: readonly number[] }[],
  start: Line,
  place: string,
): number[][] {
  const widths = [...new Set(rows.map(row => row.values.length))];
  const lettered = rows.filter(row => row.base !== undefined);
  if (lettered.length > 0) {
    const order = rows.map(row => row.base ?? '?').join('');
    if ([...order].sort().join('') !== BASES)
      throw malformed(start, place, `expected one row for each of A, C, G, T, found rows ${[...order].join(', ')}`);
  }
  const [width = 0] = widths;
  if (widths.length !== 1 || width === 0 || (rows.length !== 4 && width !== 4))
    throw malformed(
      start,
      place,
      `expected 4 rows of equal length or rows of 4 numbers, found ${rows.length} rows of ${widths.join(', ') || 'no'} numbers`,
    );
  const values = [...rows]
    .sort((a, b) => BASES.indexOf(a.base ?? '') - BASES.indexOf(b.base ?? ''))
    .map(row => [...row.values]);
  const transposed = values[0]!.map((_, column) => values.map(row => row[column]!));
  if (lettered.length > 0 || width !== 4) return transposed;
  if (rows.length !== 4) return values;
  // Four by four: the positions are what has equal sums.
  if (haveEqualSums(transposed) === haveEqualSums(values))
    throw malformed(
      start,
      place,
      'rows and columns of a 4 × 4 matrix cannot be told apart',
      'Begin the rows with A, C, G and T.',
    );
  return haveEqualSums(values) ? values : transposed;
}

function haveEqualSums(columns: readonly (readonly number[])[]): boolean {
  const sums = columns.map(sumOf);
  return Math.max(...sums) - Math.min(...sums) <= 0.01 * Math.max(...sums);
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** MEME's text format: `MOTIF id name`, then a letter-probability matrix, one row for each position. */
function parseMeme(lines: Iterable<Line>, place: string): Motif[] {
  const motifs: Motif[] = [];
  let names: string[] = [];
  let matrix: { start: Line; rows: number[][]; width: number | undefined; sites: number | undefined } | undefined;
  const finish = (): void => {
    if (matrix === undefined) return;
    const { start, rows, width, sites } = matrix;
    if (width !== undefined && rows.length !== width)
      throw malformed(start, place, `the matrix announces w= ${width} and has ${rows.length} rows`);
    const [id = `motif ${motifs.length + 1}`, name = id] = names;
    motifs.push(motifOf(id, name, rows, start, place, sites));
    matrix = undefined;
  };
  for (const line of lines) {
    const alphabet = /^ALPHABET\s*=?\s*(\S+)/i.exec(line.text)?.[1];
    if (alphabet !== undefined && !/^"?(ACG[TU]|DNA|RNA)/i.test(alphabet))
      throw malformed(line, place, `the alphabet is ${alphabet}, expected ACGT`, 'Give motifs of DNA.');
    if (/^MOTIF\s/i.test(line.text)) {
      finish();
      names = line.text.split(/\s+/).slice(1, 3);
    } else if (/^letter-probability matrix/i.test(line.text)) {
      finish();
      const width = wordBehind('w', line.text);
      const letters = wordBehind('alength', line.text);
      if (letters !== undefined && letters !== 4)
        throw malformed(line, place, `the matrix has alength= ${letters}, expected 4`, 'Give motifs of DNA.');
      const sites = wordBehind('nsites', line.text);
      matrix = { start: line, rows: [], width, sites };
    } else if (matrix !== undefined) {
      if (/^[-+.\d]/.test(line.text)) {
        const values = numbersOf(line, line.text, place);
        if (values.length !== 4) throw malformed(line, place, `expected 4 numbers, found ${values.length}`);
        if (matrix.rows.length === WIDEST) throw malformed(line, place, `a motif has more than ${WIDEST} positions`);
        matrix.rows.push(values);
      } else if (line.text !== '') finish();
    }
  }
  finish();
  return motifs;
}

function wordBehind(name: string, text: string): number | undefined {
  const found = new RegExp(`\\b${name}=\\s*(\\d+)`).exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function motifOf(
  id: string,
  name: string,
  positions: readonly (readonly number[])[],
  start: Line,
  place: string,
  sites?: number,
): Motif {
  if (positions.length === 0 || positions.length > WIDEST)
    throw malformed(start, place, `the motif "${name}" has ${positions.length} positions, expected 1 to ${WIDEST}`);
  const empty = positions.findIndex(column => !(sumOf(column) > 0 && Number.isFinite(sumOf(column))));
  if (empty >= 0)
    throw malformed(start, place, `position ${empty + 1} of the motif "${name}" has neither counts nor probabilities`);
  return {
    id,
    name,
    width: positions.length,
    matrix: Float64Array.from(positions.flat()),
    ...(sites !== undefined && sites > 0 && { sites }),
  };
}

/**
 * Probabilities of A, C, G, T at each position: (n + pseudocount/4) / (Σ n + pseudocount).
 *
 * @param pseudocount sites added to each position, spread evenly over the bases; 0 divides by the sum alone
 * @returns [position, base]
 * @throws Failure when a pseudocount is asked for and it is not known how many sites the motif was made of
 */
export function probabilities(motif: Motif, pseudocount = 0): Float64Array {
  const { matrix, sites } = motif;
  const result = new Float64Array(matrix.length);
  for (let at = 0; at < matrix.length; at += 4) {
    const column = matrix.subarray(at, at + 4);
    const sum = column.reduce((total, value) => total + value, 0);
    // Columns of probabilities need not sum to one exactly; below two sites they are not counts.
    const count = sum >= 1.5 ? sum : sites;
    if (pseudocount > 0 && count === undefined)
      throw new Failure('data/pseudocount', `it is not known how many sites the motif "${motif.name}" was made of`, {
        remedy: 'Give counts, or leave the pseudocount out.',
      });
    const extra = pseudocount === 0 ? 0 : pseudocount / count!;
    for (let base = 0; base < 4; base++) result[at + base] = (column[base]! / sum + extra / 4) / (1 + extra);
  }
  return result;
}

/** A matrix as it reads on the other strand: positions backwards, A ↔ T, C ↔ G. @param matrix [position, base] */
export function reverseComplement(matrix: Float64Array): Float64Array {
  return matrix.slice().reverse();
}

/** Information content of each position in bits: 2 + Σ p·log₂ p. @param matrix probabilities, [position, base] */
export function informationOf(matrix: ArrayLike<number>): Float64Array {
  const bits = new Float64Array(matrix.length / 4).fill(2);
  for (let at = 0; at < matrix.length; at++)
    if (matrix[at]! > 0) bits[at >> 2]! += matrix[at]! * Math.log2(matrix[at]!);
  return bits;
}

/**
 * A motif as an experiment writes it: a name or identifier of the file where one is given, IUPAC letters where none is, or
 * a matrix of four numbers for each position.
 *
 * @param library motifs of the file
 * @throws Failure `data/motif` for an unknown or ambiguous name, other letters or a malformed matrix
 */
export function writtenMotif(
  written: string | readonly (readonly number[])[],
  library: readonly Motif[] | undefined,
): Motif {
  if (typeof written !== 'string') return fromNumbers(written);
  return library === undefined ? fromIupac(written) : findMotif(written, library);
}

function findMotif(name: string, library: readonly Motif[]): Motif {
  const wanted = name.toLowerCase();
  const found = library.filter(motif => motif.id.toLowerCase() === wanted || motif.name.toLowerCase() === wanted);
  const [motif] = found;
  if (motif !== undefined && found.length === 1) return motif;
  throw new Failure(
    'data/motif',
    motif === undefined
      ? `none of the ${library.length} motifs of the file is called "${name}"`
      : `${found.length} motifs of the file are called "${name}": ${found.map(({ id }) => id).join(', ')}`,
    {
      remedy: motif === undefined ? 'Correct the name; letter case does not matter.' : 'Name one by its identifier.',
    },
  );
}

/** Equal shares of the bases that each letter stands for. @throws Failure `data/motif` */
export function fromIupac(text: string): Motif {
  const letters = [...text.toUpperCase()];
  const wrong = letters.findIndex(letter => BASES_OF[letter] === undefined);
  if (wrong >= 0 || letters.length === 0)
    throw new Failure(
      'data/motif',
      letters.length === 0
        ? 'a motif is empty'
        : `"${letters[wrong]}" at position ${wrong + 1} of "${text}" is no IUPAC code of DNA`,
      { remedy: 'Write IUPAC letters such as "TGASTCA", or name a file in which the motif has this name.' },
    );
  const matrix = letters.flatMap(letter => {
    const bases = BASES_OF[letter]!;
    return [...BASES].map(base => (bases.includes(base) ? 1 / bases.length : 0));
  });
  return { id: text, name: text, width: letters.length, matrix: Float64Array.from(matrix) };
}

function fromNumbers(positions: readonly (readonly number[])[]): Motif {
  const wrong = positions.findIndex(
    column => column.length !== 4 || column.some(value => !(value >= 0)) || !(sumOf(column) > 0),
  );
  if (wrong >= 0 || positions.length === 0)
    throw new Failure(
      'data/motif',
      positions.length === 0
        ? 'a matrix is empty'
        : `position ${wrong + 1} of a matrix is [${positions[wrong]!.join(', ')}], expected 4 counts or probabilities`,
      { remedy: 'Write a list of positions, each a list of four numbers in A, C, G, T order.' },
    );
  const name = positions.map(column => BASES[column.indexOf(Math.max(...column))]).join('');
  return { id: name, name, width: positions.length, matrix: Float64Array.from(positions.flat()) };
}
