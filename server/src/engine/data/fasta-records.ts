/**
 * Records of FASTA files: plain or gzipped (also in blocks, as bgzip writes), told apart by the first bytes, read as a stream.
 * Pearson & Lipman 1988, PNAS 85:2444; gzip: RFC 1952.
 */
import { Failure } from '../failure.js';
import { bytesOf } from './bytes.js';
import { LETTERS, NO_BASE } from './examples.js';
import { CODE_OF_BYTE } from './one-hot.js';

/** The longest input that the `dna` alphabet allows. */
const LONGEST = 10_000_000;

/** Pieces of the file, of at most 256 KiB each, over which a header may reach. */
const LONGEST_HEADER = 64;

const NEWLINE = 10;
const GREATER = 62;
const BLANKS = new Set([9, 13, 32]);

export interface FastaRecord {
  readonly name: string;
  /** Line of the header, from 1. */
  readonly line: number;
  readonly letters: Uint8Array;
  /** Some letter is an ambiguity code. */
  readonly isAmbiguous: boolean;
}

/** Bits of letter codes above those of A, C, G and T. */
const AMBIGUOUS = 0b11111100;

/** A run of letters over lines. */
interface Run {
  /** Where it ends in the text. */
  readonly end: number;
  readonly letters: number;
  readonly newlines: number;
  /** All bits of the codes. */
  readonly bits: number;
}

/**
 * Writes the codes of text, over the ends of lines, up to the first byte that is no letter of DNA. A function of its own: its inner loop
 * is where the time of reading goes, and asks nothing of a letter; a line that holds something else is looked at again.
 */
function translate(text: Uint8Array, from: number, to: number, letters: Uint8Array, at: number): Run {
  let newlines = 0;
  let bits = 0;
  let next = at;
  let position = from;
  for (;;) {
    const newline = text.indexOf(NEWLINE, position);
    const end = newline < 0 || newline > to ? to : newline;
    const begin = position;
    const first = next;
    let found = 0;
    for (; position < end; position++) {
      const code = CODE_OF_BYTE[text[position]!]!;
      letters[next++] = code;
      found |= code;
    }
    if (found === NO_BASE) {
      const length = letters.subarray(first, next).indexOf(NO_BASE);
      if (length >= 0) {
        [position, next] = [begin + length, first + length];
        for (let letter = first; letter < next; letter++) bits |= letters[letter]!;
        break;
      }
    }
    bits |= found;
    if (position + 1 >= to || CODE_OF_BYTE[text[position + 1]!] === NO_BASE) break;
    newlines++;
    position++;
  }
  return { end: position, letters: next - at, newlines, bits };
}

/**
 * The records of a file, in batches as they become complete; a batch may be empty.
 *
 * @throws Failure for text before the first header, a letter that is no IUPAC code of DNA, an empty record, or one
 *   longer than the longest input
 */
export async function* fastaRecords(path: string): AsyncGenerator<FastaRecord[]> {
  let line = 1;
  let state: 'line start' | 'header' | 'sequence' = 'line start';
  let header: Buffer[] = [];
  let headerLine = 0;
  let letters = new Uint8Array(1024);
  let count = 0;
  let bits = 0;
  let number = 0;

  const finish = (): FastaRecord => {
    const name = Buffer.concat(header).toString('utf8').trim().replace(/\s+/g, ' ') || `record ${number}`;
    if (count === 0) {
      throw new Failure('data/empty-record', `the record "${name}" has no sequence`, {
        place: `${path}, line ${headerLine}`,
        remedy: 'Remove the record, or restore its sequence.',
      });
    }
    return { name, line: headerLine, letters: letters.slice(0, count), isAmbiguous: (bits & AMBIGUOUS) !== 0 };
  };

  const makeRoom = (more: number): void => {
    if (count + more <= letters.length) return;
    const longer = new Uint8Array(Math.min(Math.max(letters.length * 2, count + more), LONGEST));
    longer.set(letters.subarray(0, count));
    letters = longer;
  };

  for await (const chunk of bytesOf(path)) {
    const records: FastaRecord[] = [];
    let position = 0;
    while (position < chunk.length) {
      if (state === 'header') {
        const end = chunk.indexOf(NEWLINE, position);
        header.push(chunk.subarray(position, end < 0 ? chunk.length : end));
        if (header.length > LONGEST_HEADER)
          throw new Failure('data/long-line', 'the header has no end', {
            place: `${path}, line ${headerLine}`,
            remedy: 'Give a FASTA file: a line ">name" before each sequence.',
          });
        if (end < 0) break;
        position = end + 1;
        line++;
        state = 'line start';
        continue;
      }
      if (number > 0 && chunk[position] !== GREATER) {
        const end = Math.min(chunk.length, position + LONGEST - count);
        makeRoom(end - position);
        const run = translate(chunk, position, end, letters, count);
        if (run.letters > 0) state = 'sequence';
        position = run.end;
        line += run.newlines;
        count += run.letters;
        bits |= run.bits;
        if (position === chunk.length) break;
        if (CODE_OF_BYTE[chunk[position]!] !== NO_BASE) {
          if (count < LONGEST) continue;
          throw new Failure('data/too-long', `the record has more than ${LONGEST.toLocaleString('en')} bases`, {
            place: `${path}, line ${headerLine}`,
            remedy: 'Give the regions that the model reads, one record each, instead of whole chromosomes.',
          });
        }
      }
      const byte = chunk[position++]!;
      if (byte === NEWLINE) {
        line++;
        state = 'line start';
      } else if (byte === GREATER && state === 'line start') {
        if (number > 0) records.push(finish());
        number++;
        header = [];
        headerLine = line;
        count = 0;
        bits = 0;
        state = 'header';
      } else if (!BLANKS.has(byte)) {
        const found = byte > 32 && byte < 127 ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`;
        if (number === 0) {
          throw new Failure('data/not-fasta', `expected a header that starts with ">", found ${found}`, {
            place: `${path}, line ${line}`,
            remedy: 'Give a FASTA file: a line ">name" before each sequence.',
          });
        }
        throw new Failure('data/letter', `found ${found}, expected one of ${LETTERS}`, {
          place: `${path}, line ${line}`,
          remedy: 'Sequences must be DNA without gaps; write U as T.',
        });
      }
    }
    yield records;
  }
  if (number > 0) yield [finish()];
}
